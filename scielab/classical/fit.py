"""Fitting the classical answer to a camera: least squares on training pictures, the best of five on held-out ones.

The mean PSNR over pictures is the mean of the logarithms of their squared errors. Least squares with every picture
weighted by one over its squared error, found by the step before, brings it to its largest value (iteratively
reweighted least squares); without weights a few pictures of high contrast would decide everything.

References: A. E. Hoerl, R. W. Kennard, "Ridge regression", Technometrics 12 (1970) 55-67; I. Daubechies et al.,
"Iteratively reweighted least squares minimization for sparse recovery", Comm. Pure Appl. Math. 63 (2010) 1-38.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from camsim.io.image import quantise
from camsim.io.resize import resize
from camsim.light.colour import srgb_decode
from scielab.classical.answer import SCALE, Answer, cubic_terms
from scielab.classical.neighbourhoods import neighbourhoods, phases
from scielab.metrics import fidelity, s_cielab

#: Side of the neighbourhoods, in pixels of the camera's picture.
SIDE = 9

#: The ridge, over the mean square of the features: only there so that float16 holds the coefficients.
RIDGE = 1e-6

#: Added to a picture's mean squared error before its weight is one over it: none counts more than a picture at 27 dB.
_FLOOR = 2e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What a camera made of pictures, (n, h, w, 3), and the pictures, (n, 4h, 4w, 3); uint8."""

    lr: np.ndarray
    hr: np.ndarray

    def __post_init__(self) -> None:
        n, h, w, c = self.lr.shape
        if not n or self.hr.shape != (n, SCALE * h, SCALE * w, c):
            raise ValueError(f"pictures {self.hr.shape} are not {SCALE} times as large as what a camera made of them")

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return ((low / np.float32(255), high / np.float32(255)) for low, high in zip(self.lr, self.hr, strict=True))


def ridge(samples: Iterable[tuple[np.ndarray, np.ndarray, float]], ridge: float = RIDGE) -> np.ndarray:
    """The matrix that takes features to targets with the least weighted sum of squared errors.

    Parameters
    ----------
    samples : iterable of (ndarray, ndarray, float)
        Features (n, p), targets (n, q) and the weight of both; block after block, so that not all need be in memory.
    ridge : float
        Added to the mean square of every feature, as a share of all their mean.

    Returns
    -------
    ndarray of float
        (p, q).
    """
    squares: np.ndarray | float = 0.0
    products: np.ndarray | float = 0.0
    for features, targets, weight in samples:
        squares = squares + weight * (features.T @ features).astype(float)
        products = products + weight * (features.T @ targets).astype(float)
    squares = np.asarray(squares)
    return np.linalg.solve(squares + ridge * np.trace(squares) / len(squares) * np.eye(len(squares)), products)


def colours(pairs: Pairs) -> np.ndarray:
    """The cubic fit (20, 3) of the reduced pictures' colours to the camera's."""
    return ridge((_flat(cubic_terms(low)), _flat(resize(high, low.shape[:2])), 1.0) for low, high in pairs)


def restoration(pairs: Pairs, *, to_white: bool) -> np.ndarray:
    """The filter of linear light (side²·3 + 1, 3) that best gives the reduced pictures: the Wiener filter, learned.

    With `to_white` each target is first made as bright as the camera's picture: the filter then undoes the blur alone,
    whatever the exposure was.
    """

    def samples() -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        for low, high in pairs:
            light, target = srgb_decode(low), srgb_decode(resize(high, low.shape[:2]))
            if to_white:
                target = target * (light.mean() / max(target.mean(), 1e-6))
            yield neighbourhoods(light, SIDE), _flat(target), 1.0 / (target.var() + 1e-3)

    return ridge(samples())


def enlargement(pairs: Pairs, repaired: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The enlarging filters (side²·3 + 1, 48) on pictures that are `repaired` before."""
    ready = [(repaired(low).astype(np.float32), high) for low, high in pairs]

    def samples(weights: list[float]) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        for (low, high), weight in zip(ready, weights, strict=True):
            yield neighbourhoods(low, SIDE), phases(high, SCALE), weight

    even = [1.0] * len(ready)
    matrix = ridge(samples(even))
    errors = [float(np.mean((features @ matrix - targets) ** 2)) for features, targets, _ in samples(even)]
    return ridge(samples([1.0 / (error + _FLOOR) for error in errors]))


def answers(pairs: Pairs) -> Iterator[Answer]:
    """The classical answers to a camera, fitted: all that `best` has to choose from."""
    nothing = Answer(enlargement=np.zeros((1, 1)))  # its other parts are what pictures are repaired by
    plain = _enlarging(pairs, nothing)
    yield plain
    yield replace(plain, projected=True)
    yield _enlarging(pairs, replace(nothing, colours=colours(pairs)))
    for to_white in (False, True):
        yield _enlarging(pairs, replace(nothing, restoration=restoration(pairs, to_white=to_white), to_white=to_white))


def _enlarging(pairs: Pairs, unfinished: Answer) -> Answer:
    return replace(unfinished, enlargement=enlargement(pairs, unfinished.repaired))


def outputs(answer: Answer, pairs: Pairs) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pictures and what an answer makes of the camera's, (H, W, 3), sRGB values, as they would be stored."""
    for low, high in pairs:
        yield high.astype(float), quantise(answer(low)) / 255.0


def psnr_db(answer: Answer, pairs: Pairs) -> float:
    """Mean PSNR of an answer."""
    return float(np.mean([fidelity.psnr_db(*pair) for pair in outputs(answer, pairs)]))


def delta_e(answer: Answer, pairs: Pairs) -> float:
    """Mean S-CIELAB ΔE of an answer."""
    return float(np.mean([s_cielab.delta_e(*pair).mean() for pair in outputs(answer, pairs)]))


def best(training: Pairs, held_out: Pairs) -> tuple[Answer, float]:
    """The answer fitted on `training` that has the highest mean PSNR on `held_out`, and that PSNR."""
    found = [(answer, psnr_db(answer, held_out)) for answer in answers(training)]
    return max(found, key=lambda one: one[1])


def _flat(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(-1, picture.shape[-1])
