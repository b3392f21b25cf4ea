"""What is saved for inference: nothing of training, and readable by older versions of Keras."""

import json
import zipfile

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from enhance import zoo
from enhance.networks import generators, keras_file, keras_writer

#: What a file may say of a layer: keys that Keras 3.6 knows.
KEYS = {
    *("name", "trainable", "dtype", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate"),
    *("groups", "activation", "use_bias", "scale", "batch_shape", "sparse", "ragged", "optional", "offset", "axis"),
    *("momentum", "epsilon", "center", "synchronized", "shared_axes", "size", "interpolation", "negative_slope"),
}


def layers_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))["config"]["layers"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A file of every generator."""
    place = tmp_path_factory.mktemp("saved")
    for name in generators.GENERATORS:
        keras_writer.save(generators.build(name, scale=2, blocks=1, filters=4), place / f"{name}.keras")
    return sorted(place.iterdir())


def test_files_say_nothing_that_an_older_keras_refuses(saved):
    shipped = [entry.weights for entry in zoo.shipped()]
    assert len(shipped) == 4 and len(saved) == len(generators.GENERATORS)
    for path in shipped + saved:
        for layer in layers_of(path):
            assert set(layer["config"]) <= KEYS, path
            # No object of a class, an initialiser least of all, whose own options differ between versions
            assert not any(isinstance(value, dict) for value in layer["config"].values()), path


@pytest.mark.slow
def test_keras_itself_loads_what_was_saved(saved):
    pictures = np.random.default_rng(0).random((1, 6, 7, 3)).astype("float32")
    for path in saved:
        expected = keras_file.load(path)(pictures, training=False)
        np.testing.assert_array_equal(keras.saving.load_model(path)(pictures, training=False), expected)


def test_what_is_loaded_is_what_was_saved(tmp_path):
    model = generators.build("srresnet", scale=4, blocks=1, filters=4)
    for number, variable in enumerate(model.variables):
        variable.assign(np.random.default_rng(number).uniform(0.01, 0.1, variable.shape))
    keras_writer.save(model, tmp_path / "g.keras")
    loaded = keras_file.load(tmp_path / "g.keras")
    for before, after in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(before), keras.ops.convert_to_numpy(after))


def test_half_as_many_bytes_hold_eleven_bits_of_every_weight(tmp_path):
    """IEEE 754: float16 has 11 significant bits, so that a normal number is within a part in 2^11 of what it was."""
    model = generators.build("srresnet", scale=4, blocks=2, filters=16)
    for number, variable in enumerate(model.variables):
        variable.assign(np.random.default_rng(number).uniform(0.01, 100, variable.shape))
    for half in (False, True):
        keras_writer.save(model, tmp_path / f"{half}.keras", half=half)
    assert (tmp_path / "True.keras").stat().st_size < 0.6 * (tmp_path / "False.keras").stat().st_size
    loaded = keras_file.load(tmp_path / "True.keras")
    of_keras = keras.saving.load_model(tmp_path / "True.keras")
    for before, after, theirs in zip(model.variables, loaded.variables, of_keras.variables, strict=True):
        before, after, theirs = map(keras.ops.convert_to_numpy, (before, after, theirs))
        assert after.dtype == np.float32 and (after == theirs).all()
        assert (after == after.astype(np.float16)).all()
        assert (np.abs(after / before - 1) <= 2.0**-11).all() and (after != before).any()


@pytest.mark.parametrize("weight", [65520.0, -1e6, np.inf, np.nan])
def test_a_weight_that_float16_cannot_hold_is_refused(tmp_path, weight):
    model = generators.build("light", scale=2, blocks=1, filters=4)
    model.variables[0].assign(np.full(model.variables[0].shape, weight))
    with pytest.raises(ValueError, match="a weight is no number, or too large for float16"):
        keras_writer.save(model, tmp_path / "g.keras", half=True)
    assert not (tmp_path / "g.keras").exists()


def test_what_ships_is_stored_as_float16():
    import h5py

    kinds = set()
    for entry in zoo.shipped():
        with zipfile.ZipFile(entry.weights) as archive, h5py.File(archive.open("model.weights.h5"), "r") as weights:
            weights.visititems(lambda _, item: kinds.add(getattr(item, "dtype", None)))
    assert kinds == {np.dtype("float16"), None}  # None: groups
