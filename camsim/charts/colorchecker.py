"""The ColorChecker: 24 surface colours in four rows of six, as reflectances, as sRGB, as a picture.

The reflectances (`camsim/data/colorchecker.csv`) are ISETCam's, of one real chart, whose greys are a little warm: under
D65 the patches lie on average 2.5 CIEDE2000 from the published sRGB values, the white 5.8. The cyan patch is outside
sRGB; its red is clipped at 0.

Reference: C. McCamy, H. Marcus and J. Davidson, "A color-rendition chart", J. Applied Photographic Engineering 2, 1976.
"""

from importlib import resources

import numpy as np

from camsim.charts import patterns
from camsim.light import colour, spectra


def patch_names() -> tuple[str, ...]:
    """Names of the 24 patches, row by row from dark skin."""
    with (resources.files("camsim") / "data" / "colorchecker.csv").open(encoding="utf-8") as file:
        header = next(text for text in file if not text.startswith("#"))
    return tuple(header.strip().split(",")[1:])


def patch_linear() -> np.ndarray:
    """Linear sRGB of the 24 patches under D65, (24, 3), not clipped; a perfect white is (1, 1, 1)."""
    d65 = spectra.table("d65")[:, 0]
    xyz = spectra.xyz(spectra.table("colorchecker").T * d65)
    return colour.xyz_to_linear(xyz / spectra.xyz(d65) * colour.SRGB_WHITE_XYZ)


def patch_boxes(height: int, width: int, *, gap: float) -> np.ndarray:
    """Top, left, bottom, right of the 24 patches, pixels, (24, 4): squares, the whole centred in the picture."""
    pitch = min(height / (4 + gap), width / (6 + gap))
    rows, columns = np.divmod(np.arange(24), 6)
    top = (height - pitch * (4 - gap)) / 2 + rows * pitch
    left = (width - pitch * (6 - gap)) / 2 + columns * pitch
    side = pitch * (1 - gap)
    return np.stack([top, left, top + side, left + side], axis=1)


def colorchecker(height: int, width: int, *, gap: float, surround: float, spectral: bool = False) -> np.ndarray:
    """(height, width, 3) linear light or, with `spectral`, (height, width, 31) reflectance, float32."""
    colours = spectra.table("colorchecker").T if spectral else np.clip(patch_linear(), 0.0, 1.0)
    boxes = patch_boxes(height, width, gap=gap)
    rows = patterns.interval_coverage(height, boxes[::6, 0], boxes[::6, 2])
    columns = patterns.interval_coverage(width, boxes[:6, 1], boxes[:6, 3])
    contrast = colours.reshape(4, 6, -1) - surround
    ground: float | np.ndarray = surround
    if spectral:  # 31 bands are much memory
        rows, columns, contrast, ground = (np.asarray(v, dtype=np.float32) for v in (rows, columns, contrast, surround))
    return ground + np.einsum("ih,jw,ijc->hwc", rows, columns, contrast, optimize=True)
