"""Bicubic resizing as MATLAB's `imresize` does it, in which the benchmarks of super-resolution are made.

The kernel is Keys' with a = −0.5; on the way down it is stretched, so that it low-pass filters first. Values are taken
as they are (sRGB values, for pictures): nothing is made linear.

Reference: R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. Acoustics, Speech and
Signal Processing 29 (1981) 1153-1160.
"""

import math

import numpy as np
from scipy import sparse

#: What stands beyond the border: the outermost pixel again, as in MATLAB up to about 2012 and in the LR pictures that
#: are passed around, or the picture mirrored, as in MATLAB since.
EDGES = ("replicate", "mirror")

_REACH_PX = 2.0  # of the kernel, to either side


def imresize(
    picture: np.ndarray, target: float | tuple[int, int], *, edge: str = "replicate", antialias: bool = True
) -> np.ndarray:
    """Resize a picture along both axes.

    Parameters
    ----------
    picture : array of shape (H, W) or (H, W, C)
        uint8 or uint16 are worked on as MATLAB does, rounded and clipped after each of the two passes. All else is
        computed in float64 and is neither rounded nor clipped: the kernel overshoots at edges.
    target : float or (int, int)
        A factor, or (rows, columns). By a factor s the picture gets ⌈s·H⌉ × ⌈s·W⌉ pixels and is sampled at exactly
        that factor. For a size the factor of each axis is the ratio of the sizes.
    edge : {"replicate", "mirror"}
        What stands beyond the border; see `EDGES`.
    antialias : bool
        Stretch the kernel on the way down.

    Returns
    -------
    array
        (rows, columns) or (rows, columns, C), in the integer type of `picture`, else float64.

    Raises
    ------
    ValueError
        For an empty picture, another number of axes, a factor or size that is not positive, an unknown `edge`.
    """
    picture = np.asarray(picture)
    if picture.ndim not in (2, 3) or not picture.size:
        raise ValueError(f"a picture has shape (H, W) or (H, W, C), not {picture.shape}")
    if edge not in EDGES:
        raise ValueError(f"edge is {edge!r}; it must be one of {', '.join(EDGES)}")
    integer = picture.dtype if picture.dtype in (np.uint8, np.uint16) else None
    sizes, factors = _plan(picture.shape[:2], target)
    values = picture.astype(float)
    for axis in sorted((0, 1), key=lambda axis: factors[axis]):  # MATLAB's order; rows first where both are equal
        weights = bicubic_weights(picture.shape[axis], sizes[axis], factors[axis], edge=edge, antialias=antialias)
        values = _along(weights, values, axis)
        if integer is not None:
            values += 0.5
            np.clip(np.floor(values, out=values), 0, np.iinfo(integer).max, out=values)
    return np.ascontiguousarray(values if integer is None else values.astype(integer))


def bicubic_weights(
    length: int, new_length: int, factor: float, *, edge: str = "replicate", antialias: bool = True
) -> sparse.csr_array:
    """The weights (new_length, length) with which one axis is resized; every row sums to 1."""
    stretch = max(1.0, 1.0 / factor) if antialias else 1.0
    centres = (np.arange(new_length) + 0.5) / factor - 0.5  # of the new pixels, in old ones
    first = np.floor(centres - _REACH_PX * stretch).astype(int)
    taken = first[:, None] + np.arange(math.ceil(2 * _REACH_PX * stretch) + 2)
    weights = _cubic((centres[:, None] - taken) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    if edge == "mirror":
        taken %= 2 * length
        taken = np.minimum(taken, 2 * length - 1 - taken)
    else:
        taken = np.clip(taken, 0, length - 1)
    rows = np.repeat(np.arange(new_length), taken.shape[1])
    return sparse.coo_array((weights.ravel(), (rows, taken.ravel())), shape=(new_length, length)).tocsr()


def _plan(shape: tuple[int, int], target: float | tuple[int, int]) -> tuple[tuple[int, int], tuple[float, float]]:
    """Sizes and factors of both axes."""
    given = np.asarray(target, float)
    if given.ndim == 0:
        factor = float(given)
        if not 0 < factor < math.inf:
            raise ValueError(f"cannot resize by {target}: a factor is above 0 and finite")
        # Less the rounding error of the product: 0.07 of 100 pixels are 7, not 8
        rows, columns = (max(1, math.ceil(factor * length - 1e-9)) for length in shape)
        return (rows, columns), (factor, factor)
    if given.shape != (2,) or any(length != int(length) or length < 1 for length in given):
        raise ValueError(f"cannot resize to {target}: a size is (rows, columns), each 1 or more")
    rows, columns = (int(length) for length in given)
    return (rows, columns), (rows / shape[0], columns / shape[1])


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' kernel with a = −0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


def _along(weights: sparse.csr_array, values: np.ndarray, axis: int) -> np.ndarray:
    """Apply the weights to one of the two axes of (H, W) or (H, W, C)."""
    front = np.ascontiguousarray(np.moveaxis(values, axis, 0))
    done = weights @ front.reshape(len(front), -1)
    return np.moveaxis(done.reshape(-1, *front.shape[1:]), 0, axis)
