"""Generators and critics: what they compute, what they cost, what they survive."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

from enhance.networks import critics, generators, layers

BACKEND = keras.backend.backend()
ROOT = Path(__file__).parents[3]

SMALL = {"blocks": 1, "filters": 8}
#: Every generator, and every option that changes how its graph is wired.
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
SIDE = 16
every_generator = pytest.mark.parametrize("case", GENERATORS)
every_critic = pytest.mark.parametrize("case", CRITICS)
every_network = pytest.mark.parametrize("case", [*GENERATORS, *CRITICS])


def make(case, *, scale=2):
    if case in GENERATORS:
        name, options = GENERATORS[case]
        return generators.build(name, scale=scale, **options)
    name, options = CRITICS[case]
    return critics.build(name, side=SIDE, **options)


def randomise(network, seed=0):
    """Weights that are zero at the start hide mistakes."""
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(0, 0.1, variable.shape))
    return network


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def call(network, pictures, **options):
    return ops.convert_to_numpy(network(pictures, **options))


def compiled(network, *, sizes):
    """`network` as a compiled function; on TensorFlow one that knows no size beforehand."""
    if BACKEND == "jax":
        import jax

        weights = [v.value for v in network.trainable_variables], [v.value for v in network.non_trainable_variables]
        return jax.jit(lambda x: network.stateless_call(*weights, x)[0])
    import tensorflow as tf

    shape = (None, *sizes, 3)
    return tf.function(lambda x: network(x, training=False), input_signature=[tf.TensorSpec(shape, "float32")])


def trainable_count(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


# --- layers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [2, 3])
def test_pixel_shuffle_puts_channel_blocks_where_they_belong(scale):
    x = noise(2, 3, 5, 3 * scale**2)
    y = call(layers.PixelShuffle(scale), x)
    assert y.shape == (2, 3 * scale, 5 * scale, 3)
    for i, j in np.ndindex(scale, scale):
        np.testing.assert_array_equal(y[:, i::scale, j::scale], x[..., (scale * i + j) * 3 : (scale * i + j) * 3 + 3])


def test_pixel_shuffle_knows_its_shape_and_refuses_channels_that_do_not_fit():
    assert layers.PixelShuffle(3)(keras.Input((7, None, 18))).shape == (None, 21, None, 2)
    with pytest.raises(ValueError, match="10 channels cannot be shuffled into 2×2 pixels"):
        layers.PixelShuffle(2)(keras.Input((4, 4, 10)))


def test_names_in_saved_files_stay():
    """Models that were saved earlier name these."""
    for kind in (layers.PixelShuffle, layers.Bilinear, layers.ICNR, layers.SpectralConv2D):
        assert keras.saving.get_registered_name(kind) == f"cam2eye>{kind.__name__}"
    for kind in (layers.PixelShuffle, layers.Bilinear):
        again = kind.from_config(kind(3, name="a").get_config())
        assert (again.scale, again.name) == (3, "a")


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("sizes", [(None, None), (5, 7)])
def test_bilinear_enlargement_is_that_of_scikit_image(scale, sizes):
    from skimage.transform import resize

    inputs = keras.Input((None, None, 3))
    enlarge = compiled(keras.Model(inputs, layers.Bilinear(scale)(inputs)), sizes=sizes)
    for rows, columns in ((5, 7),) if all(sizes) else ((5, 7), (1, 2), (2, 1)):
        picture = noise(rows, columns, 3)
        expected = resize(picture, (rows * scale, columns * scale), order=1, mode="edge", anti_aliasing=False)
        np.testing.assert_allclose(ops.convert_to_numpy(enlarge(picture[None]))[0], expected, atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3])
def test_icnr_starts_as_nearest_neighbour_enlargement(scale):
    """Aitken et al. 2017: convolution, then shuffle, has no checkerboard at the start."""
    initializer = layers.ICNR.from_config(layers.ICNR(scale, keras.initializers.HeNormal(seed=1)).get_config())
    convolution = keras.layers.Conv2D(4 * scale**2, 3, padding="same", kernel_initializer=initializer)
    x = noise(1, 5, 7, 6)
    shuffled = call(layers.PixelShuffle(scale), convolution(x))
    single = keras.layers.Conv2D(4, 3, padding="same", kernel_initializer=keras.initializers.HeNormal(seed=1))
    nearest = np.repeat(np.repeat(call(single, x), scale, axis=1), scale, axis=2)
    np.testing.assert_allclose(shuffled, nearest, atol=1e-6)
    assert np.ptp(nearest) > 0.1


@pytest.mark.parametrize("case", ["srresnet", "edsr"])
def test_generators_that_shuffle_start_without_a_checkerboard(case):
    network = make(case, scale=4)
    features = keras.Model(network.input, network.get_layer("up2_shuffle").output)
    y = call(features, noise(1, 6, 6, 3))
    for i, j in ((0, 1), (1, 0), (1, 1)):
        np.testing.assert_allclose(y[:, i::2, j::2], y[:, ::2, ::2], atol=1e-6)


@every_network
def test_no_two_convolutions_start_with_the_same_numbers(case):
    kernels = [ops.convert_to_numpy(v) for v in make(case, scale=4).trainable_variables if v.name == "kernel"]
    seen = {kernel.tobytes() for kernel in kernels if kernel.any()}
    assert len(seen) == sum(bool(kernel.any()) for kernel in kernels)


# --- generators ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@every_generator
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_generators_take_any_size_and_scale(case, scale):
    generator = make(case, scale=scale)
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
@every_generator
@pytest.mark.parametrize("sizes", [(None, None), (6, 5)])
def test_generators_compile(case, sizes):
    generator, pictures = randomise(make(case)), noise(2, 6, 5, 3)
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


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_untrained_light_generator_is_bilinear_enlargement(scale):
    from skimage.transform import resize

    lr = noise(7, 9, 3)
    expected = resize(lr, (7 * scale, 9 * scale), order=1, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(call(generators.light(scale=scale), lr[None])[0], expected, atol=1e-5)


def test_red_stays_red():
    red = np.zeros((1, 9, 9, 3), "float32")
    red[..., 0] = 1.0
    output = call(generators.light(), red)
    np.testing.assert_allclose(output, np.broadcast_to([1.0, 0, 0], output.shape), atol=1e-6)


def test_edsr_works_on_differences_from_the_mean():
    """With everything between at zero, what is left is the mean of DIV2K (RGB, Lim et al.)."""
    generator = make("edsr")
    for variable in generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    output = call(generator, noise(1, 4, 4, 3))
    np.testing.assert_allclose(output, np.broadcast_to([0.4488, 0.4371, 0.4040], output.shape), atol=1e-6)


@pytest.mark.parametrize(("case", "branch"), [("edsr-scaled", 0.1), ("rrdb", 0.2)])
def test_residual_branches_are_scaled(case, branch):
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
def test_a_generator_can_learn_one_batch_by_heart(case, rate):
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


# --- critics ------------------------------------------------------------------------------------------------------


def test_critics_give_one_logit_per_picture_patch_or_pixel():
    pictures = noise(2, 32, 32, 3)
    assert call(critics.build("srgan", side=32, filters=4), pictures).shape == (2, 1)
    assert call(critics.build("patch", side=32, filters=4), pictures).shape == (2, 2, 2, 1)
    assert call(critics.build("unet", side=32, filters=4), pictures).shape == (2, 32, 32, 1)
    for case in ("patch", "unet"):
        network = make(case)
        assert call(network, noise(1, 24, 40, 3)).shape[0] == 1
    with pytest.raises(ValueError, match="sides divisible by 8, not 20"):
        critics.build("unet", side=20)


def test_critics_have_the_published_numbers_of_parameters():
    isola = {"filters": 64, "strides": [2, 2, 2, 1], "logits_size": 4, "norm": "batch"}
    # pix2pix's discriminator has 2,768,705 for picture and condition together; the condition's 3 channels less.
    assert trainable_count(critics.build("patch", side=128, **isola)) == 2_768_705 - 3 * 64 * 4 * 4
    assert trainable_count(critics.build("unet", side=128)) == 4_376_897  # Real-ESRGAN as published
    assert critics.build("srgan", side=128).count_params() == pytest.approx(38.2e6, rel=2e-3)


@pytest.mark.parametrize(("case", "size"), [("patch", 78), ("patch-isola", 70)])
def test_patches_have_the_size_they_state(case, size):
    """Rows of the picture that one logit in the middle depends on."""
    network, rows = randomise(make(case)), 144
    pictures = np.repeat(noise(1, rows, 16, 3), rows + 1, axis=0)
    pictures[np.arange(rows), np.arange(rows)] += 1.0  # picture r differs from the last in row r
    logits = call(network, pictures, training=False)
    middle = logits[:, logits.shape[1] // 2]
    depends = np.abs(middle[:-1] - middle[-1]).max(axis=(1, 2)) > 0
    assert depends.sum() == size and np.ptp(np.flatnonzero(depends)) == size - 1


def spectral_layer(**options):
    layer = layers.SpectralConv2D(6, 3, padding="same", **options)
    layer.build((None, None, None, 4))
    layer.kernel.assign(np.random.default_rng(0).normal(0, 1, layer.kernel.shape))
    return layer


def test_spectral_convolution_divides_by_the_largest_singular_value():
    layer, x = spectral_layer(), noise(1, 8, 8, 4)
    kernel = ops.convert_to_numpy(layer.kernel)
    for _ in range(100):
        layer(x, training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.kernel), kernel)  # only the optimizer changes it
    largest = np.linalg.svd(kernel.reshape(-1, 6), compute_uv=False)[0]
    plain = ops.convert_to_numpy(ops.conv(x, kernel, padding="same"))
    np.testing.assert_allclose(call(layer, x), plain / largest, atol=1e-4)


def test_spectral_convolution_tracks_only_in_training():
    layer = spectral_layer()
    before = ops.convert_to_numpy(layer.u)
    layer(noise(1, 8, 8, 4))
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.u), before)
    layer(noise(1, 8, 8, 4), training=True)
    assert np.linalg.norm(ops.convert_to_numpy(layer.u)) == pytest.approx(1, abs=1e-5)


# --- slopes -------------------------------------------------------------------------------------------------------


def slopes(network, function):
    """Of `function(outputs of the network as a function of pictures)` with respect to the trainable weights."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = function(lambda x: network(x, training=True))
        return value, tape.gradient(value, network.trainable_variables)
    import jax

    fixed = [v.value for v in network.non_trainable_variables]

    def of_weights(weights):
        return function(lambda x: network.stateless_call(weights, fixed, x, training=True)[0])

    return jax.value_and_grad(of_weights)([v.value for v in network.trainable_variables])


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


needs_gradients = pytest.mark.skipif(BACKEND not in ("tensorflow", "jax"), reason="slopes are taken on these two")


@needs_gradients
def test_spectral_slopes_see_the_division():
    """The output does not depend on the kernel's length, so no slope points along it."""
    network = keras.Sequential([keras.Input((8, 8, 4)), layers.SpectralConv2D(6, 3, use_bias=False)])
    x = noise(1, 8, 8, 4)
    for _ in range(100):
        network(x, training=True)
    _, [slope] = slopes(network, lambda run: ops.mean(run(x) ** 2))
    slope, kernel = ops.convert_to_numpy(slope), ops.convert_to_numpy(network.trainable_variables[0])
    cosine = np.sum(slope * kernel) / (np.linalg.norm(slope) * np.linalg.norm(kernel))
    assert np.linalg.norm(slope) > 1e-3 and abs(cosine) < 1e-3


@needs_gradients
@pytest.mark.parametrize("case", ["patch", "patch-spectral", "srgan-plain", "unet"])
def test_critics_have_the_second_derivatives_of_a_gradient_penalty(case):
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


def test_critics_that_a_gradient_penalty_does_not_suit_are_known():
    with_batch_norm = {case for case in CRITICS if critics.has_batch_norm(make(case))}
    assert with_batch_norm == {"patch-isola", "srgan"}


@needs_gradients
@every_critic
def test_a_critic_held_constant_passes_slopes_on_and_keeps_everything(case):
    """As the generator's adversarial loss uses it."""
    network, pictures = randomise(make(case)), ops.convert_to_tensor(noise(2, SIDE, SIDE, 3))
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


# --- saved, rebuilt, in low precision -----------------------------------------------------------------------------


def pictures_for(case):
    return noise(2, SIDE, SIDE, 3, seed=1)


@every_network
def test_networks_survive_their_config(case):
    network = randomise(make(case))
    again = type(network).from_config(network.get_config())
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(call(again, pictures_for(case)), call(network, pictures_for(case)))


@pytest.mark.slow
@every_network
def test_networks_save_and_load_equal(case, tmp_path):
    network, pictures = randomise(make(case)), pictures_for(case)
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
def test_what_one_backend_saves_the_other_loads_equal(tmp_path):
    other = {"tensorflow": "jax"}.get(BACKEND, "tensorflow")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    cases = ["light", "srresnet", "srresnet-transposed", "edsr", "rrdb", "patch-isola", "srgan", "unet"]
    pictures = pictures_for("")
    networks = {case: randomise(make(case)) for case in cases}
    for case, network in networks.items():
        network(pictures, training=True)
        network.save(tmp_path / f"{case}.keras")
    np.save(tmp_path / "pictures.npy", pictures)
    command = [sys.executable, "-c", LOAD_AND_SAVE, str(tmp_path), str(tmp_path / "pictures.npy")]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"KERAS_BACKEND": other, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split()[-1:] == [other], done.stderr
    for case, network in networks.items():
        expected = call(network, pictures, training=False)
        np.testing.assert_allclose(np.load(tmp_path / f"{case}.npy"), expected, atol=2e-5 * np.abs(expected).max())
        again = keras.saving.load_model(tmp_path / f"again_{case}.keras", compile=False, safe_mode=True)
        np.testing.assert_array_equal(call(again, pictures, training=False), expected)


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@every_network
def test_networks_work_in_mixed_precision(case, mixed_precision):
    low = make(case)
    keras.config.set_dtype_policy("float32")
    full = make(case)
    low.set_weights(full.get_weights())
    pictures = pictures_for(case)
    assert any(layer.compute_dtype == "bfloat16" for layer in low.layers)
    output, expected = call(low, pictures, training=False), call(full, pictures, training=False)
    assert output.dtype == np.float32 and low.layers[-1].compute_dtype == "float32"
    # bfloat16 has 8 bits: an error of 1/256 per operation, some ten in a row, and sums in which much cancels.
    assert np.abs(output - expected).max() < 0.1 * np.abs(expected).max()
    randomise(low)
    assert np.isfinite(call(low, pictures, training=True)).all()


def test_the_light_generator_keeps_all_bits_of_a_picture_in_mixed_precision(mixed_precision):
    """Untrained it enlarges; bfloat16 would round to 8 bits on the way."""
    picture = noise(1, 6, 6, 3)
    expected = call(layers.Bilinear(4, dtype="float32"), picture)
    np.testing.assert_allclose(call(generators.light(), picture), expected, atol=1e-6)


# --- by name ------------------------------------------------------------------------------------------------------


def test_options_have_the_defaults_of_the_papers():
    assert generators.options("edsr") == {"blocks": 16, "filters": 64, "residual_scale": 1.0, "upsampling": "shuffle"}
    assert generators.options("rrdb") == {"blocks": 23, "filters": 64, "growth": 32, "residual_scale": 0.2}
    assert critics.options("unet") == {"filters": 64}
    assert set(generators.GENERATORS) == {"light", "srresnet", "edsr", "rrdb"}
    assert set(critics.CRITICS) == {"patch", "srgan", "unet"}


def test_options_reach_the_network():
    assert generators.build("edsr", scale=2, blocks=3, filters=8).get_layer("block3_conv2").filters == 8
    assert (
        generators.build("edsr", scale=2, blocks=1, filters=8, residual_scale=1).name == "edsr"
    )  # TOML writes 1 for 1.0
    upsampling = generators.build("srresnet", scale=3, blocks=1, filters=8, upsampling="transposed").get_layer(
        "up1_conv"
    )
    assert isinstance(upsampling, keras.layers.Conv2DTranspose)
    assert critics.build("patch", side=64, strides=[2, 1]).get_layer("conv2").strides == (1, 1)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("vdsr", {}, "generator = 'vdsr' must be one of light, srresnet, edsr, rrdb"),
        (["light"], {}, "must be one of"),
        ("light", {"norm": "batch"}, "light has no option 'norm'; it has blocks, filters"),
        ("light", {"name": "x"}, "light has no option 'name'"),
        ("light", {"blocks": "8"}, "light: blocks = '8' must be a whole number from 1 to 1024"),
        ("light", {"blocks": 8.0}, "blocks = 8.0"),
        ("light", {"blocks": True}, "blocks = True"),
        ("light", {"filters": 0}, "filters = 0"),
        ("light", {"filters": 10**9}, "filters = 1000000000"),
        ("edsr", {"residual_scale": "a"}, "edsr: residual_scale = 'a' must be a number above 0"),
        ("edsr", {"residual_scale": float("nan")}, "residual_scale = nan"),
        ("edsr", {"residual_scale": float("inf")}, "residual_scale = inf"),
        ("edsr", {"residual_scale": -0.1}, "residual_scale = -0.1"),
        ("edsr", {"upsampling": "bicubic"}, "upsampling = 'bicubic' must be one of shuffle, resize, transposed"),
        ("srresnet", {"norm": "layer"}, "norm = 'layer' must be one of batch, none"),
        ("srresnet", {"norm": 1}, "srresnet: norm = 1 must be a word"),
        ("srresnet", {"activation": "gelu"}, "activation = 'gelu' must be one of prelu, relu"),
    ],
)
def test_impossible_generators_are_named(name, options, words):
    with pytest.raises(ValueError) as error:
        generators.build(name, scale=2, **options)
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("vgg", {}, "critic = 'vgg' must be one of patch, srgan, unet"),
        ("unet", {"norm": "batch"}, "unet has no option 'norm'"),
        ("patch", {"norm": "instance"}, "norm = 'instance' must be one of none, batch, spectral"),
        ("patch", {"strides": 2}, "patch: strides = 2 must be a list of whole numbers"),
        ("patch", {"strides": []}, "strides = []"),
        ("patch", {"strides": [2, 0]}, "strides = [2, 0]"),
        ("patch", {"side": 0}, "side = 0 must be a whole number of pixels"),
        ("patch", {"side": 32.0}, "side = 32.0"),
    ],
)
def test_impossible_critics_are_named(name, options, words):
    with pytest.raises(ValueError) as error:
        critics.build(name, **({"side": 32} | options))
    assert words in str(error.value) and "\n" not in str(error.value)
