"""What the eye sees of the difference between two pictures: S-CIELAB.

`delta_e` gives the map of differences and `summary` its numbers; `compare` gives both with a record of all that they
depend on; `Reference` keeps one picture for many comparisons; `Viewing` says from how far and what the numbers of the
pictures mean. `grid` crosses models with cameras, and `SCIELABLoss` trains a network with what the eye sees. Pictures
are arrays (H, W, 3), paths or what `camsim.render` gives.

Examples
--------
>>> import numpy, scielab
>>> picture = numpy.full((64, 64, 3), 0.5)
>>> scielab.summary(scielab.delta_e(picture, picture))["max"]
0.0
"""

import importlib
from typing import TYPE_CHECKING, Any

from camsim._version import __version__
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE, Viewing

if TYPE_CHECKING:
    from scielab.comparison.pair import compare
    from scielab.keras_losses.s_cielab import SCIELABLoss
    from scielab.metrics.s_cielab import Reference, delta_e, summary
    from scielab.model_grid.run import grid

__all__ = [
    "DEFAULT_SAMPLES_PER_DEGREE",
    "Reference",
    "SCIELABLoss",
    "Viewing",
    "__version__",
    "compare",
    "delta_e",
    "grid",
    "summary",
]

#: Where the things are that load NumPy, SciPy or Keras: on first use, since `scielab --help` needs none of them.
_MODULES = {
    "Reference": "scielab.metrics.s_cielab",
    "SCIELABLoss": "scielab.keras_losses.s_cielab",
    "compare": "scielab.comparison.pair",
    "delta_e": "scielab.metrics.s_cielab",
    "grid": "scielab.model_grid.run",
    "summary": "scielab.metrics.s_cielab",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module(_MODULES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
