"""The scale of ΔE maps: it ends where the data do, and its colours are spaced by the square root of ΔE.

Some pixels are a few ΔE off and others a hundred, within a picture and more so between the models of a grid. On a
linear scale the former are black, or the latter all of one colour; on this one both are told apart. A colour means the
same ΔE in all maps that are drawn up to the same end.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

#: Perceptually uniform, black where nothing differs.
COLORMAP = "inferno"

#: Per cent of all pixels that the scale holds: some outliers would else take half of the colours.
_HELD = 99

# ΔE between which a scale may end: nothing that is computed is as exact as the one, no colours are so far apart.
_LEAST_TOP, _MOST_TOP = 1e-6, 1e9

_LEAST_GAP = 0.1  # between two numbers beside the scale, as a share of its length


def check_top(top: float) -> None:
    """Raise ValueError unless `top`, in ΔE, can be the upper end of a scale."""
    if not _LEAST_TOP <= top <= _MOST_TOP:
        raise ValueError(f"top of the scale is {top:g} ΔE; it must be from {_LEAST_TOP:g} to {_MOST_TOP:g}")


def top_of(maps: Iterable[np.ndarray]) -> float:
    """ΔE at the upper end: at most 1 % of the pixels of all maps are above it. Two digits, the second 0 or 5.

    Raises ValueError where there is no map.
    """
    values = np.concatenate([np.asarray(each, np.float32).ravel() for each in maps])
    end = float(np.percentile(values, _HELD, overwrite_input=True))
    if end <= _LEAST_TOP:  # every output is as its reference
        return 1.0
    step = 10 ** np.floor(np.log10(end)) / 2
    return float(f"{np.ceil(end / step) * step:.3g}")


def places(delta_e: ArrayLike, top: float) -> np.ndarray:
    """Where values in ΔE stand on the scale, from 0 to 1, the place of `top` and more.

    Raises ValueError as `check_top` does.
    """
    check_top(top)
    return np.sqrt(np.clip(np.asarray(delta_e, dtype=float) / top, 0, 1))


def colourise(delta_e: ArrayLike, top: float) -> np.ndarray:
    """Colours (…, 3), sRGB in [0, 1], of values in ΔE; 0 is black, `top` and more the brightest."""
    return colours(places(delta_e, top))


def colours(places: ArrayLike) -> np.ndarray:
    """Colours (…, 3), sRGB in [0, 1], of places on the scale, 0 to 1."""
    import matplotlib as mpl

    return mpl.colormaps[COLORMAP](np.asarray(places, dtype=float))[..., :3]


def ticks(top: float) -> list[float]:
    """The ΔE that are written beside the scale: 0, then 1, 2 and 5 of each decade where there is room, and `top`."""
    decades = 10.0 ** np.arange(np.floor(np.log10(top)) - 3, np.log10(top) + 1)
    found = [0.0]
    for value in (round(digit * decade, 6) for decade in decades for digit in (1, 2, 5)):
        before, here = places(np.array([found[-1], value]), top)
        if here - before >= _LEAST_GAP - 1e-9 and 1 - here >= _LEAST_GAP:
            found.append(value)
    return [*found, top]


def tick_words(value: float, top: float) -> str:
    """What is written at a tick; the colour of `top` stands for all above it as well."""
    return f"{value:g}" if value < top else f"≥ {value:g}"
