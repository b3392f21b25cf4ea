"""Content losses: what their names say, their gradients, precision.

Runs on whatever backend Keras has.
"""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

keras = pytest.importorskip("keras")

from keras import ops

from enhance.losses import catalogue, features, pixel

pytestmark = pytest.mark.installed


def pictures(count=2, side=32, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


def mesh(side, scale, height=0.1):
    """A chequerboard of LR pixels' parts: +height where row + column within the LR pixel is even, else −height."""
    row, column = np.indices((side, side)) % scale
    return np.where((row + column) % 2 == 0, height, -height).astype("float32")[None, ..., None]


PICTURE_TERMS = ("l1", "mse", "charbonnier", "scielab", "phase")


LAYER_TERMS = ("block1_conv1", "block1_conv2:linear", "vgg22", "vgg22:linear", "vgg16:block2_conv1")
LAYER_TERMS += ("vgg16:block1_conv2:linear", "lpips-alex", "lpips-squeeze")


def test_names():
    assert [catalogue.parse(name) for name in PICTURE_TERMS] == list(PICTURE_TERMS)
    # block i, convolution j of VGG_ij, as the SRGAN paper counts them
    assert catalogue.parse("vgg22") == "block2_conv2" == catalogue.parse("block2_conv2")
    assert catalogue.parse("vgg34:linear") == "block3_conv4:linear"
    assert catalogue.parse("vgg54") == "block5_conv4"
    same = ("vgg16:block3_conv3", "vgg16:block5_conv3:linear", "lpips-alex", "lpips-vgg", "lpips-squeeze")
    assert tuple(map(catalogue.parse, same)) == same
    wrong_names = ["l2", "vgg99", "block2_conv3", "block6_conv1", "l1:linear", "vgg22:", ":linear", "", "VGG22"]
    wrong_names += ["vgg16:block3_conv4", "vgg16:vgg22", "vgg16", "lpips", "lpips-alex:linear", "lpips-vgg19"]
    for wrong in wrong_names:
        with pytest.raises(ValueError, match="is not one of l1, mse"):
            catalogue.parse(wrong)
    with pytest.raises(ValueError, match="did you mean 'charbonnier'"):
        catalogue.parse("charbonier")
    with pytest.raises(ValueError, match="block2_conv2 is named twice"):
        catalogue.content(["vgg22", "block2_conv2"])
    with pytest.raises(ValueError, match="criterion 'l2'"):
        catalogue.content(["vgg22"], criterion="l2")


def test_differences_of_pictures_are_what_their_names_say():
    a, b = np.full((1, 4, 4, 3), 0.25, "float32"), np.full((1, 4, 4, 3), 0.75, "float32")
    b[0, :2] = 0.35
    found = catalogue.content(["charbonnier", "mse", "l1"])(a, b)
    assert list(found) == ["charbonnier", "mse", "l1"]
    assert float(found["l1"]) == pytest.approx((0.5 + 0.1) / 2, rel=1e-5)
    assert float(found["mse"]) == pytest.approx((0.25 + 0.01) / 2, rel=1e-5)
    assert float(found["charbonnier"]) == pytest.approx((np.sqrt(0.25 + 1e-6) + np.sqrt(0.01 + 1e-6)) / 2, rel=1e-6)


def test_charbonnier_is_square_below_epsilon_and_size_above():
    epsilon = pixel.CHARBONNIER_EPSILON
    zero = np.zeros((1, 4, 4, 3), "float32")
    for share in (0.05, 0.1, 0.2):  # √(1 + s²) = 1 + s²/2 - s⁴/8 + …
        value = float(pixel.charbonnier(zero, zero + share * epsilon))
        assert value / epsilon - 1 == pytest.approx(share**2 / 2, rel=0.02, abs=3e-7)
    for difference in (0.1, 1.0, 100.0):
        assert float(pixel.charbonnier(zero, zero - difference)) == pytest.approx(difference, rel=1e-4)


@pytest.mark.parametrize("criterion", catalogue.CRITERIA)
@pytest.mark.parametrize("name", PICTURE_TERMS + LAYER_TERMS)
def test_every_content_loss_is_least_at_equality_with_a_finite_slope_everywhere(name, criterion, weights, slope):
    reference = pictures()
    reference[0, :4], reference[0, 4:8] = 0, 1  # black and white, where curves have corners
    loss = catalogue.content([name], weights=weights, criterion=criterion)

    def value(output):
        return loss(reference, output)[name]

    least, flat = slope(value, reference)
    assert least == pytest.approx(pixel.CHARBONNIER_EPSILON if name == "charbonnier" else 0, abs=1e-6)
    assert np.isfinite(flat).all()
    noise = np.random.default_rng(1).normal(0, 1, reference.shape).astype("float32")
    values = []
    for strength in (0.01, 0.1, 1.0):  # 1.0 goes far outside [0, 1], as a generator does
        found, slopes = slope(value, reference + strength * noise)
        assert np.isfinite(slopes).all()
        assert np.abs(flat).max() <= 0.02 * np.abs(slopes).max()  # S-CIELAB's is not quite 0, by rounding
        assert (slopes * noise).sum() > 0  # downhill is back towards the reference
        values.append(found)
    assert least < values[0] < values[1] < values[2] < np.inf
    single = reference.copy()
    single[1, 5, 5, 1] += 0.2
    assert float(value(single)) > least  # and one value of one picture counts


def test_slopes_run_to_the_output_alone(weights, slope):
    a, b = pictures(), pictures(seed=1)
    loss = catalogue.content([*PICTURE_TERMS, *LAYER_TERMS], weights=weights)
    _, slopes = slope(lambda reference: sum(loss(reference, b).values()) + 0.0 * ops.sum(reference), a)
    assert_array_equal(slopes, 0)


def test_all_terms_at_once_are_the_terms_one_by_one_and_swap_with_their_order(weights):
    a, b = pictures(), pictures(seed=1)
    names = ["vgg22", "l1", "lpips-squeeze", "block1_conv1", "vgg22:linear", "scielab", "vgg16:block1_conv1"]
    together = catalogue.content(names, weights=weights)(a, b)
    assert list(together) == names
    for name in reversed(names):
        alone = catalogue.content([name], weights=weights)(a, b)
        assert float(alone[name]) == pytest.approx(float(together[name]), rel=1e-5)


def test_scielab_term_is_the_metric():
    import scielab

    a, b = pictures(2, 24), pictures(2, 24, seed=1)
    expected = np.mean([scielab.delta_e(x, y).mean() for x, y in zip(a, b, strict=True)])
    assert float(catalogue.content(["scielab"])(a, b)["scielab"]) == pytest.approx(expected, rel=1e-4)


def test_a_layers_share_is_free_of_its_scale():
    wanted, given = pictures(2, 6) - 0.5, pictures(2, 6, seed=1) - 0.5
    assert float(catalogue.share(wanted, given)) == pytest.approx(np.abs(wanted - given).mean() / np.abs(wanted).mean())
    squares = ((wanted - given) ** 2).mean() / (wanted**2).mean()
    assert float(catalogue.share(wanted, given, "mse")) == pytest.approx(squares, rel=1e-5)
    for criterion in catalogue.CRITERIA:
        base = float(catalogue.share(wanted, given, criterion))
        assert float(catalogue.share(1000 * wanted, 1000 * given, criterion)) == pytest.approx(base, rel=1e-5)
        assert float(catalogue.share(wanted, 0 * wanted, criterion)) == pytest.approx(1, rel=1e-5)
        assert np.isfinite(float(catalogue.share(0 * wanted, given, criterion)))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_content_losses_are_float32_under_every_policy(policy, weights):
    a, b = pictures(), pictures(seed=1)
    names = [*PICTURE_TERMS, *LAYER_TERMS]
    expected = catalogue.content(names, weights=weights)(a, b)
    keras.config.set_dtype_policy(policy)
    try:
        found = catalogue.content(names, weights=weights)(a, b)
        half = catalogue.content(names, weights=weights)(a, ops.cast(b, policy.removeprefix("mixed_")))
    finally:
        keras.config.set_dtype_policy("float32")
    assert set(found) == set(half) == set(names)
    for name, value in found.items():
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert float(value) == pytest.approx(float(expected[name]), rel=1e-6)
        assert keras.backend.standardize_dtype(half[name].dtype) == "float32"
        assert float(half[name]) == pytest.approx(float(expected[name]), rel=0.01)


def test_a_networks_layers_come_from_one_pass(monkeypatch, weights):
    """Of the reference and of the output, whatever number of losses looks at them."""
    passes = []
    original = features.backbones.features

    def counted(backbone, *rest):
        passes.append(backbone.title)
        return original(backbone, *rest)

    monkeypatch.setattr(features.backbones, "features", counted)
    names = ["vgg16:block1_conv1", "vgg16:block2_conv2:linear", "vgg22", "vgg22:linear", "lpips-alex", "l1"]
    catalogue.content(names, weights=weights)(pictures(), pictures(seed=1))
    assert sorted(passes) == ["AlexNet", "AlexNet", "VGG16", "VGG16", "VGG19", "VGG19"]


def test_the_least_side_is_that_of_the_deepest_layer():
    """Five poolings by 2 leave a pixel of 16; AlexNet's strides 4, 2, 2 with its kernels one of 31."""
    assert [catalogue.least_px([name]) for name in ("l1", "vgg22", "vgg54", "vgg16:block5_conv3")] == [1, 2, 16, 16]
    assert [catalogue.least_px([name]) for name in catalogue.LPIPS] == [31, 16, 17]
    assert catalogue.least_px(["vgg22", "lpips-alex", "l1"]) == 31


def test_a_window_is_the_same_of_reference_and_output_and_drawn_anew(weights):
    """Pictures that tell where they are: the difference that the network sees is that of one place in both."""
    reference = np.tile(np.linspace(0, 1, 40, dtype="float32")[:, None, None], (2, 1, 40, 3))
    names, seed = ["lpips-alex", "vgg22", "l1"], keras.random.SeedGenerator(0)
    loss = catalogue.content(names, weights=weights, window_px=32)
    same = [loss(reference, reference, seed=seed) for _ in range(3)]
    assert all(float(found[name]) == pytest.approx(0, abs=1e-6) for found in same for name in names)
    output = pictures(side=40)
    whole = catalogue.content(names, weights=weights)
    possible = [
        float(whole(*(x[:, i : i + 32, j : j + 32] for x in (reference, output)))["vgg22"])
        for i, j in itertools.product(range(9), range(9))
    ]
    seen = [loss(reference, output, seed=seed) for _ in range(4)]
    assert len({float(found["lpips-alex"]) for found in seen}) > 1
    assert all(np.isclose(possible, float(found["vgg22"]), rtol=1e-5).any() for found in seen)
    again = loss(reference, output, seed=keras.random.SeedGenerator(0))
    keras.utils.set_random_seed(5)
    assert float(loss(reference, output, seed=keras.random.SeedGenerator(0))["vgg22"]) == float(again["vgg22"])
    l1 = float(np.abs(reference - output).mean())
    assert all(
        float(found["l1"]) == pytest.approx(l1, rel=1e-5) for found in seen
    )  # pictures themselves are seen whole
    whole_window = catalogue.content(names, weights=weights, window_px=40)(reference, output, seed=seed)
    for name, value in whole(reference, output).items():
        assert float(whole_window[name]) == pytest.approx(float(value), rel=1e-5)
    with pytest.raises(ValueError, match="40×40 px have no window of 41 px"):
        catalogue.content(["vgg22"], weights=weights, window_px=41)(reference, output, seed=seed)
    with pytest.raises(ValueError, match="needs a seed"):
        loss(reference, output)


def test_a_model_does_not_take_the_networks_weights_for_its_own(weights):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1)])
    trainer = keras.Model(model.inputs, model.outputs)
    before = len(trainer.weights)
    trainer.content = catalogue.content(["vgg22", "lpips-alex"], weights=weights)
    assert len(trainer.weights) == before == 2


def test_pictures_that_no_loss_can_take_are_refused(weights):
    with pytest.raises(ValueError, match="pictures are uint8; give floats"):
        catalogue.content(["l1"])(np.zeros((1, 4, 4, 3), "uint8"), np.zeros((1, 4, 4, 3), "float32"))
    with pytest.raises(ValueError, match="pictures are uint8; give floats"):
        catalogue.content(["lpips-alex"], weights=weights)(pictures(), np.zeros((2, 32, 32, 3), "uint8"))
    with pytest.raises(ValueError, match="30×64 px are too small for conv5 of AlexNet: 31 px"):
        catalogue.content(["lpips-alex"], weights=weights)(*np.zeros((2, 1, 30, 64, 3), "float32"))
    tiny = np.zeros((1, 1, 9, 3), "float32")
    assert catalogue.content(["block1_conv2"], weights=weights)(tiny, tiny)
    with pytest.raises(ValueError, match="1×9 px are too small for block2_conv2 of VGG19: 2 px"):
        catalogue.content(["vgg22"], weights=weights)(tiny, tiny)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_phase_is_the_mesh_over_the_windows_spread(scale):
    """On a flat place of spread 0 a mesh of ±h counts as h/.02; on one of spread s as h/(s + .02)."""
    side = 8 * scale
    flat = np.full((2, 2 * side, side, 3), 0.5, "float32")
    bumpy = flat + 0.05 * np.where(np.arange(2 * side) // scale % 2 == 0, 1, -1).astype("float32")[:, None, None]
    drawn = np.concatenate([mesh(side, scale)] * 2, axis=1)
    for reference, spread in ((flat, 0.0), (bumpy, 0.05)):
        value = float(pixel.phase(reference, reference + drawn, scale))
        assert value == pytest.approx(0.1 / (spread + pixel.PHASE_SPREAD_FLOOR), rel=1e-4)
        assert float(catalogue.content(["phase"], scale=scale)(reference, reference + drawn)["phase"]) == value


def test_phase_sees_the_mesh_alone():
    """Neither brightness, nor what is the same in every LR pixel, nor what differs without regard to phase."""
    reference, rng = pictures(1, 64), np.random.default_rng(2)
    bright = pixel.phase(reference, reference + 0.3, 4)
    slow = pixel.phase(
        reference, reference + np.repeat(np.repeat(rng.random((1, 16, 16, 3), dtype="float32"), 4, 1), 4, 2), 4
    )
    assert float(bright) < 1e-5 and float(slow) < 1e-4
    noise = rng.normal(0, 0.1, reference.shape).astype("float32")
    drawn = float(pixel.phase(reference, reference + mesh(64, 4), 4))
    # the mean of 64 pixels has an eighth of the noise
    assert float(pixel.phase(reference, reference + noise, 4)) == pytest.approx(drawn / 8, rel=0.2)
    assert float(pixel.phase(reference, reference + mesh(64, 2), 1)) < 1e-5


def test_phase_leaves_out_what_is_no_whole_window_and_refuses_less_than_one():
    reference = pictures(1, 40)
    beyond = reference.copy()
    beyond[:, 32:], beyond[:, :, 32:] = 0, 1
    assert float(pixel.phase(reference, beyond, 4)) < 1e-5
    with pytest.raises(ValueError, match="at least 64×64 pixels at scale 8"):
        pixel.phase(reference, reference, 8)
