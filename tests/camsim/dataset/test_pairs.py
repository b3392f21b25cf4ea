"""Pairs: a scene and what cameras make of it."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.dataset import pairs, photographs
from camsim.io import image
from camsim.io.resize import resize


@pytest.fixture
def scene():
    return next(photographs.scenes(photographs.builtin("astronaut"), scene_px=64))


def test_target_and_cameras_see_the_same_scene(scene):
    cameras = {name: camera_file.load(name) for name in ("ideal", "pixel25")}
    pair = pairs.make_pair(scene, cameras, hr_px=32, scale=4, seed=3)
    np.testing.assert_array_equal(pair.hr, image.quantise(resize(scene.rgb / 255, (32, 32))))
    np.testing.assert_array_equal(pair.lr["ideal"], image.quantise(resize(pair.hr / 255, (8, 8))))
    shot = pipeline.render(scene.rgb, cameras["pixel25"], seed=pairs.noise_seed(3, scene.sha256, "pixel25"))
    np.testing.assert_array_equal(pair.lr["pixel25"], image.quantise(shot.reduced((8, 8))))
    assert pair.record["settings"]["pixel25"]["exposure_s"] == shot.exposure_s


def test_noise_depends_on_seed_content_and_setting_alone():
    seeds = {pairs.noise_seed(seed, sha, name) for seed in (0, 1) for sha in ("a", "b") for name in ("f22", "pixel25")}
    assert len(seeds) == 8 and all(0 <= seed < 2**48 for seed in seeds)
    assert pairs.noise_seed(0, "a", "f22") == pairs.noise_seed(0, "a", "f22")


@pytest.mark.slow
def test_a_camera_that_cannot_take_a_scene_is_named_with_it(scene):
    camera = camera_file.override(camera_file.load("f22"), ["scene.fov_deg=110"])
    with pytest.raises(ValueError, match=r"astronaut.*setting wide.*scene\.fov_deg"):
        pairs.make_pair(scene, {"wide": camera}, hr_px=32, scale=4, seed=0)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"hr_px": 66, "scale": 4, "scene_px": 256}, "HR size 66 must be a multiple of the scale 4"),
        ({"hr_px": 2, "scale": 4, "scene_px": 256}, "multiple of the scale"),
        ({"hr_px": 128, "scale": 4, "scene_px": 64}, "scene size 64 must be at least the HR size 128"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        pairs.check_sizes(**sizes)
    with pytest.raises(ValueError, match=words):
        next(pairs.render_pairs([photographs.builtin("astronaut")], {}, **sizes))


def test_equal_scenes_of_a_set_differ_in_noise_and_are_the_same_again(tmp_path):
    """And the first of them is as it would be alone."""
    scene = next(photographs.scenes(photographs.builtin("astronaut"), scene_px=64))
    for name in ("a", "b"):
        image.write(tmp_path / f"{name}.png", scene.rgb)
    photos = photographs.open_sources([tmp_path])
    cameras = {"pixel25": camera_file.load("pixel25")}

    def rendered(photos):
        return [pair.lr["pixel25"] for pair in pairs.render_pairs(photos, cameras, hr_px=32, scene_px=64, seed=5)]

    first, second = rendered(photos)
    assert (first != second).any() and np.abs(first.astype(int) - second).mean() < 8
    np.testing.assert_array_equal(rendered(photos), [first, second])
    np.testing.assert_array_equal(rendered(photos[1:]), [first])
