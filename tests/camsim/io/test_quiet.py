"""What libraries say on standard error, past Python, is not for the terminal."""

import os
import threading

import numpy as np
import pytest
from PIL import Image

from camsim.io import image, quiet


def test_standard_error_is_closed_until_the_last_thread_leaves(capfd):
    entered, leave = threading.Event(), threading.Event()

    def wait():
        with quiet.without_stderr():
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=wait)
    os.write(2, b"before ")

    def write():
        with quiet.without_stderr():
            thread.start()
            entered.wait(5)
            os.write(2, b"within ")
            raise KeyError

    with pytest.raises(KeyError):
        write()
    os.write(2, b"one is still in there ")
    leave.set()
    thread.join()
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "tiff_adobe_deflate"])
def test_what_libtiff_has_to_say_of_damage_is_one_line(compression, tmp_path, refused, capfd):
    path, rng = tmp_path / "a.tif", np.random.default_rng(0)
    picture = rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
    Image.fromarray(picture).save(path, compression=compression)
    whole = path.read_bytes()
    for _ in range(25):
        damaged = bytearray(whole)
        for at in rng.integers(8, len(whole), 4):
            damaged[at] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            image.read_native(path)
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017  many are read
    assert capfd.readouterr() == ("", "")
    path.write_bytes(whole[: len(whole) // 2])
    refused("scielab", "compare", "a.tif", "a.tif")
