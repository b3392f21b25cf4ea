"""What the numbers of a picture file stand for: its colour profile is obeyed where nothing else is said."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from camsim.io.resize import resize
from scielab.comparison import pair
from scielab.eye import encoding, picture_file
from scielab.viewing import Viewing

PROFILES = Path(__file__).parents[2] / "golden" / "profiles"


@pytest.fixture
def copies(tmp_path):
    """A colourful picture in sRGB, and what another program (LittleCMS) makes of it in wide-gamut spaces."""
    rng = np.random.default_rng(0)
    soft = resize(rng.random((6, 8, 3)), (96, 128))
    original = Image.fromarray((255 * np.clip((soft - 0.5) * 1.6 + 0.5, 0, 1)).astype(np.uint8))
    original.save(tmp_path / "srgb.png")
    for name in ("adobe-rgb", "display-p3"):
        profile = (PROFILES / f"{name}.icc").read_bytes()
        wide = ImageCms.profileToProfile(
            original, ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)), renderingIntent=1
        )
        wide.save(tmp_path / f"{name}.png", icc_profile=profile)
        wide.save(tmp_path / f"{name}-bare.png", icc_profile=None)
    return tmp_path


@pytest.mark.parametrize("name", ["adobe-rgb", "display-p3"])
def test_a_wide_gamut_copy_of_a_picture_is_the_same_picture(name, copies):
    same = pair.compare(copies / "srgb.png", copies / f"{name}.png", plain=True)
    assert same.summary["max"] < 1.5 and same.summary["p99"] < 1 and same.summary["mean"] < 0.3
    plain = same.record["plain_delta_e"]
    assert plain["mean"] < 0.5 and plain["p99"] < 1.6  # what 8 bits leave of every pixel by itself
    ignored = pair.compare(copies / "srgb.png", copies / f"{name}-bare.png")
    assert ignored.summary["mean"] > 20 * same.summary["mean"] and ignored.summary["mean"] > 5


@pytest.mark.parametrize("viewing", [Viewing(input="linear"), Viewing(input=np.eye(3))], ids=["linear", "matrix"])
def test_numbers_whose_meaning_is_given_stay_as_they_are_stored(viewing, copies):
    with_profile, bare = (
        picture_file.read(copies / f"adobe-rgb{ending}.png", encoding.of(viewing)) for ending in ("", "-bare")
    )
    np.testing.assert_array_equal(with_profile, bare)
