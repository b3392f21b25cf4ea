"""What is kept of cameras seen before."""

import numpy as np

from camsim import camera_file
from camsim.image_formation import transfer

F22 = camera_file.load("f22")


def terms(*changes):
    return transfer.rgb_terms(camera_file.override(F22, changes), 24, 24, "float32")[1]


def kept(*changes):
    """Those of a camera that has come twice."""
    terms(*changes)
    return terms(*changes)


def test_transfer_functions_are_shared_by_cameras_that_differ_behind_the_pixel_alone():
    assert kept("sensor.exposure_ev=-2", "isp.tone='linear'", "sensor.noise=false") is kept()
    for change in ("optics.fnumber=20", "sensor.pixel_pitch_um=2", "sensor.cfa='bggr'", "scene.luminance_cd_m2=50"):
        assert kept(change) is not kept(), change


def test_a_camera_seen_once_has_the_terms_of_one_that_is_kept(monkeypatch):
    monkeypatch.setattr(transfer, "_kept", {})
    monkeypatch.setattr(transfer, "BLOCK_ROWS", 16)
    once = [term.factor.copy() for (term,) in terms()]  # each stands in the place of the one before
    assert len(once) > 2
    for first, (second,) in zip(once, terms(), strict=True):
        np.testing.assert_array_equal(first, second.factor)


def test_transfer_functions_of_many_cameras_are_kept_up_to_a_size(monkeypatch):
    monkeypatch.setattr(transfer, "_kept", {})
    fnumbers = np.geomspace(8, 32, 16)
    first = [kept(f"optics.fnumber={value}") for value in fnumbers]
    assert all(terms(f"optics.fnumber={value}") is of for value, of in zip(fnumbers, first, strict=True))
    monkeypatch.setattr(transfer, "KEPT_BYTES", 0)
    assert terms("optics.fnumber=8") is first[0] and len(transfer._kept) == 1  # the latest stays
    monkeypatch.undo()
    monkeypatch.setattr(transfer, "_kept", {})
    monkeypatch.setattr(transfer, "KEPT", 4)
    for value in fnumbers:
        kept(f"optics.fnumber={value}")
    assert len(transfer._kept) == 4
