"""The eight turns and flips of a picture, and the mean of what a network makes of them.

Nature knows no up and down: a network may be asked eight times, and the mean of its answers is better than each (B. Lim
et al., "Enhanced deep residual networks for single image super-resolution", CVPR Workshops 2017, section 3.4,
"geometric self-ensemble"). The camera does: a Bayer mosaic is not that of a turned sensor, nor is its noise.
"""

from collections.abc import Callable

import numpy as np

#: Quarter turns, and whether the picture is mirrored before: those that keep a picture's shape first, since a network
#: may have to be compiled for each shape.
TURNS = tuple((quarters, mirrored) for quarters in (0, 2, 1, 3) for mirrored in (False, True))


def mean(enlarge: Callable[[np.ndarray], np.ndarray], picture: np.ndarray) -> np.ndarray:
    """The mean of `enlarge` over the turns and flips of a picture (H, W, C), each turned back.

    Examples
    --------
    >>> upper_half = lambda picture: picture * (np.arange(len(picture)) < len(picture) / 2)[:, None, None]
    >>> float(mean(upper_half, np.ones((4, 6, 1))).min())
    0.5
    """
    total: np.ndarray | None = None
    for quarters, mirrored in TURNS:
        made = enlarge(np.rot90(picture[:, ::-1] if mirrored else picture, quarters))
        made = np.rot90(made, -quarters)
        made = made[:, ::-1] if mirrored else made
        total = np.array(made) if total is None else np.add(total, made, out=total)
    assert total is not None
    return total / len(TURNS)
