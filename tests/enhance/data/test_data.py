"""Where training pictures come from: order, windows, turns, folders, photographs through a camera."""

import itertools
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file
from camsim.dataset import folder as dataset
from camsim.dataset import photographs
from camsim.dataset.pairs import make_pair
from camsim.io import image
from camsim.io.resize import resize
from enhance.data import batches as feed
from enhance.data import discover, live_camera, pair_set, sampling

F22, IDEAL = camera_file.load("f22"), camera_file.load("ideal")


def smooth(rng, rows, columns):
    """A picture without detail finer than a fifth of its side."""
    return image.quantise(resize(rng.random((6, 6, 3)), (rows, columns)))


def make_pairs(count=8, side=32, scale=4, seed=0):
    rng = np.random.default_rng(seed)
    hr = np.stack([smooth(rng, side, side) for _ in range(count)])
    lr = np.stack([image.quantise(resize(p / 255, (side // scale,) * 2)) for p in hr])
    return pair_set.PairSet(source="test", photographs=(), names=[str(n) for n in range(count)], lr=lr, hr=hr)


def save(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, **options)


def pair_folder(folder, sizes, *, scale=4, name="LR/{}x4.png"):
    """Pairs whose HR pixel is the LR pixel under it: registration shows in every window."""
    rng = np.random.default_rng(0)
    for number, (rows, columns) in enumerate(sizes):
        low = rng.integers(256, size=(rows, columns, 3), dtype=np.uint8)
        save(folder / name.format(f"{number:04d}"), low)
        save(folder / "HR" / f"{number:04d}.png", low.repeat(scale, 0).repeat(scale, 1))
    return folder


def photo_folder(folder, count=5, shape=(300, 280)):
    """Photographs of one colour each, blue 20·number and red the rest, with texture in green."""
    rng = np.random.default_rng(1)
    for number in range(count):
        picture = smooth(rng, *shape)
        picture[..., 0], picture[..., 2] = 250 - 20 * number, 20 * number
        save(folder / f"photo{number}.png", picture)
    return folder


def open_folder(folder, **options):
    given = {"camera": IDEAL, "setting": "f22", "hr_px": 32, "jobs": 0}
    return discover.open(folder, **given | options)


def take(source, count, *, start=0, size=4, seed=3):
    return list(itertools.islice(source.batches(start, size=size, seed=seed), count))


def assert_same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype == np.uint8
            np.testing.assert_array_equal(x, y)


# --- order, turns, windows ----------------------------------------------------------------------------------------


def test_batches_depend_on_seed_and_step_alone_and_cover_every_pair_each_epoch():
    pairs = make_pairs(8)
    assert_same([pair_set.batch(pairs, 0, size=4, seed=3)], [pair_set.batch(pairs, 0, size=4, seed=3)])
    lr = np.repeat(np.arange(8, dtype=np.uint8), 12).reshape(8, 2, 2, 3)
    marked = pair_set.PairSet(source="", photographs=(), names=list("abcdefgh"), lr=lr, hr=pairs.hr)
    for seed, epoch in itertools.product((3, 4), range(3)):
        steps = (2 * epoch, 2 * epoch + 1)
        seen = [int(p[0, 0, 0]) for step in steps for p in pair_set.batch(marked, step, size=4, seed=seed)[0]]
        assert sorted(seen) == list(range(8))
    assert not np.array_equal(
        pair_set.batch(marked, 0, size=8, seed=3)[0], pair_set.batch(marked, 0, size=8, seed=4)[0]
    )


def test_an_epoch_need_not_be_a_whole_number_of_batches():
    indices = [int(i) for step in range(3) for i in sampling.chosen(5, step, size=5, seed=0)]
    uneven = [int(i) for step in range(5) for i in sampling.chosen(5, step, size=3, seed=0)]
    assert indices == uneven


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("mirror", range(2))
def test_turned_is_a_turn_and_a_mirror(quarter, mirror):
    picture = np.random.default_rng(0).integers(256, size=(6, 6, 3), dtype=np.uint8)
    expected = np.asarray(
        Image.fromarray(picture).rotate(90 * quarter).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if mirror
        else Image.fromarray(picture).rotate(90 * quarter)
    )
    np.testing.assert_array_equal(sampling.turned([picture], [quarter], [mirror])[0], expected)


def test_all_eight_turns_come_equally_often():
    drawn = [sampling.turns(step, size=16, seed=0) for step in range(100)]
    counts = np.zeros((4, 2))
    for quarters, mirrors in drawn:
        np.add.at(counts, (quarters, mirrors), 1)
    assert counts.min() > 200 - 5 * np.sqrt(200) and counts.max() < 200 + 5 * np.sqrt(200)


def test_lr_and_hr_are_turned_alike():
    pairs = make_pairs(8)
    for step in range(6):
        for low, high in zip(*pair_set.batch(pairs, step, size=4, seed=0), strict=True):
            np.testing.assert_allclose(image.quantise(resize(high / 255, low.shape[:2])), low, atol=1)


def test_held_out_pairs_are_not_trained_on():
    training, held = pair_set.hold_out(make_pairs(20), 4)
    assert len(training) == 16 and len(held) == 4 and set(training.names).isdisjoint(held.names)
    assert pair_set.hold_out(make_pairs(3), 4)[1].names == []  # a quarter at most


def test_windows_of_random_size_are_spread_evenly_in_the_logarithm():
    rng = np.random.default_rng(0)
    places = np.array([sampling.window(rng, (400, 500, 3), 100, "random_size") for _ in range(4000)])
    top, left, side = places.T
    assert side.min() == 100 and side.max() == 400  # all that there are
    assert (top >= 0).all() and (top + side <= 400).all() and (left + side <= 500).all()
    assert np.mean(side < 200) == pytest.approx(0.5, abs=0.03)  # the middle of [100, 400], geometrically
    assert {sampling.window(rng, (400, 500, 3), 100, "fixed_size")[2] for _ in range(9)} == {100}


# --- pairs in folders ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    photo_folder(folder / "photos", count=9, shape=(90, 80))
    found = photographs.open_sources([folder / "photos"])
    dataset.write(folder / "set", found, {"f22": F22}, hr_px=32, scale=4, scene_px=64)
    return folder / "set"


def test_a_rendered_set_is_trained_on_in_the_order_of_its_pairs(rendered):
    training, held = pair_set.hold_out(pair_set.load(rendered, "f22"), 2)
    with open_folder(rendered, hr_px=128) as source:  # windows cannot be larger than the pictures
        validation = source.validation(2)
        assert (len(source), source.scale, source.hr_px, source.in_memory) == (9, 4, 32, True)
        assert source.photographs == training.photographs and len(source.photographs) == 9
        assert_same(take(source, 5), [pair_set.batch(training, step, size=4, seed=3) for step in range(5)])
        assert validation.names == held.names
        assert_same([(validation.lr, validation.hr)], [(held.lr, held.hr)])


def test_a_rendered_set_names_what_is_wrong(rendered, tmp_path):
    import shutil

    with pytest.raises(ValueError, match="no setting 'pixel25', only f22"):
        open_folder(rendered, setting="pixel25")
    with pytest.raises(ValueError, match="rendered pairs, in which optics.fnumber cannot vary"):
        open_folder(rendered, camera=F22, vary={"optics.fnumber": (4, 8)})
    broken = tmp_path / "broken"
    shutil.copytree(rendered, broken)
    save(broken / "LR" / "f22" / "photo3.png", np.zeros((9, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=r"photo3\.png: 32×32 px, not 4 times the 8×9 px of .*photo3\.png"):
        open_folder(broken)
    (broken / "LR" / "f22" / "photo3.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"photo3\.png: cannot be read"):
        open_folder(broken)
    (broken / "manifest.json").write_text('{"format": "cam2eye dataset 1", "settings": ["f22"]}')
    with pytest.raises(ValueError, match="damaged"):
        open_folder(broken)


@pytest.mark.parametrize("name", ["LR/{}x4.png", "LR/{}.png", "LR/f22/{}.png"])
def test_pairs_of_any_size_are_cut_between_lr_pixels(name, tmp_path):
    with open_folder(pair_folder(tmp_path, [(8, 8), (9, 20), (30, 11)], name=name), hr_px=24) as source:
        assert source.scale == 4 and len(source) == 3
        places = set()
        for lr, hr in take(source, 12):
            assert lr.shape == (4, 6, 6, 3) and hr.shape == (4, 24, 24, 3)
            np.testing.assert_array_equal(lr.repeat(4, 1).repeat(4, 2), hr)
            places |= {low.tobytes() for low in lr}
    assert len(places) > 40  # hardly a window twice


@pytest.mark.parametrize("scale", [2, 3])
def test_the_scale_is_that_of_the_files(scale, tmp_path):
    with open_folder(pair_folder(tmp_path, [(16, 16)] * 2, scale=scale), hr_px=12, scale=4) as source:
        ((lr, hr),) = take(source, 1)
        assert source.scale == scale and lr.shape[1] * scale == hr.shape[1] == 12


def test_windows_of_random_size_are_reduced_alike_and_stay_registered(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(4):  # a steady slope: its rise over a window tells the window's side
        slope = np.linspace(0, 255, 256)[None, :, None] * np.ones((256, 1, 3)) * rng.uniform(0.9, 1)
        save(tmp_path / "HR" / f"{number}.png", image.quantise(slope / 255))
        save(tmp_path / "LR" / f"{number}.png", image.quantise(resize(slope / 255, (64, 64))))
    with open_folder(tmp_path, crop="random_size") as source:
        rises = []
        for lr, hr in take(source, 16):
            for low, high in zip(lr / 255, hr / 255, strict=True):
                np.testing.assert_allclose(resize(high, (8, 8))[1:-1, 1:-1], low[1:-1, 1:-1], atol=2 / 255)
                rises.append(np.ptp(high[..., 0]))
    assert min(rises) < 0.2 and max(rises) > 0.7  # from 32 of 256 px to nearly all


def test_validation_shows_the_middle_unturned(tmp_path):
    folder = pair_folder(tmp_path, [(12, 10)] * 8)
    with open_folder(folder) as source:
        shown = source.validation(2)
    assert shown.names == ["0000", "0007"] and shown.lr.shape == (2, 8, 8, 3)
    for name, low, high in zip(shown.names, shown.lr, shown.hr, strict=True):
        whole = np.asarray(Image.open(folder / "LR" / f"{name}x4.png"))
        np.testing.assert_array_equal(low, whole[2:10, 1:9])
        np.testing.assert_array_equal(low.repeat(4, 0).repeat(4, 1), high)


@pytest.mark.parametrize("crop", sampling.KINDS)
def test_streaming_gives_the_batches_of_memory_bit_for_bit(crop, tmp_path):
    folder = pair_folder(tmp_path, [(9, 20), (30, 11), (16, 16), (12, 13), (8, 8)])
    steps = []
    options = {"crop": crop, "jobs": 3, "step": lambda: steps.append(1)}
    with (
        open_folder(folder, **options) as memory,
        open_folder(folder, memory_limit_bytes=0, **options) as files,
    ):
        assert memory.in_memory and not files.in_memory and len(steps) == 5
        assert files.fingerprint() == memory.fingerprint()
        one, other = memory.validation(1), files.validation(1)
        assert_same([(one.lr, one.hr)], [(other.lr, other.hr)])
        batches = take(memory, 6)
        assert_same(take(files, 6), batches)
        assert_same(take(files, 2, start=4), batches[4:])  # as after --resume


def test_a_run_goes_on_only_with_equal_data(tmp_path):
    def fingerprint(folder, **options):
        with open_folder(folder, **options) as source:
            return source.fingerprint()

    folder = pair_folder(tmp_path / "a", [(12, 12)] * 3)
    one = fingerprint(folder)
    assert one == fingerprint(pair_folder(tmp_path / "b", [(12, 12)] * 3))  # wherever it lies
    different = {one, fingerprint(folder, hr_px=16), fingerprint(folder, crop="random_size")}
    low = np.asarray(Image.open(folder / "LR" / "0001x4.png")).copy()
    low[0, 0, 0] ^= 1
    save(folder / "LR" / "0001x4.png", low)
    assert len(different | {fingerprint(folder)}) == 4


@pytest.mark.parametrize("limit", [None, 0], ids=["memory", "files"])
def test_hr_that_was_cropped_to_a_multiple_is_paired_from_its_first_pixel(tmp_path, limit):
    folder = pair_folder(tmp_path / "plain", [(12, 16)] * 4)
    cropped = pair_folder(tmp_path / "cropped", [(12, 16)] * 4)
    for path in (cropped / "HR").iterdir():
        picture = image.read_native(path)
        save(path, np.pad(picture, ((0, 3), (0, 1), (0, 0)), constant_values=255))
    with open_folder(folder) as one, open_folder(cropped, memory_limit_bytes=limit) as other:
        assert one.scale == other.scale == 4
        for a, b in zip(take(one, 4), take(other, 4), strict=True):
            assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1])


def test_pairs_that_do_not_fit_are_named(tmp_path):
    def refused(match, **options):
        with pytest.raises(ValueError, match=match) as error:
            open_folder(folder, **options)
        assert "\n" not in str(error.value)

    folder = pair_folder(tmp_path / "a", [(12, 12)] * 3)
    refused("shorter side of 48 px is less than the HR size, 64 px", hr_px=64)
    refused("HR size 30 must be a multiple of the scale 4", hr_px=30)
    refused("crop = 'wild' must be one of fixed_size, random_size", crop="wild")
    save(folder / "HR" / "0009.png", np.zeros((48, 48, 3), np.uint8))
    refused("LR: has no picture '0009', which .*HR has")
    save(folder / "LR" / "0009.png", np.zeros((24, 24, 3), np.uint8))
    refused(r"0009\.png: 48×48 px, not 4 times the 24×24 px")
    save(folder / "LR" / "0009x4.png", np.zeros((12, 12, 3), np.uint8))
    refused(r"0009\.png and 0009x4\.png have the same name '0009'")
    for path in (folder / "LR").iterdir():
        path.unlink()
    refused("LR: neither pictures nor a folder 'f22'")


def test_a_file_that_spoils_during_training_is_named(tmp_path):
    folder = pair_folder(tmp_path, [(12, 12)] * 3)
    with open_folder(folder, memory_limit_bytes=0) as source:
        (folder / "HR" / "0001.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        with pytest.raises(ValueError, match=r"0001\.png: cannot be read"):
            take(source, 2)


def test_every_kind_of_file_comes_as_upright_rgb(tmp_path):
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 255
    turned = Image.Exif()
    turned[274] = 6  # to be turned by 90°
    save(tmp_path / "red.png", red)
    save(tmp_path / "palette.png", np.asarray(Image.fromarray(red)))
    Image.fromarray(red).convert("P").save(tmp_path / "palette.png")
    Image.fromarray(red).convert("RGBA").save(tmp_path / "alpha.png")
    Image.fromarray(red).save(tmp_path / "turned.jpg", exif=turned, quality=100, subsampling=0)
    image.write(tmp_path / "deep.png", red / 255, bits=16)
    image.write(tmp_path / "deep.tif", red / 255, bits=16)
    for path in tmp_path.iterdir():
        picture = feed.read(path)
        assert picture.dtype == np.uint8 and picture.shape[:2] == feed.shape(path), path
        assert picture.shape == ((60, 40, 3) if path.name == "turned.jpg" else (40, 60, 3)), path
        np.testing.assert_allclose(picture, [[[255, 0, 0]]] * np.ones(picture.shape), atol=1)


def test_the_memory_limit_is_what_a_machine_can_have():
    assert 2**25 < feed.memory_limit_bytes() < 2**50


# --- photographs through a camera ---------------------------------------------------------------------------------


def marks(batches):
    """The photographs of `photo_folder` that batches were cut from, through the ideal camera."""
    return {round(float(high[..., 2].mean()) / 20) for _, hr in batches for high in hr}


def test_whole_photographs_are_held_out(tmp_path):
    with open_folder(photo_folder(tmp_path, count=8)) as source:
        shown = source.validation(2)
        assert len(shown) == 2 and shown.hr.shape == (2, 32, 32, 3)
        held = marks([(shown.lr, shown.hr)])
        assert held == {0, 7} and len(source) == len(source.photographs) == 8
        assert marks(take(source, 3)) == {1, 2, 3, 4, 5, 6}
    with open_folder(tmp_path) as source:
        take(source, 1)
        with pytest.raises(RuntimeError, match="before batches are made"):
            source.validation(2)


def test_few_photographs_are_shown_in_several_windows(tmp_path):
    with open_folder(photo_folder(tmp_path, count=4)) as source:
        shown = source.validation(5)
        assert len(shown) == 5 and marks([(shown.lr, shown.hr)]) == {0}
        assert len({picture.tobytes() for picture in shown.hr}) == 5
        again = source.validation(5)
        assert_same([(shown.lr, shown.hr)], [(again.lr, again.hr)])
        assert marks(take(source, 2)) == {1, 2, 3}
    with open_folder(photo_folder(tmp_path / "three", count=3)) as source:
        assert len(source.validation(5)) == 0 and marks(take(source, 2)) == {0, 1, 2}


def test_photographs_without_a_camera_are_reduced(tmp_path):
    with open_folder(photo_folder(tmp_path)) as source:
        for lr, hr in take(source, 2):
            for low, high in zip(lr, hr, strict=True):
                np.testing.assert_array_equal(image.quantise(resize(high / 255, (8, 8))), low)


@pytest.mark.slow
@pytest.mark.parametrize("crop", sampling.KINDS)
def test_photographs_give_the_same_batches_from_memory_and_file_in_thread_and_process(crop, tmp_path):
    options = {"camera": F22, "vary": {"optics.fnumber": (16, 32)}, "crop": crop}
    folder = photo_folder(tmp_path, shape=(260, 330))
    streamed = options | {"memory_limit_bytes": 0, "jobs": 1}
    with (
        open_folder(folder, **options) as memory,
        open_folder(folder, **streamed) as files,
    ):
        assert memory.in_memory and not files.in_memory and files.fingerprint() == memory.fingerprint()
        one, other = memory.validation(2), files.validation(2)
        assert_same([(one.lr, one.hr)], [(other.lr, other.hr)])
        batches = take(memory, 3)
        assert_same(take(files, 1, start=2), batches[2:])
        assert len({low.tobytes() for lr, _ in batches for low in lr}) == 12
    with open_folder(folder, **options | {"vary": {"optics.fnumber": (16, 30)}}) as source:
        assert source.fingerprint() != memory.fingerprint()


def test_a_pair_is_what_the_camera_of_its_value_makes_of_the_scene():
    look = live_camera.Look(camera=F22, ladders=live_camera.ladders(F22, {"optics": {"fnumber": [4, 32]}}), hr_px=32)
    picture = smooth(np.random.default_rng(0), 64, 64)
    for rung, fnumber in ((0, 4), (15, 32)):
        job = live_camera.Job(
            look=look, name="x", path=None, pixels=picture, window_seed=None, turn=(0, 0), rungs=(rung,), noise_seed=5
        )
        lr, hr = live_camera.render(job)
        cut = photographs.SceneCut(name="x", rgb=picture, source="", source_sha256="", window=(0, 0, 64), variant="")
        views = {"f22": camera_file.override(F22, [f"optics.fnumber={fnumber}"])}
        expected = make_pair(cut, views, hr_px=32, scale=4, seed=5)
        np.testing.assert_array_equal(lr[0], expected.lr["f22"])
        np.testing.assert_array_equal(hr[0], expected.hr)


def test_camera_values_climb_in_equal_ratios_between_the_bounds():
    ((key, values),) = live_camera.ladders(F22, {"optics.fnumber": (4, 32)})
    assert key == "optics.fnumber" and (values[0], values[-1], len(values)) == (4, 32, live_camera.LADDER)
    np.testing.assert_allclose(np.diff(np.log(values)), np.log(8) / 15)
    assert live_camera.ladders(F22, {"sensor.exposure_ev": [-2, 1]})[0][1][5] == pytest.approx(-1)  # by equal steps
    assert live_camera.ladders(F22, {"sensor.bit_depth": (8, 12)})[0][1] == (8, 9, 10, 11, 12)
    assert live_camera.ladders(F22, {"optics.fnumber": (5, 5)})[0][1] == (5,)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"optics.fnumber": (4, 200)}, r"optics.fnumber = 200.0 must be in \[0.5, 128\]"),
        ({"optics.fnumber": (8, 4)}, "lower one first"),
        ({"optics.fnumber": (4, float("nan"))}, "finite"),
        ({"optics.fnumber": 4}, r"must be two numbers, \[low, high\]"),
        ({"optics.fnumbr": (4, 8)}, "did you mean 'optics.fnumber'"),
        ({"fnumber": (4, 8)}, "did you mean 'optics.fnumber'"),
        ({"isp.demosaic": (1, 2)}, "isp.demosaic"),
        ({"sensor.missing_fraction": (0, 0.7), "sensor.stuck_fraction": (0, 0.7)}, "must be at most 1"),
    ],
)
def test_bounds_that_make_no_camera_are_named_at_once(vary, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        open_folder(tmp_path, camera=F22, vary=vary)
    assert str(error.value).startswith("vary: ") and "\n" not in str(error.value)


def test_what_cannot_be_rendered_is_named_at_once(tmp_path):
    folder = photo_folder(tmp_path, count=2, shape=(40, 60))
    with pytest.raises(ValueError, match=r"photo0\.png: its shorter side of 40 px is less than the HR size, 64 px"):
        open_folder(folder, hr_px=64)
    with pytest.raises(ValueError, match="spatial frequencies, more than"):
        open_folder(folder, camera=F22, vary={"scene.fov_deg": (4, 120), "optics.fnumber": (1, 4)})
    with pytest.raises(ValueError, match="'ideal' is no camera"):
        open_folder(folder, vary={"optics.fnumber": (4, 8)})
    with pytest.raises(ValueError, match="no such file or folder"):
        open_folder(tmp_path / "gone")


def test_a_black_window_is_drawn_again(tmp_path):
    picture = np.zeros((300, 3000, 3), np.uint8)
    picture[:, 2700:] = smooth(np.random.default_rng(0), 300, 300)
    save(tmp_path / "night.png", picture)
    with open_folder(tmp_path, camera=F22) as source:  # nine windows of ten are black: no camera exposes for that
        assert all(hr.any(axis=(1, 2, 3)).all() for _, hr in take(source, 3))
    save(tmp_path / "night.png", 0 * picture)
    with open_folder(tmp_path, camera=F22) as source, pytest.raises(ValueError, match=r"night\.png.*black picture"):
        take(source, 1)


def test_the_built_in_photographs_are_rendered_once_or_anew(monkeypatch):
    few = [photographs.Photo(name="cat", path=photographs.builtin("chelsea").path, cuts=6)]
    monkeypatch.setattr(pair_set, "builtin_photos", lambda split: few)
    steps = []
    with discover.open(None, camera=F22, setting="f22", hr_px=32, seed=7, step=lambda: steps.append(1)) as source:
        expected = pair_set.builtin(F22, seed=7, hr_px=32)
        assert (len(source), len(steps), source.photographs) == (6, 6, expected.photographs)
        assert_same(take(source, 2), [pair_set.batch(expected, step, size=4, seed=3) for step in range(2)])
    recipe = photographs.open_sources([photographs.BUILTIN], split="train")
    vary = {"sensor.exposure_ev": (-3, 0)}
    with discover.open(None, camera=F22, setting="f22", hr_px=32, vary=vary, jobs=0) as source:
        assert len(source) == len(recipe)
        ((lr, hr),) = take(source, 1, size=8)
        brightness = lr.mean(axis=(1, 2, 3)) / hr.mean(axis=(1, 2, 3))
        assert brightness.max() > 1.5 * brightness.min()


# --- processes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_processes_end_with_the_source_and_their_errors_name_the_photograph(tmp_path):
    folder = photo_folder(tmp_path, count=2)
    with open_folder(folder, camera=F22, jobs=2, memory_limit_bytes=0) as source:
        take(source, 1)
        workers = list(source._executor._processes)
        (folder / "photo1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        with pytest.raises(ValueError, match=r"photo1\.png: cannot be read") as error:
            take(source, 3, start=5)
        assert "\n" not in str(error.value)
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_a_process_that_is_ended_from_outside_ends_training_in_one_line(tmp_path):
    with open_folder(photo_folder(tmp_path, count=2), camera=F22, jobs=1) as source:
        batches = source.batches(0, size=4, seed=0)
        next(batches)
        os.kill(next(iter(source._executor._processes)), signal.SIGKILL)
        with pytest.raises(ValueError, match="ended from outside"):
            list(itertools.islice(batches, 50))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize("moment", ["starting", "rendering"])
def test_ctrl_c_leaves_no_process_and_one_traceback_at_most(moment, tmp_path):
    photo_folder(tmp_path / "photos", count=2)
    (tmp_path / "train.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore\n"
        "from camsim import camera_file\n"
        "from enhance.data import discover\n"
        "if __name__ == '__main__':\n"
        "    view = camera_file.load('f22')\n"
        "    with discover.open('photos', camera=view, setting='f22', hr_px=32, jobs=2) as source:\n"
        "        batches = source.batches(0, size=4, seed=0)\n"
        f"        print('starting', flush=True) if {moment == 'starting'} else None\n"
        "        for _ in batches:\n"
        "            print('rendering', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == f"{moment}\n"
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = process.communicate(timeout=60)  # all that it began had this stderr, so all have ended
    assert process.returncode == -signal.SIGINT and said.count("Traceback") == 1, said
    assert said.splitlines()[-1] == "KeyboardInterrupt"
