"""Benchmarks of super-resolution: MATLAB's bicubic, PSNR and SSIM as papers measure them, `enhance evaluate`."""

import csv
import importlib
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from camsim.io import image
from camsim.io.resize import resize
from enhance import zoo
from enhance.evaluation import benchmark, protocol, results
from enhance.evaluation.imresize import bicubic_weights, imresize
from enhance.evaluation.protocol import Protocol
from scielab.metrics import s_cielab

#: Bicubic ×4 on Y (J. Kim et al., CVPR 2016, tables 2 and 3; SSIM to three places): PSNR in dB, SSIM.
PUBLISHED = {"Set5": (28.42, 0.8104), "Set14": (26.00, 0.702), "BSD100": (25.96, 0.667)}

#: Keys' kernel at 1/4, 3/4, 5/4, 7/4, by hand from its two cubics.
KEYS = np.array([0.8671875, 0.2265625, -0.0703125, -0.0234375])


def noise(shape, seed=0, low=0.3, high=0.7):
    """Values that the kernel's overshoot does not take out of [0, 1]."""
    return np.random.default_rng(seed).uniform(low, high, shape)


def noise_u8(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def nearest(factor):
    return lambda rgb: np.kron(rgb, np.ones((factor, factor, 1)))


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def bench(tmp_path):
    """A benchmark of a colour and a grey picture; their sizes are no multiples of 4."""
    for name, array in (("colour", noise_u8((42, 51, 3), 1)), ("grey", noise_u8((45, 40), 2))):
        save(tmp_path / "bench" / "HR" / f"{name}.png", array)
    return tmp_path / "bench"


@pytest.fixture
def enhance(tmp_path, monkeypatch, capfd):
    """Run `enhance` in this process with arguments that it accepts; returns what it prints on stdout."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["enhance", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            importlib.import_module("enhance.cli.main").main()
        out, err = capfd.readouterr()
        assert stop.value.code == 0, err
        return out

    return run


# --- resize ------------------------------------------------------------------------------------------------------


@pytest.mark.reference
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_lr_pictures_are_made_bit_for_bit(shared, name):
    folder = shared / "data" / "bench" / name
    paths = sorted((folder / "HR").glob("*.png"))
    assert len(paths) == {"Set5": 5, "Set14": 14, "BSD100": 100}[name]
    for path in paths:
        hr, lr = (np.asarray(Image.open(p)) for p in (path, folder / "LRbicx4" / path.name))
        hr = hr[: len(lr) * 4, : lr.shape[1] * 4]
        np.testing.assert_array_equal(imresize(hr, 0.25), lr, err_msg=path.name)
    assert np.any(imresize(hr, 0.25, edge="mirror") != lr)  # else the files could not tell the two apart


@pytest.mark.parametrize("size", [(7, 5), (16, 20), (33, 41), (50, 3), (1, 1)])
@pytest.mark.parametrize("edge", ["replicate", "mirror"])
def test_constant_stays_constant(size, edge):
    np.testing.assert_allclose(imresize(np.full((16, 20, 3), 0.3), size, edge=edge), 0.3, rtol=1e-13)
    assert (imresize(np.full((16, 20), 200, np.uint8), size, edge=edge) == 200).all()


def test_factor_one_changes_nothing():
    picture = noise((9, 11, 3))
    np.testing.assert_array_equal(imresize(picture, 1), picture)


@pytest.mark.parametrize("factor", [2, 3, 4, 2.5, 0.5, 1 / 3])
def test_ramp_stays_linear_away_from_the_border(factor):
    ramp = np.add.outer(2.0 * np.arange(36), np.arange(48))
    resized = imresize(ramp, factor)
    rows, columns = ((np.arange(n) + 0.5) / factor - 0.5 for n in resized.shape)
    border = math.ceil(3 * max(factor, 1))
    inside = np.s_[border:-border, border:-border]
    np.testing.assert_allclose(resized[inside], np.add.outer(2 * rows, columns)[inside], atol=1e-9)


def test_weights_are_those_of_the_kernel():
    quarter, three, five, seven = KEYS
    impulse = np.zeros((1, 9))
    impulse[0, 4] = 1.0
    up = [seven, five, three, quarter, quarter, three, five, seven]
    np.testing.assert_array_equal(imresize(impulse, (1, 18))[0, 5:13], up)
    down = bicubic_weights(20, 10, 0.5).toarray()[5]
    np.testing.assert_array_equal(down[7:15], np.array(up) / 2)
    assert not down[:7].any() and not down[15:].any()


def test_without_antialiasing_the_kernel_is_not_stretched():
    down = bicubic_weights(40, 10, 0.25, antialias=False).toarray()[5]
    np.testing.assert_array_equal(down[20:24], [-0.0625, 0.5625, 0.5625, -0.0625])  # the kernel at 1/2 and 3/2


@pytest.mark.parametrize(("edge", "padding"), [("replicate", "edge"), ("mirror", "symmetric")])
@pytest.mark.parametrize("factor", [0.25, 3])
def test_border_is_that_of_a_padded_picture(edge, padding, factor):
    picture = noise((16, 24))
    padded = imresize(np.pad(picture, 12, mode=padding), factor)
    margin = int(12 * factor)
    expected = padded[margin:-margin, margin:-margin]
    np.testing.assert_allclose(imresize(picture, factor, edge=edge), expected, atol=1e-12)


@pytest.mark.parametrize("size", [(12, 16), (31, 90), (100, 40)])
def test_agrees_with_pillow_away_from_the_border(size):
    picture = noise((64, 80, 3))
    ours, theirs = imresize(picture, size), resize(picture, size)
    border = 2 + max(2 * new // old for new, old in zip(size, picture.shape, strict=False))
    inside = np.s_[border:-border, border:-border]
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=2e-6)


@pytest.mark.parametrize(
    ("size", "first"), [((10, 10), 0), ((60, 60), 0), ((10, 30), 0), ((30, 10), 1), ((60, 30), 1), ((15, 30), 0)]
)
def test_integers_are_rounded_between_the_passes(size, first):
    """The axis with the smaller factor goes first, as in MATLAB, and rows where both are equal."""
    picture = noise_u8((40, 40))

    def passes(order):
        values = picture
        for axis in order:
            target = (size[0], values.shape[1]) if axis == 0 else (values.shape[0], size[1])
            values = imresize(values, target)
        return values

    result = imresize(picture, size)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, passes((first, 1 - first)))
    assert np.any(result != passes((1 - first, first)))
    once = np.clip(np.floor(imresize(picture.astype(float), size) + 0.5), 0, 255)
    assert np.any(result != once)


def test_integers_are_clipped_and_floats_are_not():
    step = np.repeat([0, 65535], 8).astype(np.uint16)[None].repeat(4, axis=0)
    assert imresize(step.astype(float), 2).max() > 65535
    whole = imresize(step, 2)
    assert whole.dtype == np.uint16 and whole.min() == 0 and whole.max() == 65535


def test_size_of_a_factor_is_rounded_up_but_for_rounding_errors():
    assert imresize(np.zeros((10, 7)), 0.25).shape == (3, 2)
    assert imresize(np.zeros((100, 3, 2)), 0.07).shape == (7, 1, 2)  # 0.07 · 100 is 7.000000000000001


@pytest.mark.parametrize(
    ("shape", "target", "options"),
    [
        ((4,), 2, {}),
        ((0, 4), 2, {}),
        ((4, 4), 0, {}),
        ((4, 4), math.inf, {}),
        ((4, 4), (0, 4), {}),
        ((4, 4), (2.5, 4), {}),
        ((4, 4), (4, 4, 4), {}),
        ((4, 4), 2, {"edge": "wrap"}),
    ],
)
def test_resize_refuses(shape, target, options):
    with pytest.raises(ValueError, match="^[^\n]+$"):
        imresize(np.zeros(shape), target, **options)


# --- metrics -----------------------------------------------------------------------------------------------------


def test_luma_of_known_colours():
    """BT.601, studio range, 8 bits."""
    colours = {
        (0, 0, 0): 16,
        (255, 255, 255): 235,
        (255, 0, 0): 81,
        (0, 255, 0): 145,
        (0, 0, 255): 41,
        (255, 255, 0): 210,
    }
    found = protocol.luma(np.array(list(colours), np.uint8))
    np.testing.assert_array_equal(found, list(colours.values()))


def flat(*colour, size=(24, 24)):
    return np.full((*size, len(colour)), colour, np.uint8) if len(colour) > 1 else np.full(size, colour[0], np.uint8)


def test_psnr_of_known_errors():
    rgb, luma = Protocol(channel="RGB"), Protocol()
    level = 20 * math.log10(255)
    assert rgb.scores(flat(100, 100, 100), flat(101, 99, 101)).psnr_db == pytest.approx(level)
    assert rgb.scores(flat(0, 0, 0), flat(0, 10, 0)).psnr_db == pytest.approx(level - 10 * math.log10(100 / 3))
    # White is 235 and black 16, but the peak is 255
    assert luma.scores(flat(0, 0, 0), flat(255, 255, 255)).psnr_db == pytest.approx(level - 20 * math.log10(219))
    half = Protocol(channel="RGB", data_range=127.5)
    assert half.scores(flat(50, 50, 50), flat(51, 51, 51)).psnr_db == pytest.approx(20 * math.log10(127.5))


def test_equal_pictures_score_the_most():
    picture = noise_u8((30, 31, 3))
    found = Protocol().scores(picture, picture)
    assert found.psnr_db == 100 and found.ssim == pytest.approx(1)


def test_border_is_left_out():
    reference = noise_u8((40, 50, 3))
    test = reference.copy()
    test[:4], test[-4:], test[:, :4], test[:, -4:] = 0, 0, 0, 0
    assert Protocol(crop_px=4).scores(reference, test).psnr_db == 100
    for y, x in ((4, 20), (-5, 20), (20, 4), (20, -5)):  # the first that counts, on every side
        spoilt = test.copy()
        spoilt[y, x] ^= 128
        assert Protocol(crop_px=4).scores(reference, spoilt).psnr_db < 100
    assert Protocol(crop_px=3).scores(reference, test).psnr_db < 30
    assert Protocol(crop_px=0).crop(reference).shape == reference.shape


def ssim_by_definition(a, b, data_range):
    """Wang et al. 2004, window by window: Gaussian of 11 × 11 with σ = 1.5, windows wholly inside."""
    place = np.arange(11) - 5.0
    window = np.exp(-np.add.outer(place**2, place**2) / (2 * 1.5**2))
    window /= window.sum()
    found = []
    for y in range(a.shape[0] - 10):
        for x in range(a.shape[1] - 10):
            p, q = a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11]
            mp, mq = (window * p).sum(), (window * q).sum()
            vp, vq, c = (
                (window * (p - mp) ** 2).sum(),
                (window * (q - mq) ** 2).sum(),
                (window * (p - mp) * (q - mq)).sum(),
            )
            c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
            found.append((2 * mp * mq + c1) * (2 * c + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    return np.mean(found)


@pytest.mark.parametrize("data_range", [255.0, 219.0])
def test_ssim_is_the_definition_and_scikit_images(data_range):
    reference = noise_u8((26, 29, 3), 3)
    test = np.clip(reference + np.random.default_rng(4).normal(0, 30, reference.shape), 0, 255).astype(np.uint8)
    a, b = (protocol.luma(p[4:-4, 4:-4]) for p in (reference, test))
    found = Protocol(data_range=data_range).scores(reference, test).ssim
    assert found == pytest.approx(ssim_by_definition(a, b, data_range), abs=1e-9)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    assert found == pytest.approx(structural_similarity(a, b, data_range=data_range, **options), abs=1e-9)
    channels = [ssim_by_definition(*(p[4:-4, 4:-4, c].astype(float) for p in (reference, test)), 255) for c in range(3)]
    assert Protocol(channel="RGB").scores(reference, test).ssim == pytest.approx(np.mean(channels), abs=1e-9)


def test_grey_files_are_compared_without_luma():
    level = 20 * math.log10(255)
    black, white = flat(0), flat(255)
    assert Protocol().scores(black, white).psnr_db == pytest.approx(0)
    assert Protocol().scores(black, protocol.as_rgb(white)).psnr_db == pytest.approx(0)
    # A network's colour error on a grey picture: luma's weights in full range, red 76, blue 29
    red = Protocol().scores(black, flat(255, 0, 0)).psnr_db
    assert red == pytest.approx(level - 20 * math.log10(76))
    assert Protocol().scores(black, flat(0, 0, 255)).psnr_db == pytest.approx(level - 20 * math.log10(29))
    picture, other = noise_u8((30, 30), 5), noise_u8((30, 30), 6)
    assert Protocol().scores(picture, other) == Protocol().scores(picture, protocol.as_rgb(other))
    in_colour = Protocol(channel="RGB").scores(picture, protocol.as_rgb(other))
    assert in_colour.psnr_db == pytest.approx(Protocol().scores(picture, other).psnr_db)


def test_protocol_describes_itself():
    assert Protocol().describe() == "Y (BT.601 studio), 4 px border cropped, range 255"
    assert Protocol(channel="RGB", crop_px=0).describe() == "RGB, no border cropped, range 255"


@pytest.mark.parametrize("options", [{"channel": "YUV"}, {"crop_px": -1}, {"crop_px": 1.5}, {"data_range": 0}])
def test_protocol_refuses(options):
    with pytest.raises(ValueError, match="^[^\n]+$"):
        Protocol(**options)


@pytest.mark.parametrize(
    ("reference", "test", "words"),
    [
        (np.zeros((20, 20, 3)), flat(0, 0, 0), "8-bit"),
        (np.zeros((24, 24, 4), np.uint8), flat(0, 0, 0), "8-bit"),
        (flat(0, 0, 0), flat(0, 0, 0, size=(24, 25)), "24×24 and 25×24"),
        (flat(0, size=(18, 24)), flat(0, size=(18, 24)), "24×18 .* too few"),
    ],
)
def test_scores_refuse(reference, test, words):
    with pytest.raises(ValueError, match=words):
        Protocol().scores(reference, test)


# --- evaluate ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures_of_bicubic_enlargement(shared, name):
    found = benchmark.open_bench(shared / "data" / "bench" / name, scale=4)
    records = list(benchmark.evaluate(found, {"bicubic": benchmark.bicubic(4)}, Protocol()))
    assert {record.lr_from for record in records} == {benchmark.BICUBIC}
    (mean,) = results.means(records)
    psnr_db, ssim = PUBLISHED[name]
    assert mean.pictures == len(records) == len(list((found.folder / "HR").iterdir()))
    assert mean.psnr_db == pytest.approx(psnr_db, abs=0.01) and mean.ssim == pytest.approx(ssim, abs=0.001)


@pytest.mark.reference
def test_published_figures_from_luma_alone(shared):
    """As they were first got: luma is rounded, then reduced and enlarged in floating point."""
    found = []
    for path in (shared / "data" / "bench" / "Set5" / "HR").iterdir():
        hr = np.asarray(Image.open(path))
        luma = protocol.luma(hr[: len(hr) // 4 * 4, : hr.shape[1] // 4 * 4])
        enlarged = imresize(imresize(luma, 0.25), 4)
        found.append(Protocol().scores(luma.astype(np.uint8), image.quantise(enlarged / 255)))
    assert np.mean([f.psnr_db for f in found]) == pytest.approx(28.42, abs=0.005)
    assert np.mean([f.ssim for f in found]) == pytest.approx(0.8104, abs=0.0001)


def test_made_lr_and_stored_lr_are_the_same(bench):
    models = {"bicubic": benchmark.bicubic(4), "nearest": nearest(4)}
    made = list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), models, Protocol()))
    assert {r.lr_from for r in made} == {benchmark.MADE}
    plain = benchmark.open_bench(bench / "HR", scale=4, name="bench")
    assert list(benchmark.evaluate(plain, models, Protocol())) == made
    for pair in benchmark.pairs(plain):
        assert pair.hr.shape[:2] == tuple(4 * n for n in pair.lr.shape[:2])
        save(bench / "LRbicx4" / f"{pair.name}.png", pair.lr)
    stored = list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), models, Protocol()))
    assert stored == [replace(r, lr_from=benchmark.BICUBIC) for r in made]
    assert [(r.picture, r.model) for r in made] == [(p, m) for p in ("colour", "grey") for m in models]


def test_models_get_the_stored_lr_and_grey_in_three_channels(bench):
    stored = {"colour": noise_u8((10, 12, 3), 8), "grey": noise_u8((11, 10), 9)}
    for name, array in stored.items():
        save(bench / "LR" / f"{name}.png", array)
    seen = []
    opened = benchmark.open_bench(bench, scale=4)
    records = list(benchmark.evaluate(opened, {"m": lambda lr: (seen.append(lr), nearest(4)(lr))[1]}, Protocol()))
    assert {r.lr_from for r in records} == {benchmark.OTHER}
    np.testing.assert_array_equal(seen[0], stored["colour"] / 255)
    np.testing.assert_array_equal(seen[1], np.repeat(stored["grey"][..., None], 3, axis=2) / 255)


def test_output_is_clipped_and_rounded_to_8_bits(tmp_path):
    hr = np.full((24, 24, 3), 255, np.uint8)
    hr[:, 12:] = 100
    save(tmp_path / "a.png", hr)
    opened = benchmark.open_bench(tmp_path, scale=1)

    def almost(lr):
        return np.where(lr == 1, 1.7, lr + 0.4 / 255)

    (record,) = benchmark.evaluate(opened, {"almost": almost}, Protocol())
    assert record.psnr_db == 100


def test_delta_e_is_the_mean_of_the_map_inside_the_border(bench):
    opened = benchmark.open_bench(bench, scale=4)
    for record, pair in zip(
        benchmark.evaluate(opened, {"nearest": nearest(4)}, Protocol(crop_px=6), delta_e=True),
        benchmark.pairs(opened),
        strict=True,
    ):
        hr, output = (
            protocol.as_rgb(p) for p in (pair.hr, np.kron(protocol.as_rgb(pair.lr), np.ones((4, 4, 1), np.uint8)))
        )
        assert record.delta_e == pytest.approx(s_cielab.delta_e(hr, output)[6:-6, 6:-6].mean(), abs=2e-3)
        assert record.delta_e > 1


def test_grey_is_what_the_file_says(tmp_path):
    """A picture stored in colour goes through luma even if it looks grey; the published Set14 hangs on this."""
    plane = noise_u8((32, 32), 7)
    save(tmp_path / "grey" / "a.png", plane)
    save(tmp_path / "rgb" / "a.png", protocol.as_rgb(plane))
    found = {}
    for name in ("grey", "rgb"):
        opened = benchmark.open_bench(tmp_path / name, scale=2)
        (record,) = benchmark.evaluate(opened, {"bicubic": benchmark.bicubic(2)}, Protocol())
        found[name] = record.psnr_db
    assert found["rgb"] - found["grey"] == pytest.approx(20 * math.log10(255 / 219), abs=0.02)


def test_bench_refusals(bench, tmp_path):
    def refuse(words, folder=bench, scale=4):
        with pytest.raises(ValueError, match=words):
            list(benchmark.pairs(benchmark.open_bench(folder, scale=scale)))

    refuse("no such folder", tmp_path / "nowhere")
    refuse("no pictures", tmp_path)
    refuse("scale is 0", scale=0)
    refuse("too small for scale 64", scale=64)
    save(bench / "LR" / "colour.png", noise_u8((10, 12, 3)))
    refuse("grey has no LR picture")
    save(bench / "LR" / "grey.png", noise_u8((22, 20)))
    refuse(r"grey.png: is 20×22; at scale 4 .* has 10×11 pixels")
    refuse(r"colour.png: is 12×10; at scale 2 .* has 25×21 pixels", scale=2)
    save(bench / "LR" / "third.png", noise_u8((10, 12, 3)))
    refuse("third has no HR picture")
    save(bench / "HR" / "colour.bmp", noise_u8((10, 12, 3)))
    refuse("colour.bmp and colour.png have one name")
    deep = tmp_path / "deep"
    deep.mkdir()
    image.write(deep / "a.png", noise((16, 16, 3)), bits=16)
    refuse("more than 8 bits", deep)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nearest(2), r"model m: makes 24×20 of 12×10 pixels where scale 4 asks for 48×40"),
        (lambda lr: nearest(4)(lr)[..., :1], "another scale"),
        (lambda lr: nearest(4)(lr) * np.nan, "NaN"),
    ],
)
def test_model_refusals(bench, model, words):
    with pytest.raises(ValueError, match=words):
        list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), {"m": model}, Protocol()))


def test_picture_that_is_too_small_is_named(bench):
    with pytest.raises(ValueError, match="^bench, colour: .*too few"):
        list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), {"m": nearest(4)}, Protocol(crop_px=20)))


def test_means_keep_protocols_apart(bench):
    opened = benchmark.open_bench(bench, scale=4)
    records = [r for p in (Protocol(), Protocol(crop_px=2)) for r in benchmark.evaluate(opened, {"m": nearest(4)}, p)]
    with pytest.raises(ValueError, match="2 px border.*4 px border"):
        results.means(records)
    with pytest.raises(ValueError, match="×2.*×4"):
        results.means([records[0], replace(records[1], scale=2)])
    (mean,) = results.means(records[:2])
    assert mean.psnr_db == pytest.approx((records[0].psnr_db + records[1].psnr_db) / 2) and mean.pictures == 2


# --- the command -------------------------------------------------------------------------------------------------


def test_command_judges_bicubic_and_a_model(enhance, bench, tmp_path, monkeypatch):
    monkeypatch.setattr("enhance.cli.apply.load_model", lambda path: nearest(4))
    (tmp_path / "n.keras").touch()
    out = enhance("evaluate", "--bench", bench, "--bench", f"again={bench / 'HR'}", "--model", "n.keras", "--delta-e")
    lines = out.splitlines()
    assert lines[0] == "×4, Y (BT.601 studio), 4 px border cropped, range 255"
    assert [line.split()[:2] for line in lines[2:6:2]] == [["bench", "bicubic"], ["again", "bicubic"]]
    assert [line.split()[0] for line in lines[3:6:2]] == ["n.keras"] * 2
    assert lines[6:8] == [f"{name}: LR made here by MATLAB's bicubic reduction" for name in ("bench", "again")]
    opened = benchmark.open_bench(bench, scale=4)
    mean = results.means(benchmark.evaluate(opened, {"m": nearest(4)}, Protocol(), delta_e=True))[0]
    assert lines[3].split()[1:] == ["2", f"{mean.psnr_db:.2f}", f"{mean.ssim:.4f}", f"{mean.delta_e:.2f}"]


def test_command_prints_json_and_takes_channel_crop_and_scale(enhance, bench):
    out = enhance("evaluate", "--bench", bench, "--json", "-q", "--channel", "rgb", "--crop", 5, "--scale", 2)
    found = json.loads(out)
    assert found["scale"] == 2 and found["model"] is None
    words = "RGB, 5 px border cropped, range 255"
    assert found["protocol"] == {"channel": "RGB", "crop_px": 5, "data_range": 255.0, "words": words}
    (mean,) = results.means(
        benchmark.evaluate(
            benchmark.open_bench(bench, scale=2), {"m": benchmark.bicubic(2)}, Protocol(channel="RGB", crop_px=5)
        )
    )
    assert found["means"][0]["psnr_db"] == mean.psnr_db and found["means"][0]["ssim"] == mean.ssim
    out = enhance("evaluate", "--bench", bench, "--json", "-q", "--scale", 3)
    assert json.loads(out)["protocol"]["crop_px"] == 3  # the border is the scale unless it is given


def test_command_says_what_the_lr_pictures_are(enhance, bench):
    for pair in benchmark.pairs(benchmark.open_bench(bench, scale=4)):
        save(bench / "LRbicx4" / f"{pair.name}.png", pair.lr)
    folder = bench / "LRbicx4"
    out = enhance("evaluate", "--bench", bench)
    assert out.splitlines()[-1] == f"bench: LR of {folder}, MATLAB's bicubic reduction bit for bit"
    lr = np.asarray(Image.open(folder / "grey.png")).copy()
    lr[3, 3] ^= 1
    save(folder / "grey.png", lr)
    out = enhance("evaluate", "--bench", bench)
    assert out.splitlines()[-1] == f"bench: LR of {folder}; 1 of 2 are not MATLAB's bicubic reduction of HR"


def test_csv_holds_one_protocol(enhance, refused, bench, tmp_path):
    path = tmp_path / "scores.csv"
    enhance("evaluate", "--bench", bench, "--csv", path)
    enhance("evaluate", "--bench", f"again={bench}", "--csv", path, "--delta-e")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["bench"] for row in rows] == ["bench", "bench", "again", "again"]
    assert {(row["channel"], row["crop_px"], row["data_range"]) for row in rows} == {("Y", "4", "255.0")}
    assert [bool(row["delta_e"]) for row in rows] == [False, False, True, True]
    before = path.read_bytes()
    line = refused("enhance", "evaluate", "--bench", bench, "--csv", path, "--crop", 2)
    assert "4 px border cropped" in line and "2 px border cropped" in line
    line = refused("enhance", "evaluate", "--bench", bench, "--csv", path, "--channel", "RGB")
    assert "do not mix" in line
    assert path.read_bytes() == before
    for text in ("a,b\n1,2\n", path.read_text() + "short,row\n"):
        path.write_text(text)
        assert "nothing is appended" in refused("enhance", "evaluate", "--bench", bench, "--csv", path)
        assert path.read_text() == text


def test_command_refusals(refused, bench, tmp_path, monkeypatch):
    def refuse(*arguments):
        return refused("enhance", "evaluate", "--bench", bench, *arguments)

    assert "two are named bench" in refuse("--bench", bench)
    assert "no such folder" in refuse("--bench", f"Set5={tmp_path / 'nowhere'}")
    assert "names no folder" in refuse("--bench", "Set5=")
    assert "stands alone" in refuse("--model", "a.keras", "--task", "sr")
    assert "--channel" in refuse("--channel", "YUV")
    assert "is an input" in refuse("--csv", bench / "HR" / "grey.png")
    assert "too few" in refuse("--crop", 30)
    entry = zoo.Entry(path=tmp_path / "run", card={"task": "sr", "scale": 2})
    monkeypatch.setattr(zoo, "find", lambda task, models=None: entry)
    assert "a model for scale 2, not 4" in refuse("--task", "sr")
    monkeypatch.setattr("enhance.cli.apply.load_model", lambda path: nearest(2))
    csv_path = tmp_path / "scores.csv"
    (tmp_path / "a.keras").touch()
    assert "it was made for another scale" in refuse("--model", "a.keras", "--csv", csv_path, "-q")
    assert not csv_path.exists()


def test_dry_run_measures_and_writes_nothing(enhance, bench, tmp_path):
    path = tmp_path / "scores.csv"
    found = json.loads(enhance("evaluate", "--bench", bench, "--csv", path, "--dry-run", "--json"))
    assert found["dry_run"] and found["pictures"] == 2 and found["protocol"]["channel"] == "Y"
    assert not path.exists()
