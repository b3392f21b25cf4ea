"""Generators: what they compute, what they cost, what they learn."""

import dataclasses
import re

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

from enhance.networks import critics, generators, layers

pytestmark = pytest.mark.installed

BACKEND = keras.backend.backend()


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def call(network, pictures, **options):
    return ops.convert_to_numpy(network(pictures, **options))


@pytest.mark.slow
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_generators_take_any_size_and_scale(generator_case, scale, make):
    generator = make(generator_case, scale=scale)
    for rows, columns in ((8, 8), (5, 11), (1, 2)):
        output = call(generator, noise(1, rows, columns, 3))
        assert output.shape == (1, rows * scale, columns * scale, 3) and output.dtype == np.float32
    assert generator.compute_output_shape((1, 5, 7, 3)) == (1, 5 * scale, 7 * scale, 3)


@pytest.mark.parametrize("name", generators.GENERATORS)
@pytest.mark.parametrize("scale", [1, 5, -2, 4.0, True, "4", None])
def test_other_scales_are_refused(name, scale):
    with pytest.raises(ValueError, match=f"{name} enlarges 2, 3, 4 or 8 times, not"):
        generators.build(name, scale=scale)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(None, None), (6, 5)])
def test_generators_compile(generator_case, sizes, make, compiled, randomise):
    generator, pictures = randomise(make(generator_case)), noise(2, 6, 5, 3)
    expected = call(generator, pictures, training=False)
    found = ops.convert_to_numpy(compiled(generator, sizes=sizes)(pictures))
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("edsr", {}, 1_517_571),  # Lim et al., table 1: 1.5 M and 43 M
        ("edsr", {"blocks": 32, "filters": 256, "residual_scale": 0.1}, 43_089_923),
        ("rrdb", {}, 16_697_987),  # ESRGAN as published
    ],
)
def test_generators_have_the_published_numbers_of_parameters(name, options, parameters):
    assert generators.build(name, scale=4, **options).count_params() == parameters


@pytest.mark.slow
def test_the_other_generators_have_the_sizes_they_state():
    assert generators.light().count_params() == pytest.approx(172_000, rel=0.01)
    assert generators.light(blocks=16).count_params() == pytest.approx(320_000, rel=0.01)
    assert generators.srresnet().count_params() == pytest.approx(1.555e6, rel=1e-3)
    # Without batch norm: less 33 times 4 numbers for each of 64 channels.
    assert generators.srresnet(norm="none").count_params() == generators.srresnet().count_params() - 33 * 4 * 64


@pytest.mark.parametrize("case", ["srresnet", "edsr"])
def test_generators_that_shuffle_start_without_a_checkerboard(case, make):
    network = make(case, scale=4)
    features = keras.Model(network.input, network.get_layer("up2_shuffle").output)
    y = call(features, noise(1, 6, 6, 3))
    for i, j in ((0, 1), (1, 0), (1, 1)):
        np.testing.assert_allclose(y[:, i::2, j::2], y[:, ::2, ::2], atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_untrained_light_generator_is_bilinear_enlargement(scale, bilinear):
    lr = noise(7, 9, 3)
    output = call(generators.light(scale=scale), lr[None])[0]
    np.testing.assert_allclose(output, bilinear(lr, scale), atol=1e-5)


def test_red_stays_red():
    red = np.zeros((1, 9, 9, 3), "float32")
    red[..., 0] = 1.0
    output = call(generators.light(), red)
    np.testing.assert_allclose(output, np.broadcast_to([1.0, 0, 0], output.shape), atol=1e-6)


def test_edsr_works_on_differences_from_the_mean(make):
    """With everything between at zero, what is left is the mean of DIV2K (RGB, Lim et al.)."""
    generator = make("edsr")
    for variable in generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    output = call(generator, noise(1, 4, 4, 3))
    np.testing.assert_allclose(output, np.broadcast_to([0.4488, 0.4371, 0.4040], output.shape), atol=1e-6)


@pytest.mark.parametrize(("case", "branch"), [("edsr-scaled", 0.1), ("rrdb", 0.2)])
def test_residual_branches_are_scaled(case, branch, make):
    generator = make(case)
    factors = {layer.scale for layer in generator.layers if layer.name.startswith("block") and "_scale" in layer.name}
    assert factors == {branch}


def learn(generator, *, steps, rate):
    """Train on two pictures; returns them, (2, 8, 8, 3) and (2, 16, 16, 3), and bilinear enlargements."""
    from camsim.io.resize import resize

    rng = np.random.default_rng(0)
    hr = np.stack([resize(rng.random((5, 5, 3)), (16, 16)) for _ in range(2)]).astype("float32")
    lr = np.stack([resize(picture, (8, 8)) for picture in hr]).astype("float32")
    generator.compile(optimizer=keras.optimizers.Adam(rate), loss="mae", jit_compile=BACKEND == "jax")
    generator.fit(((lr, hr) for _ in range(steps)), steps_per_epoch=steps, shuffle=False, verbose=0)
    return lr, hr, call(layers.Bilinear(2), lr)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "rate"), [("light", 3e-3), ("srresnet", 3e-3), ("edsr", 3e-3), ("rrdb", 1e-2)])
def test_a_generator_can_learn_one_batch_by_heart(case, rate, make):
    keras.utils.set_random_seed(0)
    generator = make(case)
    untrained = ops.convert_to_numpy(generator.get_weights()[0]).copy()
    lr, hr, bilinear = learn(generator, steps=200, rate=rate)
    output = call(generator, lr, training=False)
    assert not np.array_equal(untrained, generator.get_weights()[0])
    # Enlarging alone is off by 0.046, the mean colour by 0.18.
    assert np.abs(output - hr).mean() < 0.75 * np.abs(bilinear - hr).mean()


def train_eval_gap(momentum=None):
    """Mean difference between what batch norm gives in training and in use, on the batch that was learnt."""
    keras.utils.set_random_seed(0)
    generator = generators.srresnet(scale=2, blocks=2, filters=8)
    for layer in generator.layers:
        if momentum is not None and isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
    lr, _, _ = learn(generator, steps=100, rate=1e-3)
    return np.abs(call(generator, lr, training=True) - call(generator, lr, training=False)).mean()


@pytest.mark.slow
def test_batch_norm_gives_in_use_what_it_gave_in_training():
    assert train_eval_gap() < 2 / 255
    assert train_eval_gap(momentum=0.99) > 20 / 255  # Keras's own default lags behind


def test_the_light_generator_keeps_all_bits_of_a_picture_in_mixed_precision(mixed_precision):
    """Untrained it enlarges; bfloat16 would round to 8 bits on the way."""
    picture = noise(1, 6, 6, 3)
    expected = call(layers.Bilinear(4, dtype="float32"), picture)
    np.testing.assert_allclose(call(generators.light(), picture), expected, atol=1e-6)


def test_options_have_the_defaults_of_the_papers():
    found = {name: dataclasses.asdict(layers.options(builder)()) for name, builder in generators.GENERATORS.items()}
    assert found["edsr"] == {"blocks": 16, "filters": 64, "residual_scale": 1.0, "upsampling": "shuffle"}
    assert found["rrdb"] == {"blocks": 23, "filters": 64, "growth": 32, "residual_scale": 0.2}


def test_options_reach_the_network():
    assert generators.build("edsr", scale=2, blocks=3, filters=8).get_layer("block3_conv2").filters == 8
    assert (
        generators.build("edsr", scale=2, blocks=1, filters=8, residual_scale=1).name == "edsr"
    )  # TOML writes 1 for 1.0
    upsampling = generators.build("srresnet", scale=3, blocks=1, filters=8, upsampling="transposed").get_layer(
        "up1_conv"
    )
    assert isinstance(upsampling, keras.layers.Conv2DTranspose)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("vdsr", {}, "generator = 'vdsr' must be one of light, srresnet, edsr, rrdb"),
        (["light"], {}, "must be one of"),
        ("light", {"norm": "batch"}, "light has no option 'norm'; it has blocks, filters"),
        ("light", {"name": "x"}, "light has no option 'name'"),
        ("light", {"blocks": "8"}, "light: blocks = '8' must be a whole number in [1, 1024]"),
        ("light", {"blocks": 8.0}, "blocks = 8.0"),
        ("light", {"blocks": True}, "blocks = True"),
        ("light", {"filters": 0}, "filters = 0"),
        ("light", {"filters": 10**9}, "filters = 1000000000"),
        ("edsr", {"residual_scale": "a"}, "edsr: residual_scale = 'a' must be a number in (0, inf)"),
        ("edsr", {"residual_scale": float("nan")}, "residual_scale = nan"),
        ("edsr", {"residual_scale": float("inf")}, "residual_scale = inf"),
        ("edsr", {"residual_scale": -0.1}, "residual_scale = -0.1"),
        ("edsr", {"upsampling": "bicubic"}, "upsampling = 'bicubic' must be one of shuffle, resize, transposed"),
        ("srresnet", {"norm": "layer"}, "norm = 'layer' must be one of batch, none"),
        ("srresnet", {"norm": 1}, "srresnet: norm = 1 must be text"),
        ("srresnet", {"activation": "gelu"}, "activation = 'gelu' must be one of prelu, relu"),
    ],
)
def test_impossible_generators_are_named(name, options, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        generators.build(name, scale=2, **options)
    assert "\n" not in str(error.value)


def test_every_network_has_a_case_that_all_tests_of_networks_run(network_kinds):
    assert network_kinds == set(generators.GENERATORS) | set(critics.CRITICS), "conftest.py lacks one"
