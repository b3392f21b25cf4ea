"""Small networks: every generator and critic, and every option that changes how its graph is wired."""

import numpy as np
import pytest
from scipy import ndimage

SMALL = {"blocks": 1, "filters": 8}
GENERATORS = {
    "light": ("light", SMALL),
    "srresnet": ("srresnet", SMALL),
    "srresnet-resize": ("srresnet", SMALL | {"norm": "none", "activation": "relu", "upsampling": "resize"}),
    "srresnet-transposed": ("srresnet", SMALL | {"norm": "none", "upsampling": "transposed"}),
    "edsr": ("edsr", SMALL),
    "edsr-scaled": ("edsr", SMALL | {"residual_scale": 0.1}),
    "rrdb": ("rrdb", SMALL | {"growth": 4}),
}
CRITICS = {
    "patch": ("patch", {"filters": 4}),
    "patch-isola": ("patch", {"filters": 4, "strides": [2, 2, 2, 1], "logits_size": 4, "norm": "batch"}),
    "patch-spectral": ("patch", {"filters": 4, "norm": "spectral"}),
    "srgan": ("srgan", {"filters": 4}),
    "srgan-plain": ("srgan", {"filters": 4, "norm": "none"}),
    "unet": ("unet", {"filters": 4}),
}

#: Of the pictures that critics judge.
SIDE = 16


@pytest.fixture(params=GENERATORS)
def generator_case(request):
    return request.param


@pytest.fixture(params=CRITICS)
def critic_case(request):
    return request.param


@pytest.fixture(params=[*GENERATORS, *CRITICS])
def network_case(request):
    return request.param


@pytest.fixture
def network_kinds():
    """Names of the networks that have a case."""
    return {kind for kind, _ in [*GENERATORS.values(), *CRITICS.values()]}


@pytest.fixture(scope="session")
def make():
    """A network by its case."""
    from enhance.networks import critics, generators

    def build(case, *, scale=2):
        if case in GENERATORS:
            name, options = GENERATORS[case]
            return generators.build(name, scale=scale, **options)
        name, options = CRITICS[case]
        return critics.build(name, side=SIDE, **options)

    return build


@pytest.fixture(scope="session")
def randomise():
    """Weights that are zero at the start hide mistakes."""

    def randomised(network, seed=0):
        rng = np.random.default_rng(seed)
        for variable in network.trainable_variables:
            variable.assign(rng.normal(0, 0.1, variable.shape))
        return network

    return randomised


@pytest.fixture(scope="session")
def bilinear():
    """Bilinear enlargement of pictures (H, W, 3) by scipy: pixels are squares, and beyond the border is its pixel."""

    def enlarge(picture, scale):
        return ndimage.zoom(picture, (scale, scale, 1), order=1, mode="nearest", grid_mode=True)

    return enlarge


@pytest.fixture(scope="session")
def compiled():
    """A network as a compiled function; on TensorFlow one that knows no size beforehand."""
    import keras

    def compile_(network, *, sizes):
        if keras.backend.backend() == "jax":
            import jax

            weights = [v.value for v in network.trainable_variables], [v.value for v in network.non_trainable_variables]
            return jax.jit(lambda x: network.stateless_call(*weights, x)[0])
        import tensorflow as tf

        shape = (None, *sizes, 3)
        return tf.function(lambda x: network(x, training=False), input_signature=[tf.TensorSpec(shape, "float32")])

    return compile_


@pytest.fixture(scope="session")
def slopes():
    """Of `function(outputs of the network as a function of pictures)` with respect to the trainable weights."""
    import keras

    def slopes_of(network, function):
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                value = function(lambda x: network(x, training=True))
            return value, tape.gradient(value, network.trainable_variables)
        import jax

        fixed = [v.value for v in network.non_trainable_variables]

        def of_weights(weights):
            return function(lambda x: network.stateless_call(weights, fixed, x, training=True)[0])

        return jax.value_and_grad(of_weights)([v.value for v in network.trainable_variables])

    return slopes_of


@pytest.fixture
def mixed_precision():
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)
