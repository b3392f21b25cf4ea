"""What all training pictures share: reading files, memory, batches that are made ahead."""

import itertools
import os
import signal

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file
from camsim.io import image, memory
from enhance.data import batches


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


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
    Image.fromarray(red).save(tmp_path / "turned.webp", exif=turned, lossless=True)
    Image.fromarray(red).save(tmp_path / "still.gif")
    image.write(tmp_path / "deep.png", red / 255, bits=16)
    image.write(tmp_path / "deep.tif", red / 255, bits=16)
    for path in tmp_path.iterdir():
        picture = batches.read(path)
        assert picture.dtype == np.uint8 and picture.shape[:2] == batches.shape(path), path
        assert picture.shape == ((60, 40, 3) if path.stem == "turned" else (40, 60, 3)), path
        np.testing.assert_allclose(picture, [[[255, 0, 0]]] * np.ones(picture.shape), atol=1)


def test_the_memory_limit_is_what_a_machine_can_have():
    assert 2**25 < batches.memory_limit_bytes() < 2**50


def test_the_memory_limit_is_careful_where_the_system_does_not_tell(monkeypatch):
    """As on Windows: neither /proc nor sysconf."""

    def missing(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(batches.Path, "read_text", missing)
    monkeypatch.delattr(memory.os, "sysconf_names")
    assert batches.memory_limit_bytes() == 2 * 2**30


def test_a_process_that_is_ended_from_outside_ends_training_in_one_line(tmp_path, photo_folder, open_folder):
    with open_folder(photo_folder(tmp_path, count=2), camera=camera_file.load("f22"), jobs=1) as source:
        made = source.batches(0, size=4, seed=0)
        next(made)
        os.kill(next(iter(source._executor._processes)), signal.SIGKILL)
        with pytest.raises(ValueError, match="ended from outside"):
            list(itertools.islice(made, 50))
