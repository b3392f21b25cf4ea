"""Colour profiles: what the numbers in a file mean, brought to sRGB.

LittleCMS, in Pillow, converts pictures of 8 bits, the only depth that Pillow gives it. Deeper ones are converted by the
profile's own matrix and curves (`profile_curves`), or, where it holds tables instead, by LittleCMS in imagecodecs.
Relative colorimetric, with black point compensation: white becomes white, black black, and colours beyond sRGB are
clipped to it.

Reference: ICC.1:2022, "Image technology colour management" (profile version 4.4).
"""

import functools
import io

import numpy as np
from PIL import Image, ImageCms

from camsim.io import formats, profile_curves

#: Largest profile used; more is taken for a mistake or an attack.
MAX_BYTES = 4 << 20

#: Profiles that move no colour by more than this many codes of 8 bits are sRGB: there are many makes of it, whose
#: curves differ in rounding.
SRGB_CODES = 1

_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}  # in a profile's header, by Pillow's modes
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = 0x2000  # cmsFLAGS_BLACKPOINTCOMPENSATION; Pillow has a name and a type for it from 10.3 on
_EXACTLY = _FLAGS | 0x0100  # cmsFLAGS_NOOPTIMIZE: without tables made for speed, which miss a code or two in the dark


@functools.cache
def srgb() -> bytes:
    """A profile of sRGB, as LittleCMS makes it; the same bytes at any time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07d000010001000000000000")  # when it was made: 1 January 2000
    return bytes(profile)


@functools.cache
def _srgb_to_xyz() -> np.ndarray:
    """The matrix of that profile: linear sRGB to XYZ relative to D50, (3, 3)."""
    curves = profile_curves.read(srgb())
    assert curves is not None and curves.to_xyz is not None  # it is made of a matrix and curves
    return curves.to_xyz


def check(profile: bytes, mode: str) -> str:
    """Why a profile says nothing of pictures of that mode (L, RGB, CMYK), in words; empty where it can be used."""
    if len(profile) > MAX_BYTES:
        return f"its colour profile is larger than {MAX_BYTES} bytes"
    if profile[16:20] in _SPACES.values() and profile[16:20] != _SPACES[mode]:
        return f"its colour profile is one for {profile[16:20].decode().strip()}"
    try:
        _transform(profile, mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "its colour profile is damaged"
    return ""


def to_srgb(values: np.ndarray, profile: bytes, mode: str) -> np.ndarray:
    """Convert a picture to sRGB by a profile that `check` passes; one of sRGB leaves it as it is.

    Parameters
    ----------
    values : ndarray of uint8, uint16 or float32
        (H, W, C) by `mode`: 1 for L, 3 for RGB, 4 for CMYK, as shares of ink.
    profile : bytes
        An ICC profile; none (empty) turns CMYK into RGB by multiplying what every ink leaves.
    mode : str
        L, RGB or CMYK.

    Returns
    -------
    ndarray
        (H, W, 1) for L, (H, W, 3) for others, in the same type.

    Raises
    ------
    ValueError
        Where a deep picture needs imagecodecs, which is missing.
    """
    if not profile:
        return _from_inks(values) if mode == "CMYK" else values
    transform = _transform(profile, mode)
    if transform is None:
        return values
    if values.dtype == np.uint8:
        return _apply(transform, values, mode)
    curves = profile_curves.read(profile)
    if curves is not None:
        return profile_curves.to_srgb(values, curves, _srgb_to_xyz())
    codecs = formats.imagecodecs(f"{8 * values.dtype.itemsize}-bit {mode} whose colour profile holds tables")
    names = {"L": "gray", "RGB": "rgb", "CMYK": "cmyk"}
    return codecs.cms_transform(
        np.ascontiguousarray(values[..., 0] if mode == "L" else values),
        profile,
        srgb(),
        colorspace=names[mode],
        outcolorspace="rgb",
        intent=int(_INTENT),
        flags=_EXACTLY,
    )[..., slice(1, 2) if mode == "L" else slice(None)].clip(0, None if values.dtype.kind == "u" else 1)


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile's 8-bit values to sRGB's; None where those are the same. Raises for damaged profiles."""
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (profile, srgb()))
    flags = _EXACTLY if mode == "L" else _FLAGS
    transform = ImageCms.buildTransform(source, target, mode, "RGB", _INTENT, flags)  # type: ignore[arg-type]  # see there
    if mode == "CMYK":
        return transform
    profile_curves.read(profile)  # raises for what LittleCMS overlooks
    if mode == "L":
        colours = np.arange(256, dtype=np.uint8)[None, :, None]
    else:
        grid = np.arange(0, 256, 15, dtype=np.uint8)
        colours = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(1, -1, 3)
    moved = np.abs(_apply(transform, colours, mode).astype(int) - colours).max()
    return transform if moved > SRGB_CODES else None


def _apply(transform: ImageCms.ImageCmsTransform, values: np.ndarray, mode: str) -> np.ndarray:
    """8 bits through LittleCMS; the result of grey is grey, of which green is one copy."""
    result = np.array(ImageCms.applyTransform(_image(values, mode), transform))
    return result[..., 1:2] if mode == "L" else result


def _image(values: np.ndarray, mode: str) -> Image.Image:
    return Image.frombytes(mode, values.shape[1::-1], np.ascontiguousarray(values).tobytes())


def _from_inks(values: np.ndarray) -> np.ndarray:
    """CMYK as RGB, (H, W, 3), without a profile."""
    if values.dtype == np.uint8:
        return np.array(_image(values, "CMYK").convert("RGB"))
    full = values.dtype.type(np.iinfo(values.dtype).max if values.dtype.kind == "u" else 1)
    paper = (full - values) / float(full)  # the share of it that every ink leaves
    left = paper[..., :3] * paper[..., 3:] * float(full)
    return (np.rint(left) if values.dtype.kind == "u" else left).astype(values.dtype)
