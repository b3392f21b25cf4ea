"""Enlarging pictures of any size and kind: tiles, types, files, the web and the command."""

import http.server
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

keras = pytest.importorskip("keras")

from click.testing import CliRunner

import enhance
from camsim.io import image
from camsim.io.resize import resize
from enhance import zoo
from enhance.inference import apply, pictures
from enhance.networks import generators as models


def network(name="light", *, scale=4, spread=0.1, **options):
    """A small generator with random weights, so that every pixel it can see counts."""
    model = models.build(name, scale=scale, **({"blocks": 1, "filters": 4} | options))
    rng = np.random.default_rng(0)
    for variable in model.variables:
        value = rng.normal(0, spread, variable.shape)
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path else value)
    return model


@pytest.fixture(scope="module")
def bilinear():
    """The untrained light generator: bilinear enlargement, which leaves colours alone."""
    return apply.Enlarger(models.build("light", scale=4, blocks=1, filters=4))


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    models.build("light", scale=4, blocks=1, filters=4).save(path)
    return path


def texture(rows, columns, channels=3, seed=0):
    return np.random.default_rng(seed).random((rows, columns, channels)).astype(np.float32)


# --- tiles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 15, 40, 41, 100, 333, 1000])
@pytest.mark.parametrize(("limit", "overlap"), [(40, 0), (40, 16), (41, 20), (96, 16)])
def test_windows_cover_a_length_once_and_see_their_surroundings(length, limit, overlap):
    size, found = apply.windows(length, limit, overlap)
    assert size <= limit and [first for _, first, _ in found] == [0, *(last for *_, last in found[:-1])]
    assert found[-1][2] == length
    for start, first, last in found:
        assert 0 <= start <= start + size <= length
        assert first - start >= overlap or first == 0
        assert start + size - last >= overlap or last == length
    if length > limit:  # no fewer windows would do
        assert len(found) == 1 or (len(found) - 1) * (limit - 2 * overlap) + 2 * overlap < length


NETWORKS = {
    "light": ("light", {}),
    "srresnet": ("srresnet", {}),
    "srresnet, resize": ("srresnet", {"upsampling": "resize"}),
    "srresnet, transposed": ("srresnet", {"upsampling": "transposed"}),
    "edsr": ("edsr", {}),
    "rrdb": ("rrdb", {"growth": 4, "residual_scale": 1.0, "spread": 0.16}),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("scale", [3, 4])
def test_reach_is_how_far_a_pixel_can_count(name, scale):
    """A changed column shows in the output just so many columns away, and no farther."""
    kind, options = NETWORKS[name]
    model = network(kind, scale=scale, **options)
    reach = apply.reach_px(model)
    width = 2 * reach + 9
    lr = texture(3, width)[None]
    changed = lr.copy()
    changed[:, :, reach + 4] += 10.0
    differs = np.abs(np.asarray(model(lr)) - np.asarray(model(changed))).max(axis=(0, 1, 3))
    touched = np.flatnonzero(differs) // scale
    assert touched.min() >= 4 and touched.max() <= 2 * reach + 4
    if name != "srresnet, transposed":  # there it is an upper bound
        assert touched.min() == 4 or touched.max() == 2 * reach + 4


def test_reach_of_the_networks_that_are_shipped_or_classic():
    """Counted by hand: half-widths of the kernels, at low resolution, on the longest way."""
    assert apply.reach_px(models.build("light", scale=4)) == 1 + 8 * 2 + 1 + 1 + 1  # head, blocks, body, base, bilinear
    assert apply.reach_px(models.build("srresnet", scale=4)) == 4 + 16 * 2 + 1 + 1 + 2  # last: 1 + 4 px, ×2 and ×4


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_give_what_the_whole_picture_gives(name):
    kind, options = NETWORKS[name]
    model = network(kind, **{"spread": 0.2} | options)
    picture = texture(75, 90)
    whole = np.clip(np.asarray(model(picture[None], training=False))[0], 0, 1)
    enlarge = apply.Enlarger(model, tile=2 * max(apply.reach_px(model), 16) + 9)
    assert len(apply.windows(90, enlarge.tile, enlarge.overlap)[1]) > 3
    assert 0.02 < whole.std()
    np.testing.assert_allclose(enlarge.enlarge(picture), whole, atol=1e-5)  # far below 1/255


@pytest.mark.slow
def test_the_overlap_is_the_reach_within_bounds():
    assert apply.Enlarger(network()).overlap == 16
    assert apply.Enlarger(models.build("srresnet", scale=4, filters=4)).overlap == 40
    assert apply.Enlarger(models.build("edsr", scale=4, blocks=40, filters=2)).overlap == 72


@pytest.mark.slow
def test_beyond_the_largest_overlap_hardly_anything_counts():
    """A network that reaches farther than tiles see: still within 1/255 of the whole picture."""
    model = models.build("rrdb", scale=4, blocks=6, filters=8, growth=4)
    assert apply.reach_px(model) > apply.OVERLAP_PX[1]
    picture = texture(12, 170)
    whole = np.clip(np.asarray(model(picture[None], training=False))[0], 0, 1)
    np.testing.assert_allclose(apply.enlarge(model, picture, tile=150), whole, atol=1 / 255)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 50), (7, 3)])
def test_the_smallest_pictures_are_enlarged(bilinear, rows, columns):
    assert bilinear(texture(rows, columns)).shape == (4 * rows, 4 * columns, 3)


def test_tiles_too_small_to_see_around_them_are_refused():
    with pytest.raises(ValueError, match="tiles of 30 px are too small to see 16 px on either side"):
        apply.Enlarger(network(), tile=30)


def test_networks_that_are_no_generators_are_refused(tmp_path):
    def save(inputs, outputs):
        path = tmp_path / "x.keras"
        keras.Model(inputs, outputs).save(path)
        return path

    picture = keras.Input((None, None, 3))
    grey, fixed = keras.Input((None, None, 1)), keras.Input((8, 8, 3))
    conv, enlarged = keras.layers.Conv2D, keras.layers.UpSampling2D
    for inputs, outputs in [
        (grey, conv(3, 3, padding="same")(grey)),
        (fixed, conv(3, 3, padding="same")(fixed)),
        (picture, conv(1, 3, padding="same")(picture)),
        (picture, conv(3, 3, padding="valid")(picture)),
        (picture, conv(3, 3, strides=2, padding="same")(picture)),
        (picture, enlarged((2, 4))(picture)),
        (picture, enlarged(32)(picture)),
        (picture, conv(3, 3, strides=8, padding="same")(enlarged(32)(picture))),
    ]:
        with pytest.raises(ValueError, match=r"x\.keras: not a generator for RGB pictures"):
            apply.load(save(inputs, outputs))


# --- kinds of arrays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 1), (6, 9, 2), (6, 9, 3), (6, 9, 4)])
def test_a_picture_comes_back_as_it_came(bilinear, dtype, shape):
    top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
    plain = (np.full(shape, 0.25) * top).astype(dtype)
    result = bilinear(plain)
    assert result.dtype == plain.dtype and result.shape == (24, 36, *shape[2:])
    np.testing.assert_allclose(result.astype(float), plain.reshape(-1)[0], atol=top * 1e-3 if top == 1 else 1)


def test_16_bits_are_not_cut_to_8(bilinear):
    ramp = np.arange(2000, 2064, dtype=np.uint16).reshape(1, 64, 1)
    assert len(np.unique(bilinear(ramp))) > 60


def test_red_stays_red(bilinear):
    red = np.zeros((9, 9, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_array_equal(bilinear(red), np.broadcast_to([255, 0, 0], (36, 36, 3)))


def test_grey_is_the_luma_of_what_the_network_makes_of_it():
    model = network(spread=0.3)
    grey = texture(8, 8, 1)
    rgb = apply.enlarge(model, np.repeat(grey, 3, axis=2))
    assert np.ptp(rgb, axis=2).max() > 0.05  # the network does colour it
    expected = 0.299 * rgb[..., 0] + 0.587 * rgb[..., 1] + 0.114 * rgb[..., 2]
    np.testing.assert_allclose(apply.Enlarger(model)(grey)[..., 0], expected, atol=1e-6)


def test_alpha_is_enlarged_by_itself_and_hidden_colours_do_not_bleed(bilinear):
    picture = np.zeros((12, 12, 4), np.uint8)
    picture[:, :6] = 200, 0, 0, 255
    picture[:, 6:] = 0, 255, 0, 0  # clear, and green beneath
    result = bilinear(picture)
    np.testing.assert_array_equal(result[..., :3], np.broadcast_to([200, 0, 0], (48, 48, 3)))
    expected = resize(picture[..., 3:] / 255, (48, 48))[..., 0]
    np.testing.assert_allclose(result[..., 3] / 255, expected, atol=0.5 / 255 + 1e-6)
    assert bilinear(np.zeros((4, 4, 4), np.uint8)).max() == 0  # all clear: nothing to take colours from


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((3, 3, 5)), r"shape \(3, 3, 5\)"),
        (np.zeros((0, 3, 3)), r"shape \(0, 3, 3\)"),
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((3, 3), int), "int64"),
        (np.zeros((3, 3), bool), "bool"),
        (np.full((3, 3), 255.0), "run from 255 to 255"),
        (np.full((3, 3), np.nan), "run from nan"),
        (np.full((3, 3), -0.1), "run from -0.1"),
    ],
)
def test_what_is_no_picture_is_refused(bilinear, picture, words):
    with pytest.raises(ValueError, match=words):
        bilinear(picture)


@pytest.mark.parametrize("device", ["tpu", "gpu:99", "cpu:x", ""])
def test_devices_that_are_not_there_are_refused(device, model_file):
    with pytest.raises(ValueError, match="device"):
        apply.load(model_file, device=device)


def test_load_is_the_way_in_from_python(model_file, tmp_path):
    shown = enhance.load(model_file, tile=60, device="cpu")(texture(5, 5))
    np.testing.assert_array_equal(shown, apply.Enlarger(apply.load(model_file))(texture(5, 5)))
    with pytest.raises(ValueError, match=r"blurr: neither a task \(sr, color, pixel, deblur\) nor a file"):
        enhance.load("blurr")
    with pytest.raises(ValueError, match="no trained model here"):
        enhance.load(tmp_path)


# --- files --------------------------------------------------------------------------------------------------------


def profile(space=b"RGB "):
    """Something that looks like a colour profile of that space."""
    return bytes(16) + space + bytes(300)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pictures_come_back_from_files_as_they_were(suffix, channels, dtype, tmp_path):
    if suffix == ".webp" and (dtype == np.uint16 or channels < 3):
        pytest.skip("WebP has neither 16 bits nor grey")
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 7, channels), endpoint=True).astype(dtype)
    icc = profile(b"GRAY" if channels < 3 else b"RGB ")
    path = tmp_path / f"a{suffix}"
    pictures.write(path, pictures.Picture(values=values, profile=icc))
    back = pictures.read(path)
    assert back.values.dtype == dtype and back.values.shape == values.shape
    if suffix != ".webp":  # which is lossy
        np.testing.assert_array_equal(back.values, values)
    if suffix != ".tif" or dtype == np.uint8:  # Pillow does not open every deep TIFF
        assert back.profile == icc
    if suffix == ".tif" and dtype == np.uint16:
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages[0].iccprofile == icc


def test_floating_point_tiff_stays_so(tmp_path):
    values = texture(5, 6)
    pictures.write(tmp_path / "a.tif", pictures.Picture(values=values, profile=b""))
    np.testing.assert_array_equal(pictures.read(tmp_path / "a.tif").values, values)
    pictures.write(tmp_path / "a.png", pictures.Picture(values=values, profile=b""))
    np.testing.assert_allclose(pictures.read(tmp_path / "a.png").values / 65535, values, atol=0.5 / 65535 + 1e-7)


def test_orientation_is_applied_and_a_foreign_profile_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to view
    stored = np.zeros((4, 8, 3), np.uint8)
    stored[0, 0] = 255
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif, icc_profile=profile(b"CMYK"))
    picture = pictures.read(tmp_path / "a.png")
    assert picture.values.shape == (8, 4, 3) and picture.values[0, 3, 0] == 255 and picture.profile == b""


def test_premultiplied_and_named_clear_colours_become_straight_alpha(tmp_path):
    straight = np.array([[[40000, 20000, 10000, 32768], [1000, 2000, 3000, 65535]]], np.uint16)
    premultiplied = straight.copy()
    premultiplied[..., :3] = np.rint(straight[..., :3] * (straight[..., 3:] / 65535))
    tifffile.imwrite(tmp_path / "a.tif", premultiplied, photometric="rgb", extrasamples=["assocalpha"])
    np.testing.assert_allclose(pictures.read(tmp_path / "a.tif").values.astype(int), straight, atol=1)
    grey = np.array([[0, 7], [9, 7]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "b.png", transparency=7)
    np.testing.assert_array_equal(pictures.read(tmp_path / "b.png").values[..., 1], np.where(grey == 7, 0, 255))


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_alpha_is_not_dropped_in_silence(suffix, tmp_path):
    with pytest.raises(ValueError, match=f"{suffix} has no alpha"):
        pictures.write(tmp_path / f"a{suffix}", pictures.Picture(values=np.zeros((2, 2, 4), np.uint8), profile=b""))
    assert not list(tmp_path.iterdir())


# --- the web ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """A web server with pictures, and with what a hostile one would answer."""
    picture = Path(__file__).with_name("none.png")  # no file: the answers are made here

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            if path == "/photo%20one.png" or path == "/noname":
                self.answer(png())
            elif path == "/text.png":
                self.answer(b"<html>no picture</html>")
            elif path == "/announced":
                self.answer(b"", {"Content-Length": str(10**12)})
            elif path == "/endless":
                self.answer(None, {})
                try:
                    while True:
                        self.wfile.write(bytes(1 << 16))
                except OSError:
                    return
            elif path == "/broken":
                self.answer(b"short", {"Content-Length": "100"})
            elif path.startswith("/to/"):
                self.answer(b"", {"Location": path.removeprefix("/to/")}, 302)
            elif path == "/silent":
                release.wait(5)
            else:
                self.answer(b"", code=404)

        def answer(self, body, headers=None, code=200):
            self.send_response(code)
            for name, value in ({"Content-Length": str(len(body or b""))} if headers is None else headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments):
            pass

    def png():
        import io

        content = io.BytesIO()
        Image.fromarray((texture(6, 7) * 255).astype(np.uint8)).save(content, "PNG")
        return content.getvalue()

    assert not picture.exists()
    release = threading.Event()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    release.set()
    running.shutdown()
    running.server_close()


def test_a_picture_is_fetched(server, tmp_path):
    pictures.fetch(f"{server}/photo%20one.png", tmp_path / "a")
    assert pictures.read(tmp_path / "a").values.shape == (6, 7, 3)
    pictures.fetch(f"{server}/to/{server}/photo%20one.png", tmp_path / "b")  # redirected
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone", "404 Not Found"),
        ("/announced", "larger than 65536 bytes"),
        ("/endless", "larger than 65536 bytes"),
        ("/broken", "broke off"),
        ("/to/file:///etc/hostname", "not allowed"),
        ("/to/ftp://127.0.0.1/x.png", "unknown url type: ftp"),
        ("/to/data:image/png;base64,AAAA", "not allowed"),
        ("/silent", "timed out"),
    ],
)
def test_what_the_web_should_not_answer_is_one_line(server, path, words, tmp_path):
    with pytest.raises(ValueError, match=words) as refusal:
        pictures.fetch(f"{server}{path}", tmp_path / "a", limit=1 << 16, silence_s=0.3)
    assert str(refusal.value).startswith(f"{server}{path}: cannot be fetched") and "\n" not in str(refusal.value)


def test_a_download_that_takes_too_long_is_stopped(server, tmp_path):
    with pytest.raises(ValueError, match="took longer than 0 s"):
        pictures.fetch(f"{server}/endless", tmp_path / "a", total_s=0.0)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x/y.png", "data:,x"])
def test_other_addresses_are_not_fetched(url, tmp_path):
    with pytest.raises(ValueError, match="unknown url type"):
        pictures.fetch(url, tmp_path / "a")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://x/a/b.png", "b.png"),
        ("https://x/b.JPG?size=3#top", "b.JPG"),
        ("http://x/..%2F..%2Fetc%2Fpasswd", "passwd.png"),
        ("http://x/%2e%2e%5c..%5cevil.png", "evil.png"),
        ("http://x/.hidden.png", "hidden.png"),
        ("http://x/a%00b;c.png", "a_b_c.png"),
        ("http://x/photo.gif", "photo.png"),
        ("http://x/", "picture.png"),
        ("http://x", "picture.png"),
    ],
)
def test_names_from_the_web_are_harmless(url, name):
    assert [source.name for source in pictures.find([url])] == [Path(name)]


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, tmp_path, model_file):
    """Run `enhance apply` in this process, in an empty folder, with a model; it must succeed."""
    from enhance.cli.main import cli

    def invoke(*arguments):
        monkeypatch.chdir(tmp_path)
        options = [] if "--task" in arguments else ["--model", str(model_file)]
        done = CliRunner().invoke(cli, ["apply", *map(str, arguments), *options], catch_exceptions=False)
        assert done.exit_code == 0
        return done

    return invoke


def test_apply_enlarges_a_file_and_records_how(run, model_file, tmp_path):
    import hashlib

    image.write(tmp_path / "in.png", texture(20, 33))
    done = run("-i", "in.png", "-o", "out.png", "--json")
    assert image.read(tmp_path / "out.png").shape == (80, 132, 3)
    record = json.loads((tmp_path / "out.json").read_text())
    assert json.loads(done.stdout)["outputs"] == [record]
    assert record["model_sha256"] == hashlib.sha256(model_file.read_bytes()).hexdigest()
    assert record["input_sha256"] == hashlib.sha256((tmp_path / "in.png").read_bytes()).hexdigest()
    assert (record["input"], record["width"], record["height"], record["scale"]) == ("in.png", 132, 80, 4)
    assert {"version", "task", "model", "output"} <= set(record)


def test_apply_takes_files_folders_and_the_web_together(run, server, tmp_path):
    for name in ("one.png", "in/a.png", "in/sub/b.jpg"):
        image.write(tmp_path / name, np.full((8, 8, 3), 0.5))
    run("-i", "one.png", "-i", "in", "-i", f"{server}/photo%20one.png", "-i", f"{server}/noname", "-o", "out")
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    names = ["a.png", "noname.png", "one.png", "photo_one.png", "sub/b.jpg"]
    assert found == sorted(names + [str(Path(name).with_suffix(".json")) for name in names])
    assert image.read(tmp_path / "out" / "sub" / "b.jpg").shape == (32, 32, 3)
    assert image.read(tmp_path / "out" / "photo_one.png").shape == (24, 28, 3)
    assert json.loads((tmp_path / "out" / "noname.json").read_text())["input"] == f"{server}/noname"


def test_apply_keeps_grey_depth_and_alpha(run, tmp_path):
    for name, shape in (("grey", (5, 6, 1)), ("clear", (5, 6, 4))):
        values = (texture(*shape) * 65535).astype(np.uint16)
        pictures.write(tmp_path / "in" / f"{name}.png", pictures.Picture(values=values, profile=b""))
    run("-i", "in", "-o", "out", "--tile", "50", "--device", "cpu")
    for name, channels in (("grey", 1), ("clear", 4)):
        values = pictures.read(tmp_path / "out" / f"{name}.png").values
        assert values.dtype == np.uint16 and values.shape == (20, 24, channels) and len(np.unique(values)) > 256
    done = run("-i", "in/grey.png", "-o", "grey.jpg")
    assert "note: grey.jpg gets 8 bits" in done.stderr and pictures.read(tmp_path / "grey.jpg").values.shape[2] == 1


def test_a_large_picture_is_done_in_tiles_to_the_same_bytes(run, tmp_path):
    image.write(tmp_path / "in.png", texture(60, 90))
    run("-i", "in.png", "-o", "a.png")
    run("-i", "in.png", "-o", "b.png", "--tile", "40")
    a, b = (pictures.read(tmp_path / name).values.astype(int) for name in ("a.png", "b.png"))
    assert np.abs(a - b).max() <= 1


def test_dry_run_does_nothing_and_fetches_nothing(run, tmp_path):
    done = run("-i", "http://127.0.0.1:1/x.png", "-o", "out", "--dry-run")
    assert done.stdout.strip() == f"would write {Path('out/x.png')}" and not list(tmp_path.rglob("*.png"))


def test_a_tasks_model_is_found(run, model_file, monkeypatch, tmp_path):
    entry = zoo.Entry(path=model_file.parent, card={"task": "deblur", "scale": 4})
    monkeypatch.setattr(zoo, "find", lambda task, models=None: entry if task == "deblur" else None)
    image.write(tmp_path / "in.png", texture(4, 4))
    run("-i", "in.png", "-o", "out.png", "--task", "deblur")
    assert json.loads((tmp_path / "out.json").read_text())["task"] == "deblur"
    assert enhance.load("deblur")(texture(4, 4)).shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-i", "in.png", "-o", "out.png"), "--task or --model"),
        (("-i", "in.png", "-o", "out.png", "--task", "blur"), "unknown task 'blur'"),
        (("-i", "in.png", "-o", "out.png", "--task", "pixel", "--models", "mine"), "no trained model"),
        (("-i", "in.png", "-o", "out.png", "--model", "in.png"), "not a usable model"),
        (("-i", "in.png", "-o", "out.png", "--model", "gone.keras"), "gone.keras: no such file"),
        (("-i", "in.png", "-o", "out.png", "--model", "MODEL", "--tile", "20"), "tiles of 20 px are too small"),
        (("-i", "in.png", "-o", "out.png", "--model", "MODEL", "--device", "tpu"), "unknown device 'tpu'"),
        (("-i", "gone.png", "-o", "out.png", "--model", "MODEL"), "gone.png"),
        (("-i", "text.png", "-o", "out.png", "--model", "MODEL"), "text.png: cannot be read"),
        (("-i", "SERVER/text.png", "-o", "out.png", "--model", "MODEL"), "/text.png: cannot be read"),
        (("-i", "SERVER/gone", "-o", "out.png", "--model", "MODEL"), "/gone: cannot be fetched (404 Not Found)"),
        (("-i", "in.png", "-o", "out.xyz", "--model", "MODEL"), ".xyz"),
        (("-i", "clear.png", "-o", "out.jpg", "--model", "MODEL"), ".jpg has no alpha"),
        (("-i", "in.png", "-o", "in.png", "--model", "MODEL"), "is an input as well"),
        (("-i", "in.png", "-o", "there.png", "--model", "MODEL"), "there.png exists"),
        (("-i", "in.png", "-o", "noted.png", "--model", "MODEL"), "noted.json exists"),
        (("-i", "in.png", "-i", "clear.png", "-o", "out.png", "--model", "MODEL"), "2 inputs need a folder"),
        (("-i", "in.png", "-i", "mine/in.png", "-o", "out", "--model", "MODEL"), "would both become"),
        (("-i", "in.png", "-i", "in.jpg", "-o", "out", "--model", "MODEL"), "would both become"),
        (("-i", "empty", "-o", "out", "--model", "MODEL"), "no pictures in this folder"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, server, model_file, tmp_path, arguments, words):
    for name in ("in.png", "in.jpg", "there.png", "mine/in.png"):
        image.write(tmp_path / name, np.full((8, 8, 3), 0.5))
    Image.fromarray(np.zeros((4, 4, 4), np.uint8)).save(tmp_path / "clear.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "noted.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    names = {"MODEL": str(model_file)}
    given = [names.get(argument, argument).replace("SERVER", server) for argument in arguments]
    assert words in refused("enhance", "apply", *given)
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "home") == before
