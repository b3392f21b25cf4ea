"""What the front doors are given: one line, a ValueError, for what is of another kind than a parameter takes."""

import math
import operator
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import SupportsIndex

#: A value in a message is not longer, a word in it that nothing marks as a value, such as a path, not this long.
_LONGEST_VALUE, _LONGEST_WORD = 80, 300

#: What joins letters of Indic and Persian words, and the parts of an emoji, or keeps them apart: harmless.
_JOINERS = "\u200c\u200d"

#: Categories of Unicode: control, format (such as a change of direction), half a pair, ends of lines and paragraphs.
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


#: A long value between its quotes, which begin and end a word: not what is between two apostrophes of a path.
_QUOTED = re.compile(r"(?<![^\s(\[{=,:])'[^']{79,}'(?![^\s)\]},.:;])")


def shown(value: object) -> str:
    """A value for a message, as Python writes it, cut in the middle at 80 characters."""
    return _cut(repr(value), _LONGEST_VALUE)


def one_line(text: str) -> str:
    """A message as one line that does nothing to a terminal, its values cut as by `shown`."""
    text = " ".join(_cut(word, _LONGEST_WORD) for word in printable(text).split())
    return _QUOTED.sub(lambda found: _cut(found[0], _LONGEST_VALUE), text)


def printable(text: str) -> str:
    """A text without characters that do something to a terminal instead of standing in it; its lines stay."""
    return "".join(
        letter if letter in f"\n\t{_JOINERS}" or unicodedata.category(letter) not in _UNPRINTABLE else "?"
        for letter in text
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 30]}…{text[-29:]}"


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
        raise ValueError(f"{name} = {shown(value)} must be a whole number in {bounds}")
    return number


def seed(value: object) -> int:
    """A seed: a whole number from 0. Nothing that would give other noise on every call."""
    return whole(value, "seed", 0)


def interval(value: object, name: str) -> tuple[float, float]:
    """Two finite numbers, the lower one first; a text is none."""
    try:
        low, high = map(float, value if isinstance(value, Iterable) and not isinstance(value, str) else ())
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r} must be two numbers, [low, high]") from None
    if not -math.inf < low <= high < math.inf:
        raise ValueError(f"{name} = {value!r} must be two finite numbers, the lower one first")
    return low, high


def several(values: object) -> list:
    """One or several as a list: a text, a path and what cannot be iterated are one."""
    return [values] if isinstance(values, str | os.PathLike) or not isinstance(values, Iterable) else list(values)
