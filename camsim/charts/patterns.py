"""Shapes of test charts: planes of linear light between 0 and 1.

Every function takes the picture's height and width in pixels and returns (height, width). Lengths are in pixels,
angles in degrees clockwise as seen, `level`, `low`, `high`, `mean` are linear light, `contrast` of a wave is
Michelson's. Edges are anti-aliased by the share of a pixel's area that they cover; waves are sampled at pixel
centres, so that their amplitude is the nominal one.

References: ISO 12233:2017 (edge, star, sweep); ISO 14524:2009 (step wedge); F. Campbell and J. Robson, J. Physiol.
197, 1968 (sweep whose contrast changes at right angles).
"""

import math

import numpy as np

from camsim.light import colour

#: Sub-pixel positions, a Fibonacci lattice: any straight edge is met by nearly the right share of its points.
_LATTICE = (np.stack([np.arange(233.0), np.arange(233.0) * 144 % 233]).T + 0.5) / 233 - 0.5


def half_plane_coverage(distance_px: np.ndarray, angle_deg: float) -> np.ndarray:
    """Share of each pixel's square that lies on the positive side of a straight line, exactly.

    `distance_px`, any shape, is the signed distance of the pixel's centre from the line, whose normal is at
    `angle_deg` to the x axis. The share is the integral of a trapezium, the square's profile along the normal.
    """
    sides = abs(math.cos(math.radians(angle_deg))), abs(math.sin(math.radians(angle_deg)))
    short, long = min(sides), max(sides)
    reach = (long + short) / 2
    d = np.clip(distance_px, -reach, reach)
    if short < 1e-9:  # the line is along the grid: the trapezium is a box
        return np.clip(d / long + 0.5, 0.0, 1.0)

    def ramp(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0.0) ** 2 / 2

    share = (ramp(d + reach) - ramp(d + (long - short) / 2) - ramp(d - (long - short) / 2)) / (long * short)
    return np.clip(share, 0.0, 1.0)


def interval_coverage(length: int, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Share of each of `length` pixels in a row within intervals [start, end) in pixels, (n,) each: (n, length)."""
    pixel = np.arange(length)
    start, end = np.asarray(start, dtype=float)[:, None], np.asarray(end, dtype=float)[:, None]
    return np.clip(np.minimum(end, pixel + 1) - np.maximum(start, pixel), 0.0, 1.0)


def centred(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of pixel centres from the picture's centre: y (height, 1) downwards, x (1, width) to the right."""
    return (np.arange(height) - (height - 1) / 2)[:, None], (np.arange(width) - (width - 1) / 2)[None]


def _marks(length: int, spacing_px: float, mark_px: float) -> np.ndarray:
    """Share of each pixel in a centred row of marks, (length,); whole spacings keep to whole pixels."""
    if mark_px > spacing_px:
        raise ValueError(f"spacing_px = {spacing_px:g} must be at least the size of a mark, {mark_px:g}")
    if spacing_px > length:
        raise ValueError(f"spacing_px = {spacing_px:g} must be at most the picture's side, {length}")
    count = int(length / spacing_px)
    first = math.floor((length - (count - 1) * spacing_px - mark_px) / 2)
    start = first + np.arange(count) * spacing_px
    return interval_coverage(length, start, start + mark_px).sum(axis=0)


def _wave(mean: float, contrast: np.ndarray | float, carrier: np.ndarray) -> np.ndarray:
    top = mean * (1 + float(np.max(contrast)))
    if top > 1 + 1e-12:
        raise ValueError(f"mean = {mean:g} must be at most {mean / top:.4g} for this contrast, as light ends at 1")
    return np.clip(mean * (1 + contrast * carrier), 0.0, 1.0)


def _check_nyquist(name: str, cycles: float, limit: float) -> None:
    if cycles > limit * (1 + 1e-9):
        raise ValueError(f"{name} = {cycles:g} must be at most {limit:g} cycles, half a cycle per pixel")


def uniform(
    height: int, width: int, *, level: float, red: float | None, green: float | None, blue: float | None
) -> np.ndarray:
    """One level everywhere; (height, width, 3) where a channel has a level of its own."""
    if red is None and green is None and blue is None:
        return np.full((height, width), level)
    return np.broadcast_to([level if own is None else own for own in (red, green, blue)], (height, width, 3)).copy()


def slanted_edge(
    height: int, width: int, *, angle_deg: float, high: float, low: float | None, contrast: float | None
) -> np.ndarray:
    """A straight edge through the centre, `low` left of it; at 0° it is vertical, at 90° `low` lies above it."""
    if low is not None and contrast is not None:
        raise ValueError("low and contrast say the same: give one of them")
    if low is None:
        low = high / (4.0 if contrast is None else contrast)
    y, x = centred(height, width)
    angle = math.radians(angle_deg)
    return low + (high - low) * half_plane_coverage(x * math.cos(angle) + y * math.sin(angle), angle_deg)


def point_array(
    height: int, width: int, *, spacing_px: float, point_px: float, level: float, background: float
) -> np.ndarray:
    """Square points on a square grid."""
    rows, columns = _marks(height, spacing_px, point_px), _marks(width, spacing_px, point_px)
    return background + (level - background) * rows[:, None] * columns


def line(
    height: int, width: int, *, spacing_px: float, line_px: float, direction: str, level: float, background: float
) -> np.ndarray:
    """Parallel lines, or two sets of them that cross."""
    rows = np.zeros(height) if direction == "vertical" else _marks(height, spacing_px, line_px)
    columns = np.zeros(width) if direction == "horizontal" else _marks(width, spacing_px, line_px)
    return background + (level - background) * (1 - (1 - rows[:, None]) * (1 - columns))


def sinusoid(
    height: int, width: int, *, frequency: float, angle_deg: float, phase_deg: float, mean: float, contrast: float
) -> np.ndarray:
    """A sine grating: `frequency` cycles per picture width, counted across its bars.

    The phase is that of a cosine at the centre of the top left pixel.
    """
    angle = math.radians(angle_deg)
    along = max(abs(math.cos(angle)), abs(math.sin(angle)))
    _check_nyquist("frequency", frequency, width / 2 / along)
    y, x = np.arange(height)[:, None], np.arange(width)
    across = (x * math.cos(angle) + y * math.sin(angle)) / width
    return _wave(mean, contrast, np.cos(2 * np.pi * frequency * across + math.radians(phase_deg)))


def sweep(
    height: int,
    width: int,
    *,
    start: float,
    stop: float | None,
    scale: str,
    mean: float,
    contrast: float,
    contrast_bottom: float | None,
) -> np.ndarray:
    """A grating whose frequency changes from the left border to the right, in cycles per picture width.

    The contrast goes from `contrast` at the top to `contrast_bottom` in equal ratios.
    """
    stop = max(start, width / 4) if stop is None else stop
    _check_nyquist("start", start, width / 2)
    _check_nyquist("stop", stop, width / 2)
    x = (np.arange(width) + 0.5) / width
    ratio = math.log(stop / start)
    if scale == "linear" or abs(ratio) < 1e-9:
        cycles = start * x + (stop - start) * x**2 / 2
    else:
        cycles = start * np.expm1(ratio * x) / ratio
    contrasts: float | np.ndarray = contrast
    if contrast_bottom is not None:
        contrasts = contrast * (contrast_bottom / contrast) ** ((np.arange(height) + 0.5) / height)[:, None]
    return _wave(mean, contrasts, np.broadcast_to(np.sin(2 * np.pi * cycles), (height, width)))


def siemens_star(
    height: int,
    width: int,
    *,
    spokes: int,
    profile: str,
    radius: float,
    low: float,
    high: float,
    background: float | None,
) -> np.ndarray:
    """`spokes` bright and as many dark sectors, a bright one to the right.

    Pixels with an edge in them, or all for profile "sine", are averaged over 233 places. Towards the centre, where
    sectors are finer than pixels, the star goes over into its mean.
    """
    background = (low + high) / 2 if background is None else background
    edge = radius * min(height, width) / 2

    def level(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        wave = np.cos(spokes * np.arctan2(y, x))
        bright = np.where(wave >= 0, 1.0, 0.0) if profile == "square" else (1 + wave) / 2
        return np.where(np.hypot(y, x) <= edge, low + (high - low) * bright, background)

    y, x = np.broadcast_arrays(*centred(height, width))
    star, r = level(y, x), np.hypot(y, x)
    turns = spokes * np.arctan2(y, x) / np.pi  # sectors meet where this is a whole number and a half
    to_border = r * np.sin(np.abs(turns - np.floor(turns) - 0.5) * np.pi / spokes)
    mixed = (r < edge + 0.75) & ((profile == "sine") | (to_border < 0.75) | (r > edge - 0.75))
    y, x = y[mixed], x[mixed]
    star[mixed] = sum(level(y + down, x + right) for down, right in _LATTICE) / len(_LATTICE)
    return star


def zone_plate(
    height: int, width: int, *, max_frequency: float, phase_deg: float, mean: float, contrast: float
) -> np.ndarray:
    """Rings whose local frequency grows in proportion to the distance from the centre.

    It reaches `max_frequency`, cycles per pixel, at half the shorter side; beyond that all is `mean`, as a finer
    wave could not be sampled.
    """
    y, x = centred(height, width)
    r, edge = np.hypot(y, x), min(height, width) / 2
    wave = np.cos(np.pi * max_frequency / edge * r**2 + math.radians(phase_deg))
    return _wave(mean, contrast, wave * np.clip(edge - r + 0.5, 0.0, 1.0))


def _levels(share: np.ndarray, low: float, high: float, scale: str) -> np.ndarray:
    """From `low` to `high` as `share` goes from 0 to 1, in equal steps of light, of its logarithm or of sRGB code."""
    if scale == "log":
        if min(low, high) <= 0:
            raise ValueError(f"low = {min(low, high):g} must be above 0 for scale = 'log'")
        return low * (high / low) ** share
    if scale == "srgb":
        first, last = colour.srgb_encode(np.array([low, high]))
        return colour.srgb_decode(first + (last - first) * share)
    return low + (high - low) * share


def ramp(height: int, width: int, *, low: float, high: float, scale: str, direction: str) -> np.ndarray:
    """From `low` in the first column (vertical: row) to `high` in the last, exactly."""
    length = height if direction == "vertical" else width
    values = _levels(np.arange(length) / max(1, length - 1), low, high, scale)
    return np.broadcast_to(values[:, None] if direction == "vertical" else values, (height, width)).copy()


def step_wedge(
    height: int, width: int, *, steps: int, low: float, high: float, scale: str, direction: str
) -> np.ndarray:
    """`steps` fields of equal size from `low` to `high`; scale "log" gives equal steps of density."""
    length = height if direction == "vertical" else width
    if steps > length:
        raise ValueError(f"steps = {steps} must be at most the picture's side, {length}")
    borders = np.linspace(0, length, steps + 1)
    values = _levels(np.arange(steps) / (steps - 1), low, high, scale)
    profile = values @ interval_coverage(length, borders[:-1], borders[1:])
    return np.broadcast_to(profile[:, None] if direction == "vertical" else profile, (height, width)).copy()
