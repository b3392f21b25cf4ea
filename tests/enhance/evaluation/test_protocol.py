"""PSNR and SSIM as papers measure them: luma, borders, grey files."""

import math

import numpy as np
import pytest

from enhance.evaluation import protocol
from enhance.evaluation.protocol import Protocol


def noise_u8(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


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
def test_ssim_is_the_definition(data_range):
    reference = noise_u8((26, 29, 3), 3)
    test = np.clip(reference + np.random.default_rng(4).normal(0, 30, reference.shape), 0, 255).astype(np.uint8)
    a, b = (protocol.luma(p[4:-4, 4:-4]) for p in (reference, test))
    found = Protocol(data_range=data_range).scores(reference, test).ssim
    assert found == pytest.approx(ssim_by_definition(a, b, data_range), abs=1e-9)
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
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
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
