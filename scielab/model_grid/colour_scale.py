"""The colours of heat tables: a scale whose equal steps are equal colour differences, by construction.

A path through CIELAB, dark blue over teal to cream, lightness rising all the way, is walked at a constant CIE76
difference per step. It is legible in grey, and to the colour-blind, by its lightness alone.
"""

import functools

import numpy as np
from numpy.typing import ArrayLike

from camsim.light import colour
from scielab.metrics import colour_difference

#: Colours on the scale.
STEPS = 256

# Ends of the path: L*, hue in degrees; in between they run linearly, and chroma follows a sine that stays in sRGB.
_LIGHTNESS, _HUE, _CHROMA, _PHASE = (29.0, 95.0), (290.0, 100.0), 30.0, (0.25, 0.85)


@functools.cache
def scale() -> np.ndarray:
    """The scale (`STEPS`, 3), sRGB in [0, 1], from dark to light."""
    fine = np.linspace(0, 1, 8 * STEPS + 1)
    lightness, hue, phase = (np.interp(fine, (0, 1), ends) for ends in (_LIGHTNESS, np.radians(_HUE), _PHASE))
    chroma = _CHROMA * np.sin(np.pi * phase)
    path = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    stops = np.linspace(0, walked[-1], STEPS)
    lab = np.stack([np.interp(stops, walked, axis) for axis in path.T], axis=-1)
    rgb = colour.srgb_encode(colour.xyz_to_linear(colour_difference.lab_to_xyz(lab, colour.SRGB_WHITE_XYZ)))
    rgb.setflags(write=False)
    return rgb


def colours(values: ArrayLike, *, lower_is_better: bool) -> np.ndarray:
    """Colours (n, 3), sRGB in [0, 1], of values (n,): the best of them light, the worst dark."""
    merits = np.asarray(values, dtype=float) * (-1 if lower_is_better else 1)
    span = np.ptp(merits)
    places = (merits - merits.min()) / span if span > 0 else np.ones_like(merits)
    return scale()[np.rint(places * (STEPS - 1)).astype(int)]


def ink(background: np.ndarray) -> str:
    """Black or white, "#000000" or "#ffffff": what has more contrast with a colour (3,), sRGB in [0, 1].

    By WCAG 2, whose ratio is then 4.58 or more on any colour.
    """
    luminance = float(colour.srgb_decode(background) @ colour.SRGB_TO_XYZ[1])
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"
