"""Enlarge pictures with a trained generator, whole or in tiles."""

from pathlib import Path

import keras
import numpy as np

from enhance import models  # noqa: F401  registers the layers that a saved generator names

#: Tiles above this many LR pixels a side; each sees this many pixels of its surroundings.
TILE_PX = 256
OVERLAP_PX = 40


def load(path: Path | str) -> keras.Model:
    """Load a generator saved as ``.keras``.

    Raises ValueError where the file is missing or damaged. Code stored in a file is never run.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many kinds for damaged files
        raise ValueError(f"{path}: not a usable model; a generator saved as .keras is needed") from error
    if len(model.inputs) != 1 or model.input_shape[-1] != 3:
        raise ValueError(f"{path}: not a generator for RGB pictures")
    return model


def scale_of(model: keras.Model) -> int:
    """How many times larger the generator's output is."""
    return int(model.compute_output_shape((1, 8, 8, 3))[1]) // 8


def enlarge(model: keras.Model, rgb: np.ndarray, *, tile: int = TILE_PX, overlap: int = OVERLAP_PX) -> np.ndarray:
    """Apply a generator to a picture of any size.

    Parameters
    ----------
    rgb : (H, W, 3) sRGB values in [0, 1].
    tile, overlap : pictures larger than `tile` LR pixels a side are worked on in tiles that see `overlap` pixels of
        their surroundings. With an overlap of at least the network's reach (19 px for the default generator)
        the result is that of the whole picture.

    Returns
    -------
    (H·scale, W·scale, 3) in [0, 1].
    """
    rows, columns = rgb.shape[:2]
    scale = scale_of(model)
    result = np.empty((rows * scale, columns * scale, 3))
    for top in range(0, rows, tile):
        for left in range(0, columns, tile):
            bottom, right = min(top + tile, rows), min(left + tile, columns)
            y0, x0 = max(top - overlap, 0), max(left - overlap, 0)
            piece = rgb[y0 : bottom + overlap, x0 : right + overlap]
            output = keras.ops.convert_to_numpy(model(piece[None].astype("float32"), training=False))[0]
            output = output[(top - y0) * scale :, (left - x0) * scale :]
            output = output[: (bottom - top) * scale, : (right - left) * scale]
            result[top * scale : bottom * scale, left * scale : right * scale] = output
    return np.clip(result, 0.0, 1.0)
