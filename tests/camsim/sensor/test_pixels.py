"""Colour filters, quantum efficiency, aperture and binning, against arithmetic."""

import math

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.camera_parts import Sensor
from camsim.image_formation import electron_rate
from camsim.light import spectra
from camsim.sensor import adc, exposure, pixels


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
    pixel = Sensor(cfa=cfa)
    assert pixels.colours(pixel) == letters and pixels.cfa_index(pixel).shape == shape
    assert pixels.quantum_efficiency(pixel).shape == (31, len(letters))
    view = camera_file.override(
        camera_file.load("f22"), [f"sensor.cfa={cfa}", "sensor.noise=false", "sensor.bit_depth=20"]
    )
    white = pipeline.render(np.ones((24, 24, 3)), view).linear
    np.testing.assert_allclose(white, exposure.AUTO_EXPOSURE_LEVEL, atol=3e-3)  # neutral and flat whatever the tile


def test_a_clear_pixel_sees_at_least_what_any_filtered_one_does():
    efficiency = pixels.quantum_efficiency(Sensor(cfa="rgbw"))
    assert (efficiency[:, 3] >= efficiency[:, :3].max(axis=1)).all()


def test_quantum_efficiency_from_a_file(tmp_path):
    path = tmp_path / "qe.csv"
    path.write_text("# mine\nwavelength_nm,Red,Green,Blue\n400,0.1,0.2,0.3\n700,0.4,0.5,0.6\n")
    efficiency = pixels.quantum_efficiency(Sensor(qe_file=str(path)))
    np.testing.assert_allclose(efficiency[[0, 15, 30]], [[0.1, 0.2, 0.3], [0.25, 0.35, 0.45], [0.4, 0.5, 0.6]])
    for text, word in (
        ("wavelength_nm,red\n400,0.1\n700,0.2\n", "no column for g, b"),
        ("wavelength_nm,red,green,blue\n400,1.1,0,0\n700,0,0,0\n", "[0, 1]"),
        ("wavelength_nm,red,green,blue\n500,0.1,0,0\n600,0,0,0\n", "must cover 420 to 680"),
        ("wavelength_nm,red,green,blue\n400,x,0,0\n600,0,0,0\n", "'400,x,0,0' holds something other than numbers"),
        ("wavelength_nm,red,green,blue\n400,nan,0,0\n700,0,0,0\n", "every number must be finite"),
        ("wavelength_nm,red,green,blue\n400,1e400,0,0\n700,0,0,0\n", "every number must be finite"),
        ("wavelength_nm,red,green,blue\n400,0,0\n700,0,0,0\n", "'400,0,0' has 3 values, the header 4"),
        ("wavelength_nm\n400\n700\n", "has 1 values, the header 1; at least 2 are needed"),
        ("wavelength_nm,red,green,blue\n", "wavelengths must ascend"),
        ("# nothing\n\n", "it is empty; a header line"),
        ("", "it is empty; a header line"),
    ):
        bad = tmp_path / f"{abs(hash(text))}.csv"
        bad.write_text(text)
        with pytest.raises(ValueError, match=r"sensor\.qe_file") as error:
            pixels.quantum_efficiency(Sensor(qe_file=str(bad)))
        assert word in str(error.value)


def test_well_and_noise_follow_the_pixels_area_when_asked():
    pixel = Sensor(pixel_pitch_um=2, reference_pitch_um=1)
    read = pixels.as_read(pixel)
    assert (read.full_well_e, read.dark_current_e_per_s, read.read_noise_e) == (40_000, 40, 20)
    assert read.conversion_gain_uv_per_e == 25 and adc.volts(read.full_well_e, pixel) == pytest.approx(1.0)
    assert pixels.as_read(Sensor(pixel_pitch_um=2)).full_well_e == 10_000


def test_binning_adds_neighbours_of_a_colour_and_reads_them_once():
    pixel = Sensor(binning=2, cfa="rggb", dark_current_e_per_s=0)
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


@pytest.mark.slow
def test_relative_illumination_is_cos4_of_the_field_angle():
    view = camera_file.override(
        camera_file.load("f22"),
        ["scene.fov_deg=40", "sensor.pixel_pitch_um=20", "sensor.noise=false", "optics.fnumber=8", "sensor.cfa=mono"],
    )
    with_, without = (
        electron_rate.electron_rate(
            np.ones((32, 32, 3)), camera_file.override(view, [f"optics.relative_illumination={on}"])
        )
        for on in ("true", "false")
    )
    y, x = with_[1].positions_mm()
    angle = math.atan(math.hypot(y[0] - with_[1].height_mm / 2, x[0] - with_[1].width_mm / 2) / 3.862755)
    assert with_[0][0, 0] / without[0][0, 0] == pytest.approx(math.cos(angle) ** 4, rel=1e-9)


def test_transmittance_of_the_lens_from_a_file(tmp_path):
    path = tmp_path / "ir_cut.csv"
    path.write_text("wavelength_nm,transmittance\n400,1\n640,1\n650,0\n700,0\n")
    red = electron_rate.electron_rate(np.ones((8, 8, 3)), camera_file.load("f22"))[0]
    view = camera_file.override(camera_file.load("f22"), [f"optics.transmittance_file={path}"])
    cut = electron_rate.electron_rate(np.ones((8, 8, 3)), view)[0]
    d65, qe = spectra.to_photons(spectra.table("d65")[:, 0]), spectra.bayer_qe()
    kept = (d65 * qe[:, 0])[spectra.WAVELENGTH_NM <= 640].sum() / (d65 * qe[:, 0]).sum()
    assert cut[0, 1] / red[0, 1] == pytest.approx(kept, rel=1e-9)


def test_quad_bayer_bins_the_blocks_of_a_colour():
    pixel = Sensor(binning=2, cfa="quad-bayer")
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
        rates.append(electron_rate.electron_rate(np.ones((8, 8, 3)), view)[0].mean())
    assert rates[1] == pytest.approx(2 * rates[0], rel=1e-9)
