"""Models for other runtimes: they do there what they do in Keras, for any size, or nothing is written."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")
if keras.backend.backend() != "tensorflow":
    pytest.skip("exporting needs TensorFlow", allow_module_level=True)

from click.testing import CliRunner

from enhance.inference import export
from enhance.networks import generators

pytestmark = pytest.mark.installed

NETWORKS = {
    "light": ("light", {}),
    "srresnet": ("srresnet", {}),
    "srresnet, resize": ("srresnet", {"upsampling": "resize"}),
    "srresnet, transposed": ("srresnet", {"upsampling": "transposed"}),
    "edsr": ("edsr", {}),
    "rrdb": ("rrdb", {"growth": 4}),
}


def network(name="light", **options):
    """A tiny generator, always the same, moved off the weights it starts with."""
    keras.utils.set_random_seed(0)
    model = generators.build(name, scale=4, blocks=1, filters=4, **options)
    rng = np.random.default_rng(0)
    for variable in model.variables:
        variable.assign(variable + rng.uniform(0, 0.02, variable.shape))
    return model


def run_onnx(path, picture):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture})[0]


def run_tflite(path, picture):
    import tensorflow as tf

    with pytest.warns(UserWarning, match="deprecated"):
        interpreter = tf.lite.Interpreter(str(path))
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, picture.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, picture)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def run_saved_model(path, picture):
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return next(iter(loaded.signatures["serving_default"](tf.constant(picture)).values())).numpy()


RUNNERS = {"g.onnx": run_onnx, "g.tflite": run_tflite, "g": run_saved_model}


@pytest.mark.slow
@pytest.mark.parametrize("file", RUNNERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_generator_does_the_same_elsewhere_for_any_size(name, file, tmp_path):
    if file == "g.onnx":
        pytest.importorskip("tf2onnx")
    kind, options = NETWORKS[name]
    model = network(kind, **options)
    assert export.export(model, tmp_path / file) < 1e-5
    for shape in ((1, 5, 31, 3), (2, 12, 8, 3)):
        picture = np.random.default_rng(1).random(shape, np.float32)
        found = RUNNERS[file](tmp_path / file, picture)
        np.testing.assert_allclose(found, np.asarray(model(picture, training=False)), atol=1e-5)


@pytest.mark.slow
def test_what_differs_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(
        export, "_run_saved_model", lambda path: lambda picture: network()(picture, training=False) + 2e-3
    )
    with pytest.raises(ValueError, match=r"as SavedModel it differs from Keras by 0\.002, more than 0\.001"):
        export.export(network(), tmp_path / "g")
    monkeypatch.setattr(
        export, "_run_saved_model", lambda path: lambda picture: network()(picture, training=False) * np.nan
    )
    with pytest.raises(ValueError, match="differs from Keras by inf"):
        export.export(network(), tmp_path / "g")
    assert not list(tmp_path.iterdir())


def test_a_failed_conversion_is_one_line_and_keeps_what_was_there(tmp_path, monkeypatch, capfd):
    def fail(model, path):
        path.write_text("half")
        raise RuntimeError("no such operator\nand much more")

    (tmp_path / "g.tflite").write_text("before")
    monkeypatch.setattr(export, "_to_tflite", fail)
    with pytest.raises(ValueError, match=r"g\.tflite: cannot be written as TFLite \(no such operator\)$"):
        export.export(network(), tmp_path / "g.tflite")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"] and capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["photos", "photos.tflite"])
def test_a_folder_of_other_things_is_never_replaced(tmp_path, refused, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="never replaced"):
        export.export(network(), folder)
    assert "never replaced" in refused("enhance", "export", "--task", "deblur", "-o", name, "--force")
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(export.KINDS, ".onnx", ("ONNX", ("no_such_package",)))
    with pytest.raises(ValueError, match=r"no_such_package not installed: ONNX needs the extra `onnx`"):
        export.export(network(), tmp_path / "g.onnx")


@pytest.mark.slow
def test_the_command_exports_and_reports(refused, tmp_path, monkeypatch):
    from enhance.cli.main import cli

    network().save(tmp_path / "g.keras")
    monkeypatch.chdir(tmp_path)
    planned = CliRunner().invoke(cli, ["export", "--model", "g.keras", "-o", "out", "--dry-run"])
    assert planned.stdout == "would write out (SavedModel)\n" and not (tmp_path / "out").exists()
    done = CliRunner().invoke(cli, ["export", "--model", "g.keras", "-o", "out", "--json"], catch_exceptions=False)
    record = json.loads(done.stdout)
    assert record["kind"] == "SavedModel" and record["largest_difference"] < 1e-5
    assert (tmp_path / "out" / "saved_model.pb").exists()
    before = sorted(tmp_path.rglob("*"))
    arguments = ("enhance", "export", "--model", "g.keras", "-o")
    assert "out exists" in refused(*arguments, "out")
    assert "is an input as well" in refused(*arguments, "g.keras", "--force")
    assert "unknown kind of model file" in refused(*arguments, "g.pt")
    assert "--model is needed" in refused("enhance", "export", "-o", "x.onnx")
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "home") == before
