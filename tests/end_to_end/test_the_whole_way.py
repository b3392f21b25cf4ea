"""The whole way, from a photograph to a verdict: with the commands, and with the front doors, to the same bytes."""

import json

import numpy as np
import pytest

import camsim
import scielab
from camsim.dataset import photographs
from camsim.io.image import quantise
from camsim.io.resize import resize

pytest.importorskip("keras", reason="Keras is not installed")
import enhance

pytestmark = pytest.mark.slow


@pytest.fixture
def photo(tmp_path):
    """A real photograph, 256×256, in a file."""
    scene = next(photographs.scenes(photographs.builtin("chelsea")))
    camsim.write(tmp_path / "photo.png", scene.rgb)
    return tmp_path / "photo.png"


def test_photograph_restore_compare(command, process, photo, tmp_path):
    """What f/22 blurs, the model undoes in part, as an eye sees it; commands and functions give the same files."""
    low = camsim.render(photo, "f22", seed=0).reduced((32, 32))
    camsim.write(tmp_path / "low.png", low)
    restored = enhance.load("deblur")(camsim.read(tmp_path / "low.png"))
    camsim.write(tmp_path / "restored.png", restored)
    reference = resize(camsim.read(photo), (128, 128))
    camsim.write(tmp_path / "reference.png", reference)
    camsim.write(tmp_path / "bicubic.png", resize(low, (128, 128)))

    for arguments in (
        ("camsim", "render", "photo.png", "--setting", "f22", "--size", "32", "-o", "low-cli.png"),
        ("enhance", "apply", "low-cli.png", "--model", "deblur", "-o", "restored-cli.png"),
    ):
        done = process(*arguments)
        assert done.returncode == 0, done.stderr
    for name in ("low", "restored"):
        assert (tmp_path / f"{name}.png").read_bytes() == (tmp_path / f"{name}-cli.png").read_bytes()

    seen = {
        name: scielab.compare(tmp_path / "reference.png", tmp_path / f"{name}.png") for name in ("restored", "bicubic")
    }
    assert seen["restored"].summary["mean"] < 0.8 * seen["bicubic"].summary["mean"]
    told = json.loads(command("scielab", "compare", "reference.png", "restored.png", "--json").stdout)
    assert told["delta_e"] == seen["restored"].summary


def test_a_camera_of_your_own_from_pictures_to_a_row_of_the_grid(photo, tmp_path, monkeypatch):
    """Train on pictures through a camera that is no setting, load the run, and judge it where it was trained."""
    monkeypatch.chdir(tmp_path)
    camera = camsim.load("f22").replace("optics.fnumber", 16).replace("name", "f16")
    small = {"generator": {"kind": "light", "blocks": 1, "filters": 4}, "hr_px": 32, "validation": 0, "jobs": 0}
    run = enhance.train(data=photo, camera=camera, output="run", steps=[2, 0], batch=2, **small)
    assert enhance.load(run.folder)(np.zeros((8, 8, 3), np.uint8)).shape == (32, 32, 3)
    found = scielab.grid(
        {"mine": run.load().enlarge}, cameras=[camera], trained_for={"mine": "f16"}, limit=2, output="grid"
    )
    assert {cell.setting for cell in found.cells} == {"f16"} and found.verdicts[0].model == "mine"
    page = (tmp_path / "grid" / "report.html").read_text(encoding="utf-8")
    assert all(word in page for word in ("mine", "f16", "bicubic", *{result.picture for result in found.results}))
    assert quantise(found.results[0].output).dtype == np.uint8
