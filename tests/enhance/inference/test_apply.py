"""Enlarging pictures of any size and kind: tiles and types of arrays."""

import itertools

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import camsim
from camsim.io.resize import resize
from enhance.inference import apply, reach
from enhance.networks import generators


def network(name="light", *, scale=4, spread=0.1, **options):
    """A small generator with random weights, so that every pixel it can see counts."""
    model = generators.build(name, scale=scale, **({"blocks": 1, "filters": 4} | options))
    rng = np.random.default_rng(0)
    for variable in model.variables:
        value = rng.normal(0, spread, variable.shape)
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path else value)
    return model


@pytest.fixture(scope="module")
def bilinear():
    """The untrained light generator: bilinear enlargement, which leaves colours alone."""
    return apply.Enlarger(generators.build("light", scale=4, blocks=1, filters=4))


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    generators.build("light", scale=4, blocks=1, filters=4).save(path)
    return path


def texture(rows, columns, channels=3, seed=0):
    return np.random.default_rng(seed).random((rows, columns, channels)).astype(np.float32)


@pytest.mark.parametrize("length", [1, 15, 40, 41, 100, 333, 1000])
@pytest.mark.parametrize(("limit", "overlap"), [(40, 0), (40, 16), (41, 20), (96, 16)])
def test_windows_cover_a_length_once_and_see_their_surroundings(length, limit, overlap):
    size, found = apply.windows(length, limit, overlap)
    assert size <= limit and [first for _, first, _ in found] == [0, *(last for *_, last in found[:-1])]
    assert found[-1][2] == length
    for start, first, last in found:
        assert 0 <= start <= start + size <= length
        assert first - start >= overlap or first == 0
        assert start + size - last >= overlap or last == length
    if length > limit:  # no fewer windows would do
        assert len(found) == 1 or (len(found) - 1) * (limit - 2 * overlap) + 2 * overlap < length


NETWORKS = {
    "light": ("light", {}),
    "srresnet": ("srresnet", {}),
    "srresnet, resize": ("srresnet", {"upsampling": "resize"}),
    "srresnet, transposed": ("srresnet", {"upsampling": "transposed"}),
    "edsr": ("edsr", {}),
    "rrdb": ("rrdb", {"growth": 4, "residual_scale": 1.0, "spread": 0.16}),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("scale", [3, 4])
def test_reach_is_how_far_a_pixel_can_count(name, scale):
    """A changed column shows in the output just so many columns away, and no farther."""
    kind, options = NETWORKS[name]
    model = network(kind, scale=scale, **options)
    sees = reach.px(model)
    width = 2 * sees + 9
    lr = texture(3, width)[None]
    changed = lr.copy()
    changed[:, :, sees + 4] += 10.0
    differs = np.abs(np.asarray(model(lr)) - np.asarray(model(changed))).max(axis=(0, 1, 3))
    touched = np.flatnonzero(differs) // scale
    assert touched.min() >= 4 and touched.max() <= 2 * sees + 4
    if name != "srresnet, transposed":  # there it is an upper bound
        assert touched.min() == 4 or touched.max() == 2 * sees + 4


def test_reach_of_the_networks_that_are_shipped_or_classic():
    """Counted by hand: half-widths of the kernels, at low resolution, on the longest way."""
    assert reach.px(generators.build("light", scale=4)) == 1 + 8 * 2 + 1 + 1 + 1  # head, blocks, body, base, bilinear
    assert reach.px(generators.build("srresnet", scale=4)) == 4 + 16 * 2 + 1 + 1 + 2  # last: 1 + 4 px, ×2 and ×4


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_give_what_the_whole_picture_gives(name):
    kind, options = NETWORKS[name]
    model = network(kind, **{"spread": 0.2} | options)
    picture = texture(75, 90)
    whole = np.clip(np.asarray(model(picture[None], training=False))[0], 0, 1)
    enlarge = apply.Enlarger(model, tile=2 * max(reach.px(model), 16) + 9)
    assert len(apply.windows(90, enlarge.tile, enlarge.overlap)[1]) > 3
    assert whole.std() > 0.02
    np.testing.assert_allclose(enlarge.enlarge(picture), whole, atol=1e-5)  # far below 1/255


@pytest.mark.slow
def test_an_ensemble_in_tiles_is_the_mean_over_all_turns_of_the_whole_and_turns_with_the_picture():
    """Of a picture that is not square, on a network that is not symmetric."""
    model, picture, done = network(blocks=2, spread=0.2), texture(50, 71), []
    one = apply.Enlarger(model, tile=45, overlap=reach.px(model))
    eight = apply.Enlarger(model, tile=45, overlap=reach.px(model), ensemble=True)
    whole = np.zeros((200, 284, 3))
    for quarters, mirrored in itertools.product(range(4), (False, True)):
        turned = np.rot90(picture[:, ::-1] if mirrored else picture, quarters)
        back = np.rot90(np.asarray(model(turned[None].copy(), training=False))[0], -quarters)
        whole += (back[:, ::-1] if mirrored else back) / 8
    found = eight.enlarge(picture, step=done.append)
    np.testing.assert_allclose(found, np.clip(whole, 0, 1), atol=1e-5)
    assert np.abs(found - one.enlarge(picture)).max() > 0.05 and sum(done) == 8 * 50 * 71
    np.testing.assert_allclose(eight.enlarge(np.rot90(picture)), np.rot90(found), atol=1e-6)
    np.testing.assert_allclose(eight.enlarge(picture[::-1]), found[::-1], atol=1e-6)


@pytest.mark.slow
def test_an_ensemble_changes_nothing_of_what_commutes_with_turns(bilinear):
    """The untrained light generator is bilinear enlargement, which knows no up and down."""
    eight, picture = apply.Enlarger(bilinear.model, ensemble=True), texture(9, 14)
    np.testing.assert_allclose(eight.enlarge(picture), bilinear.enlarge(picture), atol=1e-6)
    grey = (255 * texture(9, 14, 1)).astype(np.uint8)
    assert eight(grey).shape == (36, 56, 1) and np.abs(eight(grey).astype(int) - bilinear(grey)).max() <= 1


@pytest.mark.slow
def test_the_overlap_is_the_reach_within_bounds():
    assert apply.Enlarger(network()).overlap == 16
    assert apply.Enlarger(generators.build("srresnet", scale=4, filters=4)).overlap == 40
    assert apply.Enlarger(generators.build("edsr", scale=4, blocks=40, filters=2)).overlap == 72


@pytest.mark.slow
def test_beyond_the_largest_overlap_hardly_anything_counts():
    """A network that reaches farther than tiles see: still within 1/255 of the whole picture."""
    model = generators.build("rrdb", scale=4, blocks=6, filters=8, growth=4)
    assert reach.px(model) > apply.OVERLAP_PX[1]
    picture = texture(12, 170)
    whole = np.clip(np.asarray(model(picture[None], training=False))[0], 0, 1)
    np.testing.assert_allclose(apply.Enlarger(model, tile=150).enlarge(picture), whole, atol=1 / 255)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 50), (7, 3)])
def test_the_smallest_pictures_are_enlarged(bilinear, rows, columns):
    assert bilinear(texture(rows, columns)).shape == (4 * rows, 4 * columns, 3)


def test_tiles_too_small_to_see_around_them_are_refused():
    with pytest.raises(ValueError, match="tiles of 30 px are too small to see 16 px on either side"):
        apply.Enlarger(network(), tile=30)


def test_networks_that_are_no_generators_are_refused(tmp_path):
    def save(inputs, outputs):
        path = tmp_path / "x.keras"
        keras.Model(inputs, outputs).save(path)
        return path

    picture = keras.Input((None, None, 3))
    grey, fixed = keras.Input((None, None, 1)), keras.Input((8, 8, 3))
    conv, enlarged = keras.layers.Conv2D, keras.layers.UpSampling2D
    for inputs, outputs in [
        (grey, conv(3, 3, padding="same")(grey)),
        (fixed, conv(3, 3, padding="same")(fixed)),
        (picture, conv(1, 3, padding="same")(picture)),
        (picture, conv(3, 3, padding="valid")(picture)),
        (picture, conv(3, 3, strides=2, padding="same")(picture)),
        (picture, enlarged((2, 4))(picture)),
        (picture, enlarged(32)(picture)),
        (picture, conv(3, 3, strides=8, padding="same")(enlarged(32)(picture))),
    ]:
        with pytest.raises(ValueError, match=r"x\.keras: not a generator for RGB pictures"):
            apply.load(save(inputs, outputs))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 1), (6, 9, 2), (6, 9, 3), (6, 9, 4)])
def test_a_picture_comes_back_as_it_came(bilinear, dtype, shape):
    top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
    plain = (np.full(shape, 0.25) * top).astype(dtype)
    result = bilinear(plain)
    assert result.dtype == plain.dtype and result.shape == (24, 36, *shape[2:])
    np.testing.assert_allclose(result.astype(float), plain.reshape(-1)[0], atol=top * 1e-3 if top == 1 else 1)


def test_a_shot_is_a_picture(bilinear):
    shot = camsim.render(np.full((16, 24, 3), 0.5), "pixel25")
    np.testing.assert_array_equal(bilinear(shot), bilinear(shot.rgb))


def test_16_bits_are_not_cut_to_8(bilinear):
    ramp = np.arange(2000, 2064, dtype=np.uint16).reshape(1, 64, 1)
    assert len(np.unique(bilinear(ramp))) > 60


def test_red_stays_red(bilinear):
    red = np.zeros((9, 9, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_array_equal(bilinear(red), np.broadcast_to([255, 0, 0], (36, 36, 3)))


def test_grey_is_the_luma_of_what_the_network_makes_of_it():
    model = network(spread=0.3)
    grey = texture(8, 8, 1)
    rgb = apply.Enlarger(model).enlarge(np.repeat(grey, 3, axis=2))
    assert np.ptp(rgb, axis=2).max() > 0.05  # the network does colour it
    expected = 0.299 * rgb[..., 0] + 0.587 * rgb[..., 1] + 0.114 * rgb[..., 2]
    np.testing.assert_allclose(apply.Enlarger(model)(grey)[..., 0], expected, atol=1e-6)


def test_alpha_is_enlarged_by_itself_and_hidden_colours_do_not_bleed(bilinear):
    picture = np.zeros((12, 12, 4), np.uint8)
    picture[:, :6] = 200, 0, 0, 255
    picture[:, 6:] = 0, 255, 0, 0  # clear, and green beneath
    result = bilinear(picture)
    np.testing.assert_array_equal(result[..., :3], np.broadcast_to([200, 0, 0], (48, 48, 3)))
    expected = resize(picture[..., 3:] / 255, (48, 48))[..., 0]
    np.testing.assert_allclose(result[..., 3] / 255, expected, atol=0.5 / 255 + 1e-6)
    assert bilinear(np.zeros((4, 4, 4), np.uint8)).max() == 0  # all clear: nothing to take colours from


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((3, 3, 5)), r"shape \(3, 3, 5\)"),
        (np.zeros((0, 3, 3)), r"shape \(0, 3, 3\)"),
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((3, 3), int), "int64"),
        (np.zeros((3, 3), bool), "bool"),
        (np.full((3, 3), 255.0), "run from 255 to 255"),
        (np.full((3, 3), np.nan), "run from nan"),
        (np.full((3, 3), -0.1), "run from -0.1"),
    ],
)
def test_what_is_no_picture_is_refused(bilinear, picture, words):
    with pytest.raises(ValueError, match=words):
        bilinear(picture)


@pytest.mark.parametrize(
    ("rgb", "words"),
    [
        (np.zeros((3, 3, 3), np.uint8), "not uint8"),
        (np.zeros((3, 3)), r"shape \(3, 3\)"),
        (np.zeros((3, 3, 4)), r"shape \(3, 3, 4\)"),
        (np.full((3, 3, 3), np.nan), "run from nan"),
        (np.full((3, 3, 3), 255.0), "to 255"),
        ("photo.png", "no picture"),
        (None, "no picture"),
    ],
)
def test_enlarge_takes_rgb_as_floating_point_alone(bilinear, rgb, words):
    with pytest.raises(ValueError, match=words):
        bilinear.enlarge(rgb)


@pytest.mark.parametrize("device", ["tpu", "gpu:99", "cpu:x", "", None])
def test_devices_that_are_not_there_are_refused(device, model_file):
    with pytest.raises(ValueError, match="device"):
        apply.load(model_file, device=device)
