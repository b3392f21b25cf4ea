"""`enhance apply`: files, folders and the web, what is recorded and what is refused."""

import functools
import http.server
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from PIL.ExifTags import Base

pytest.importorskip("keras")

from camsim.io import atomic, image, memory
from enhance import zoo
from enhance.cli import apply
from enhance.inference import pictures
from enhance.networks import generators


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    generators.build("light", scale=4, blocks=1, filters=4).save(path)
    return path


def texture(rows, columns, channels=3, seed=0):
    return np.random.default_rng(seed).random((rows, columns, channels)).astype(np.float32)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A web server with pictures."""
    folder = tmp_path_factory.mktemp("web")
    Image.fromarray((texture(6, 7) * 255).astype(np.uint8)).save(folder / "photo one.png")
    (folder / "noname").write_bytes((folder / "photo one.png").read_bytes())
    (folder / "text.png").write_text("<html>no picture</html>")

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=folder))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def run(monkeypatch, tmp_path, model_file):
    """Run `enhance apply` in this process, in an empty folder, with a model; it must succeed."""
    from enhance.cli.main import cli

    def invoke(*arguments):
        monkeypatch.chdir(tmp_path)
        options = [] if {"--task", "--model"} & set(arguments) else ["--model", str(model_file)]
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
    run(
        "-i",
        "one.png",
        "-i",
        "in",
        "-i",
        f"{server}/photo%20one.png",
        "-i",
        f"{server}/noname",
        "-o",
        "out",
        "--allow-local",
    )
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    names = ["a.png", "noname.png", "one.png", "photo_one.png", "sub/b.jpg"]
    assert found == sorted(names + [str(Path(name).with_suffix(".json")) for name in names])
    assert image.read(tmp_path / "out" / "sub" / "b.jpg").shape == (32, 32, 3)
    assert image.read(tmp_path / "out" / "photo_one.png").shape == (24, 28, 3)
    assert json.loads((tmp_path / "out" / "noname.json").read_text())["input"] == f"{server}/noname"


def test_apply_keeps_colours_exif_and_resolution(run, tmp_path):
    profile = (Path(__file__).parents[2] / "golden" / "profiles" / "adobe-rgb.icc").read_bytes()
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Orientation] = "Maker", 6
    values = np.broadcast_to(np.array([100, 150, 200], np.uint8), (8, 12, 3))
    Image.fromarray(values).save(tmp_path / "in.jpg", quality=100, exif=exif, dpi=(240, 240), icc_profile=profile)
    seen = image.read(tmp_path / "in.jpg")
    image.write(tmp_path / "plain.png", seen)
    done = run("-i", "in.jpg", "-i", "plain.png", "-o", "out")
    assert "note" not in done.stderr
    with Image.open(tmp_path / "out" / "in.jpg") as out:
        assert out.size == (32, 48) and out.info["dpi"] == (240, 240) and out.info["icc_profile"][16:20] == b"RGB "
        assert (out.getexif()[Base.Make], out.getexif()[Base.Orientation]) == ("Maker", 1)
    # one picture, whether it came as Adobe RGB or as sRGB
    difference = image.read(tmp_path / "out" / "in.jpg") - image.read(tmp_path / "out" / "plain.png")
    assert np.abs(difference).max() < 8 / 255 and np.abs(seen - values[0, 0] / 255).max() > 30 / 255
    assert "no EXIF" in run("-i", "in.jpg", "-o", "b.bmp").stderr


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
    entry = zoo.Entry(folder=model_file.parent, card={"task": "deblur", "scale": 4})
    monkeypatch.setattr(zoo, "find", lambda task, style: entry)
    image.write(tmp_path / "in.png", texture(4, 4))
    run("-i", "in.png", "-o", "out.png", "--task", "deblur")
    assert json.loads((tmp_path / "out.json").read_text())["task"] == "deblur"


@pytest.mark.slow
def test_an_ensemble_takes_eight_looks_and_says_so(run, tmp_path):
    """The untrained light generator is bilinear enlargement, which is the same whichever way a picture is turned."""
    image.write(tmp_path / "in.png", texture(10, 13))
    run("in.png", "-o", "once.png")
    run("in.png", "-o", "eight.png", "--ensemble", "--tile", "40")
    once, eight = (pictures.read(tmp_path / f"{name}.png").values.astype(int) for name in ("once", "eight"))
    assert eight.shape == (40, 52, 3) and np.abs(once - eight).max() <= 1
    assert [json.loads((tmp_path / f"{n}.json").read_text())["ensemble"] for n in ("once", "eight")] == [False, True]


@pytest.mark.slow
def test_the_dial_goes_from_faithful_to_perceptual(run, tmp_path, monkeypatch, write_run):
    """Convolutions alone are linear in the last one's bias, which here is all in which the two styles differ."""
    monkeypatch.setattr(zoo, "_SHIPPED", tmp_path / "weights")
    for style, grey in (("faithful", 0.2), ("perceptual", 0.6)):
        folder = write_run(tmp_path / "weights" / style / "deblur", style=style)
        network = generators.build("light", scale=4, blocks=1, filters=4)
        network.set_weights([0 * weight for weight in network.get_weights()])
        network.get_layer("tail").bias.assign(np.full(48, grey))
        network.save(folder / zoo.GENERATOR)
    image.write(tmp_path / "in.png", np.zeros((6, 7, 3)))
    means = []
    for style in ("faithful", "0", "0.25", "1", "perceptual"):
        done = run("in.png", "-o", f"{style}.png", "--task", "deblur", "--style", style)
        means.append(255 * image.read(tmp_path / f"{style}.png").mean())
    assert means == pytest.approx([51, 51, 76.5, 153, 153], abs=0.6)
    assert "model: deblur:perceptual, as shipped (" in done.stderr
    record = json.loads((tmp_path / "0.25.json").read_text())
    ends = [tmp_path / "weights" / style / "deblur" / zoo.GENERATOR for style in ("faithful", "perceptual")]
    assert (record["model"], record["mixed_with"], record["share"]) == (str(ends[0]), str(ends[1]), 0.25)
    assert [record["model_sha256"], record["mixed_with_sha256"]] == [atomic.sha256(end) for end in ends]
    assert "mixed_with" not in json.loads((tmp_path / "faithful.json").read_text())


@pytest.mark.slow
def test_styles_of_other_layers_are_not_mixed(refused, tmp_path, monkeypatch, write_run):
    image.write(tmp_path / "in.png", np.zeros((6, 7, 3)))
    for number, blocks in enumerate((1, 2)):
        run_folder = write_run(tmp_path / f"run{number}", task="phone", style=("faithful", "perceptual")[number])
        generators.build("light", scale=4, blocks=blocks, filters=4).save(run_folder / zoo.GENERATOR)
        zoo.use(run_folder)
    line = refused("enhance", "apply", "in.png", "-o", "out.png", "--task", "phone", "--style", "0.3")
    assert f"run0/{zoo.GENERATOR} and " in line and "the two have different layers" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("in.png", "-o", "out.png", "--task", "sr", "--style", "vivid"),
            "sr has no style 'vivid'; there is: faithful",
        ),
        (("in.png", "-o", "out.png", "--model", "sr:vivid"), "sr has no style 'vivid'; there is: faithful"),
        (("in.png", "-o", "out.png", "--task", "sr", "--style", "1.5"), "style 1.5 is not from 0 (faithful) to 1"),
        (("in.png", "-o", "out.png", "--model", "MODEL", "--style", "0.3"), "a style is of a task (sr, color, pixel"),
        (("in.png", "-o", "out.png", "--style", "0.3"), "--style is of a task"),
        (("-i", "in.png", "-o", "out.png"), "--model is needed"),
        (("-i", "in.png", "-o", "out.png", "--task", "blur"), "blur: neither a task"),
        (("-i", "in.png", "-o", "out.png", "--model", "mine"), "no trained model"),
        (("in.png", "-o", "out.png", "--model", "MODEL", "--task", "sr"), "name the model once"),
        (("-o", "out.png", "--model", "MODEL"), "no IN is given"),
        (("-i", "in.png", "-o", "out.png", "--model", "in.png"), "not a usable model"),
        (("-i", "in.png", "-o", "out.png", "--model", "gone.keras"), "gone.keras: neither a task"),
        (("-i", "in.png", "-o", "out.png", "--model", "MODEL", "--tile", "20"), "tiles of 20 px are too small"),
        (("-i", "in.png", "-o", "out.png", "--model", "MODEL", "--device", "tpu"), "unknown device 'tpu'"),
        (("-i", "gone.png", "-o", "out.png", "--model", "MODEL"), "gone.png"),
        (("-i", "text.png", "-o", "out.png", "--model", "MODEL"), "text.png: cannot be read"),
        (("SERVER/text.png", "--allow-local", "-o", "out.png", "--model", "MODEL"), "/text.png: cannot be read"),
        (("SERVER/gone", "--allow-local", "-o", "out.png", "--model", "MODEL"), "/gone: cannot be fetched (404"),
        (("SERVER/photo.png", "-o", "out.png", "--model", "MODEL"), "; --allow-local fetches from there, too"),
        (("-i", "in.png", "-o", "out.xyz", "--model", "MODEL"), ".xyz"),
        (("-i", "clear.png", "-o", "out.jpg", "--model", "MODEL"), ".jpg has no alpha"),
        (("-i", "in.png", "-o", "in.png", "--model", "MODEL"), "is an input as well"),
        (("-i", "in.png", "-o", "there.png", "--model", "MODEL"), "there.png exists"),
        (("-i", "in.png", "-o", "noted.png", "--model", "MODEL"), "noted.json exists"),
        (("-i", "in.png", "-i", "clear.png", "-o", "out.png", "--model", "MODEL"), "2 pictures need a folder"),
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


def test_every_input_is_decoded_once_where_memory_allows(run, monkeypatch, tmp_path):
    for name in ("a.png", "b.png"):
        image.write(tmp_path / "in" / name, texture(6, 8))
    decoded, read = [], pictures.read
    monkeypatch.setattr(pictures, "read", lambda path, name="": decoded.append(path.name) or read(path, name=name))
    run("-i", "in", "-o", "out")
    assert sorted(decoded) == ["a.png", "b.png"]
    decoded.clear()
    monkeypatch.setattr(apply, "KEPT_BYTES", 6 * 8 * 3)  # room for one
    run("-i", "in", "-o", "again")
    assert sorted(decoded) == ["a.png", "b.png", "b.png"]
    for name in ("a.png", "b.png"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_inputs_are_positional_and_i_is_an_alias(run, tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        image.write(tmp_path / name, texture(6, 8))
    done = run("a.png", "-i", "b.png", "c.png", "-o", "out", "--json")
    assert [r["input"] for r in json.loads(done.stdout)["outputs"]] == ["a.png", "c.png", "b.png"]


def test_what_was_made_before_is_not_enlarged_again(run, refused, model_file, tmp_path):
    image.write(tmp_path / "shots" / "a.png", texture(6, 8))
    run("shots", "-o", "shots/big")
    done = run("shots", "-o", "shots/again")
    assert "note: 1 made by this command before are left out, such as shots/big/a.png" in done.stderr
    assert [path.name for path in (tmp_path / "shots" / "again").glob("*.png")] == ["a.png"]
    assert image.read(tmp_path / "shots" / "again" / "a.png").shape == (24, 32, 3)
    assert not (tmp_path / "shots" / "again" / "big").exists()
    run("shots/big/a.png", "-o", "huge.png")  # named, it is taken
    assert image.read(tmp_path / "huge.png").shape == (96, 128, 3)
    (tmp_path / "shots" / "again" / "a.json").write_text("[]")  # a record of something else
    (tmp_path / "shots" / "a.json").write_text('{"model_sha256": "", "output": "b.png"}')  # of another picture
    done = run("shots", "-o", "third", "--dry-run")
    assert done.stdout.splitlines() == [f"would write third/{name}" for name in ("a.png", "again/a.png")]
    assert "but those that a model made" in refused("enhance", "apply", "shots/big", "-o", "x", "--model", model_file)


@pytest.fixture
def trained(model_file, tmp_path):
    """A finished run that was trained on dark pictures."""
    card = {"task": "deblur", "generator": "light", "data": "photographs", "scale": 4, "parameters": 1, "steps": 1}
    card |= {"stages": {}, "validation": {}, "finished": True, "inputs": {"mean_luminance": [0.1, 0.2]}}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / zoo.GENERATOR).write_bytes(model_file.read_bytes())
    (tmp_path / "run" / zoo.CARD).write_text(json.dumps(card))
    return tmp_path / "run"


def test_a_picture_unlike_those_of_the_training_gets_one_line(run, trained, tmp_path):
    for name, value in (("good", 0.4), ("light", 0.9), ("lighter", 1.0)):
        image.write(tmp_path / "in" / f"{name}.png", np.full((8, 8, 3), value))
    done = run("in", "-o", "out", "--model", trained)
    lines = [line for line in done.stderr.splitlines() if "warning" in line]
    (line,) = lines
    assert line.startswith("warning: in/light.png, and 1 of the other 2: unlike what deblur was trained on: brighter (")
    assert line.endswith("(0.79; trained on 0.1 to 0.2)")
    assert f"model: deblur, your run ({trained})" in done.stderr
    records = {name: json.loads((tmp_path / "out" / f"{name}.json").read_text()) for name in ("good", "light")}
    assert records["good"]["unlike_training"] == [] and len(records["light"]["unlike_training"]) == 1
    assert "warning" not in run("in/good.png", "-o", "good.png", "--model", trained).stderr


def test_what_would_not_fit_in_memory_is_refused_before_the_first_is_enlarged(
    refused, model_file, tmp_path, monkeypatch
):
    for name, side in (("a.png", 8), ("b.png", 200)):
        image.write(tmp_path / "in" / name, np.full((side, side, 3), 0.5))
    monkeypatch.setattr(memory, "SMALL", 1 << 20)
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000)
    line = refused("enhance", "apply", "in", "-o", "out", "--model", model_file)
    assert "b.png: to enlarge it needs about" in line and not (tmp_path / "out").exists()
