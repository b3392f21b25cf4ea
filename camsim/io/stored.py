"""What a picture file holds, before and after its colours are brought to sRGB."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stored:
    """The first picture of a file."""

    colour: np.ndarray  #: (H, W, C) uint8, uint16, or float32 in [0, 1]; C by mode: 1 L, 3 RGB, 4 CMYK, shares of ink
    alpha: np.ndarray | None = None  #: (H, W, 1) of the same type, straight; None for none
    orientation: int = 1  #: of EXIF: how the planes must be turned
    profile: bytes = b""  #: the ICC profile, empty for none
    exif: bytes = b""  #: a block of EXIF, which is built like a TIFF file; empty for none
    dpi: tuple[float, float] | None = None  #: pixels per inch, across and down, where they do not stand in `exif`
    frames: int = 1  #: how many there are in an animation

    @property
    def mode(self) -> str:
        """L, RGB or CMYK."""
        return {1: "L", 3: "RGB", 4: "CMYK"}[self.colour.shape[2]]

    @property
    def planes(self) -> np.ndarray:
        """Colour and alpha as one array, (H, W, C), C one more where there is alpha."""
        return self.colour if self.alpha is None else np.concatenate([self.colour, self.alpha], axis=2)
