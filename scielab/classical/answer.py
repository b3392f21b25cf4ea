"""A classical answer to one camera: colours or light put right, a learned linear filter, back-projection.

It has up to four parts, each of them textbook. Which of them serve a camera, and all numbers in them, are chosen in
`scielab.classical.fit` on training pictures.

References: R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., ch. 5 (Wiener filters); M. Irani,
S. Peleg, "Improving resolution by image registration", CVGIP 53 (1991) 231-239 (back-projection).
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from camsim.io.resize import resize
from camsim.light.colour import srgb_decode, srgb_encode
from scielab.classical.neighbourhoods import filtered, side_of

#: How many times larger its output is.
SCALE = 4

#: Rounds of back-projection, after which it changes pictures by less than a grey level.
ROUNDS = 10

#: The least brightness that a restored picture's brightest place is taken to have: a black picture stays black.
_LEAST_PEAK = 0.05

_DEGREE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """From a picture (h, w, 3) of one camera to its enlargement (4h, 4w, 3), sRGB values in [0, 1].

    The parts are worked off in the order of the fields; None and False stand for parts that the answer goes without.
    """

    colours: np.ndarray | None = None  #: (20, 3): every pixel's colour from the `cubic_terms` of its colour
    restoration: np.ndarray | None = None  #: (side²·3 + 1, 3): a filter of linear light
    to_white: bool = False  #: whether what is restored is then made as bright as makes its brightest value white
    enlargement: np.ndarray  #: (side²·3 + 1, 48): the filters of all 4×4 phases and three colours, on sRGB values
    projected: bool = False  #: whether the output is made to reduce to the picture

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        output = np.clip(filtered(self.repaired(picture), self.enlargement, SCALE), 0.0, 1.0)
        return back_projected(output, picture) if self.projected else output

    def repaired(self, picture: np.ndarray) -> np.ndarray:
        """The picture (h, w, 3) as the enlarging filter sees it."""
        if self.colours is not None:
            picture = np.clip(cubic_terms(picture) @ self.colours, 0.0, 1.0)
        return picture if self.restoration is None else restored(picture, self.restoration, to_white=self.to_white)

    @property
    def words(self) -> str:
        """What it does, in words."""
        side = side_of(self.enlargement, 3)
        parts = {
            "cubic fit of the colours": self.colours is not None,
            "learned Wiener filter in linear light": self.restoration is not None,
            "white to the brightest": self.to_white,
            f"learned linear {side}×{side} filter per phase": True,
            "back-projection": self.projected,
        }
        return ", ".join(words for words, present in parts.items() if present)


def cubic_terms(picture: np.ndarray) -> np.ndarray:
    """1 and all products of up to three of a pixel's colours: (..., 3) to (..., 20).

    Examples
    --------
    >>> cubic_terms(np.array([2.0, 1.0, 0.0])).sum()
    35.0
    """
    powers = [combinations_with_replacement(range(3), degree) for degree in range(_DEGREE + 1)]
    return np.stack([np.prod(picture[..., list(term)], axis=-1) for terms in powers for term in terms], axis=-1)


def restored(picture: np.ndarray, matrix: np.ndarray, *, to_white: bool) -> np.ndarray:
    """A picture (h, w, 3) filtered in linear light; with `to_white` its brightest value becomes white.

    Blur takes the peaks of a picture, and metering by the brightest pixel makes up for it: the picture comes out too
    bright, by a factor that only shows once the peaks are back.
    """
    light = filtered(srgb_decode(picture), matrix)
    return srgb_encode(light / max(float(light.max()), _LEAST_PEAK) if to_white else light)


def back_projected(output: np.ndarray, picture: np.ndarray, rounds: int = ROUNDS) -> np.ndarray:
    """An enlargement (H, W, 3), changed until it reduces to the picture (h, w, 3): Irani and Peleg's method."""
    for _ in range(rounds):
        missing = picture - resize(output, picture.shape[:2])
        # `resize` takes values in [0, 1]
        output = np.clip(output + 2.0 * resize(0.5 + missing / 2.0, output.shape[:2]) - 1.0, 0.0, 1.0)
    return output
