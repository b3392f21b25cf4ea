"""Mesh and hatch: what theory says of known patterns, what photographs give, and what must not matter."""

import math

import numpy as np
import pytest

from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from scielab.metrics import mesh


def grey(plane):
    return np.repeat(plane[..., None], 3, axis=2)


def noise(side, *, sigma=0.02, seed=0):
    return 0.5 + sigma * np.random.default_rng(seed).standard_normal((side, side))


def measured(references, outputs, scale=4):
    limits = mesh.Limits.of(references, scale)
    powers = [mesh.Reference(r, limits).powers(o) for r, o in zip(references, outputs, strict=True)]
    return float(mesh.mesh(sum(powers))), float(mesh.hatch(sum(powers)))


def wave(side, period, *, along=(0, 1), amplitude=0.01):
    """A cosine of so many pixels' period, along the columns, the rows, or both."""
    y, x = np.mgrid[:side, :side]
    return amplitude * np.cos(2 * math.pi * (along[0] * y + along[1] * x) / period)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("along", [(0, 1), (1, 0), (1, 1)])
def test_a_mesh_of_known_amplitude_is_what_theory_says(scale, along):
    """Points of light, one in every window where Hann's is ½·½, have the power (a/4)² at all frequencies.

    A cosine of amplitude b, bright where they are, adds b/2 Σw to the amplitude a/4 at its own; at Nyquist, where both
    of its lines fall on one place, b Σw. In two dimensions Σw = (s/2)², s the side of a window.
    """
    side, a, b = 8 * scale, 0.4, 0.002
    plane = np.full((4 * side, 4 * side), 0.3)
    plane[side // 4 :: side, side // 4 :: side] += a
    added = (1 if scale == 2 else 0.5) * b * (side / 2) ** 2
    expected = (1 + added / (a / 4)) ** 2
    spoilt = grey(plane + wave(len(plane), scale, along=along, amplitude=b))
    assert expected > 1.5
    assert measured([grey(plane)], [spoilt], scale) == pytest.approx((expected, expected), rel=1e-9)
    assert measured([grey(plane)], [grey(plane)], scale) == pytest.approx((1, 1), rel=1e-9)


def test_a_pattern_of_another_period_is_no_mesh():
    plane = noise(512)
    for period in (32 / 6, 2.5, 3):  # 6, 12.8 and 10.67 bins: none within Hann's main lobe of a place that counts
        assert measured([grey(plane)], [grey(plane + wave(512, period))])[0] < 1.3
    assert measured([grey(plane)], [grey(plane + wave(512, 4))])[0] > 10


def test_only_flat_windows_show_mesh_and_only_busy_ones_hatch():
    """Half of the picture is ten times as busy; each half has its own pattern."""
    plane = noise(512, sigma=0.01)
    plane[:, 256:] = 0.5 + 10 * (plane[:, 256:] - 0.5)
    left, right = plane.copy(), plane.copy()
    left[:, :256] += wave(512, 4)[:, :256]
    right[:, 256:] += wave(512, 4, amplitude=0.1)[:, 256:]
    own, _ = measured([grey(plane)], [grey(plane)])
    mesh_left, hatch_left = measured([grey(plane)], [grey(left)])
    mesh_right, hatch_right = measured([grey(plane)], [grey(right)])
    assert mesh_left > 20 and hatch_left == pytest.approx(1, abs=1e-9)
    assert hatch_right > 20 and mesh_right == pytest.approx(own, abs=1e-9)


def test_levels_and_contrast_do_not_matter():
    plane = noise(256)
    spoilt = plane + wave(256, 4, amplitude=0.005)
    expected = measured([grey(plane)], [grey(spoilt)])
    assert measured([grey(plane)], [grey(spoilt + 0.2)]) == pytest.approx(expected)  # of the output
    assert measured([grey(plane)], [grey(3 * spoilt - 1)]) == pytest.approx(expected)
    assert measured([grey(3 * plane - 1)], [grey(spoilt)]) == pytest.approx(expected)  # of the reference


def test_where_the_pattern_begins_does_not_matter():
    plane = noise(256)
    expected, _ = measured([grey(plane)], [grey(plane + wave(256, 4))])
    for shift in (1, 2, 3):
        shifted = np.roll(wave(256, 4), shift, axis=1)
        assert measured([grey(plane)], [grey(plane + shifted)])[0] == pytest.approx(expected, rel=0.05)


def test_a_reference_has_its_own_hatch():
    pictures = [grey(noise(96, seed=seed)) for seed in range(3)]
    assert measured(pictures, pictures)[1] == 1


def test_colours_count_by_their_luminance():
    plane = noise(256)
    expected, _ = measured([grey(plane)], [grey(plane + wave(256, 4, amplitude=0.7152 * 0.01))])
    green = grey(plane)
    green[..., 1] += wave(256, 4)
    assert measured([grey(plane)], [green])[0] == pytest.approx(expected)


def test_pictures_add_up_in_any_order_and_grouping():
    pictures = [grey(noise(side, seed=side)) for side in (64, 80, 128, 96)]
    limits = mesh.Limits.of(pictures, 4)
    assert limits == mesh.Limits.of(reversed(pictures), 4)
    powers = [mesh.Reference(p, limits).powers(p + grey(wave(len(p), 4))) for p in pictures]
    whole = sum(powers)
    for other in (sum(reversed(powers)), (powers[0] + powers[2]) + (powers[3] + powers[1]), np.mean(powers, axis=0)):
        np.testing.assert_allclose(mesh.mesh(other), mesh.mesh(whole), rtol=1e-12)
        np.testing.assert_allclose(mesh.hatch(other), mesh.hatch(whole), rtol=1e-12)
    assert mesh.mesh(np.stack([whole, 2 * whole])).shape == (2,)


def test_flat_colours_have_neither():
    """0 / 0, if there were no rounding to 8 bits."""
    flat = np.full((64, 64, 3), 0.5)
    assert measured([flat], [flat]) == (1, 1)
    assert measured([flat], [flat + grey(wave(64, 4))])[0] > 1000


def test_what_is_smaller_than_a_window_has_nothing_to_measure():
    small, large = np.full((31, 200, 3), 0.5), grey(noise(64))
    assert mesh.Limits.of([small, small], 4) is None and mesh.Limits.of([], 4) is None
    assert mesh.Limits.of([small], 2) is not None  # windows of 16 pixels
    assert mesh.Limits.of([large], 1) is None  # nothing is enlarged
    limits = mesh.Limits.of([small, large], 4)
    assert limits == mesh.Limits.of([large], 4)
    assert not mesh.Reference(small, limits).powers(small).any()


def test_a_single_window_is_flat_and_busy():
    picture = grey(noise(32))
    found = measured([picture], [picture + grey(wave(32, 4))])
    assert min(found) > 1


def test_another_size_is_refused():
    reference = mesh.Reference(np.zeros((64, 64, 3)), mesh.Limits(scale=4, flat=0.1, busy=0.2))
    with pytest.raises(ValueError, match=r"differ in shape: \(64, 64, 3\) and \(64, 48, 3\)"):
        reference.powers(np.zeros((64, 48, 3)))


@pytest.mark.slow
def test_photographs_have_no_mesh():
    """At ×4, as they are: of ten that are reduced to 128×128 too few windows are flat."""
    pictures = [image.as_float(image.read(photo.path)) for photo in photographs.open_sources(["builtin"])]
    assert measured(pictures, pictures) == (pytest.approx(1.05, abs=0.1), 1)


@pytest.mark.slow
@pytest.mark.reference
def test_a_hundred_small_photographs_have_no_mesh(shared):
    """As a grid sees them: their middle squares, 128×128, 8 bits."""
    photos = photographs.open_sources([shared / "data" / "test100"])
    scenes = [next(iter(photographs.scenes(photo))).rgb for photo in photos]
    pictures = [image.quantise(resize(rgb / 255, (128, 128))) / 255 for rgb in scenes]
    assert len(pictures) == 100
    assert measured(pictures, pictures) == (pytest.approx(1.05, abs=0.1), 1)
