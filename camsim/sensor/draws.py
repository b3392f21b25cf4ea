"""Chance, pixel by pixel: the same number at the same place of a sensor, whatever else is drawn.

A generator that is read from front to back gives other numbers to all pixels as soon as one of them takes one number
more, and a Poisson draw takes as many as it needs: an exposure longer by a thousandth would be another photograph.
Here every band of `BAND` rows has generators of its own, one per purpose, and every pixel one number of each: a part of
a sensor gets what it would get in the whole, in any order, and a slightly changed camera a slightly changed picture.
"""

from enum import IntEnum

import numpy as np
from scipy import special

#: Rows that share a generator. Making one takes as long as drawing some two thousand numbers.
BAND = 64

#: For smaller means probabilities are added up; so they are for the rarest of few, beyond a mean's root below it, where
#: the expansion errs.
_COUNTED = 10.0

#: Counts whose probability beside a mean below `_COUNTED` is beneath what float64 tells from none.
_MOST_COUNTED = 64


class Purpose(IntEnum):
    """What numbers are drawn for; each has numbers of its own."""

    ARRIVAL = 0  #: photons and dark current
    READ = 1
    PIXEL_GAIN = 2
    PIXEL_OFFSET = 3


def normal(
    seed: int, purpose: Purpose, rows: int, columns: int, *, first_row: int = 0, dtype: type = np.float64
) -> np.ndarray:
    """Standard normal numbers of some rows of a sensor.

    Parameters
    ----------
    seed : int
        From 0.
    rows, columns : int
        How many. `columns` is the whole width of the sensor: numbers belong to places on one of this width.
    first_row : int
        The sensor's row where they begin.

    Returns
    -------
    ndarray of shape (rows, columns)

    Examples
    --------
    >>> whole = normal(1, Purpose.READ, 200, 30)
    >>> np.array_equal(normal(1, Purpose.READ, 100, 30, first_row=70), whole[70:170])
    True
    """
    last = first_row + rows
    drawn: np.ndarray = np.empty((rows, columns), dtype)
    for band in range(first_row // BAND, -(-last // BAND)):
        top, bottom = max(first_row, band * BAND), min(last, (band + 1) * BAND)
        rng = np.random.default_rng([seed, purpose, band])
        numbers = rng.standard_normal((bottom - band * BAND, columns), dtype)
        drawn[top - first_row : bottom - first_row] = numbers[top - band * BAND :]
    return drawn


def poisson(mean: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Poisson counts of given means: for each pixel the quantile of its distribution at Φ(w), w standard normal.

    The smallest n with P(N ≤ n) ≥ Φ(w), exact for w up to 6; it rises with the mean and with w. From a mean of 10 on,
    an expansion in powers of the mean's root gives n, and the distribution itself is asked where that lies too near a
    whole number to decide; below, probabilities are added up.

    Parameters
    ----------
    mean : ndarray
        Not negative.
    w : ndarray of the same shape

    Returns
    -------
    ndarray of float64
        Whole numbers from 0.

    References
    ----------
    M. Giles, "Algorithm 955: Approximation of the inverse Poisson cumulative distribution function", ACM TOMS 42,
    2016: the expansion, equation 8, and its error.

    Examples
    --------
    >>> poisson(np.array([0.0, 3.0, 100.0, 1e6]), np.zeros(4))
    array([0.0e+00, 3.0e+00, 1.0e+02, 1.0e+06])
    """
    mean = np.asarray(mean, np.float64)
    counts = np.empty(mean.shape)
    for top in range(0, len(mean), BAND):  # so few that they stay in the processor's cache
        rows = slice(top, top + BAND)
        counts[rows] = _quantile(mean[rows], np.asarray(w[rows], np.float64))
    return counts


def _quantile(mean: np.ndarray, w: np.ndarray) -> np.ndarray:
    root = np.sqrt(mean)
    few = (mean < _COUNTED) | (w < -root)
    if few.all():
        return _counted(mean, w)
    with np.errstate(divide="ignore", invalid="ignore"):  # means of 0, which are counted below
        square = w * w
        place = (root - (square / 72 + 1 / 36) / root) * w
        place += mean
        place += square / 6 + 1 / 3
        place += ((square / 270 + 7 / 810) * square - 8 / 405) / mean
        nearest = np.rint(place)
        counts = np.floor(place)
        close = (np.abs(place - nearest) < ((square / 400 + 1 / 200) * square + 1 / 100) / mean) & ~few
    if close.any():
        counts[close] = _decided(nearest[close], mean[close], w[close])
    if few.any():
        counts[few] = _counted(mean[few], w[few])
    return np.maximum(counts, 0.0, out=counts)


def _decided(n: np.ndarray, mean: np.ndarray, w: np.ndarray) -> np.ndarray:
    """n, or n − 1 where P(N ≤ n − 1) is Φ(w) or more; of the two tails the smaller is compared."""
    upper = w > 0
    fewer = np.where(
        upper,
        special.gammainc(np.maximum(n, 1.0), mean) <= special.ndtr(-w),
        special.gammaincc(np.maximum(n, 1.0), mean) >= special.ndtr(w),
    )
    return np.where((n > 0) & fewer, n - 1, n)


def _counted(mean: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The quantile for small means: probabilities of 0, 1, 2 … added up until they reach Φ(w)."""
    wanted, counts = special.ndtr(w), np.zeros(mean.shape)
    probability = np.exp(-mean)
    reached = probability.copy()
    for n in range(1, _MOST_COUNTED):
        short = reached < wanted
        if not short.any():
            break
        counts += short
        probability *= mean / n
        reached += probability
    return counts
