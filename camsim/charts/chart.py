"""What a chart is: how it is drawn, and its options with their bounds, meaning and defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from camsim.schema.fields import Auto, Scale, number, plain
from camsim.schema.frozen import Options, class_of

#: Largest side of a chart in pixels, and so of anything in it.
MAX_SIDE = 8192

_AutoNumber = Auto[float]

#: Type and field of an option.
Option = tuple[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart: how it is drawn and what can be chosen."""

    name: str
    description: str
    draw: Callable[..., np.ndarray]  #: (height, width, **options) -> (height, width) grey or (height, width, 3)
    options: Mapping[str, Option]
    size: tuple[int, int] = (512, 512)  #: height, width that suit it

    @cached_property
    def values(self) -> type[Options]:
        """The frozen values that its options are."""
        return class_of(self.name, Options, self.options)


def _number(text: object) -> object:
    """Text as the number that it is; all else as it is."""
    if not isinstance(text, str):
        return text
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _whole(text: object) -> object:
    """Text and floats as the whole number that they are; all else as it is."""
    value = _number(text)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def value(
    default: float | None, low: float, high: float, meaning: str, *, above: bool = False, scale: Scale = "linear"
) -> Option:
    """A number, whole where its default is; `above` excludes the lower bound. None is written "auto"."""
    kind: Any = Annotated[int, BeforeValidator(_whole)] if isinstance(default, int) else None
    kind = kind or Annotated[float if default is not None else _AutoNumber, BeforeValidator(_number)]
    return kind, number(default, low, high, meaning, above=above, scale=scale)


def level(default: float | None, meaning: str) -> Option:
    """A level of linear light."""
    return value(default, 0, 1, meaning)


def size(default: float | None, meaning: str) -> Option:
    """A length in pixels or a number of cycles, above 0."""
    return value(default, 0, MAX_SIDE, meaning, above=True, scale="log")


def contrast(default: float | None, meaning: str) -> Option:
    """Michelson's contrast, above 0."""
    return value(default, 0, 1, meaning, above=True)


def angle(default: float, meaning: str) -> Option:
    """An angle in degrees."""
    return value(default, -360, 360, meaning)


def choice(default: str, choices: str, meaning: str) -> Option:
    """One of the words of `choices`."""
    lower = BeforeValidator(lambda word: word.strip().lower() if isinstance(word, str) else word)
    return Annotated[Literal[*choices.split()], lower], plain(default, meaning)
