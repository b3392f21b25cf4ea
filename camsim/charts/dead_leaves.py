"""The dead leaves chart: discs of every size that lie on one another, as things in nature do.

Its statistics do not change with scale and its edges have every direction and contrast, which makes it a chart for
the rendering of texture.

References: A. Lee, D. Mumford and J. Huang, "Occlusion models for natural images", Int. J. Computer Vision 41, 2001;
F. Cao, F. Guichard and H. Hornung, "Dead leaves model for measuring texture quality on a digital camera", Proc. SPIE
7537, 2010; W. Kendall and E. Thönnes, "Perfect simulation in stochastic geometry", Pattern Recognition 32, 1999 (leaves
are drawn from the top downwards until nothing shows through, which is the stationary state itself).
"""

import numpy as np

#: A pixel is taken for covered when less than this share of it shows what lies below.
OPEN_SHARE = 1 / 1024


def dead_leaves(
    height: int,
    width: int,
    *,
    r_min_px: float,
    r_max_px: float | None,
    low: float,
    high: float,
    saturation: float,
    seed: int,
) -> np.ndarray:
    """Opaque discs at random places, their radii with the density r⁻³ between two bounds.

    Levels are drawn evenly from [low, high]; with `saturation` s, a channel of a leaf has 1 − s times the leaf's
    level and s times a level of its own. The power spectrum falls about as f⁻² between the frequencies that
    belong to the two radii. Where outlines cross within a pixel, the lower leaf is taken to be hidden in proportion.

    Returns
    -------
    (height, width) or, with saturation above 0, (height, width, 3).
    """
    r_max_px = max(min(height, width) / 8, 2 * r_min_px) if r_max_px is None else r_max_px
    if r_max_px <= r_min_px:
        raise ValueError(f"r_max_px = {r_max_px:g} must be above r_min_px = {r_min_px:g}")
    rng = np.random.default_rng(seed)
    light = np.zeros((height, width, 3 if saturation else 1))
    below = np.ones((height, width))  # the share of each pixel that is still open
    mean_area = 2 * np.pi * np.log(r_max_px / r_min_px) / (r_min_px**-2 - r_max_px**-2)
    batch = int(np.clip(0.5 * height * width / mean_area, 64, 16384))
    while (is_open := below > OPEN_SHARE).any():
        y, x, r = _discs(rng, batch, height, width, r_min_px, r_max_px)
        levels = (1 - saturation) * rng.random((batch, 1)) + saturation * rng.random((batch, light.shape[2]))
        levels = low + (high - low) * levels
        top, left, bottom, right = _boxes(y, x, r, height, width)
        for i in np.flatnonzero(_count(is_open, top, left, bottom, right)):
            window = slice(top[i], bottom[i]), slice(left[i], right[i])
            share = below[window] * _disc_coverage(window, y[i], x[i], r[i])
            light[window] += share[..., None] * levels[i]
            below[window] -= share
    light /= (1 - below)[..., None]
    return light if saturation else light[..., 0]


def _discs(
    rng: np.random.Generator, count: int, height: int, width: int, r_min: float, r_max: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres and radii of the next discs that touch the picture, (count,) each.

    Of discs with density r⁻³ the picture meets a share (height + 2r)(width + 2r): a mixture of three power laws,
    each of which can be drawn by inverting its distribution function.
    """
    masses = np.array(
        [
            height * width * (r_min**-2 - r_max**-2) / 2,
            2 * (height + width) * (1 / r_min - 1 / r_max),
            4 * np.log(r_max / r_min),
        ]
    )
    law = rng.choice(3, size=count, p=masses / masses.sum())
    u = rng.random(count)
    cubic = (r_min**-2 - u * (r_min**-2 - r_max**-2)) ** -0.5
    square = 1 / (1 / r_min - u * (1 / r_min - 1 / r_max))
    r = np.choose(law, [cubic, square, r_min * (r_max / r_min) ** u])
    y, x = rng.random((2, count)) * np.stack([height + 2 * r, width + 2 * r]) - r
    return y, x, r


def _boxes(
    y: np.ndarray, x: np.ndarray, r: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns that discs may touch: top, left, bottom, right, cut to the picture."""
    top, bottom = (np.clip(v, 0, height).astype(int) for v in (np.floor(y - r - 1), np.ceil(y + r + 1)))
    left, right = (np.clip(v, 0, width).astype(int) for v in (np.floor(x - r - 1), np.ceil(x + r + 1)))
    return top, left, bottom, right


def _count(mask: np.ndarray, top: np.ndarray, left: np.ndarray, bottom: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How many pixels of `mask` lie in each box, by a summed-area table."""
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=int)
    table[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    return table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]


def _disc_coverage(window: tuple[slice, slice], y: float, x: float, r: float) -> np.ndarray:
    """About the share of each pixel within a disc: a ramp one pixel wide whose integral is the disc's area."""
    down = np.arange(window[0].start, window[0].stop) + (0.5 - y)
    across = np.arange(window[1].start, window[1].stop) + (0.5 - x)
    distance = np.sqrt(down[:, None] ** 2 + across**2)
    return np.clip(np.sqrt(r * r - 1 / 12) + 0.5 - distance, 0.0, 1.0)
