"""Cameras in a training loop: the camera's own picture, decided by seed and index alone; what belongs to it follows."""

import pickle

import numpy as np
import pytest

import camsim
from camsim.dataset import photographs
from camsim.io.image import quantise
from camsim.io.resize import resize

RANGES = {"optics.fnumber": (2.8, 22), "sensor.exposure_ev": (-2, 0), "sensor.bit_depth": (8, 12)}


@pytest.fixture(scope="module")
def photo():
    return quantise(resize(next(photographs.scenes(photographs.builtin("chelsea"))).rgb / 255.0, (48, 64)))


def test_a_picture_is_what_render_gives_for_the_camera_of_its_index(photo):
    augment = camsim.Augment(["f22", "underexposed"], RANGES, seed=3)
    for index in (0, 5, 10**12):
        shot = camsim.render(photo, augment.camera(index), seed=augment.noise_seed(index))
        np.testing.assert_array_equal(augment(photo, index), quantise(shot.reduced(photo.shape[:2])))
        given = augment(photo.astype(np.float32) / 255, index)
        assert given.dtype == np.float32 and np.abs(given - augment(photo, index) / 255).max() < 1 / 255


def test_seed_and_index_decide_in_any_order_and_in_any_process(photo):
    augment = camsim.Augment("underexposed", RANGES, seed=1)
    forward = [augment(photo, i) for i in range(3)]
    again = pickle.loads(pickle.dumps(augment))
    np.testing.assert_array_equal(again(np.stack([photo] * 3), [2, 1, 0]), forward[::-1])
    assert len({one.tobytes() for one in forward}) == 3
    assert camsim.Augment("underexposed", RANGES, seed=2)(photo, 0).tobytes() != forward[0].tobytes()


def test_values_are_spread_as_their_keys_are():
    augment = camsim.Augment(["f22", "pixel25"], RANGES)
    drawn = [augment.camera(i) for i in range(2000)]
    fnumbers, exposures, depths = (
        np.array([getattr(getattr(camera, part), name) for camera in drawn])
        for part, name in (("optics", "fnumber"), ("sensor", "exposure_ev"), ("sensor", "bit_depth"))
    )
    assert np.log(fnumbers).mean() == pytest.approx(np.log(2.8 * 22) / 2, abs=0.06)  # in equal ratios
    assert exposures.mean() == pytest.approx(-1, abs=0.06) and exposures.min() >= -2 and exposures.max() <= 0
    assert set(depths) == set(range(8, 13))
    assert 0.45 < np.mean([camera.name == "f22" for camera in drawn]) < 0.55


def test_a_pool_is_of_so_many_cameras_and_its_noise_is_new_every_time(photo):
    augment = camsim.Augment("f22", RANGES, pool=4)
    assert len({augment.camera(i) for i in range(40)}) == 4 and augment.camera(1) == augment.camera(5)
    assert augment(photo, 1).tobytes() != augment(photo, 5).tobytes()


@pytest.mark.parametrize("keys", [{"scene.fov_deg": 3.0}, {"scene.fov_deg": 6.0, "sensor.pixel_pitch_um": 2.2}])
@pytest.mark.parametrize("size", [None, (32, 96)])
def test_keypoints_are_where_the_points_are_seen(keys, size):
    """Bright points on black: the centre of the light that is seen around each is within half a pixel."""
    camera = camsim.load("underexposed").replace("sensor.noise", False).replace("isp.tone", "linear")
    for key, value in keys.items():
        camera = camera.replace(key, value)
    scene, points = np.zeros((64, 64, 3)), np.array([[12, 20], [50, 14], [31, 47]])
    scene[points[:, 1], points[:, 0]] = 1.0
    seen = camsim.Augment(camera, size=size).with_targets(scene, 0, keypoints=points + 0.5)
    light = seen.picture.sum(axis=2)
    rows, columns = np.indices(light.shape) + 0.5
    for x, y in seen.keypoints:
        near = light * (np.hypot(columns - x, rows - y) < 8)
        centre = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
        assert np.hypot(centre[0] - x, centre[1] - y) < 0.5


def test_boxes_and_masks_follow_the_size():
    mask = np.arange(12).reshape(3, 4)
    seen = camsim.Augment("ideal", size=(6, 8)).with_targets(
        np.full((3, 4, 3), 0.5), 0, boxes=[[1, 0, 3, 2]], mask=mask
    )
    np.testing.assert_array_equal(seen.mask, mask.repeat(2, axis=0).repeat(2, axis=1))
    np.testing.assert_array_equal(seen.boxes, [[2, 0, 6, 4]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cameras": []}, "at least one"),
        ({"cameras": "f23"}, "f22"),
        ({"ranges": {"optics.fnumbr": (2, 4)}}, "optics.fnumber"),
        ({"ranges": {"optics.fnumber": (4, 2)}}, "lower one first"),
        ({"ranges": {"optics.fnumber": 4}}, "two numbers"),
        ({"ranges": {"optics.fnumber": (-1, 2)}}, "optics.fnumber"),
        ({"ranges": {"sensor.bit_depth": (8.2, 8.8)}}, "no whole number"),
        ({"cameras": "ideal", "ranges": {"optics.fnumber": (2, 4)}}, "no camera"),
        ({"seed": -1}, "seed"),
        ({"size": (0, 3)}, "size"),
        ({"size": 8}, "two whole numbers"),
        ({"size": (8, 8, 3)}, "two whole numbers"),
        ({"ranges": [("optics.fnumber", (2, 4))]}, "a mapping"),
        ({"ranges": {"optics.fnumber": "24"}}, "two numbers"),
        ({"ranges": {3: (2, 4)}}, "unknown key 3"),
        ({"ranges": {"optics.blades": (0, 8)}}, "optics.blades"),  # 1 and 2 are none
        ({"pool": 1.5}, "pool"),
    ],
)
def test_what_makes_no_camera_is_said_at_once(given, words):
    with pytest.raises(ValueError, match=words):
        camsim.Augment(**({"cameras": "f22"} | given))


@pytest.mark.parametrize(
    ("picture", "index", "words"),
    [
        (np.zeros((4, 4, 3), np.int64), 0, "uint8 or floating"),
        (np.zeros((4, 4)), 0, "H, W, 3"),
        (np.zeros((4, 4, 3)) + 0.5, -1, "index"),
        (np.zeros((2, 4, 4, 3)), 0, "as many indices"),
        (np.zeros((2, 4, 4, 3)), [1], "as many indices"),
        (np.zeros((0, 4, 4, 3), np.int64), [], "uint8 or floating"),
    ],
)
def test_what_is_no_picture_is_said(picture, index, words):
    with pytest.raises(ValueError, match=words):
        camsim.Augment("f22")(picture, index)


def test_targets_of_another_shape_are_refused_and_none_are_none():
    augment, picture = camsim.Augment("pixel25", size=(8, 8)), np.zeros((4, 4, 3)) + 0.5
    with pytest.raises(ValueError, match=r"keypoints must have shape \(n, 2\), not \(1, 3\)"):
        augment.with_targets(picture, 0, keypoints=[[1, 2, 1]])
    with pytest.raises(ValueError, match="boxes must have shape"):
        augment.with_targets(picture, 0, boxes=np.zeros((4, 5)))
    assert augment.with_targets(picture, 0, keypoints=[]).keypoints.shape == (0, 2)
    assert augment(np.zeros((0, 4, 4, 3), np.uint8), []).shape == (0, 8, 8, 3)
