"""Photon transfer, held to sensors whose numbers are known."""

import math

import pytest

from camsim import camera_file
from camsim.camera_parts import Sensor
from camsim.measure import photon_transfer

SENSORS = {
    "default": {},
    "black level": {"black_level_dn": 64},
    "small black level": {"black_level_dn": 3, "bit_depth": 10},
    "analog gain": {"analog_gain": 8, "black_level_dn": 64},
    "analog gain, clipped": {"analog_gain": 16},
    "fine": {"bit_depth": 14, "read_noise_e": 1.5, "full_well_e": 6000, "black_level_dn": 256},
    "no ADC": {"bit_depth": 0},
    "deep well": {"full_well_e": 1e6, "bit_depth": 16, "read_noise_e": 30},
    "small well": {"full_well_e": 500, "read_noise_e": 2},
    "much dark current": {"dark_current_e_per_s": 1e6},
    "patterns and defects": {
        "prnu": 0.02,
        "dsnu_e": 15,
        "missing_fraction": 0.001,
        "stuck_fraction": 0.002,
    },
    "binned": {"binning": 2},
    "mono": {"cfa": "mono"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SENSORS)
def test_photon_transfer_finds_what_the_sensor_was_given(name):
    sensor = Sensor(**SENSORS[name])
    found = photon_transfer.measure(sensor, seed=1)
    bins = sensor.binning**2  # a binned pixel holds n² wells and is read once
    saturation = sensor.full_well_e * bins / sensor.analog_gain
    gain = saturation / (2**sensor.bit_depth - 1 - sensor.black_level_dn) if sensor.bit_depth else 1.0
    assert found.gain_e_per_dn == pytest.approx(gain, rel=0.01)
    assert found.read_noise_e == pytest.approx(sensor.read_noise_e, rel=0.03)
    assert found.full_well_e == pytest.approx(saturation, rel=0.02)
    assert found.black_level_dn == pytest.approx(sensor.black_level_dn, abs=0.3)
    assert found.dark_current_e_per_s == pytest.approx(sensor.dark_current_e_per_s * bins, rel=0.02)
    assert found.prnu == pytest.approx(sensor.prnu, rel=0.03, abs=0.003)
    assert found.dsnu_e == pytest.approx(sensor.dsnu_e, rel=0.03, abs=1.0)
    assert found.defects == round(0.001 * 65536) + round(0.002 * 65536) * (sensor.stuck_fraction > 0) - 66 * (
        sensor.missing_fraction == 0
    )
    decibels = 20 * math.log10(saturation / sensor.read_noise_e)
    assert found.dynamic_range_db == pytest.approx(decibels, abs=0.3)


@pytest.mark.slow
def test_columns_count_as_pattern():
    sensor = Sensor(column_gain_fpn=0.03, column_offset_fpn_e=30, black_level_dn=200)
    found = photon_transfer.measure(sensor, size=512)
    assert found.prnu == pytest.approx(0.03, rel=0.15)  # 512 columns: rms known to 3 %
    assert found.dsnu_e == pytest.approx(30, rel=0.15)
    assert found.read_noise_e == pytest.approx(10, rel=0.03)


@pytest.mark.slow
def test_a_clipped_dark_frame_would_tell_too_little():
    """Why the read noise comes from the line: half of the default sensor's dark noise is cut off at zero."""
    found = photon_transfer.measure(Sensor())
    dark = found.points.variance_dn2[0]
    assert math.sqrt(dark) * found.gain_e_per_dn < 0.75 * found.read_noise_e
    assert not found.points.fitted[0]
    assert photon_transfer.measure(Sensor(black_level_dn=64)).points.fitted[0]


def test_same_seed_same_result():
    first, again, other = (photon_transfer.measure(Sensor(), size=64, seed=seed) for seed in (5, 5, 6))
    assert first.gain_e_per_dn == again.gain_e_per_dn != other.gain_e_per_dn


def test_dark_current_that_stays_below_the_clipping_is_not_invented():
    assert photon_transfer.measure(Sensor(dark_current_e_per_s=0), size=64).dark_current_e_per_s is None
    assert photon_transfer.measure(
        Sensor(dark_current_e_per_s=0, black_level_dn=64), size=64
    ).dark_current_e_per_s == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"noise": False}, "noise = false"), ({"bit_depth": 1}, "too coarse"), ({"missing_fraction": 0.8}, "respond")],
)
def test_what_has_no_photon_transfer_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        photon_transfer.measure(Sensor(**values), size=64)


def test_every_builtin_camera_has_a_photon_transfer():
    for name in camera_file.builtin_names():
        chosen = camera_file.load(name)
        if not chosen.ideal:
            found = photon_transfer.measure(chosen.sensor, size=64)
            assert found.read_noise_e == pytest.approx(chosen.sensor.read_noise_e, rel=0.1)


def test_a_transfer_shows_itself_in_a_line_and_in_a_table():
    transfer = photon_transfer.measure(Sensor(), size=64)
    assert repr(transfer).startswith("<PhotonTransfer: gain ") and len(repr(transfer)) < 120
    assert len(repr(transfer.points)) < 60
    assert transfer._repr_html_().count("<tr>") == len(transfer.in_words()) == 9
