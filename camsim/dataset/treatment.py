"""What is made of a photograph as it is published, where a data set holds a part of it or a smaller one."""

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from camsim.dataset.recipe import Source
from camsim.io import formats, regular


def treat(path: Path, source: Source) -> bytes:
    """The bytes of the picture that a data set holds, of the file as it came; ValueError where that is no picture.

    Decoded, cut, reduced with Pillow's Lanczos filter (antialiased) and written, as `source` says; greys stay greys.
    """
    with regular.open_file(path) as file:
        kind = formats.of(file.read(formats.START_BYTES))
        file.seek(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(file, formats=formats.pillow(kind)) as opened:
                    picture = opened.convert("L" if opened.mode in ("L", "1") else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
            raise ValueError(f"{path.name}: no picture that can be read ({str(error)[:100]})") from error
    made = _cut(picture, source)
    content = io.BytesIO()
    if source.jpeg_quality:
        made.save(content, "JPEG", quality=source.jpeg_quality, subsampling="4:2:0", optimize=source.jpeg_optimized)
    else:
        made.save(content, "PNG")
    return content.getvalue()


def pixels_sha256(content: bytes) -> str:
    """SHA-256 of a picture's 8-bit pixels in C order: the same however a lossless file packs them."""
    with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as picture:
        return hashlib.sha256(np.asarray(picture).tobytes()).hexdigest()


def _cut(picture: Image.Image, source: Source) -> Image.Image:
    columns, rows = picture.size
    if source.crop == "none":
        return picture
    if source.crop == "window":
        width, height = min(columns, source.side_px), min(rows, source.side_px)
    else:
        width = height = min(columns, rows)
    left, top = (columns - width) // 2, (rows - height) // 2
    cut = picture.crop((left, top, left + width, top + height))
    if source.crop == "square" and width > source.side_px:
        return cut.resize((source.side_px, source.side_px), Image.Resampling.LANCZOS)
    return cut
