"""Layers: what they compute, their names in files, spectral normalisation."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

from enhance.networks import layers

pytestmark = pytest.mark.installed

BACKEND = keras.backend.backend()


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def call(network, pictures, **options):
    return ops.convert_to_numpy(network(pictures, **options))


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
    with pytest.raises(ValueError, match="unknown channels cannot be shuffled"):
        layers.PixelShuffle(2)(keras.Input((4, 4, None)))


def test_names_in_saved_files_stay():
    """Models that were saved earlier name these."""
    for kind in (layers.PixelShuffle, layers.Bilinear, layers.ICNR, layers.SpectralConv2D):
        assert keras.saving.get_registered_name(kind) == f"cam2eye>{kind.__name__}"
    for kind in (layers.PixelShuffle, layers.Bilinear):
        again = kind.from_config(kind(3, name="a").get_config())
        assert (again.scale, again.name) == (3, "a")


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("sizes", [(None, None), (5, 7)])
def test_bilinear_enlargement_is_that_of_scipy(scale, sizes, compiled, bilinear):
    inputs = keras.Input((None, None, 3))
    enlarge = compiled(keras.Model(inputs, layers.Bilinear(scale)(inputs)), sizes=sizes)
    for rows, columns in ((5, 7),) if all(sizes) else ((5, 7), (1, 2), (2, 1)):
        picture = noise(rows, columns, 3)
        enlarged = ops.convert_to_numpy(enlarge(picture[None]))[0]
        np.testing.assert_allclose(enlarged, bilinear(picture, scale), atol=1e-6)


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


def spectral_layer(**options):
    layer = layers.SpectralConv2D(6, 3, padding="same", **options)
    layer.build((None, None, None, 4))
    layer.kernel.assign(np.random.default_rng(0).normal(0, 1, layer.kernel.shape))
    return layer


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.skipif(BACKEND not in ("tensorflow", "jax"), reason="slopes are taken on these two")
def test_spectral_slopes_see_the_division(slopes):
    """The output does not depend on the kernel's length, so no slope points along it."""
    network = keras.Sequential([keras.Input((8, 8, 4)), layers.SpectralConv2D(6, 3, use_bias=False)])
    x = noise(1, 8, 8, 4)
    for _ in range(100):
        network(x, training=True)
    _, [slope] = slopes(network, lambda run: ops.mean(run(x) ** 2))
    slope, kernel = ops.convert_to_numpy(slope), ops.convert_to_numpy(network.trainable_variables[0])
    cosine = np.sum(slope * kernel) / (np.linalg.norm(slope) * np.linalg.norm(kernel))
    assert np.linalg.norm(slope) > 1e-3 and abs(cosine) < 1e-3
