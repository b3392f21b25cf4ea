"""What the grid measures of a picture against its reference: names, units and directions."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that every output of a model gets."""

    name: str  #: its name in results and files
    words: str
    short: str  #: the same where there is little room
    unit: str
    digits: int  #: after the point, where it is shown
    lower_is_better: bool

    def show(self, value: float, *, unit: bool = False) -> str:
        """A value in text, rounded to `digits`; never "-0.00"."""
        return f"{round(value, self.digits) + 0.0:.{self.digits}f}" + (f" {self.unit}" if unit and self.unit else "")


#: In the order in which they are shown. The first is what the grid is about.
MEASURES = (
    Measure("delta_e_mean", "S-CIELAB ΔE, mean", "ΔE mean", "ΔE", digits=2, lower_is_better=True),
    Measure("delta_e_p95", "S-CIELAB ΔE, 95th percentile", "ΔE p95", "ΔE", digits=2, lower_is_better=True),
    Measure("psnr_db", "PSNR", "PSNR", "dB", digits=2, lower_is_better=False),
    Measure("ssim", "SSIM", "SSIM", "", digits=3, lower_is_better=False),
    Measure("lpips", "LPIPS", "LPIPS", "", digits=3, lower_is_better=True),
)


def measured(results: Iterable) -> tuple[Measure, ...]:
    """The measures that every one of the results has; LPIPS only where weights were given."""
    results = list(results)
    return tuple(
        measure for measure in MEASURES if all(getattr(result, measure.name) is not None for result in results)
    )
