import itertools

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file
from camsim.io import image
from camsim.io.resize import resize
from enhance.data import discover


def smooth(rng, rows, columns):
    """A picture without detail finer than a fifth of its side."""
    return image.quantise(resize(rng.random((6, 6, 3)), (rows, columns)))


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


@pytest.fixture(scope="session")
def pair_folder():
    """Write pairs whose HR pixel is the LR pixel under it: registration shows in every window."""

    def write(folder, sizes, *, scale=4, name="LR/{}x4.png"):
        rng = np.random.default_rng(0)
        for number, (rows, columns) in enumerate(sizes):
            low = rng.integers(256, size=(rows, columns, 3), dtype=np.uint8)
            save(folder / name.format(f"{number:04d}"), low)
            save(folder / "HR" / f"{number:04d}.png", low.repeat(scale, 0).repeat(scale, 1))
        return folder

    return write


@pytest.fixture(scope="session")
def photo_folder():
    """Write photographs of one colour each, blue 20·number and red the rest, with texture in green."""

    def write(folder, count=5, shape=(300, 280)):
        rng = np.random.default_rng(1)
        for number in range(count):
            picture = smooth(rng, *shape)
            picture[..., 0], picture[..., 2] = 250 - 20 * number, 20 * number
            save(folder / f"photo{number}.png", picture)
        return folder

    return write


@pytest.fixture(scope="session")
def open_folder():
    """Open a folder as training pictures: by default in threads of this process, by the ideal camera."""
    ideal = camera_file.load("ideal")

    def opened(folder, **options):
        return discover.open(folder, **{"camera": ideal, "setting": "f22", "hr_px": 32, "jobs": 0} | options)

    return opened


@pytest.fixture(scope="session")
def take():
    """Some batches of training pictures."""

    def taken(pictures, count, *, start=0, size=4, seed=3):
        return list(itertools.islice(pictures.batches(start, size=size, seed=seed), count))

    return taken


@pytest.fixture(scope="session")
def assert_same():
    """Hold pairs of uint8 arrays to be equal."""

    def check(one, other):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            for x, y in zip(a, b, strict=True):
                assert x.dtype == y.dtype == np.uint8
                np.testing.assert_array_equal(x, y)

    return check
