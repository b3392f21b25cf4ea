"""The colours of heat tables."""

import numpy as np
import pytest

from camsim.light import colour
from scielab.metrics import colour_difference
from scielab.model_grid import colour_scale


def test_the_heat_scale_has_equal_steps_and_legible_words():
    rgb = np.array(colour_scale.scale())
    assert rgb.min() > 0 and rgb.max() < 1  # nothing was clipped to fit sRGB
    lab = colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(rgb)), colour.SRGB_WHITE_XYZ)
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert np.ptp(steps) < 1e-3 * steps.mean()
    assert (np.diff(lab[:, 0]) > 0).all()
    luminance = colour.linear_to_xyz(colour.srgb_decode(rgb))[:, 1] / 100
    for shade, y in zip(rgb, luminance, strict=True):
        contrast = 1.05 / (y + 0.05) if colour_scale.ink(shade) == "#ffffff" else (y + 0.05) / 0.05
        assert contrast >= 4.5  # what WCAG 2 asks for small words


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_the_best_is_lightest(lower_is_better):
    shades = colour_scale.colours([3, 1, 2], lower_is_better=lower_is_better).sum(axis=1)
    assert list(np.argsort(shades)) == ([0, 2, 1] if lower_is_better else [1, 2, 0])
