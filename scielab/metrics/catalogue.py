"""The metrics that a grid gives every output: names, units, directions, and the functions of those that need no more.

A new metric is a function of two pictures in a file of its own, and a line in `METRICS`: report, CSV, JSON, intervals
and margins take it from there. The table in text has room for two, the mean ΔE and PSNR. Most metrics are means over
pictures; those of the whole set are functions of what its pictures add up to.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scielab.metrics import fidelity, mesh


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that every output of a model gets, or all outputs together."""

    name: str  #: its name in results and files
    words: str
    short: str  #: the same where there is little room
    unit: str
    digits: int  #: after the point, where it is shown
    lower_is_better: bool
    #: A function of reference and output, (H, W, 3) sRGB values in [0, 1]. None where what is measured of the reference
    #: serves many outputs, or weights are needed: `scielab.model_grid.evaluate` has those.
    between: Callable[[np.ndarray, np.ndarray], float] | None = None
    #: Of a metric of the whole set: a function of the powers that `scielab.metrics.mesh` sums, (..., 3, P, 5) to (...).
    of_powers: Callable[[np.ndarray], np.ndarray] | None = None

    def show(self, value: float, *, unit: bool = False) -> str:
        """A value in text, rounded to `digits`; never "-0.00"."""
        return f"{round(value, self.digits) + 0.0:.{self.digits}f}" + (f" {self.unit}" if unit and self.unit else "")


#: In the order in which they are shown. The first is what the grid is about.
METRICS = (
    Metric("delta_e_mean", "S-CIELAB ΔE, mean", "ΔE mean", "ΔE", digits=2, lower_is_better=True),
    Metric("delta_e_p95", "S-CIELAB ΔE, 95th percentile", "ΔE p95", "ΔE", digits=2, lower_is_better=True),
    Metric("psnr_db", "PSNR", "PSNR", "dB", digits=2, lower_is_better=False, between=fidelity.psnr_db),
    Metric("ssim", "SSIM", "SSIM", "", digits=3, lower_is_better=False, between=fidelity.ssim),
    Metric("lpips-alex", "LPIPS with AlexNet", "LPIPS-alex", "", digits=3, lower_is_better=True),
    Metric("lpips-vgg", "LPIPS with VGG16", "LPIPS-vgg", "", digits=3, lower_is_better=True),
    Metric("lpips-squeeze", "LPIPS with SqueezeNet", "LPIPS-squeeze", "", digits=3, lower_is_better=True),
    Metric("mesh", "Mesh in flat areas", "mesh", "", digits=2, lower_is_better=True, of_powers=mesh.mesh),
    Metric("hatch", "Hatch in busy areas", "hatch", "", digits=2, lower_is_better=True, of_powers=mesh.hatch),
)
