"""Models on benchmarks: published figures, LR pictures, what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from camsim.io import image
from enhance.evaluation import benchmark, protocol, results
from enhance.evaluation.imresize import imresize
from enhance.evaluation.protocol import Protocol
from scielab.metrics import s_cielab

#: Bicubic ×4 on Y (J. Kim et al., CVPR 2016, tables 2 and 3; SSIM to three places): PSNR in dB, SSIM.
PUBLISHED = {"Set5": (28.42, 0.8104), "Set14": (26.00, 0.702), "BSD100": (25.96, 0.667)}


def noise_u8(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def nearest(factor):
    return lambda rgb: np.kron(rgb, np.ones((factor, factor, 1)))


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures_of_matlabs_bicubic_enlargement(shared, name):
    found = benchmark.open_bench(shared / "data" / "bench" / name, scale=4)
    scores = list(benchmark.evaluate(found, {"bicubic": benchmark.matlab_bicubic(4)}, Protocol()))
    assert {one.lr_from for one in scores} == {benchmark.MATLAB_BICUBIC}
    (mean,) = results.means(scores)
    psnr_db, ssim = PUBLISHED[name]
    assert mean.pictures == len(scores) == len(list((found.folder / "HR").iterdir()))
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
    models = {"bicubic": benchmark.matlab_bicubic(4), "nearest": nearest(4)}
    made = list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), models, Protocol()))
    assert {r.lr_from for r in made} == {benchmark.MADE}
    plain = benchmark.open_bench(bench / "HR", scale=4, name="bench")
    assert list(benchmark.evaluate(plain, models, Protocol())) == made
    for picture in benchmark.pictures(plain):
        assert picture.hr.shape[:2] == tuple(4 * n for n in picture.lr.shape[:2])
        save(bench / "LRbicx4" / f"{picture.name}.png", picture.lr)
    stored = list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), models, Protocol()))
    assert stored == [replace(r, lr_from=benchmark.MATLAB_BICUBIC) for r in made]
    assert [(r.picture, r.model) for r in made] == [(p, m) for p in ("colour", "grey") for m in models]


def test_models_get_the_stored_lr_and_grey_in_three_channels(bench):
    stored = {"colour": noise_u8((10, 12, 3), 8), "grey": noise_u8((11, 10), 9)}
    for name, array in stored.items():
        save(bench / "LR" / f"{name}.png", array)
    seen = []
    opened = benchmark.open_bench(bench, scale=4)
    scores = list(benchmark.evaluate(opened, {"m": lambda lr: (seen.append(lr), nearest(4)(lr))[1]}, Protocol()))
    assert {r.lr_from for r in scores} == {benchmark.OTHER}
    np.testing.assert_array_equal(seen[0], stored["colour"] / 255)
    np.testing.assert_array_equal(seen[1], np.repeat(stored["grey"][..., None], 3, axis=2) / 255)


def test_output_is_clipped_and_rounded_to_8_bits(tmp_path):
    hr = np.full((24, 24, 3), 255, np.uint8)
    hr[:, 12:] = 100
    save(tmp_path / "a.png", hr)
    opened = benchmark.open_bench(tmp_path, scale=1)

    def almost(lr):
        return np.where(lr == 1, 1.7, lr + 0.4 / 255)

    (scores,) = benchmark.evaluate(opened, {"almost": almost}, Protocol())
    assert scores.psnr_db == 100


def test_delta_e_is_the_mean_of_the_map_inside_the_border(bench):
    opened = benchmark.open_bench(bench, scale=4)
    for scores, picture in zip(
        benchmark.evaluate(opened, {"nearest": nearest(4)}, Protocol(crop_px=6), delta_e=True),
        benchmark.pictures(opened),
        strict=True,
    ):
        hr, output = (
            protocol.as_rgb(p) for p in (picture.hr, np.kron(protocol.as_rgb(picture.lr), np.ones((4, 4, 1), np.uint8)))
        )
        assert scores.delta_e == pytest.approx(s_cielab.delta_e(hr, output)[6:-6, 6:-6].mean(), abs=2e-3)
        assert scores.delta_e > 1


def test_grey_is_what_the_file_says(tmp_path):
    """A picture stored in colour goes through luma even if it looks grey; the published Set14 hangs on this."""
    plane = noise_u8((32, 32), 7)
    save(tmp_path / "grey" / "a.png", plane)
    save(tmp_path / "rgb" / "a.png", protocol.as_rgb(plane))
    found = {}
    for name in ("grey", "rgb"):
        opened = benchmark.open_bench(tmp_path / name, scale=2)
        (scores,) = benchmark.evaluate(opened, {"bicubic": benchmark.matlab_bicubic(2)}, Protocol())
        found[name] = scores.psnr_db
    assert found["rgb"] - found["grey"] == pytest.approx(20 * math.log10(255 / 219), abs=0.02)


def test_bench_refusals(bench, tmp_path):
    def refuse(words, folder=bench, scale=4):
        with pytest.raises(ValueError, match=words):
            list(benchmark.pictures(benchmark.open_bench(folder, scale=scale)))

    refuse("no such folder", tmp_path / "nowhere")
    refuse("no pictures", tmp_path)
    for scale in (0, 4.0, "4", None):
        refuse(f"scale = {scale!r} must be a whole number", scale=scale)
    refuse("folder must be a path, not NoneType", None)
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
    image.write(deep / "a.png", np.full((16, 16, 3), 0.5), bits=16)
    refuse("more than 8 bits", deep)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nearest(2), r"model m: makes 24×20 of 12×10 pixels where scale 4 asks for 48×40"),
        (lambda lr: nearest(4)(lr)[..., :1], "another scale"),
        (lambda lr: nearest(4)(lr) * np.nan, "NaN"),
        (lambda lr: image.quantise(nearest(4)(lr)), "gives uint8"),
        (lambda lr: 255 * nearest(4)(lr), r"goes up to \d{3}"),
    ],
)
def test_model_refusals(bench, model, words):
    with pytest.raises(ValueError, match=words):
        list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), {"m": model}, Protocol()))


def test_picture_that_is_too_small_is_named(bench):
    with pytest.raises(ValueError, match=r"^bench, colour: .*too few"):
        list(benchmark.evaluate(benchmark.open_bench(bench, scale=4), {"m": nearest(4)}, Protocol(crop_px=20)))


def test_benchmarks_of_one_name_and_none_are_refused(bench):
    assert [one.name for one in benchmark.open_all([("", bench), ("again", bench)], scale=4)] == ["bench", "again"]
    for folders, words in (
        ([("", bench), ("bench", bench / "HR")], "two are named bench: .*HR"),
        ([], "no benchmark"),
        ([(1, bench)], "named 1"),
    ):
        with pytest.raises(ValueError, match=words):
            benchmark.open_all(folders, scale=4)


@pytest.mark.parametrize("name", ["bicubic", 1, ""])
def test_a_model_takes_neither_the_baselines_name_nor_none(bench, name):
    opened = benchmark.open_all([("", bench)], scale=4)
    with pytest.raises(ValueError, match=f"cannot be named {name!r}"):
        benchmark.evaluate_all(opened, {name: nearest(4)}, Protocol())
