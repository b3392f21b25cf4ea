"""A photograph in bands is that of the whole sensor, whoever shares the work."""

import itertools

import numpy as np
import pytest

from camsim import bands, camera_file, pipeline
from camsim.image_formation import large
from camsim.io import image
from camsim.isp import process
from camsim.sensor import adc, noise

#: A sensor of some bands, noisy, with defects and a fixed pattern.
CAMERA = camera_file.from_dict(
    {
        "scene": {"fov_deg": "auto"},
        "optics": {"fnumber": 4.0},
        "sensor": {
            "columns": 96,
            "rows": 400,
            "cfa": "rggb",
            "bit_depth": 10,
            "black_level_dn": 64,
            "prnu": 0.02,
            "dsnu_e": 5.0,
            "column_offset_fpn_e": 3.0,
            "missing_fraction": 0.02,
        },
    }
)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (400, 96, 3)).astype(np.uint8)


@pytest.fixture(autouse=True)
def small_bands(monkeypatch):
    monkeypatch.setattr(large, "SENSOR_PIXELS", 2**14)
    monkeypatch.setattr(bands, "LIGHT_ROWS", 128)
    monkeypatch.setattr(bands, "PICTURE_ROWS", 48)


def exposed(picture, camera, jobs=1, **options):
    with bands.threads(jobs) as each:
        return bands.expose(picture, camera, 7, each, **options)


@pytest.mark.parametrize("rule", ["max", "p99", "mean", "incident"])
def test_counts_are_those_of_the_whole_sensor(picture, rule, monkeypatch):
    """Of the same light: the noise of a pixel belongs to its place."""
    camera = CAMERA.replace("sensor.auto_exposure", rule)
    found = exposed(picture, camera, electrons=True)
    rate = large.light(picture, camera).rows(0, 400)
    at_once = noise.expose(rate, found.exposure_s, camera.sensor, 7)
    assert np.mean(found.electrons != at_once) < 1e-3  # light in bands differs by rounding
    np.testing.assert_array_equal(found.counts, adc.digitise(found.electrons, camera.sensor))
    assert found.counts.dtype == np.uint16
    monkeypatch.setattr(large, "SENSOR_PIXELS", 2**20)
    whole = pipeline.render(picture, camera, seed=7)
    assert found.exposure_s == pytest.approx(whole.exposure_s, rel=1e-5)
    assert found.box == whole.box
    assert np.mean(found.counts != whole.counts) < 0.01


@pytest.mark.parametrize("binning", [1, 2])
def test_jobs_change_no_byte(picture, binning):
    camera = CAMERA.replace("sensor.binning", binning)
    one, three = (exposed(picture, camera, jobs) for jobs in (1, 3))
    np.testing.assert_array_equal(one.counts, three.counts)


@pytest.mark.parametrize(
    ("demosaic", "balance", "correct"),
    [
        *itertools.product(("bilinear", "malvar2004", "menon2007"), ("none",), (False, True)),
        *(("bilinear", balance, False) for balance in ("grey-world", "white-patch", "illuminant", (1.5, 1.0, 2.0))),
    ],
)
def test_every_processor_sees_beyond_its_band(picture, demosaic, balance, correct):
    camera = CAMERA
    for key, value in (("demosaic", demosaic), ("white_balance", balance), ("defect_correction", correct)):
        camera = camera.replace(f"isp.{key}", value)
    found = exposed(picture, camera)
    linear, finished = process.process(found.counts, camera, found.exposure_s, dtype=np.float32)
    with bands.threads(2) as each:
        parts = list(bands.develop(found, camera, each))
    assert [part.start for part, _, _ in parts] == list(range(0, 400, 48))
    np.testing.assert_allclose(np.concatenate([part for _, part, _ in parts]), linear, atol=2e-7)
    np.testing.assert_allclose(np.concatenate([part for _, _, part in parts]), finished, atol=1e-6)


@pytest.mark.parametrize("cfa", ["quad-bayer", "rgb/gbr/brg", "mono"])
def test_so_does_that_of_other_tiles(picture, cfa):
    camera = camera_file.override(CAMERA, [f"sensor.cfa={cfa}", "sensor.rows=396"])
    found = exposed(picture, camera)
    _, finished = process.process(found.counts, camera, found.exposure_s, dtype=np.float32)
    parts = bands.develop(found, camera, map)
    np.testing.assert_allclose(np.concatenate([part for _, _, part in parts]), finished, atol=1e-6)


def test_render_keeps_what_is_wanted(picture):
    shot = pipeline.render(picture, CAMERA, seed=7)
    assert shot.rgb.shape == shot.linear.shape == (400, 96, 3) and shot.rgb.dtype == np.float32
    bare = pipeline.render(picture, CAMERA, seed=7, keep=("counts",))
    np.testing.assert_array_equal(bare.rgb, shot.rgb)
    np.testing.assert_array_equal(bare.counts, shot.counts)
    assert bare.linear is None and bare.electrons is None
    small = pipeline.render(picture[:8, :8], camera_file.load("pixel25"), keep="rgb")
    assert small.linear is None and small.counts is None and small.rgb.shape == (22, 22, 3)
    with pytest.raises(ValueError, match="'raw' is none of rgb, linear, electrons, counts"):
        pipeline.render(picture, CAMERA, keep=("raw",))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
def test_the_file_is_the_picture_and_progress_is_whole(picture, tmp_path, name):
    steps = []
    written = bands.write(tmp_path / name, picture, CAMERA, 7, jobs=2, step=steps.append)
    assert (written.height, written.width, written.camera_width) == (400, 96, 96)
    assert sum(steps) == pytest.approx(1)
    np.testing.assert_array_equal(
        image.read_native(tmp_path / name), image.quantise(pipeline.render(picture, CAMERA, seed=7).rgb)
    )


def test_a_smaller_file_is_the_picture_reduced(picture, tmp_path):
    bands.write(tmp_path / "a.png", picture, CAMERA, 7, width=40, bits=16)
    reduced = pipeline.render(picture, CAMERA, seed=7, keep="rgb").reduced((167, 40))
    assert np.abs(image.read_native(tmp_path / "a.png") - image.quantise(reduced, bits=16).astype(int)).max() <= 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interruption_leaves_nothing(picture, tmp_path, jobs):
    def stop(done):
        if next(calls) == 5:
            raise KeyboardInterrupt

    for name in ("a.png", "a.tif"):
        calls = itertools.count()
        with pytest.raises(KeyboardInterrupt):
            bands.write(tmp_path / name, picture, CAMERA, 7, jobs=jobs, step=stop)
    assert list(tmp_path.iterdir()) == []
