"""What can be taken away, rendered whole and exact, whatever the live view showed."""

import io
import tempfile
from pathlib import Path

import numpy as np

from camsim import pipeline
from camsim.camera import Camera
from camsim.designer import page_form, scenes
from camsim.image_formation import footprint
from camsim.io import image
from camsim.scene.cube import Cube
from camsim.sheet import draw

#: What there is, by the name of the file.
KINDS = ("picture.png", "picture-16bit.png", "stages.npz", "sheet.png", "camera.toml", "scene.png")


def make(kind: str, picture: scenes.Picture, camera: Camera, seed: int) -> bytes:
    """One of `KINDS`: the bytes of the file. ValueError for what this camera or scene does not have."""
    if kind == "camera.toml":
        return page_form.to_toml(camera).encode()
    if kind == "scene.png":
        if isinstance(picture, Cube):
            raise ValueError("a hyperspectral scene is no picture: you have its file")
        return _png(picture, 16 if picture.dtype != np.uint8 else 8)
    stages = kind in ("stages.npz", "sheet.png")
    footprint.check(picture, camera, "this camera", keep_stages=stages)
    shot = pipeline.render(picture, camera, seed=seed, keep_stages=stages)
    if kind == "stages.npz":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / kind
            shot.save(path)
            return path.read_bytes()
    if kind == "sheet.png":
        assert shot.stages is not None  # kept for it
        return _png(draw.draw(shot.stages, camera), 8)
    return _png(shot.rgb, 16 if kind == "picture-16bit.png" else 8)


def _png(picture: np.ndarray, bits: int) -> bytes:
    """A picture file as `camsim render` writes it."""
    return image.encode(image.quantise(picture, bits=bits), ".png")


def thumbnail(source: str) -> bytes:
    """A built-in scene, small, as a WebP file."""
    from PIL import Image

    file = io.BytesIO()
    small = scenes.looks(scenes.load_builtin(source), Camera().scene, longest=scenes.THUMBNAIL_PX * 2)
    side = min(small.shape[:2])
    top, left = ((n - side) // 2 for n in small.shape[:2])
    square = Image.fromarray(np.ascontiguousarray(small[top : top + side, left : left + side]))
    square.resize((scenes.THUMBNAIL_PX * 2,) * 2, Image.Resampling.LANCZOS).save(file, "WebP", quality=85)
    return file.getvalue()
