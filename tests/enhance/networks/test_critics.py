"""Critics: what they judge, what they cost, and the slopes that training needs of them."""

import dataclasses
import re

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

from enhance.networks import critics, layers

BACKEND = keras.backend.backend()
SIDE = 16

needs_gradients = pytest.mark.skipif(BACKEND not in ("tensorflow", "jax"), reason="slopes are taken on these two")


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def call(network, pictures, **options):
    return ops.convert_to_numpy(network(pictures, **options))


def slope_of_picture(judge, pictures):
    """Of the sum of logits with respect to the pictures; slopes of it can be taken again."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(pictures)
            total = ops.sum(judge(pictures))
        return tape.gradient(total, pictures)
    import jax

    return jax.grad(lambda x: ops.sum(judge(x)))(pictures)


@pytest.mark.slow
def test_critics_give_one_logit_per_picture_patch_or_pixel(make):
    pictures = noise(2, 32, 32, 3)
    assert call(critics.build("srgan", side=32, filters=4), pictures).shape == (2, 1)
    assert call(critics.build("patch", side=32, filters=4), pictures).shape == (2, 2, 2, 1)
    assert call(critics.build("unet", side=32, filters=4), pictures).shape == (2, 32, 32, 1)
    for case in ("patch", "unet"):
        network = make(case)
        assert call(network, noise(1, 24, 40, 3)).shape[0] == 1
    with pytest.raises(ValueError, match="sides divisible by 8, not 20"):
        critics.build("unet", side=20)


def trainable_count(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


@pytest.mark.slow
def test_critics_have_the_published_numbers_of_parameters():
    isola = {"filters": 64, "strides": [2, 2, 2, 1], "logits_size": 4, "norm": "batch"}
    # pix2pix's discriminator has 2,768,705 for picture and condition together; the condition's 3 channels less.
    assert trainable_count(critics.build("patch", side=128, **isola)) == 2_768_705 - 3 * 64 * 4 * 4
    assert trainable_count(critics.build("unet", side=128)) == 4_376_897  # Real-ESRGAN as published
    assert critics.build("srgan", side=128).count_params() == pytest.approx(38.2e6, rel=2e-3)


@pytest.mark.parametrize(("case", "size"), [("patch", 78), ("patch-isola", 70)])
def test_patches_have_the_size_they_state(case, size, make, randomise):
    """Rows of the picture that one logit in the middle depends on."""
    network, rows = randomise(make(case)), 144
    pictures = np.repeat(noise(1, rows, 16, 3), rows + 1, axis=0)
    pictures[np.arange(rows), np.arange(rows)] += 1.0  # picture r differs from the last in row r
    logits = call(network, pictures, training=False)
    middle = logits[:, logits.shape[1] // 2]
    depends = np.abs(middle[:-1] - middle[-1]).max(axis=(1, 2)) > 0
    assert depends.sum() == size and np.ptp(np.flatnonzero(depends)) == size - 1


@needs_gradients
@pytest.mark.parametrize("case", ["patch", "patch-spectral", "srgan-plain", "unet"])
def test_critics_have_the_second_derivatives_of_a_gradient_penalty(case, make, slopes, randomise):
    """The slopes of the penalty of Gulrajani et al. (2017) predict how it changes with the weights."""
    network, pictures = randomise(make(case)), ops.convert_to_tensor(noise(3, SIDE, SIDE, 3))
    for layer in network.layers:
        if isinstance(layer, layers.SpectralConv2D):  # where power iteration would end
            matrix = ops.convert_to_numpy(layer.kernel).reshape(-1, layer.filters)
            layer.u.assign(np.linalg.svd(matrix, full_matrices=False)[2][0])

    def penalty(judge):
        slope = slope_of_picture(judge, pictures)
        return ops.mean((ops.sqrt(ops.sum(slope**2, axis=(1, 2, 3)) + 1e-12) - 1.0) ** 2)

    _, found = slopes(network, penalty)
    pairs = zip(network.trainable_variables, found, strict=True)
    kernels = [(v, ops.convert_to_numpy(slope)) for v, slope in pairs if v.name == "kernel"]
    assert all(np.isfinite(slope).all() and slope.any() for _, slope in kernels)
    start = network.get_weights()
    length = np.sqrt(sum((slope**2).sum() for _, slope in kernels))
    values = []
    for step in (-1e-4, 1e-4):
        network.set_weights(start)
        for variable, slope in kernels:
            variable.assign(variable.value + step * slope / length)
        values.append(float(slopes(network, penalty)[0]))
    assert (values[1] - values[0]) / 2e-4 == pytest.approx(length, rel=0.01)


def test_critics_that_a_gradient_penalty_does_not_suit_are_known(make):
    cases = ("patch", "patch-isola", "patch-spectral", "srgan", "srgan-plain", "unet")
    with_batch_norm = {case for case in cases if critics.has_batch_norm(make(case))}
    assert with_batch_norm == {"patch-isola", "srgan"}


@needs_gradients
def test_a_critic_held_constant_passes_slopes_on_and_keeps_everything(critic_case, make, slopes, randomise):
    """As the generator's adversarial loss uses it."""
    network, pictures = randomise(make(critic_case)), ops.convert_to_tensor(noise(2, SIDE, SIDE, 3))
    before = network.get_weights()

    def held(x):
        fixed = [(v, ops.stop_gradient(v.value)) for v in network.variables]
        with keras.StatelessScope(state_mapping=fixed):
            return network(x, training=True)

    to_picture = ops.convert_to_numpy(slope_of_picture(held, pictures))
    for now, then in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    expected = ops.convert_to_numpy(slope_of_picture(lambda x: network(x, training=True), pictures))
    np.testing.assert_allclose(to_picture, expected, atol=1e-5 * np.abs(expected).max())
    assert expected.any()
    if BACKEND == "tensorflow":
        _, to_weights = slopes(network, lambda run: ops.sum(held(pictures)))
        assert all(slope is None for slope in to_weights)


def test_options_reach_the_network():
    assert dataclasses.asdict(layers.options(critics.CRITICS["unet"])()) == {"filters": 64}
    assert set(critics.CRITICS) == {"patch", "srgan", "unet"}
    assert critics.build("patch", side=64, strides=[2, 1]).get_layer("conv2").strides == (1, 1)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("vgg", {}, "critic = 'vgg' must be one of patch, srgan, unet"),
        ("unet", {"norm": "batch"}, "unet has no option 'norm'"),
        ("patch", {"norm": "instance"}, "norm = 'instance' must be one of none, batch, spectral"),
        ("patch", {"strides": 2}, "patch: strides = 2 must be a list of whole numbers"),
        ("patch", {"strides": []}, "strides has 0 values, must have at least 1"),
        ("patch", {"strides": [2, 0]}, "strides[1] = 0 must be in [1, 1024]"),
        ("patch", {"side": 0}, "side = 0 must be a whole number of pixels"),
        ("patch", {"side": 32.0}, "side = 32.0"),
    ],
)
def test_impossible_critics_are_named(name, options, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        critics.build(name, **({"side": 32} | options))
    assert "\n" not in str(error.value)
