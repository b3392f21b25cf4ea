"""PSNR and SSIM as papers on super-resolution measure them, with all that the numbers depend on said.

The usual protocol compares luma as MATLAB's `rgb2ycbcr` makes it from 8-bit pictures: BT.601, studio range, rounded to
whole levels; of either picture a border as wide as the scale is left out; the peak is 255 although luma ends at 235.

References: Recommendation ITU-R BT.601; J. Kim, J. K. Lee, K. M. Lee, "Accurate image super-resolution using very deep
convolutional networks", CVPR 2016 (the figures that are compared with); for SSIM that of `scielab`.
"""

import math
from dataclasses import dataclass

import numpy as np

from camsim import arguments
from scielab.metrics import fidelity

#: Name of a protocol's channel → what it is, in words.
CHANNELS = {"Y": "Y (BT.601 studio)", "RGB": "RGB"}

_BLACK = 16.0
_RED_GREEN_BLUE = np.array([65.481, 128.553, 24.966])  # together 219: white is 235


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How near a picture is to its reference."""

    psnr_db: float  #: at most 100, which equal pictures get
    ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What of two 8-bit pictures is compared. Scores of different protocols must not stand side by side.

    Parameters
    ----------
    channel : {"Y", "RGB"}
        Luma, or the three channels as they are.
    crop_px : int
        Pixels left out along each border.
    data_range : float
        The peak in PSNR and in SSIM's constants, in levels.

    Raises
    ------
    ValueError
        For an unknown channel, a crop below 0 or a range that is not above 0.
    """

    channel: str = "Y"
    crop_px: int = 4
    data_range: float = 255.0

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise ValueError(f"channel is {self.channel!r}; it must be one of {', '.join(CHANNELS)}")
        arguments.whole(self.crop_px, "crop", 0)
        if not 0 < self.data_range < math.inf:
            raise ValueError(f"range is {self.data_range}; it must be above 0 and finite")

    def describe(self) -> str:
        """The protocol in words, to stand beside every score."""
        border = f"{self.crop_px} px border cropped" if self.crop_px else "no border cropped"
        return f"{CHANNELS[self.channel]}, {border}, range {self.data_range:g}"

    def crop(self, picture: np.ndarray) -> np.ndarray:
        """The part of a picture or map (H, W, ...) that counts.

        Raises ValueError where it is smaller than the window of SSIM.
        """
        rows, columns = picture.shape[:2]
        border = self.crop_px
        if min(rows, columns) - 2 * border < fidelity.SSIM_WINDOW_PX:
            raise ValueError(
                f"{columns}×{rows} pixels without {border} along each border are too few: "
                f"SSIM needs {fidelity.SSIM_WINDOW_PX}×{fidelity.SSIM_WINDOW_PX}"
            )
        return picture[border : rows - border, border : columns - border]

    def scores(self, reference: np.ndarray, test: np.ndarray) -> Scores:
        """Compare `test` (H, W, 3) with `reference` (H, W, 3) or (H, W), uint8 both; `test` may be grey, too.

        A grey reference is compared as it is, without going through luma: so published figures treat the grey files
        of the benchmarks. A `test` in colour then becomes grey by the weights of luma in full range, which leaves
        R = G = B as it is. For the channel RGB grey is repeated, and SSIM is the mean of the channels.

        Raises ValueError for other types or shapes, and for pictures that are too small.
        """
        for picture in (reference, test):
            if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
                raise ValueError(
                    f"8-bit pictures are compared, (H, W) or (H, W, 3); not {picture.dtype} {picture.shape}"
                )
        if reference.shape[:2] != test.shape[:2]:
            sizes = " and ".join(f"{p.shape[1]}×{p.shape[0]}" for p in (reference, test))
            raise ValueError(f"the pictures differ in size: {sizes} pixels")
        reference, test = self.crop(reference), self.crop(test)
        if self.channel == "RGB":
            reference, test = as_rgb(reference), as_rgb(test)
        elif reference.ndim == 2:
            reference, test = reference[..., None], _grey(test)[..., None]
        else:
            reference, test = luma(reference)[..., None], luma(as_rgb(test))[..., None]
        reference, test = reference / self.data_range, test / self.data_range
        return Scores(psnr_db=fidelity.psnr_db(reference, test), ssim=fidelity.ssim(reference, test))


def luma(rgb: np.ndarray) -> np.ndarray:
    """BT.601 luma (...) of 8-bit R′G′B′ (..., 3) in whole levels: black is 16, white 235."""
    return np.floor(_BLACK + rgb @ _RED_GREEN_BLUE / 255.0 + 0.5)


def as_rgb(picture: np.ndarray) -> np.ndarray:
    """Grey (H, W) repeated in three channels; (H, W, 3) as it is."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)


def _grey(picture: np.ndarray) -> np.ndarray:
    """Grey of 8-bit R′G′B′ in whole levels, 0 to 255; grey as it is."""
    if picture.ndim == 2:
        return picture
    return np.floor(picture @ (_RED_GREEN_BLUE / _RED_GREEN_BLUE.sum()) + 0.5)
