"""Photographs that a camera degrades during training, in threads and processes."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file
from camsim.dataset import pairs as rendered_pairs
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from enhance.data import discover, live_camera, sampling

F22 = camera_file.load("f22")


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def smooth(rng, rows, columns):
    """A picture without detail finer than a fifth of its side."""
    return image.quantise(resize(rng.random((6, 6, 3)), (rows, columns)))


def marks(batches):
    """The photographs of `photo_folder` that batches were cut from, through the ideal camera."""
    return {round(float(high[..., 2].mean()) / 20) for _, hr in batches for high in hr}


def test_whole_photographs_are_held_out(tmp_path, photo_folder, open_folder, take):
    with open_folder(photo_folder(tmp_path, count=8)) as source:
        shown = source.hold_out(2)
        assert len(shown) == 2 and shown.hr.shape == (2, 32, 32, 3)
        held = marks([(shown.lr, shown.hr)])
        assert held == {0, 7} and len(source) == len(source.source_sha256) == 8
        assert marks(take(source, 3)) == {1, 2, 3, 4, 5, 6}
    with open_folder(tmp_path) as source:
        take(source, 1)
        with pytest.raises(RuntimeError, match="before batches are made"):
            source.hold_out(2)


def test_few_photographs_are_shown_in_several_windows(tmp_path, photo_folder, open_folder, take, assert_same):
    with open_folder(photo_folder(tmp_path, count=4)) as source:
        shown = source.hold_out(5)
        assert len(shown) == 5 and marks([(shown.lr, shown.hr)]) == {0}
        assert len({picture.tobytes() for picture in shown.hr}) == 5
        again = source.hold_out(5)
        assert_same([(shown.lr, shown.hr)], [(again.lr, again.hr)])
        assert marks(take(source, 2)) == {1, 2, 3}
    with open_folder(photo_folder(tmp_path / "three", count=3)) as source:
        assert len(source.hold_out(5)) == 0 and marks(take(source, 2)) == {0, 1, 2}


def test_photographs_without_a_camera_are_reduced(tmp_path, photo_folder, open_folder, take):
    with open_folder(photo_folder(tmp_path)) as source:
        for lr, hr in take(source, 2):
            for low, high in zip(lr, hr, strict=True):
                np.testing.assert_array_equal(image.quantise(resize(high / 255, (8, 8))), low)


@pytest.mark.slow
@pytest.mark.parametrize("crop", sampling.KINDS)
def test_photographs_give_the_same_batches_from_memory_and_file_in_thread_and_process(
    crop, tmp_path, photo_folder, open_folder, take, assert_same
):
    options = {"camera": F22, "vary": {"optics.fnumber": (16, 32)}, "crop": crop}
    place = photo_folder(tmp_path, shape=(260, 330))
    streamed = options | {"memory_limit_bytes": 0, "jobs": 1}
    with (
        open_folder(place, **options) as memory,
        open_folder(place, **streamed) as files,
    ):
        assert memory.in_memory and not files.in_memory and files.fingerprint() == memory.fingerprint()
        one, other = memory.hold_out(2), files.hold_out(2)
        assert_same([(one.lr, one.hr)], [(other.lr, other.hr)])
        batches = take(memory, 3)
        assert_same(take(files, 1, start=2), batches[2:])
        assert len({low.tobytes() for lr, _ in batches for low in lr}) == 12
    with open_folder(place, **options | {"vary": {"optics.fnumber": (16, 30)}}) as source:
        assert source.fingerprint() != memory.fingerprint()


def test_a_pair_is_what_the_camera_of_its_number_makes_of_the_scene():
    augment = live_camera.varied(F22, {"optics": {"fnumber": [4, 32]}})
    degradation = live_camera.Degradation(augment=augment, hr_px=32)
    picture = smooth(np.random.default_rng(0), 64, 64)
    for index in (0, 15):
        job = live_camera.Job(
            degradation=degradation, name="x", path=None, pixels=picture, window_seed=None, turn=(0, 0), index=index
        )
        lr, hr = live_camera.render(job)
        cut = photographs.SceneCut(name="x", rgb=picture, source="", source_sha256="", window=(0, 0, 64), variant="")
        fnumber = augment.camera(index).optics.fnumber
        views = {"f22": camera_file.override(F22, [f"optics.fnumber={fnumber}"])}
        expected = rendered_pairs.make_pair(cut, views, hr_px=32, scale=4, seed=augment.noise_seed(index))
        np.testing.assert_array_equal(lr[0], expected.lr["f22"])
        np.testing.assert_array_equal(hr[0], expected.hr)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"optics.fnumber": (4, 200)}, r"optics.fnumber = 200 must be in \[0.5, 128\]"),
        ({"optics.fnumber": (8, 4)}, "lower one first"),
        ({"optics.fnumber": (4, float("nan"))}, "finite"),
        ({"optics.fnumber": 4}, r"must be two numbers, \[low, high\]"),
        ({"optics.fnumbr": (4, 8)}, "did you mean 'optics.fnumber'"),
        ({"fnumber": (4, 8)}, "did you mean 'optics.fnumber'"),
        ({"isp.demosaic": (1, 2)}, "isp.demosaic"),
        ({"sensor.missing_fraction": (0, 0.7), "sensor.stuck_fraction": (0, 0.7)}, "must be at most 1"),
    ],
)
def test_bounds_that_make_no_camera_are_named_at_once(vary, message, tmp_path, open_folder):
    with pytest.raises(ValueError, match=message) as error:
        open_folder(tmp_path, camera=F22, vary=vary)
    assert str(error.value).startswith("vary: ") and "\n" not in str(error.value)


def test_what_cannot_be_rendered_is_named_at_once(tmp_path, photo_folder, open_folder):
    place = photo_folder(tmp_path, count=2, shape=(40, 60))
    with pytest.raises(ValueError, match=r"photo0\.png: its shorter side of 40 px is less than the HR size, 64 px"):
        open_folder(place, hr_px=64)
    with pytest.raises(ValueError, match="spatial frequencies, more than"):
        open_folder(place, camera=F22, vary={"scene.fov_deg": (4, 120), "optics.fnumber": (1, 4)})
    with pytest.raises(ValueError, match="'ideal' is no camera"):
        open_folder(place, vary={"optics.fnumber": (4, 8)})
    with pytest.raises(ValueError, match="no such file or folder"):
        open_folder(tmp_path / "gone")


@pytest.mark.slow
def test_a_black_window_is_drawn_again(tmp_path, open_folder, take):
    picture = np.zeros((300, 3000, 3), np.uint8)
    picture[:, 2700:] = smooth(np.random.default_rng(0), 300, 300)
    save(tmp_path / "night.png", picture)
    with open_folder(
        tmp_path, camera=camera_file.load("f22-auto")
    ) as source:  # nine windows of ten are black: no camera exposes for that
        assert all(hr.any(axis=(1, 2, 3)).all() for _, hr in take(source, 3))
    save(tmp_path / "night.png", 0 * picture)
    with (
        open_folder(tmp_path, camera=camera_file.load("f22-auto")) as source,
        pytest.raises(ValueError, match=r"night\.png.*black picture"),
    ):
        take(source, 1)


def test_the_built_in_photographs_are_degraded_anew_where_camera_values_vary(take):
    recipe = photographs.open_sources([photographs.BUILTIN], split="train")
    vary = {"sensor.exposure_ev": (-3, 0)}
    with discover.open(None, camera=F22, setting="f22", hr_px=32, vary=vary, jobs=0) as pictures:
        assert len(pictures) == len(recipe)
        ((lr, hr),) = take(pictures, 1, size=8)
        brightness = lr.mean(axis=(1, 2, 3)) / hr.mean(axis=(1, 2, 3))
        assert brightness.max() > 1.5 * brightness.min()


# --- processes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_processes_end_with_the_source_and_their_errors_name_the_photograph(tmp_path, photo_folder, open_folder, take):
    place = photo_folder(tmp_path, count=2)
    with open_folder(place, camera=F22, jobs=2, memory_limit_bytes=0) as source:
        take(source, 1)
        workers = list(source._executor._processes)
        (place / "photo1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        with pytest.raises(ValueError, match=r"photo1\.png: cannot be read") as error:
            take(source, 3, start=5)
        assert "\n" not in str(error.value)
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize("moment", ["starting", "rendering"])
def test_ctrl_c_leaves_no_process_and_one_traceback_at_most(moment, tmp_path, photo_folder):
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
