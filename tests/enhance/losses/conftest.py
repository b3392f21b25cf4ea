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


@pytest.fixture(autouse=True)
def no_weights_from_outside(monkeypatch):
    monkeypatch.delenv("CAM2EYE_WEIGHTS", raising=False)
