"""What is kept of cameras seen before."""

import numpy as np

from camsim import camera_file
from camsim.image_formation import transfer

F22 = camera_file.load("f22")


def terms(*changes):
    return transfer.rgb_terms(camera_file.override(F22, changes), 24, 24, "float32")


def test_transfer_functions_are_shared_by_cameras_that_differ_behind_the_pixel_alone():
    assert terms("sensor.exposure_ev=-2", "isp.tone='linear'", "sensor.noise=false") is terms()
    for change in ("optics.fnumber=20", "sensor.pixel_pitch_um=2", "sensor.cfa='bggr'", "scene.luminance_cd_m2=50"):
        assert terms(change) is not terms(), change


def test_transfer_functions_of_many_cameras_are_kept_up_to_a_size(monkeypatch):
    monkeypatch.setattr(transfer, "_kept", {})
    fnumbers = np.geomspace(8, 32, 16)
    first = [terms(f"optics.fnumber={value}") for value in fnumbers]
    assert all(terms(f"optics.fnumber={value}") is kept for value, kept in zip(fnumbers, first, strict=True))
    monkeypatch.setattr(transfer, "KEPT_BYTES", 0)
    assert terms("optics.fnumber=8") is first[0] and len(transfer._kept) == 1  # the latest stays
