"""What the front doors are given: one line, a ValueError, for what is of another kind than a parameter takes."""

import math
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import SupportsIndex


def path(value: object, name: str) -> Path:
    """A path; `name` is the parameter's, for the message."""
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f"{name} must be a path, not {type(value).__name__}")
    return Path(value)


def whole(value: object, name: str, low: int, high: float = math.inf) -> int:
    """A whole number in [`low`, `high`]; a float is none, be it 64.0."""
    try:
        number = operator.index(value) if isinstance(value, SupportsIndex) else None
    except TypeError:  # an array of several
        number = None
    if number is None or isinstance(value, bool) or not low <= number <= high:
        bounds = f"[{low}, {high}]" if math.isfinite(high) else f"[{low}, ∞)"
        raise ValueError(f"{name} = {value!r} must be a whole number in {bounds}")
    return number


def seed(value: object) -> int:
    """A seed: a whole number from 0. Nothing that would give other noise on every call."""
    return whole(value, "seed", 0)


def several(values: object) -> list:
    """One or several as a list: a text, a path and what cannot be iterated are one."""
    return [values] if isinstance(values, str | os.PathLike) or not isinstance(values, Iterable) else list(values)
