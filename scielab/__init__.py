"""What the eye sees of the difference between two pictures: S-CIELAB.

Example
-------
>>> import numpy, scielab
>>> picture = numpy.full((64, 64, 3), 0.5)
>>> scielab.summary(scielab.delta_e(picture, picture))["max"]
0.0
"""

from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

__all__ = ["DEFAULT_SAMPLES_PER_DEGREE", "Reference", "delta_e", "summary"]


def __getattr__(name: str):
    """Load the metric, and SciPy with it, on first use: `scielab --help` needs neither."""
    if name in ("Reference", "delta_e", "summary"):
        from scielab.metrics import s_cielab

        return getattr(s_cielab, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
