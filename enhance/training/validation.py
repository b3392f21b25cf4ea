"""How good a generator is on held-out pairs, during training."""

import keras
import numpy as np

from camsim.io import image
from camsim.io.resize import resize
from scielab.metrics import fidelity, s_cielab

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


def measure(sr: np.ndarray, hr: np.ndarray) -> dict[str, float]:
    """Mean PSNR in dB, SSIM and S-CIELAB ΔE (1996, default viewing distance) of uint8 pictures (n, H, W, 3)."""
    pairs = [(reference / 255.0, test / 255.0) for reference, test in zip(hr, sr, strict=True)]
    return {
        "psnr_db": float(np.mean([fidelity.psnr_db(*pair) for pair in pairs])),
        "ssim": float(np.mean([fidelity.ssim(*pair) for pair in pairs])),
        "delta_e": float(np.mean([s_cielab.delta_e(*pair, dtype=np.float32).mean() for pair in pairs])),
    }


def strip(lr: np.ndarray, sr: np.ndarray, hr: np.ndarray) -> np.ndarray:
    """The first pictures in rows, [0, 1]: input with its pixels shown, bicubic enlargement, output, target."""
    rows = []
    for low, output, target in list(zip(lr / 255.0, sr / 255.0, hr / 255.0, strict=True))[:_SHOWN]:
        scale = target.shape[0] // low.shape[0]
        pixels = np.repeat(np.repeat(low, scale, 0), scale, 1)
        rows.append(np.concatenate([pixels, resize(low, target.shape[:2]), output, target], axis=1))
    return np.concatenate(rows)
