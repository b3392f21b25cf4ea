"""Pairs of pictures in memory."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSet:
    """LR (n, h, w, 3) and HR (n, h·scale, w·scale, 3) pictures, uint8 sRGB."""

    names: list[str]
    lr: np.ndarray
    hr: np.ndarray

    def __len__(self) -> int:
        return len(self.names)
