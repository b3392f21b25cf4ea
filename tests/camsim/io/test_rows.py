"""A file whose rows came one block after another is the picture."""

import numpy as np
import pytest

from camsim.io import image, rows


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", rows.SUFFIXES)
@pytest.mark.parametrize("high", [1, 4, 7, 30])
def test_blocks_make_the_picture(tmp_path, bits, suffix, high):
    kind = np.uint8 if bits == 8 else np.uint16
    picture = np.random.default_rng(0).integers(0, 2**bits, (30, 13, 3)).astype(kind)
    path = tmp_path / f"new/a{suffix}"
    rows.write(path, (30, 13), (picture[at : at + high] for at in range(0, 30, high)), bits=bits)
    found = image.read_native(path)
    assert found.dtype == kind
    np.testing.assert_array_equal(found, picture)


def test_fractions_become_the_file_s_depth(tmp_path):
    rows.write(tmp_path / "a.png", (2, 3), [np.full((2, 3, 3), 0.2)], bits=16)
    assert image.read_native(tmp_path / "a.png")[1, 2].tolist() == [13107] * 3


@pytest.mark.parametrize("suffix", rows.SUFFIXES)
def test_what_fails_half_way_leaves_nothing(tmp_path, suffix):
    def blocks():
        yield np.zeros((2, 3, 3), np.uint8)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        rows.write(tmp_path / f"a{suffix}", (4, 3), blocks())
    assert list(tmp_path.iterdir()) == []
