"""Pictures of any encoding as sRGB values to look at."""

from dataclasses import dataclass

import numpy as np

from camsim.light import colour
from scielab.eye import encoding


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """A picture as sRGB values, made of the rows that are asked for: its white as white, what is brighter clipped."""

    picture: np.ndarray  #: (H, W, 3)
    meaning: encoding.Encoding

    @property
    def shape(self) -> tuple[int, ...]:
        return self.picture.shape

    def __getitem__(self, rows: slice) -> np.ndarray:
        """(n, W, 3) in [0, 1]."""
        picture, meaning = self.picture[rows], self.meaning
        if meaning.srgb:
            return np.divide(picture, np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 1, dtype=float)
        light = xyz(picture, meaning) / meaning.white_xyz * colour.SRGB_WHITE_XYZ
        return colour.srgb_encode(colour.xyz_to_linear(light))


def xyz(picture: np.ndarray, meaning: encoding.Encoding) -> np.ndarray:
    """XYZ (H, W, 3) of a picture, without any blur, in the unit of its white."""
    planes = encoding.opponent_planes(picture, meaning, np.float64)[:, :, : picture.shape[1]]
    return np.moveaxis(planes, 0, -1) @ meaning.to_xyz.T
