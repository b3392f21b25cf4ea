"""Data sets that fetch themselves, from a server of this machine."""

import hashlib
import http.server
import io
import json
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image

from camsim.dataset import fetch, fetched, treatment
from camsim.dataset.recipe import Source
from camsim.io import web

LOCAL = fetched.Web(allow_local=True, pause_s=0.001)
RNG = np.random.default_rng(0)


def png(rows=40, columns=60, seed=0):
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Answers(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"x"')
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        running.files, running.asked = {}, []
        running.url = f"http://127.0.0.1:{running.server_address[1]}"
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def listing(place, server, rows, **source):
    """A recipe of single pictures: rows of name, SHA-256, SHA-256 of pixels, path."""
    about = "".join(f"{key} = {json.dumps(value)}\n" for key, value in source.items())
    (place / "mine.toml").write_text(
        f'name = "mine"\nlicence = "mine"\ntable = "mine.tsv"\n'
        f'[[source]]\nname = "s"\naddress = "{server.url}/"\n{about}'
    )
    lines = "".join(f"{name}\t{digest}\t{pixels}\ts\t{path}\n" for name, digest, pixels, path in rows)
    (place / "mine.tsv").write_text(f"name\tsha256\tpixels\tsource\tpath\n{lines}")
    return place / "mine.toml"


def packing(place, server, files, sha256="", size=0, **more):
    """A recipe of an archive, which the server has."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, inside in files.items():
            made.writestr(name, inside)
    server.files["/set.zip"] = content.getvalue()
    values = {"address": f"{server.url}/set.zip", "take": "set/*.png", "sha256": sha256, "size_bytes": size} | more
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    (place / "mine.toml").write_text(f'name = "mine"\nlicence = "mine"\n[[archive]]\n{lines}')
    return place / "mine.toml"


def pictures(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.png")}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- one by one -------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path, server):
    files = {f"HR/{n}.png": png(seed=n) for n in range(3)}
    server.files = {f"/dir%20one/{n}.png": files[f"HR/{n}.png"] for n in range(3)}
    rows = [(name, sha256(content), "", f"dir one/{name[3:]}") for name, content in files.items()]
    return listing(tmp_path, server, rows), files


def test_pictures_come_and_do_not_come_again(three, server, tmp_path):
    recipe, files = three
    found = fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert pictures(tmp_path / "set") == files and names(tmp_path / "set") == ["HR", "fetched.json"]
    assert (found.pictures, found.downloaded) == (3, 3) and fetched.is_complete(tmp_path / "set")
    server.asked.clear()
    found = fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert (found.pictures, found.there, server.asked) == (3, 3, [])


def test_a_damaged_picture_comes_again_and_only_that(three, server, tmp_path):
    recipe, files = three
    fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    server.asked.clear()
    (tmp_path / "set" / "HR" / "1.png").write_bytes(b"damaged")
    fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert pictures(tmp_path / "set") == files and server.asked == ["/dir%20one/1.png"]


def test_a_folder_that_holds_them_under_any_name_is_taken_instead_of_the_web(three, server, tmp_path):
    recipe, files = three
    (tmp_path / "old").mkdir()
    for number, content in enumerate(files.values()):
        (tmp_path / "old" / f"x{number}.png").write_bytes(content)
    (tmp_path / "old" / "x1.png").write_bytes(b"damaged")
    found = fetch.fetch(recipe, tmp_path / "set", have=[tmp_path / "old"], asking=LOCAL)
    assert (found.taken, found.downloaded) == (2, 1) and server.asked == ["/dir%20one/1.png"]
    assert pictures(tmp_path / "set") == files


def test_another_picture_than_recorded_is_refused_and_what_had_come_stays(three, server, tmp_path):
    recipe, files = three
    server.files["/dir%20one/2.png"] = png(seed=9)
    with pytest.raises(ValueError, match=r"2\.png: not the picture that is recorded, its SHA-256 differs"):
        fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert "HR/2.png" not in pictures(tmp_path / "set") and not fetched.is_complete(tmp_path / "set")
    server.files["/dir%20one/2.png"] = files["HR/2.png"]
    fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert pictures(tmp_path / "set") == files


def test_a_picture_that_is_not_there_is_one_line(three, server, tmp_path):
    recipe, _ = three
    del server.files["/dir%20one/0.png"]
    with pytest.raises(ValueError, match=r"0\.png: cannot be fetched \(404 ") as refusal:
        fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert "\n" not in str(refusal.value)


def test_what_is_cut_and_packed_anew_is_known_by_its_pixels(tmp_path, server):
    server.files["/a.png"] = png(90, 60)
    with Image.open(io.BytesIO(server.files["/a.png"])) as picture:
        cut = np.asarray(picture)[25:65, 10:50]
    rows = [("a.png", sha256(b"packed by another zlib"), sha256(cut.tobytes()), "a.png")]
    recipe = listing(tmp_path, server, rows, keep=False, crop="window", side_px=40)
    fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    with Image.open(tmp_path / "set" / "a.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), cut)
    server.asked.clear()
    assert fetch.fetch(recipe, tmp_path / "set", asking=LOCAL).there == 1 and server.asked == []


def test_what_is_made_otherwise_here_is_left_out_and_told(tmp_path, server):
    server.files["/a.png"] = png()
    recipe = listing(tmp_path, server, [("a.png", sha256(b"1"), sha256(b"2"), "a.png")], keep=False)
    found = fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert (found.unlike, found.pictures) == (["a.png"], 0) and not fetched.is_complete(tmp_path / "set")
    assert pictures(tmp_path / "set") == {}


def test_local_addresses_are_not_asked_and_what_did_not_begin_leaves_nothing(three, server, tmp_path):
    for recipe in (three[0], packing(tmp_path, server, {"set/a.png": b"x"})):
        with pytest.raises(web.LocalAddressError):
            fetch.fetch(recipe, tmp_path / "set")
        assert server.asked == [] and not (tmp_path / "set").exists()


# --- archives ---------------------------------------------------------------------------------------------------------


def test_an_archive_comes_once_and_leaves_only_its_pictures(tmp_path, server):
    files = {f"set/{n}.png": png(seed=n) for n in range(3)}
    recipe = packing(tmp_path, server, files | {"set/readme.txt": b"x"}, into="train")
    content = server.files["/set.zip"]
    recipe = packing(tmp_path, server, files, sha256(content), len(content), into="train")
    server.files["/set.zip"] = content
    steps = []
    found = fetch.fetch(recipe, tmp_path / "set", asking=LOCAL, step=steps.append)
    assert pictures(tmp_path / "set") == {f"train/{n}.png": files[f"set/{n}.png"] for n in range(3)}
    assert names(tmp_path / "set") == ["fetched.json", "train"] and found.pictures == 3
    assert sum(steps) == len(content) + 3
    record = json.loads((tmp_path / "set" / "fetched.json").read_text())
    assert record["archives"][f"{server.url}/set.zip"] == {"sha256": sha256(content), "pictures": 3}
    server.asked.clear()
    assert fetch.fetch(recipe, tmp_path / "set", asking=LOCAL).there == 3 and server.asked == []


def test_another_archive_than_was_published_is_thrown_away(tmp_path, server):
    recipe = packing(tmp_path, server, {"set/a.png": png()}, sha256=sha256(b"another"))
    for _ in range(2):
        with pytest.raises(ValueError, match="not the file that was published, its SHA-256 differs"):
            fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert len(server.asked) == 2 and pictures(tmp_path / "set") == {}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"set/../../../evil.png": b"x"}, "leads out of it"),
        ({"set/a.png": bytes(300)}, "more than"),
        ({"other/a.png": b"x"}, "no set/"),
    ],
)
def test_an_archive_not_to_be_trusted_leaves_nothing(tmp_path, server, files, words, monkeypatch):
    monkeypatch.setattr(fetch, "_MOST_UNPACKED", 200)
    monkeypatch.setattr(fetch, "_MOST_ARCHIVE", 1 << 20)
    recipe = packing(tmp_path, server, files)
    with pytest.raises(ValueError, match=words.replace("more than", "more bytes than")) as refusal:
        fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert str(refusal.value).startswith(f"{server.url}/set.zip: ") and "\n" not in str(refusal.value)
    assert not list(tmp_path.rglob("*.png"))


def test_an_archive_that_would_not_fit_is_refused_before_it_comes(tmp_path, server):
    recipe = packing(tmp_path, server, {"set/a.png": png()}, size=10**13)
    with pytest.raises(ValueError, match=r"20000\.0 GB are needed until it is unpacked"):
        fetch.fetch(recipe, tmp_path / "set", asking=LOCAL)
    assert server.asked == []


def test_two_at_once_do_not_fetch_the_same(three, tmp_path):
    from camsim.io import lock

    with lock.inside(tmp_path / "set"), pytest.raises(ValueError, match="is being written by process"):
        fetch.fetch(three[0], tmp_path / "set", asking=LOCAL)


# --- what is made of a picture ----------------------------------------------------------------------------------------


def written(path, picture):
    Image.fromarray(picture).save(path)
    return path


@pytest.mark.parametrize(("shape", "cut"), [((90, 60), (25, 65, 10, 50)), ((30, 61), (0, 30, 10, 50))])
def test_a_window_is_cut_from_the_middle_and_not_reduced(shape, cut, tmp_path):
    picture = RNG.integers(0, 256, (*shape, 3), np.uint8)
    content = treatment.treat(written(tmp_path / "a.png", picture), Source(**WINDOW))
    top, bottom, left, right = cut
    with Image.open(io.BytesIO(content)) as found:
        np.testing.assert_array_equal(np.asarray(found), picture[top:bottom, left:right])


WINDOW = {"name": "s", "address": "x", "keep": False, "crop": "window", "side_px": 40}


def test_a_square_is_reduced_where_it_is_larger_and_never_enlarged(tmp_path):
    """A reduction keeps the mean: Lanczos' weights add up to one."""
    picture = RNG.integers(100, 150, (120, 200, 3), np.uint8)
    path = written(tmp_path / "a.png", picture)
    for side, expected in ((40, 40), (500, 120)):
        content = treatment.treat(path, Source(**WINDOW | {"crop": "square", "side_px": side}))
        with Image.open(io.BytesIO(content)) as found:
            assert found.size == (expected, expected)
            np.testing.assert_allclose(np.asarray(found).mean((0, 1)), picture[:, 40:160].mean((0, 1)), atol=0.5)


def test_what_is_no_picture_is_one_line(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing")
    with pytest.raises(ValueError, match=r"a\.png: no picture that can be read"):
        treatment.treat(tmp_path / "a.png", Source(**WINDOW))


@pytest.mark.reference
def test_pictures_of_the_training_list_were_packed_as_the_recipe_says(shared):
    """A JPEG's tables tell quality, subsampling and whether its Huffman tables are its own (ITU-T T.81, annex K)."""
    from camsim.dataset import recipe

    path = recipe.place("training")
    for file in recipe.listed(recipe.read(path), path)[::200]:
        place = shared / "data" / file.name.replace("/", "/train/", 1)
        with Image.open(place) as recorded, Image.open(io.BytesIO(treatment.treat(place, file.source))) as packed:
            assert recorded.size == packed.size == (256, 256)
            assert recorded.quantization == packed.quantization and recorded.layer == packed.layer
            standard = bytes.fromhex("ffc4001f0000010501010101010100")  # table K.3
            assert (standard in place.read_bytes()) is not file.source.jpeg_optimized


@pytest.mark.reference
def test_the_recorded_pixels_are_those_of_the_reference_pictures(shared):
    from camsim.dataset import recipe

    path = recipe.place("test100")
    for file in recipe.listed(recipe.read(path), path)[::9]:
        content = (shared / "data" / "test100" / file.name).read_bytes()
        assert sha256(content) == file.sha256 and file.pixels in ("", treatment.pixels_sha256(content))
