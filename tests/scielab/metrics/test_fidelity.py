"""PSNR and SSIM: closed forms, another implementation, and what is refused."""

import numpy as np
import pytest

from camsim.dataset import photographs
from camsim.io import image
from scielab.metrics import fidelity


def flat(level):
    return np.full((16, 20, 3), level)


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.7), (0.0, 1.0), (0.5, 0.5)])
def test_ssim_of_flat_pictures_is_the_luminance_term(a, b):
    """No contrast, so what is left of the paper's eq. 13 is its eq. 6; C₁ = 0.01²."""
    expected = (2 * a * b + 1e-4) / (a**2 + b**2 + 1e-4)
    assert fidelity.ssim(flat(a), flat(b)) == pytest.approx(expected, abs=1e-12)


def test_ssim_of_a_picture_with_itself_is_one():
    noise = np.random.default_rng(0).random((20, 30, 3))
    assert fidelity.ssim(noise, noise) == pytest.approx(1, abs=1e-12)
    assert fidelity.ssim(noise, 1 - noise) < 0  # what is bright in one is dark in the other


def test_ssim_is_the_mean_of_the_channels():
    a, b = np.random.default_rng(0).random((2, 20, 30, 3))
    each = [fidelity.ssim(a[..., c : c + 1], b[..., c : c + 1]) for c in range(3)]
    assert fidelity.ssim(a, b) == pytest.approx(np.mean(each), abs=1e-12) and len(set(each)) == 3


def cat():
    return image.read_native(photographs.builtin("chelsea").path)[100:197, 150:281]


def noisy(picture, size):
    change = np.random.default_rng(7).integers(-size, size + 1, picture.shape)
    return np.clip(picture.astype(int) + change, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (lambda: noisy(cat(), 10), 0.8831170691263169),
        (lambda: noisy(cat(), 80), 0.15605467396157632),
        (lambda: cat() // 64 * 64 + 32, 0.5552242761154335),
        (lambda: np.roll(cat(), 3, axis=1), 0.3670281997981381),
        (lambda: cat() // 4, 0.3011695001499924),
    ],
    ids=["little noise", "much noise", "few levels", "moved", "dark"],
)
def test_ssim_is_that_of_scikit_image(test, expected):
    """Of scikit-image 0.26.0: structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)."""
    assert fidelity.ssim(cat() / 255, test() / 255) == pytest.approx(expected, abs=1e-12)


def test_ssim_needs_pictures_of_one_size_that_hold_its_window():
    with pytest.raises(ValueError, match="differ in shape"):
        fidelity.ssim(flat(0.5), flat(0.5)[:-1])
    with pytest.raises(ValueError, match="11×11"):
        fidelity.ssim(flat(0.5)[:10], flat(0.5)[:10])
    assert fidelity.ssim(flat(0.5)[:11], flat(0.5)[:11]) == pytest.approx(1)
