import numpy as np
import pytest


def gradient(function, x):
    """function(x), one number, and its gradient, on whatever backend Keras has."""
    from keras import backend, ops

    if backend.backend() == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        found = tape.gradient(value, x)
    elif backend.backend() == "jax":
        import jax

        value, found = jax.value_and_grad(function)(jax.numpy.asarray(x))
    else:
        x = ops.convert_to_tensor(x).clone().requires_grad_(True)
        value = function(x)
        value.backward()
        found = x.grad
    return float(value), np.asarray(ops.convert_to_numpy(found))


@pytest.fixture(scope="session")
def slope():
    """A function of one number's value and gradient at a place."""
    return gradient


@pytest.fixture(scope="session")
def random_weights():
    """Weights in VGG19's shapes that keep features of a useful size, and are not those of any file."""
    from enhance.losses import vgg

    def weights(last="block2_conv2", seed=0):
        rng = np.random.default_rng(seed)
        arrays = {}
        for layer, shapes in vgg.LAYERS.items():
            fan_in = np.prod(shapes["kernel"][:3])
            arrays[f"{layer}/kernel"] = rng.normal(0, np.sqrt(2 / fan_in), shapes["kernel"]).astype("float32")
            arrays[f"{layer}/bias"] = rng.normal(0, 1, shapes["bias"]).astype("float32")
            if layer == last:
                return arrays

    return weights


@pytest.fixture(scope="session")
def npz(random_weights, tmp_path_factory):
    """Such weights in a file."""
    path = tmp_path_factory.mktemp("vgg") / "vgg19.npz"
    np.savez(path, **random_weights())
    return path


@pytest.fixture(autouse=True)
def no_weights_from_outside(monkeypatch):
    monkeypatch.delenv("CAM2EYE_WEIGHTS", raising=False)
