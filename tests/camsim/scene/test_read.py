"""A file is a picture or a hyperspectral scene, by its name."""

import numpy as np
import pytest

from camsim.io import image
from camsim.light import spectra
from camsim.scene import cube
from camsim.scene.read import read


def test_pictures_keep_their_depth(tmp_path):
    picture = np.random.default_rng(0).random((4, 5, 3))
    for bits, kind in ((8, np.uint8), (16, np.uint16)):
        image.write(tmp_path / "a.png", picture, bits=bits)
        for given in ({}, {"kind": "radiance", "wavelength_nm": spectra.WAVELENGTH_NM}):  # nothing to a picture
            np.testing.assert_array_equal(read(tmp_path / "a.png", **given), image.quantise(picture, bits=bits))
        assert read(tmp_path / "a.png").dtype == kind


@pytest.mark.parametrize("name", ["a.npz", "a.NPZ"])
def test_hyperspectral_scenes_are_cubes(name, tmp_path):
    values = np.random.default_rng(0).random((4, 5, 31))
    cube.write(tmp_path / name, values, spectra.WAVELENGTH_NM, "photons")
    scene = read(str(tmp_path / name))
    assert scene.kind == "photons" and len(repr(scene)) < 200
    np.testing.assert_array_equal(scene.values, values)
    with pytest.raises(ValueError, match="holds photons by its name, not radiance"):
        read(tmp_path / name, kind="radiance")


@pytest.mark.parametrize("name", ["gone.png", "gone.npz", "text.png", "text.npz", "text.mat", "text"])
def test_what_is_neither_is_named(name, tmp_path):
    if name.startswith("text"):
        (tmp_path / name).write_text("no picture")
    with pytest.raises(ValueError, match=name):
        read(tmp_path / name)
