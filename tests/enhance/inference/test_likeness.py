"""Is a picture like those that a model was trained on: right cameras give no warning, wrong ones do."""

import functools

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import pairs, photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.light.colour import srgb_decode, srgb_encode
from enhance import zoo
from enhance.inference import likeness

#: Of a galaxy on black, and of a wall that is hardly more than noise: unlike any photograph of daily life.
ODD = {"hubble", "brick"}

#: Surfaces and an eye's inside, dark or all of one kind, whose statistics say little of a camera.
PLAIN = ODD | {"grass", "gravel", "retina"}


def inputs_of(task):
    return zoo.find(task).inputs


@functools.cache
def through(setting):
    """What a camera makes of the built-in photographs, by name: (32, 32, 3) sRGB values."""
    camera = camera_file.load(setting)
    found = {}
    for photo in photographs.open_sources([photographs.BUILTIN]):
        cut = next(photographs.scenes(photo))
        found[photo.name] = pairs.make_pair(cut, {setting: camera}, hr_px=128, scale=4, seed=0).lr[setting] / 255
    return found


def warned(pictures, task):
    """The names of those that get a warning, with its words."""
    words = {name: likeness.unlike(picture, inputs_of(task)) for name, picture in pictures.items()}
    return {name: "; ".join(found) for name, found in words.items() if found}


def darkened(pictures, stops):
    return {name: srgb_encode(srgb_decode(picture) / 2**stops) for name, picture in pictures.items()}


@pytest.mark.parametrize("task", zoo.TASKS)
def test_a_picture_of_the_right_camera_gets_no_warning(task):
    assert set(warned(through(zoo.TASKS[task]), task)) <= ODD


@pytest.mark.parametrize(
    ("setting", "stops", "task", "words"),
    [
        ("ideal", 0, "pixel", "sharper"),  # sharp, where undoing coarse pixels was learnt
        ("ideal", 3, "deblur", "darker"),  # dark, where a meter gave every picture its light
        ("ideal", 3, "sr", "darker"),  # dark, where well exposed pictures were learnt from
        ("f22", 0, "sr", "softer"),  # blurred, where sharp ones were
    ],
)
def test_a_picture_of_another_camera_gets_one(setting, stops, task, words):
    pictures = darkened(through(setting), stops)
    found = warned(pictures, task)
    scenes = set(pictures) - PLAIN
    assert len(scenes) >= 5 and {name: words in found.get(name, "") for name in scenes} == dict.fromkeys(scenes, True)


@pytest.mark.slow
@pytest.mark.reference
def test_few_of_a_hundred_other_photographs_get_a_wrong_warning(shared):
    """At most 2 % over the four cameras, of photographs that no model and no bound has seen."""
    cameras = {name: camera_file.load(name) for name in zoo.TASKS.values()}
    wrong = count = 0
    for photo in photographs.open_sources([shared / "data" / "test100"]):
        cut = next(photographs.scenes(photo))
        pair = pairs.make_pair(cut, cameras, hr_px=128, scale=4, seed=0)
        for task, setting in zoo.TASKS.items():
            wrong += bool(likeness.unlike(pair.lr[setting] / 255, inputs_of(task)))
            count += 1
    assert count == 400 and wrong <= 0.02 * count


def test_a_large_sharp_photograph_is_as_sharp_as_a_small_one():
    """Sharpness is of the pixels, whatever their number: a whole photograph is like those that `sr` learnt from."""
    picture = image.as_float(next(photographs.scenes(photographs.builtin("astronaut"))).rgb)
    assert likeness.unlike(picture, inputs_of("sr")) == []
    assert "softer" in likeness.unlike(resize(picture, (384, 384)), inputs_of("sr"))[0]


def test_white_noise_has_the_share_of_its_band():
    """Its power is spread evenly: the share is that of the areas, (1 − π 0.8²/4) / (1 − π 0.4²/4) of a quarter."""
    noise = np.repeat(np.random.default_rng(0).uniform(0, 1, (512, 512, 1)), 3, axis=2)
    expected = (1 - np.pi * 0.8**2 / 4) / (1 - np.pi * 0.4**2 / 4)
    assert likeness.measure(noise)["sharpness"] == pytest.approx(expected, rel=0.05)


def test_brightness_is_linear_and_peaks_are_robust():
    picture = np.full((100, 100, 3), 0.5)
    picture[0, 0] = 1  # one pixel of ten thousand
    found = likeness.measure(picture)
    grey = ((0.5 + 0.055) / 1.055) ** 2.4  # IEC 61966-2-1
    assert found["mean_luminance"] == pytest.approx(grey, rel=0.01) and found["peak_luminance"] == pytest.approx(grey)


def test_where_there_is_nothing_to_tell_sharpness_from_none_is_told():
    assert "sharpness" not in likeness.measure(np.full((64, 64, 3), 0.5))
    assert "sharpness" not in likeness.measure(np.random.default_rng(0).random((15, 64, 3)))
    assert likeness.unlike(np.full((64, 64, 3), 0.5), {"sharpness": (0.1, 0.2)}) == []


def test_bounds_are_percentiles_of_the_first_pictures_and_batches_are_closed():
    closed = []

    def batches():
        try:
            for number in range(1000):
                yield np.full((8, 16, 16, 3), 100 + number % 64, np.uint8), None
        finally:
            closed.append(number)

    assert likeness.of_batches(batches(), 3) and closed.pop() == 2  # no further than the training went
    found = likeness.of_batches(batches(), 1000)
    assert closed == [31] and set(found) == {"mean_luminance", "peak_luminance"}
    low, high = srgb_decode(np.percentile(np.arange(100, 132), (1, 99)) / 255)
    assert found["mean_luminance"] == pytest.approx([low, high], rel=0.05)
    assert likeness.ranges([]) == {}


def test_a_number_within_the_margin_is_not_told():
    grey = np.full((8, 8, 3), 0.5)
    value = likeness.measure(grey)["mean_luminance"]
    for low, high, words in ((1.4, 9, ""), (1.6, 9, "darker"), (0.1, 0.7, ""), (0.1, 0.6, "brighter")):
        found = likeness.unlike(grey, {"mean_luminance": (low * value, high * value)})
        assert (found[0].startswith(words) and len(found) == 1) if words else found == []
