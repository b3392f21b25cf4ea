"""How good a generator is on held-out pairs, during training."""

from pathlib import Path

import keras
import numpy as np

from camsim.io import image
from camsim.io.resize import resize
from enhance.inference import pictures
from scielab.metrics import fidelity, mesh, s_cielab

#: Pictures enlarged at a time.
_BLOCK = 16

#: Pictures in a preview.
_SHOWN = 6


def enlarge(generator: keras.Model, lr: np.ndarray) -> np.ndarray:
    """What a generator makes of (n, h, w, 3) uint8 pictures: (n, H, W, 3) uint8, as a file would hold it.

    Raises FloatingPointError where the output is no number.
    """
    blocks = [lr[i : i + _BLOCK].astype("float32") / 255.0 for i in range(0, len(lr), _BLOCK)]
    sr = np.concatenate([keras.ops.convert_to_numpy(generator(block, training=False)) for block in blocks])
    if not np.isfinite(sr).all():
        raise FloatingPointError("the generator's output is no number")
    return image.quantise(sr)


def scores(sr: np.ndarray, hr: np.ndarray, scale: int) -> dict[str, float]:
    """Mean PSNR in dB, SSIM and S-CIELAB ΔE (1996, default viewing distance) of uint8 pictures (n, H, W, 3).

    And mesh and hatch of all of them, `scale` times as large as their inputs: not where they are smaller than a window.
    """
    pairs = [(reference / 255.0, test / 255.0) for reference, test in zip(hr, sr, strict=True)]
    means = {
        "psnr_db": float(np.mean([fidelity.psnr_db(*pair) for pair in pairs])),
        "ssim": float(np.mean([fidelity.ssim(*pair) for pair in pairs])),
        "delta_e": float(np.mean([s_cielab.delta_e(*pair, dtype=np.float32).mean() for pair in pairs])),
    }
    limits = mesh.Limits.of((reference for reference, _ in pairs), scale)
    if limits is None:
        return means
    powers = np.sum([mesh.Reference(reference, limits).powers(test) for reference, test in pairs], axis=0)
    return means | {"mesh": float(mesh.mesh(powers)), "hatch": float(mesh.hatch(powers))}


def write_preview(path: Path, lr: np.ndarray, sr: np.ndarray, hr: np.ndarray) -> None:
    """The first pictures (uint8) in rows: input with its pixels shown, Pillow's bicubic enlargement, output, target."""
    rows = []
    for low, output, target in zip(lr[:_SHOWN], sr[:_SHOWN], hr[:_SHOWN], strict=True):
        scale = target.shape[0] // low.shape[0]
        pixels = np.repeat(np.repeat(low, scale, 0), scale, 1)
        bicubic = image.quantise(resize(low / 255.0, target.shape[:2]))
        rows.append(np.concatenate([pixels, bicubic, output, target], axis=1))
    pictures.write(path, pictures.Picture(values=np.concatenate(rows), profile=b""))
