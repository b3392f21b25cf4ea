"""`.ci/ship.py`: a finished run becomes a model that ships, half as large and without the paths of its machine."""

import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from enhance import naming, zoo
from enhance.inference.run import open_enlarger
from enhance.networks import keras_file, keras_writer
from scielab.model_grid.rows import HASH_DIGITS

PROGRAM = Path(__file__).parents[2] / ".ci" / "ship.py"
if not PROGRAM.is_file():
    pytest.skip("an installed package ships nothing", allow_module_level=True)


@pytest.fixture
def ship():
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("ship", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(tmp_path):
    """A run whose network has all the digits of float32, trained on pictures of somebody's home."""
    (shipped,) = (entry for entry in zoo.shipped() if entry.name == "pixel")
    folder = tmp_path / "runs" / "pixel"
    shutil.copytree(shipped.folder, folder)
    network = keras_file.load(shipped.weights)
    rng = np.random.default_rng(0)
    network.set_weights([w * (1 + 1e-4 * rng.standard_normal(w.shape)) for w in network.get_weights()])
    keras_writer.save(network, folder / zoo.GENERATOR)
    config = (folder / zoo.CONFIG).read_text(encoding="utf-8")
    assert 'data = ""' in config
    (folder / zoo.CONFIG).write_text(config.replace('data = ""', 'data = "/home/somebody/set"'), encoding="utf-8")
    card = json.loads((folder / zoo.CARD).read_text(encoding="utf-8"))
    (folder / zoo.CARD).write_text(json.dumps(card | {"source_sha256": ["ab" * 32, "cd" * 32]}), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_run_becomes_a_model_that_ships(ship, run, tmp_path):
    place = ship.ship(run, tmp_path / "weights", "CC0-1.0")
    entry = zoo.open_run(place)
    assert place == tmp_path / "weights" / "faithful" / "pixel" and entry.licence == "CC0-1.0"
    assert not any("/home" in path.read_text(encoding="utf-8") for path in place.iterdir() if path.suffix != ".keras")
    assert entry.seen == {"ab" * (HASH_DIGITS // 2), "cd" * (HASH_DIGITS // 2)}
    assert 1.7 * entry.weights.stat().st_size < (run / zoo.GENERATOR).stat().st_size
    picture = np.random.default_rng(1).random((8, 8, 3))
    before, after = (
        open_enlarger(naming.Model(weights=p)).enlarge(picture) for p in (run / zoo.GENERATOR, entry.weights)
    )
    assert 0 < np.abs(before - after).max() < 0.5 / 255


@pytest.mark.slow
def test_weights_that_float16_would_cost_too_much_stay_as_they_are(ship, run, tmp_path, monkeypatch):
    monkeypatch.setattr(ship, "MOST_DB", 0.0)
    place = ship.ship(run, tmp_path / "weights", "")
    before, after = (keras_file.load(folder / zoo.GENERATOR).get_weights() for folder in (run, place))
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.slow
def test_more_than_the_wheel_has_room_for_is_refused(ship, run, tmp_path, monkeypatch):
    monkeypatch.setattr(ship, "ROOM", 1000)
    monkeypatch.setattr("sys.argv", ["ship.py", str(run), "--into", str(tmp_path / "weights")])
    with pytest.raises(SystemExit, match=r"holds [\d,]+ bytes; 1,000 are allowed"):
        ship.main()
