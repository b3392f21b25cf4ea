"""The bytes of a picture file as planes of colour and alpha, and what else the file says of them.

imageio decodes through Pillow, which is named, and gets bytes whose kind `formats.of` has told: never a path or an
address. What Pillow would cut to 8 bits is for `high_depth`, what it may not know at all for `avif_jxl`.
"""

import contextlib
import math
from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
from PIL import Image

from camsim.io import avif_jxl, formats, high_depth, quiet
from camsim.io.stored import Stored

if TYPE_CHECKING:
    from imageio.plugins.pillow import PillowPlugin

#: Kinds whose further pictures are those of an animation; of others they are pages, or previews.
_ANIMATED = (".gif", ".webp", ".png", ".avif")


def decode(content: bytes, limit: int) -> Stored:
    """Decode a picture of at most `limit` pixels. Raises whatever the decoders raise for damaged files."""
    kind = formats.of(content[: formats.START_BYTES])
    with quiet.without_stderr() if kind == ".tif" else contextlib.nullcontext():
        return _decode(content, kind, limit)


def _decode(content: bytes, kind: str, limit: int) -> Stored:
    if kind == ".jxl":
        return avif_jxl.read_jxl(content, limit)
    if kind == ".avif" and not avif_jxl.pillow_keeps(content):
        return avif_jxl.read_avif(content, limit)
    try:
        file = iio.imopen(content, "r", plugin="pillow", extension=kind)
    except OSError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError):
            raise error.__cause__ from None
        if kind == ".tif":  # perhaps only unknown to Pillow
            return high_depth.read_tiff(content, limit)
        raise ValueError("damaged") from error
    with file:
        found = file._image.format  # type: ignore[attr-defined]  # an Image, not the module
        if found not in formats.pillow(kind):  # another decoder than the kind's took what begins like it
            raise ValueError("damaged")
        (rows, columns, *planes), dtype = file.properties(index=0).shape, file.properties(index=0).dtype
        pixel_bytes = max(3, math.prod(planes) * dtype.itemsize) * (1 + high_depth.is_high_depth_png(content))
        high_depth.check_size(columns, rows, limit=limit, stored=len(content), pixel_bytes=pixel_bytes)
        every = file.properties(index=...) if kind in _ANIMATED else None  # type: ignore[arg-type]  # it takes Ellipsis
        info = file.metadata(index=0, exclude_applied=False)
        if kind == ".tif" and np.max(info.get("BitsPerSample", 1)) > 8:
            return high_depth.read_tiff(content, limit)
        colour, alpha = _planes(content, file, info)
        # Only now: Pillow turns TIFFs upright while it reads them, and forgets the tag
        turn = file.metadata(index=0, exclude_applied=False).get("Orientation", 1)
    return Stored(
        colour=colour,
        alpha=alpha,
        orientation=turn,
        profile=info.get("icc_profile") or b"",
        exif=content if kind == ".tif" else info.get("exif", b""),  # a TIFF has it among its own tags
        dpi=info.get("dpi"),
        frames=1 if every is None or every.n_images is None else every.n_images,
    )


def _planes(content: bytes, file: "PillowPlugin", info: dict) -> high_depth.Planes:
    """Colour and straight alpha of what Pillow opened."""
    mode, clear = info["mode"], info.get("transparency")
    if high_depth.is_high_depth_png(content):
        file.read(index=0)  # finds damage that the other decoders overlook
        return high_depth.read_png(content)
    if mode == "F" or mode.startswith("I"):
        return high_depth.from_plane(file.read(index=0), clear)
    if mode == "CMYK":
        return file.read(index=0), None
    colour = "L" if mode in ("1", "L", "LA", "La") else "RGB"
    if mode in ("LA", "RGBA", "PA", "La", "RGBa") or clear is not None:
        values = file.read(index=0, mode=f"{colour}A")
        return values[..., :-1], values[..., -1:]
    values = file.read(index=0, mode=colour)
    return values.reshape(*values.shape[:2], -1), None
