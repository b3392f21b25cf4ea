"""What a chart is: how it is drawn, and its options with their bounds, meaning and defaults."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from camsim.schema import hint

#: Largest side of a chart in pixels, and so of anything in it.
MAX_SIDE = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value that shapes a chart. A default of None is written "auto" and explained in `meaning`."""

    name: str
    default: float | int | str | None
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    above: bool = False  #: `low` itself is excluded
    choices: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return ", ".join(self.choices)
        return f"{'(' if self.above else '['}{self.low:g}, {self.high:g}{']' if math.isfinite(self.high) else ')'}"

    def convert(self, value: object) -> float | int | str | None:
        """`value`, perhaps as text, as this option's kind; ValueError names option, value and bound."""
        if value is None or (isinstance(value, str) and value.strip() == "auto"):
            if self.default is not None:
                raise ValueError(f"{self.name} cannot be auto; it must be {self.bounds}")
            return None
        if self.choices:
            word = str(value).strip().lower()
            if word not in self.choices:
                raise ValueError(f"{self.name} = {value!r} must be one of {self.bounds}{hint(word, self.choices)}")
            return word
        whole = isinstance(self.default, int)
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or (whole and number != int(number)):
            raise ValueError(f"{self.name} = {value!r} must be a {'whole ' if whole else ''}number in {self.bounds}")
        if not (self.low < number if self.above else self.low <= number) or number > self.high:
            raise ValueError(f"{self.name} = {number:g} must be in {self.bounds}")
        return int(number) if whole else number


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: how it is drawn and what can be chosen."""

    name: str
    description: str
    draw: Callable[..., np.ndarray]  #: (height, width, **options) -> (height, width) grey or (height, width, 3)
    options: tuple[Option, ...]
    size: tuple[int, int] = (512, 512)  #: height, width that suit it


def level(name: str, default: float | None, meaning: str) -> Option:
    """A level of linear light."""
    return Option(name=name, default=default, low=0, high=1, meaning=meaning)


def size(name: str, default: float | None, meaning: str) -> Option:
    """A length in pixels or a number of cycles, above 0."""
    return Option(name=name, default=default, low=0, high=MAX_SIDE, above=True, meaning=meaning)


def contrast(name: str, default: float | None, meaning: str) -> Option:
    """Michelson's contrast, above 0."""
    return Option(name=name, default=default, low=0, high=1, above=True, meaning=meaning)


def angle(name: str, default: float, meaning: str) -> Option:
    """An angle in degrees."""
    return Option(name=name, default=default, low=-360, high=360, meaning=meaning)


def choice(name: str, default: str, choices: str, meaning: str) -> Option:
    """One of the words of `choices`."""
    return Option(name=name, default=default, choices=tuple(choices.split()), meaning=meaning)
