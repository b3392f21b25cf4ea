"""S-CIELAB as a measure that camsim's pages find: an entry point of the group `camsim.measures`."""

import numpy as np

from scielab.metrics import s_cielab
from scielab.viewing import Viewing


def delta_e(reference: np.ndarray, test: np.ndarray, samples_per_degree: float) -> np.ndarray:
    """The S-CIELAB difference of two pictures, (H, W, 3) sRGB values, seen at so many pixels per degree: (H, W), ΔE."""
    return s_cielab.delta_e(reference, test, Viewing(samples_per_degree=samples_per_degree), dtype=np.float32)
