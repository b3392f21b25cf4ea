"""Filters, noise, fixed pattern, defects, binning and exposure, against arithmetic and statistics."""

import dataclasses
import math

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.light import spectra
from camsim.sensor import pixels

N = 500  # pixels along a side of a flat field: a variance is then known to 0.3 %


def flat(value: float, pixel: camera_file.Sensor, *, exposure_s: float = 1.0, seed: int = 0) -> np.ndarray:
    return pixels.expose(np.full((N, N), value), exposure_s, pixel, np.random.default_rng(seed))


def quiet(**fields) -> camera_file.Sensor:
    return camera_file.Sensor(**({"read_noise_e": 0, "dark_current_e_per_s": 0, "full_well_e": 1e6} | fields))


@pytest.mark.parametrize(
    ("cfa", "letters", "shape"),
    [
        ("rggb", "rgb", (2, 2)),
        ("mono", "w", (1, 1)),
        ("quad-bayer", "rgb", (4, 4)),
        ("rgbw", "rgbw", (2, 2)),
        ("rg/gb", "rgb", (2, 2)),
        ("rgb/gbr/brg", "rgb", (3, 3)),
    ],
)
def test_any_tile_can_be_spelled(cfa, letters, shape):
    pixel = camera_file.Sensor(cfa=cfa)
    assert pixels.colours(pixel) == letters and pixels.cfa_index(pixel).shape == shape
    assert pixels.quantum_efficiency(pixel).shape == (31, len(letters))
    view = camera_file.override(
        camera_file.load("f22"), [f"sensor.cfa={cfa}", "sensor.noise=false", "sensor.bit_depth=20"]
    )
    white = pipeline.render(np.ones((24, 24, 3)), view).linear
    np.testing.assert_allclose(white, pixels.AUTO_EXPOSURE_LEVEL, atol=3e-3)  # neutral and flat whatever the tile


def test_a_clear_pixel_sees_at_least_what_any_filtered_one_does():
    efficiency = pixels.quantum_efficiency(camera_file.Sensor(cfa="rgbw"))
    assert (efficiency[:, 3] >= efficiency[:, :3].max(axis=1)).all()


def test_quantum_efficiency_from_a_file(tmp_path):
    path = tmp_path / "qe.csv"
    path.write_text("# mine\nwavelength_nm,Red,Green,Blue\n400,0.1,0.2,0.3\n700,0.4,0.5,0.6\n")
    efficiency = pixels.quantum_efficiency(camera_file.Sensor(qe_file=str(path)))
    np.testing.assert_allclose(efficiency[[0, 15, 30]], [[0.1, 0.2, 0.3], [0.25, 0.35, 0.45], [0.4, 0.5, 0.6]])
    for text, word in (
        ("wavelength_nm,red\n400,0.1\n700,0.2\n", "no column for g, b"),
        ("wavelength_nm,red,green,blue\n400,1.1,0,0\n700,0,0,0\n", "[0, 1]"),
        ("wavelength_nm,red,green,blue\n500,0.1,0,0\n600,0,0,0\n", "must cover 420 to 680"),
        ("wavelength_nm,red,green,blue\n400,x,0,0\n600,0,0,0\n", "could not convert"),
        ("", "index out of range"),
    ):
        bad = tmp_path / f"{abs(hash(text))}.csv"
        bad.write_text(text)
        with pytest.raises(ValueError, match="sensor.qe_file") as error:
            pixels.quantum_efficiency(camera_file.Sensor(qe_file=str(bad)))
        assert word in str(error.value)


def test_shot_noise_is_poisson():
    electrons = flat(400, quiet())
    assert electrons.mean() == pytest.approx(400, abs=4 * 20 / N)
    assert electrons.var() == pytest.approx(400, rel=4 * math.sqrt(2) / N)
    third = np.mean((electrons - electrons.mean()) ** 3)  # a Poisson distribution's is its mean, a normal one's zero
    assert third == pytest.approx(400, abs=4 * math.sqrt(15 * 400**3) / N)


def test_fixed_pattern_has_the_spread_asked_for_and_stays_from_shot_to_shot():
    pixel = quiet(prnu=0.02, dsnu_e=30, column_gain_fpn=0.01, column_offset_fpn_e=15)
    shots = np.mean([flat(10_000, pixel, seed=s) for s in range(24)], axis=0)
    columns = shots.mean(axis=0)
    within = (shots - columns).var()
    assert within == pytest.approx((0.02 * 10_000) ** 2 + 30**2 + 10_000 / 24, rel=0.03)
    assert columns.var() == pytest.approx((0.01 * 10_000) ** 2 + 15**2, rel=4 * math.sqrt(2 / N))
    other = flat(10_000, dataclasses.replace(pixel, pattern_seed=1))
    assert abs(np.corrcoef(shots.ravel(), flat(10_000, pixel, seed=99).ravel())[0, 1]) > 0.8
    assert abs(np.corrcoef(columns, other.mean(axis=0))[0, 1]) < 0.2


@pytest.mark.parametrize("noise", [True, False])
def test_missing_and_stuck_pixels_are_as_many_as_asked_and_always_the_same(noise):
    pixel = quiet(missing_fraction=0.1, stuck_fraction=0.02, full_well_e=5000, noise=noise)
    one, two = flat(1000, pixel, seed=1), flat(1000, pixel, seed=2)
    assert (one == 0).sum() == N * N // 10 and (one == 5000).sum() == N * N // 50
    np.testing.assert_array_equal(one == 0, two == 0)


def test_black_level_keeps_the_negative_half_of_read_noise():
    pixel = camera_file.Sensor(read_noise_e=10, dark_current_e_per_s=0, black_level_dn=64, full_well_e=10_000)
    electrons = flat(0, pixel)
    counts = pixels.digitise(electrons, pixel)
    step = 10_000 / (4095 - 64)
    assert pixels.electrons_per_count(pixel) == pytest.approx(step)
    assert counts.mean() == pytest.approx(64, abs=4 * 10 / step / N)
    assert counts.std() == pytest.approx(math.hypot(10 / step, math.sqrt(1 / 12)), rel=0.01)
    assert pixels.digitise(np.array([10_000.0]), pixel) == 4095
    clipped = flat(0, dataclasses.replace(pixel, black_level_dn=0))
    assert clipped.min() == 0 and clipped.mean() == pytest.approx(10 / math.sqrt(2 * math.pi), rel=0.02)  # half-normal


def test_analog_gain_trades_full_scale_for_finer_counts():
    low, high = camera_file.Sensor(analog_gain=1), camera_file.Sensor(analog_gain=8)
    assert pixels.electrons_per_count(high) == pytest.approx(pixels.electrons_per_count(low) / 8)
    rate = np.full((4, 4), 100.0)
    assert pixels.exposure_time(high, rate) == pytest.approx(pixels.exposure_time(low, rate) / 8)
    assert flat(1e5, high).max() == 10_000 / 8


def test_well_and_noise_follow_the_pixels_area_when_asked():
    pixel = camera_file.Sensor(pixel_pitch_um=2, reference_pitch_um=1)
    read = pixels.as_read(pixel)
    assert (read.full_well_e, read.dark_current_e_per_s, read.read_noise_e) == (40_000, 40, 20)
    assert read.conversion_gain_uv_per_e == 25 and pixels.volts(read.full_well_e, pixel) == pytest.approx(1.0)
    assert pixels.as_read(camera_file.Sensor(pixel_pitch_um=2)).full_well_e == 10_000


def test_binning_adds_neighbours_of_a_colour_and_reads_them_once():
    pixel = camera_file.Sensor(binning=2, cfa="rggb", dark_current_e_per_s=0)
    charge = np.arange(64.0).reshape(8, 8)
    binned = pixels.bin_charge(charge, pixel)
    assert binned.shape == (4, 4)
    assert binned[0, 0] == charge[0, 0] + charge[0, 2] + charge[2, 0] + charge[2, 2]
    assert binned[1, 2] == charge[1, 4] + charge[1, 6] + charge[3, 4] + charge[3, 6]
    read = pixels.as_read(pixel)
    assert read.full_well_e == 40_000 and read.read_noise_e == 10
    view = camera_file.override(camera_file.load("f22"), ["sensor.binning=2", "sensor.noise=false"])
    shot = pipeline.render(np.full((32, 48, 3), 0.5), view)
    rows, columns = shot.rgb.shape[:2]
    assert (rows, columns) == (88, 132) and shot.box[3] - shot.box[1] == pytest.approx(130.88, abs=0.05)
    assert np.ptp(shot.rgb) < 0.01


def test_automatic_exposure_follows_its_rule():
    rate = np.concatenate([np.full(990, 1.0), np.full(10, 1000.0)]).reshape(10, 100)
    times = {
        rule: pixels.exposure_time(camera_file.Sensor(auto_exposure=rule), rate) for rule in ("max", "p99", "mean")
    }
    assert times["max"] == pytest.approx(9.5)
    assert times["mean"] == pytest.approx(1800 / 10.99)
    assert 9.5 < times["p99"] <= 9500
    assert pixels.exposure_time(camera_file.Sensor(exposure_ev=1), rate) == pytest.approx(19)


def test_no_adc_keeps_the_electrons():
    pixel = camera_file.Sensor(bit_depth=0)
    values = np.array([0.0, 12.34, 10_000.0])
    np.testing.assert_array_equal(pixels.digitise(values, pixel), values)
    view = camera_file.override(camera_file.load("f22"), ["sensor.bit_depth=0", "sensor.noise=false"])
    np.testing.assert_allclose(pipeline.render(np.ones((16, 16, 3)), view).linear, 0.95, atol=3e-3)


@pytest.mark.slow
def test_relative_illumination_is_cos4_of_the_field_angle():
    view = camera_file.override(
        camera_file.load("f22"),
        ["scene.fov_deg=40", "sensor.pixel_pitch_um=20", "sensor.noise=false", "optics.fnumber=8", "sensor.cfa=mono"],
    )
    with_, without = (
        pipeline.electron_rate(np.ones((32, 32, 3)), camera_file.override(view, [f"optics.relative_illumination={on}"]))
        for on in ("true", "false")
    )
    y, x = with_[1].positions_mm()
    angle = math.atan(math.hypot(y[0] - with_[1].height_mm / 2, x[0] - with_[1].width_mm / 2) / 3.862755)
    assert with_[0][0, 0] / without[0][0, 0] == pytest.approx(math.cos(angle) ** 4, rel=1e-9)


def test_transmittance_of_the_lens_from_a_file(tmp_path):
    path = tmp_path / "ir_cut.csv"
    path.write_text("wavelength_nm,transmittance\n400,1\n640,1\n650,0\n700,0\n")
    red = pipeline.electron_rate(np.ones((8, 8, 3)), camera_file.load("f22"))[0]
    view = camera_file.override(camera_file.load("f22"), [f"optics.transmittance_file={path}"])
    cut = pipeline.electron_rate(np.ones((8, 8, 3)), view)[0]
    d65, qe = spectra.to_photons(spectra.table("d65")[:, 0]), spectra.bayer_qe()
    kept = (d65 * qe[:, 0])[spectra.WAVELENGTH_NM <= 640].sum() / (d65 * qe[:, 0]).sum()
    assert cut[0, 1] / red[0, 1] == pytest.approx(kept, rel=1e-9)


def test_quad_bayer_bins_the_blocks_of_a_colour():
    pixel = camera_file.Sensor(binning=2, cfa="quad-bayer")
    charge = np.arange(64.0).reshape(8, 8)
    binned = pixels.bin_charge(charge, pixel)
    assert binned.shape == (4, 4)
    assert binned[0, 0] == charge[0, 0] + charge[0, 1] + charge[1, 0] + charge[1, 1]
    assert pixels.as_read(pixel).tile == ("gr", "bg") and pixel.is_bayer
    base = ["sensor.noise=false", "sensor.full_well_e=1e6", "optics.fnumber=4", "sensor.bit_depth=16"]
    picture = np.random.default_rng(0).random((32, 32, 3))
    quad = camera_file.override(camera_file.load("f22"), [*base, "sensor.cfa=quad-bayer", "sensor.binning=2"])
    large = camera_file.override(camera_file.load("f22"), [*base, "sensor.cfa=grbg", "sensor.pixel_pitch_um=2"])
    a, b = (pipeline.render(picture, view).reduced((32, 32)) for view in (quad, large))
    assert -10 * np.log10(np.mean((a - b) ** 2)) > 35  # nearly the sensor of twice the pitch


def test_changed_files_are_read_again(tmp_path):
    path = tmp_path / "qe.csv"
    view = None
    rates = []
    for level in (0.2, 0.4):
        path.write_text(f"wavelength_nm,red,green,blue\n400,{level},{level},{level}\n700,{level},{level},{level}\n")
        view = view or camera_file.override(camera_file.load("f22"), [f"sensor.qe_file={path}"])
        rates.append(pipeline.electron_rate(np.ones((8, 8, 3)), view)[0].mean())
    assert rates[1] == pytest.approx(2 * rates[0], rel=1e-9)
