"""How steep a critic is: the slope of its output along the picture, itself a quantity to differentiate.

Keras has no gradient that works inside a loss on every backend; the few lines that know the backend are all here.
"""

from collections.abc import Callable

import keras
from keras import ops

from enhance.backend import Tensor
from enhance.networks import critics


def squared_slopes(critic: keras.Model, pictures: Tensor) -> Tensor:
    """‖∇ₓ Σ D(x)‖² / N of each picture, (B,) float32, exact, with slopes to the critic's weights.

    `pictures` (B, H, W, 3) are held constant. D(x) are the N logits of a picture. For N = 1 this is ‖∇D‖²; for a
    critic of patches that do not overlap it is the mean of the patches' own ‖∇D‖², so that a penalty's weight does
    not depend on how many patches a picture has. Where they overlap it is larger.

    The critic runs as in training, but what it would write (power iterations, random states) is
    dropped: the pass that gives its loss has written it already.

    Raises ValueError for a critic with batch normalisation, whose logits depend on all pictures of a batch, and on
    backends other than TensorFlow, JAX and PyTorch.
    """
    if critics.has_batch_norm(critic):
        raise ValueError(
            "a critic with batch normalisation judges a batch as a whole: a penalty on its slope needs one without"
        )
    # read here: inside the scope, a trainer's own scope with the current values would be out of sight
    as_they_are = [(variable, variable.value) for variable in critic.variables]

    def total(x: Tensor) -> Tensor:
        with keras.StatelessScope(state_mapping=as_they_are):
            logits = ops.cast(critic(x, training=True), "float32")
        per_picture = ops.cast(ops.size(logits), "float32") / ops.cast(ops.shape(x)[0], "float32")
        return ops.sum(logits) / ops.sqrt(per_picture)

    slopes = _gradient(total, ops.stop_gradient(ops.cast(pictures, "float32")))
    return ops.sum(ops.square(slopes), axis=(1, 2, 3))


def _gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇ function(x), a number, as a tensor that can be differentiated once more."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x)
    if backend == "jax":
        import jax

        return jax.grad(function)(x)
    if backend == "torch":
        import torch  # type: ignore[import-not-found, unused-ignore]  # may be missing where types are checked

        x = x.detach().requires_grad_(True)
        with torch.enable_grad():
            return torch.autograd.grad(function(x), x, create_graph=True)[0]
    raise ValueError(f"the slope of a critic needs TensorFlow, JAX or PyTorch; Keras runs on {backend}")
