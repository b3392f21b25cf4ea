"""Is a picture like those that a model was trained on: three numbers of it, compared with theirs.

A model undoes one camera, at one scale. How bright its inputs were, how bright their brightest parts, and how much fine
detail they had tell most pictures of another camera, exposure or scale apart, at the price of a few transforms.
"""

import contextlib
import itertools
from collections.abc import Generator, Iterable, Mapping

import numpy as np
from scipy.fft import dctn

from camsim.light.colour import srgb_decode

#: Weights of linear R, G, B in luminance (ITU-R BT.709, as sRGB has them), and of sRGB values in luma (BT.601).
_LUMINANCE, _LUMA = np.array([0.2126, 0.7152, 0.0722]), np.array([0.299, 0.587, 0.114])

#: Sharpness is the share of the power above the first frequency in that above the second, in cycles per pixel.
_FINE, _DETAIL = 0.4, 0.2

#: Power per pixel that is taken for noise: to be added to that of detail; less detail says nothing of sharpness.
_NOISE = 3e-4

#: Side of the windows that sharpness is measured in, pixels, and how many there are at most along either side. The
#: least side of a picture whose sharpness is measured.
_WINDOW_PX, _WINDOWS, _LEAST_PX = 32, 8, 16

#: Pixels of which brightness is measured, at most about so many.
_SAMPLES = 1 << 20

#: Training pictures, at least, by which later ones are told to be like them.
_MEASURED = 256

#: A picture is unlike others where a number is outside their 1st to 99th percentile by more than this factor.
MARGIN = 1.5

#: What a picture is whose number is too small or too large.
_WORDS = {
    "mean_luminance": ("darker", "brighter"),
    "peak_luminance": ("darker in its brightest parts", "brighter in its brightest parts"),
    "sharpness": ("softer, or of a larger scale", "sharper, or of a smaller scale"),
}


def measure(rgb: np.ndarray) -> dict[str, float]:
    """Brightness and sharpness of a picture.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3)
        sRGB values in [0, 1].

    Returns
    -------
    dict of str to float
        ``mean_luminance`` and ``peak_luminance`` (the 99th percentile), linear, white 1; and ``sharpness``, in [0, 1],
        the share of the finest octave's upper half in all fine detail, over windows of 32 pixels. It is left out where
        the picture has too few pixels or too little detail to tell.

    Examples
    --------
    >>> numbers = measure(np.random.default_rng(0).random((64, 64, 3)))
    >>> sorted(numbers), 0.5 < numbers["sharpness"] < 0.8
    (['mean_luminance', 'peak_luminance', 'sharpness'], True)
    """
    step = max(1, round((rgb.shape[0] * rgb.shape[1] / _SAMPLES) ** 0.5))
    luminance = srgb_decode(rgb[::step, ::step].astype(float)) @ _LUMINANCE
    found = {"mean_luminance": float(luminance.mean()), "peak_luminance": float(np.percentile(luminance, 99))}
    if min(rgb.shape[:2]) >= _LEAST_PX:
        fine, detail = np.mean([_powers(rgb[rows, columns] @ _LUMA) for rows, columns in _windows(*rgb.shape[:2])], 0)
        if detail > _NOISE:
            found["sharpness"] = float(fine / (detail + _NOISE))
    return found


def _windows(rows: int, columns: int) -> list[tuple[slice, slice]]:
    """Windows spread evenly over a picture."""
    starts = []
    for length in (rows, columns):
        side = min(length, _WINDOW_PX)
        count = min(_WINDOWS, length // side)
        starts.append([slice(s, s + side) for s in np.linspace(0, length - side, count).astype(int)])
    return [(down, across) for down in starts[0] for across in starts[1]]


def _powers(luma: np.ndarray) -> tuple[float, float]:
    """Power per pixel above `_FINE` and above `_DETAIL`, by the cosine transform."""
    power = dctn(luma, norm="ortho") ** 2 / luma.size
    down, across = (np.arange(length) / (2 * length) for length in luma.shape)
    frequency = np.hypot(down[:, None], across)
    return float(power[frequency > _FINE].sum()), float(power[frequency > _DETAIL].sum())


def ranges(measured: Iterable[Mapping[str, float]]) -> dict[str, list[float]]:
    """The 1st and 99th percentile of each number of `measure` over many pictures, to three digits; {} for none.

    Examples
    --------
    >>> ranges({"mean_luminance": 0.1 * n} for n in range(1, 5))
    {'mean_luminance': [0.103, 0.397]}
    """
    measured = list(measured)
    values = {name: [numbers[name] for numbers in measured if name in numbers] for name in _WORDS}
    return {
        name: [float(f"{bound:.3g}") for bound in np.percentile(found, (1, 99))]
        for name, found in values.items()
        if found
    }


def of_batches(batches: Generator[tuple[np.ndarray, np.ndarray]], steps: int) -> dict[str, list[float]]:
    """`ranges` of the pictures, some hundreds at most, in the first `steps` batches (LR, HR: uint8), then closed."""
    measured: list[dict[str, float]] = []
    with contextlib.closing(batches):
        for low, _ in itertools.islice(batches, steps):
            measured += [measure(picture / 255.0) for picture in low]
            if len(measured) >= _MEASURED:
                return ranges(measured)
    return ranges(measured)


def unlike(rgb: np.ndarray, inputs: Mapping[str, tuple[float, float]]) -> list[str]:
    """How a picture differs from those that a model was trained on, in words; none where it does not.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3)
        sRGB values in [0, 1].
    inputs : mapping of str to two numbers
        As `ranges` gives them for the pictures of the training.

    Returns
    -------
    list of str
        Such as ``sharper, or of a smaller scale (0.15; trained on 0.0124 to 0.0479)``.

    Examples
    --------
    >>> unlike(np.full((8, 8, 3), 0.1), {"mean_luminance": (0.2, 0.4)})
    ['darker (0.01; trained on 0.2 to 0.4)']
    """
    words = []
    for name, value in measure(rgb).items():
        if name in inputs:
            low, high = inputs[name]
            less, more = _WORDS[name]
            if value < low / MARGIN or value > high * MARGIN:
                words.append(f"{less if value < low else more} ({value:.2g}; trained on {low:g} to {high:g})")
    return words
