"""The histogram of a ΔE map over the colour scale of maps, as the shapes that a page draws."""

import numpy as np

from scielab.comparison import map_scale

_BINS = 60  # of equal width on the scale; one more for what is above it

#: The drawing, in units of its own: the axis from `LEFT` to `RIGHT`, bars `HIGH` above `BOTTOM`.
LEFT, RIGHT, BOTTOM, HIGH = 56.0, 396.0, 150.0, 138.0
_WIDE = (RIGHT - LEFT) / (_BINS + 1)
_TOP = RIGHT - _WIDE  # where the scale ends

_SORTED = 2**18  # differences sorted at a time

_POWERS = (100, 10, 1, 0.1, 0.01, 0.001)  # per cent, beside a logarithmic axis


def percent_words(percent: float) -> str:
    """A share of the pixels for people."""
    if percent == 0 or percent >= 99.995:
        return f"{percent:.0f} %"
    return "< 0.01 %" if percent < 0.01 else f"{percent:.2f} %"


def below(differences: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """How many differences are below each of some limits, which rise: (N,)."""
    values = np.ravel(differences)
    parts = (np.sort(values[first : first + _SORTED]) for first in range(0, len(values), _SORTED))
    return sum((np.searchsorted(part, limits) for part in parts), np.zeros(len(limits), int))


def counted(differences: np.ndarray, top: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower edges (N,) of the bins in ΔE, and the per cent (N,) of the pixels in each; the last is `top` and more."""
    edges = top * np.linspace(0, 1, _BINS + 1) ** 2
    counts = np.diff(below(differences, np.append(edges, np.inf)))
    return edges, 100 * counts / differences.size


def drawn(differences: np.ndarray, top: float) -> dict:
    """Bars and the numbers at both axes; the upright one linear and logarithmic."""
    edges, percent = counted(differences, top)
    most, least = percent.max(), 100 / differences.size / 2
    span = np.log(max(most / least, 2))
    heights = {
        "linear": HIGH * percent / most,
        "logarithmic": HIGH * np.log(np.maximum(percent, least) / least) / span,
    }
    beside = {
        "linear": [(value, HIGH * value / most) for value in (most, most / 2)],
        "logarithmic": [(value, HIGH * np.log(value / least) / span) for value in _POWERS if least < value <= most],
    }
    ends = [f"to {edge:.3g}" for edge in edges[1:]] + ["and more"]
    return {
        "left": LEFT,
        "right": RIGHT,
        "bottom": BOTTOM,
        "high": HIGH,
        "wide": f"{_WIDE - 0.6:.2f}",
        "axis": _TOP - LEFT,
        "most": percent_words(most),
        "bars": [
            {
                "from": float(edge),
                "x": f"{LEFT + number * _WIDE:.2f}",
                "words": f"ΔE {edge:.3g} {end}: {percent_words(share)} of the pixels",
            }
            for number, (edge, end, share) in enumerate(zip(edges, ends, percent, strict=True))
        ],
        "kinds": [
            {
                "name": name,
                "heights": [f"{height:.2f}" for height in heights[name]],
                "beside": [{"words": f"{value:.2g} %", "y": f"{BOTTOM - y + 4:.1f}"} for value, y in beside[name]],
            }
            for name in heights
        ],
        "below": [
            {"words": map_scale.tick_words(tick, top), "x": f"{LEFT + place * (_TOP - LEFT):.1f}"}
            for tick, place in zip(map_scale.ticks(top), map_scale.places(map_scale.ticks(top), top), strict=True)
        ],
    }
