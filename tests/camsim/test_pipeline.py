"""A renderer gives what `render` gives, whatever it has photographed before, and repeats only what a change touches."""

import numpy as np
import pytest

import camsim
from camsim import pipeline
from camsim.image_formation import cosine_series, electron_rate
from camsim.scene import cube
from camsim.sensor import noise

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)

#: A camera of few pixels and frequencies.
SMALL = camsim.load("pixel25").replace("scene.fov_deg", 3.0).replace("optics.fnumber", 11)

#: Changes of it, one after the other, and the stages that each repeats: series, electrons/s, exposure.
CHANGES = [
    ({}, "transform rate expose"),
    ({}, ""),
    ({"isp.tone": "linear"}, ""),
    ({"isp.white_balance": "grey-world"}, ""),
    ({"sensor.exposure_ev": -1.0}, "expose"),
    ({"sensor.read_noise_e": 3.0}, "expose"),
    ({"sensor.bit_depth": 8}, "expose"),
    ({"optics.fnumber": 16}, "rate expose"),
    ({"optics.defocus_dpt": 30.0}, "rate expose"),
    ({"optics.relative_illumination": True}, "rate expose"),
    ({"sensor.pixel_pitch_um": 20.0}, "rate expose"),
    ({"sensor.binning": 2}, "rate expose"),
    ({"sensor.cfa": "mono"}, "rate expose"),
    ({"scene.illuminant": "A"}, "rate expose"),
    ({"sensor.auto_exposure": "max", "scene.mean_luminance_cd_m2": 30.0}, "transform rate expose"),
]


@pytest.mark.parametrize("together", [False, True])
def test_a_renderer_is_render_and_repeats_what_is_touched(monkeypatch, together):
    """Each change alone, back and forth, or all of them added up."""
    renderer = camsim.Renderer(PICTURE)
    done: list[str] = []
    watched = ((cosine_series, "transform"), (electron_rate, "of_transform"), (noise, "expose"))
    for (module, name), stage in zip(watched, ("transform", "rate", "expose"), strict=True):
        work = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, w=work, s=stage, **k: (done.append(s), w(*a, **k))[1])
    camera = SMALL
    for change, touched in CHANGES:
        if not together:
            camera = SMALL
            renderer.render(SMALL, seed=3)
        for key, value in change.items():  # in this order
            camera = camera.replace(key, value)
        done.clear()
        shot = renderer.render(camera, seed=3)
        if together:
            assert done == touched.split()
        for name in ("rgb", "linear", "electrons", "counts"):
            fresh = getattr(pipeline.render(PICTURE, camera, seed=3), name)
            np.testing.assert_array_equal(getattr(shot, name), fresh)


def test_another_seed_is_another_exposure_and_stages_are_those_of_render():
    renderer = camsim.Renderer(PICTURE)
    shots = [renderer.render(SMALL, seed=seed, keep_stages=True) for seed in (1, 2, 1)]
    assert not np.array_equal(shots[0].electrons, shots[1].electrons)
    np.testing.assert_array_equal(shots[0].rgb, shots[2].rgb)
    fresh = camsim.render(PICTURE, SMALL, seed=1, keep_stages=True)
    np.testing.assert_array_equal(shots[2].stages.irradiance, fresh.stages.irradiance)
    np.testing.assert_array_equal(shots[2].stages.demosaiced, fresh.stages.demosaiced)


def test_what_is_kept_cannot_be_written_to():
    renderer = camsim.Renderer(PICTURE)
    shot = renderer.render("pixel25")
    for values in (shot.electrons, shot.counts):
        with pytest.raises(ValueError, match="read-only"):
            values[0, 0] = 0
    shot.rgb[:] = 0
    np.testing.assert_array_equal(renderer.render("pixel25").rgb, camsim.render(PICTURE, "pixel25").rgb)
    camsim.render(PICTURE, "pixel25").electrons[0, 0] = 0


def test_a_renderer_takes_what_render_takes(tmp_path):
    camsim.write(tmp_path / "my.png", PICTURE)
    renderer = camsim.Renderer(tmp_path / "my.png")
    for camera in (SMALL, "ideal", "isetcam"):
        np.testing.assert_array_equal(renderer.render(camera).rgb, camsim.render(PICTURE, camera).rgb)
    cube.write(tmp_path / "grey.npz", np.full((8, 8, 31), 0.5), np.arange(400, 701, 10), "reflectance")
    scene = camsim.Renderer(tmp_path / "grey.npz")
    for camera in (SMALL, SMALL.replace("optics.fnumber", 16), "ideal"):
        np.testing.assert_array_equal(scene.render(camera).rgb, camsim.render(tmp_path / "grey.npz", camera).rgb)
    with pytest.raises(ValueError, match=r"nowhere\.png: no such file"):
        camsim.Renderer("nowhere.png")
    with pytest.raises(ValueError, match="seed"):
        renderer.render("pixel25", seed=-1)
    with pytest.raises(ValueError, match="no camera"):
        renderer.render("ideal", keep_stages=True)


@pytest.mark.parametrize(
    "changes",
    [{"optics.zernike_um": (0,) * 7 + (0.1,)}, {"optics.blades": 7}, {"optics.blades": 5, "optics.fnumber": 5}],
)
def test_a_draft_says_so_and_is_near(changes):
    camera = SMALL.replace("sensor.noise", False).replace("sensor.bit_depth", 0)
    for key, value in changes.items():
        camera = camera.replace(key, value)
    renderer = camsim.Renderer(PICTURE)
    draft, exact = (renderer.render(camera, draft=draft) for draft in (True, False))
    assert (draft.draft, exact.draft) == (True, False) and "draft" in repr(draft)
    np.testing.assert_allclose(draft.electrons, exact.electrons, atol=1e-3 * exact.electrons.max())
    assert not np.array_equal(draft.electrons, exact.electrons)
    np.testing.assert_array_equal(exact.electrons, camsim.render(PICTURE, camera).electrons)


def test_a_lens_symmetric_about_its_axis_has_no_draft():
    shot = camsim.Renderer(PICTURE).render(SMALL.replace("optics.defocus_dpt", 2.0), draft=True)
    assert not shot.draft


def test_stages_that_are_written_to_change_no_later_picture():
    picture, camera = np.full((24, 40, 3), 128, np.uint8), camsim.load("pixel25").replace("sensor.bit_depth", 0)
    renderer = pipeline.Renderer(picture)
    renderer.render(camera, keep_stages=True).stages.electrons[:] = 0
    np.testing.assert_array_equal(renderer.render(camera).rgb, pipeline.render(picture, camera).rgb)


@pytest.mark.parametrize("dtype", [int, np.float16, "float", "complex128", None, 3])
def test_another_precision_is_refused(dtype):
    with pytest.raises(ValueError, match=r"dtype = .* must be float32 or float64"):
        pipeline.Renderer(np.zeros((8, 8, 3)), dtype=dtype)
