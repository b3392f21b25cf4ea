"""Tiles and low frequencies together are the same light as the whole picture at once."""

import math

import numpy as np
import pytest

from camsim import camera_file
from camsim.image_formation import electron_rate, large, near_far, tiles, transfer
from camsim.light.colour import decode_picture
from camsim.sensor import pixels

PITCH_UM, FOCAL_MM = 1.4, 4.38


def phone(fnumber, *, view_px=300, waves=0.0, **changes):
    """A camera with a phone's pixels whose picture is `view_px` of them wide, defocused by so many waves at the rim."""
    radius_mm = FOCAL_MM / (2 * fnumber)
    lens = {"fnumber": fnumber, "focal_length_mm": FOCAL_MM, "defocus_dpt": 2 * waves * 0.55 / radius_mm**2}
    fov_deg = 2 * math.degrees(math.atan(view_px * PITCH_UM * 1e-3 / 2 / FOCAL_MM))
    values = {"scene": {"fov_deg": fov_deg}, "optics": lens, "sensor": {"pixel_pitch_um": PITCH_UM, "fill_factor": 1.0}}
    for part, more in changes.items():
        values[part] |= more
    return camera_file.from_dict(values)


@pytest.fixture(scope="module")
def picture():
    """White points on black beside white, mid-tones and noise: 300 × 300, uint8."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (300, 300, 3)).astype(np.uint8)
    picture[:150, :150] = np.where(rng.random((150, 150, 1)) < 0.02, 255, 0)
    picture[150:, 150:] = 0
    picture[200:, 220:] = 255
    return picture


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """So small that a picture of 300 pixels has seams where there could be any."""
    monkeypatch.setattr(tiles, "CONVOLVED", (64, 96))
    monkeypatch.setattr(tiles, "EVALUATED", (64, 128))


def differences(picture, camera):
    """Light in bands less that at once, in shares of white's."""
    found = large.light(picture, camera)
    grid = found.grid
    bands = [found.rows(first, min(96, grid.rows - first)) for first in range(0, grid.rows, 96)]
    at_once, same = electron_rate.electron_rate(decode_picture(picture, np.float32), camera)
    assert same == grid
    return (np.concatenate(bands) - at_once) / electron_rate.white_rate(camera).max()


@pytest.mark.parametrize("view_px", [300, 420, 200])
@pytest.mark.parametrize(("fnumber", "waves"), [(1.8, 0), (4, 0), (8, 0), (22, 0), (1.8, 3), (4, 3), (8, 3)])
def test_round_lenses_are_those_of_the_whole_picture(picture, view_px, fnumber, waves):
    """A picture's pixel is the sensor's, larger, and smaller."""
    camera = phone(fnumber, view_px=view_px, waves=waves)
    assert np.abs(differences(picture, camera)).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view_px", "lens"),
    [
        (300, {"blades": 7, "blade_rotation_deg": 10.0}),
        (330, {"blades": 6, "blade_rotation_deg": 10.0}),
        (300, {"zernike_um": [0, 0.5, 0.3, 0.1, 0, 0, 0, 0, 0.1]}),
        (330, {"zernike_um": [0, 0, 0, 0, 0, 0, 0, 0.1]}),
    ],
)
def test_so_are_a_turned_polygon_and_coma(picture, view_px, lens):
    assert np.abs(differences(picture, phone(4, view_px=view_px, optics=lens))).max() < 1e-5


@pytest.mark.parametrize("view_px", [300, 340])
def test_so_is_a_psf_from_a_file(picture, view_px, tmp_path):
    spread = np.random.default_rng(1).random((9, 7)) ** 4
    np.savez(tmp_path / "psf.npz", psf=spread, pitch_um=1.1)
    camera = phone(4, view_px=view_px, optics={"psf_file": str(tmp_path / "psf.npz")})
    assert np.abs(differences(picture, camera)).max() < 1e-4  # what a band ends at is 3e-3 of it (`measured_psf`)


@pytest.mark.parametrize(
    "changes",
    [
        {"optics": {"relative_illumination": True}, "scene": {"fov_deg": 60.0}, "sensor": {"pixel_pitch_um": 17.0}},
        {"sensor": {"cfa": "mono"}},
        {"sensor": {"cfa": "rgb/gbr/brg"}},
        {"sensor": {"cfa": "quad-bayer", "binning": 2}},
        {"optics": {"obscuration": 0.4}},
        {"sensor": {"columns": 128, "rows": 192}},  # a part of the picture
        {"sensor": {"columns": 360, "rows": 340}},  # which goes on mirrored
        {"scene": {"fov_deg": "auto"}, "sensor": {"columns": 240, "rows": 320}},
    ],
)
def test_so_are_other_sensors_and_views(picture, changes):
    fnumber = 22 if changes.get("sensor", {}).get("pixel_pitch_um") else 2.8
    assert np.abs(differences(picture, phone(fnumber, **changes))).max() < 1e-5


@pytest.mark.parametrize("view_px", [300, 340])
def test_a_flat_field_stays_flat_over_all_tiles(view_px):
    """Light is neither lost nor counted twice, whatever the window."""
    camera = phone(1.8, view_px=view_px)
    found = large.light(np.full((300, 300, 3), 255, np.uint8), camera)
    light = found.rows(0, found.grid.rows)
    tile = pixels.cfa_index(camera.sensor)
    white = electron_rate.white_rate(camera)[np.tile(tile, np.array(light.shape) // tile.shape)]
    np.testing.assert_allclose(light, white, rtol=3e-6)


def test_mean_luminance_is_reached_as_at_once(picture):
    camera = phone(8, scene={"mean_luminance_cd_m2": 40.0})
    plain = large.light(picture, phone(8)).rows(0, 64)
    mean = decode_picture(picture).mean(axis=(0, 1)) @ [0.2126, 0.7152, 0.0722]
    np.testing.assert_allclose(large.light(picture, camera).rows(0, 64), plain * 40 / (100 * mean), rtol=2e-4)


def test_the_near_part_ends_and_what_is_left_has_low_frequencies():
    camera = phone(1.8)
    cutoff = transfer.cutoff_per_mm(camera)
    near = near_far.near(camera, 64 * PITCH_UM * 1e-3, cutoff)
    f = np.linspace(0, near_far.FOLLOWED * cutoff, 60)
    (lens,), (part,) = transfer.at_any(camera, f, f[:1]), near.terms(f, f[:1])
    white = lens.factor[:, :, 0, 0].sum(axis=1).max()
    left = np.abs(lens.factor - part.factor).sum(axis=1)[..., 0].max(axis=0) / white
    assert left[0] > 1e-3
    assert left[f > 4 / near.reach_mm].max() < 2e-5
    np.testing.assert_array_equal(near_far.window(np.array([0, 0.25, 1, 2])), [1, 1, 0, 0])


def test_a_blur_as_wide_as_the_picture_is_refused(picture):
    with pytest.raises(ValueError, match=r"spreads a point over \d+ pixels"):
        large.light(picture, phone(1.8, waves=30))


def test_what_is_large(picture):
    camera = phone(1.8)
    assert not large.is_large(camera, 1000, 1000)
    assert large.is_large(camera, 3000, 3000)  # the picture
    assert large.is_large(camera.replace("scene.fov_deg", 60.0), 300, 300)  # the sensor
    assert large.is_large(camera.replace("sensor.pixel_pitch_um", 5.0).replace("scene.fov_deg", 50.0), 300, 300)
