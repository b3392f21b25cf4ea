"""Which pictures a step gets, which windows of them, and how they are turned: arithmetic on arrays and seeds alone."""

import functools
from collections.abc import Iterable, Sequence

import numpy as np

from camsim.io import image
from camsim.io.resize import resize

#: Windows of the wanted size, or of any size from that to the whole picture, reduced to it.
KINDS = ("fixed_size", "random_size")


@functools.lru_cache(maxsize=8)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    order = np.random.default_rng([seed, 0, epoch]).permutation(count)
    order.setflags(write=False)
    return order


def chosen(count: int, step: int, *, size: int, seed: int) -> np.ndarray:
    """Indices of the `size` pictures of a step: (size,). Each of `count` comes once per epoch."""
    epochs, places = np.divmod(np.arange(step * size, (step + 1) * size), count)
    return np.array([_order(count, seed, int(epoch))[place] for epoch, place in zip(epochs, places, strict=True)])


def held_out(count: int, wanted: int) -> np.ndarray:
    """Indices of the pictures kept from training: `wanted`, a quarter of `count` at most, spread evenly."""
    wanted = min(wanted, count // 4)
    return np.linspace(0, count - 1, wanted, dtype=int) if wanted else np.array([], int)


def turns(step: int, *, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Quarter turns (0 to 3) and mirrorings (0 or 1) of a step's pictures: (size,) each."""
    rng = np.random.default_rng([seed, 1, step])
    return rng.integers(4, size=size), rng.integers(2, size=size)


def turned(pictures: Sequence[np.ndarray], quarters: Iterable[int], mirrors: Iterable[int]) -> np.ndarray:
    """Square pictures of one size, turned counter-clockwise, then mirrored left to right, as one array (n, h, w, c)."""
    result = np.empty((len(pictures), *pictures[0].shape), pictures[0].dtype)
    for target, picture, quarter, mirror in zip(result, pictures, quarters, mirrors, strict=True):
        view = np.rot90(picture, quarter)
        view = view[:, ::-1] if mirror else view
        if view.strides[1:] == picture.strides[1:]:
            target[...] = view  # whole rows
        else:  # where neighbours change, NumPy copies plane by plane five times faster than pixel by pixel
            for channel in range(picture.shape[-1]):
                target[..., channel] = view[..., channel]
    return result


def window_side(rng: np.random.Generator, smallest: int, largest: int, crop: str) -> int:
    """Side of a window: `smallest`, or for random_size up to `largest`, evenly distributed in its logarithm."""
    return smallest if crop == "fixed_size" else round(smallest * (largest / smallest) ** float(rng.random()))


def window(rng: np.random.Generator, shape: tuple[int, ...], smallest: int, crop: str) -> tuple[int, int, int]:
    """Top, left and side of a square window in random place of a picture of `shape` = (rows, columns, …)."""
    side = window_side(rng, smallest, min(shape[:2]), crop)
    return int(rng.integers(shape[0] - side + 1)), int(rng.integers(shape[1] - side + 1)), side


def centre(shape: tuple[int, ...], smallest: int, crop: str) -> tuple[int, int, int]:
    """Top, left and side of the window in the middle: the smallest, or for random_size the largest."""
    side = smallest if crop == "fixed_size" else min(shape[:2])
    return (shape[0] - side) // 2, (shape[1] - side) // 2, side


def cut(picture: np.ndarray, place: tuple[int, int, int], side_px: int | None = None) -> np.ndarray:
    """The window (top, left, side) of a uint8 picture, reduced to `side_px` where it is larger: (side, side, 3)."""
    top, left, side = place
    part = picture[top : top + side, left : left + side]
    if side_px is None or side <= side_px:
        return part
    return image.quantise(resize(part / np.float32(255), (side_px, side_px)))


def cut_pair(
    rng: np.random.Generator | None, lr: np.ndarray, hr: np.ndarray, *, hr_px: int, crop: str
) -> tuple[np.ndarray, np.ndarray]:
    """The same window of an LR picture (h, w, 3) and its HR picture (h·scale, w·scale, 3), HR side `hr_px`.

    The window begins and ends between LR pixels, so that both stay registered; it is in random place and of the
    size that `crop` says, or without `rng` in the middle. Larger windows are reduced, antialiased, both alike.
    """
    scale = hr.shape[0] // lr.shape[0]
    lr_px = hr_px // scale
    if lr.shape[:2] == (lr_px, lr_px):
        return lr, hr
    place = window(rng, lr.shape, lr_px, crop) if rng else centre(lr.shape, lr_px, "fixed_size")
    return cut(lr, place, lr_px), cut(hr, tuple(scale * n for n in place), hr_px)
