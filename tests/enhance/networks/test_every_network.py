"""Every network: saved, loaded on another backend, rebuilt, in low precision."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

BACKEND = keras.backend.backend()
ROOT = Path(__file__).parents[3]
SIDE = 16


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def call(network, pictures, **options):
    return ops.convert_to_numpy(network(pictures, **options))


def test_no_two_convolutions_start_with_the_same_numbers(network_case, make):
    kernels = [ops.convert_to_numpy(v) for v in make(network_case, scale=4).trainable_variables if v.name == "kernel"]
    seen = {kernel.tobytes() for kernel in kernels if kernel.any()}
    assert len(seen) == sum(bool(kernel.any()) for kernel in kernels)


def test_networks_survive_their_config(network_case, make, randomise):
    network = randomise(make(network_case))
    again = type(network).from_config(network.get_config())
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(
        call(again, noise(2, SIDE, SIDE, 3, seed=1)), call(network, noise(2, SIDE, SIDE, 3, seed=1))
    )


@pytest.mark.slow
def test_networks_save_and_load_equal(network_case, tmp_path, make, randomise):
    network, pictures = randomise(make(network_case)), noise(2, SIDE, SIDE, 3, seed=1)
    network(pictures, training=True)  # state besides the weights, such as running averages, moves too
    network.save(tmp_path / "n.keras")
    again = keras.saving.load_model(tmp_path / "n.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(call(again, pictures), call(network, pictures))


LOAD_AND_SAVE = """
import sys, pathlib, keras, numpy as np
from enhance.networks import critics, generators
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.keras")):
    network = keras.saving.load_model(path, compile=False, safe_mode=True)
    np.save(path.with_suffix(".npy"), keras.ops.convert_to_numpy(network(np.load(sys.argv[2]), training=False)))
    network.save(path.with_name("again_" + path.name))
print(keras.backend.backend())
"""


@pytest.mark.slow
def test_what_one_backend_saves_the_other_loads_equal(tmp_path, make, randomise):
    other = {"tensorflow": "jax"}.get(BACKEND, "tensorflow")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    cases = ["light", "srresnet", "srresnet-transposed", "edsr", "rrdb", "patch-isola", "srgan", "unet"]
    pictures = noise(2, SIDE, SIDE, 3, seed=1)
    networks = {case: randomise(make(case)) for case in cases}
    for case, network in networks.items():
        network(pictures, training=True)
        network.save(tmp_path / f"{case}.keras")
    np.save(tmp_path / "pictures.npy", pictures)
    command = [sys.executable, "-c", LOAD_AND_SAVE, str(tmp_path), str(tmp_path / "pictures.npy")]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    quick = {"JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # compiling is most of the time
    environment = os.environ | {"KERAS_BACKEND": other, "PYTHONPATH": path} | quick
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split()[-1:] == [other], done.stderr
    for case, network in networks.items():
        expected = call(network, pictures, training=False)
        np.testing.assert_allclose(np.load(tmp_path / f"{case}.npy"), expected, atol=2e-5 * np.abs(expected).max())
        again = keras.saving.load_model(tmp_path / f"again_{case}.keras", compile=False, safe_mode=True)
        np.testing.assert_array_equal(call(again, pictures, training=False), expected)


def test_networks_work_in_mixed_precision(network_case, mixed_precision, make, randomise):
    low = make(network_case)
    keras.config.set_dtype_policy("float32")
    full = make(network_case)
    low.set_weights(full.get_weights())
    pictures = noise(2, SIDE, SIDE, 3, seed=1)
    assert any(layer.compute_dtype == "bfloat16" for layer in low.layers)
    output, expected = call(low, pictures, training=False), call(full, pictures, training=False)
    assert output.dtype == np.float32 and low.layers[-1].compute_dtype == "float32"
    # bfloat16 has 8 bits: an error of 1/256 per operation, some ten in a row, and sums in which much cancels.
    assert np.abs(output - expected).max() < 0.1 * np.abs(expected).max()
    randomise(low)
    assert np.isfinite(call(low, pictures, training=True)).all()
