"""Frozen values with bounds: fields that state default, bounds and meaning once, and texts that set them.

Cameras, training recipes and the options of charts are made of these.
"""

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any


def number(default: float | None, low: float, high: float, meaning: str, *, above: bool = False) -> Any:
    """A field with bounds; `above` excludes the lower one."""
    return field(default=default, metadata={"low": low, "high": high, "above": above, "meaning": meaning})


def choice(default: str, choices: str, meaning: str) -> Any:
    """A field that holds one of the words of `choices`."""
    return field(default=default, metadata={"choices": tuple(choices.split()), "meaning": meaning})


def plain(default: Any, meaning: str) -> Any:
    """A field without bounds."""
    return field(default=default, metadata={"meaning": meaning})


def hint(word: object, known: Iterable[str]) -> str:
    """The known word that is closest to a mistyped one, as the end of a message; "" where none is close."""
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def split_assignment(text: str, *, example: str) -> tuple[str, str]:
    """Key and text of the value of ``KEY=VALUE``; ValueError, with an example, where there is no key or equals sign."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"{text}: write KEY=VALUE, such as {example}")
    return key.strip(), value


def parse_assignment(text: str, *, example: str) -> tuple[str, object]:
    """Key and value of ``KEY=VALUE``, whose value is written as in TOML or is a bare word; errors as above."""
    key, value = split_assignment(text, example=example)
    try:
        return key, tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        return key, value.strip()


def bounds(metadata: Mapping) -> str:
    """The bounds of a field in words, from its metadata."""
    if "low" in metadata:
        return f"{'(' if metadata.get('above') else '['}{metadata['low']:g}, {metadata['high']:g}]"
    return ", ".join(metadata.get("choices", ()))


def check(part: object) -> None:
    """Hold every field of a frozen value to its bounds; ValueError names field, value and bound."""
    for entry in dataclasses.fields(part):
        value, about = getattr(part, entry.name), entry.metadata
        name = f"{type(part).__name__.lower()}.{entry.name}"
        if "choices" in about and isinstance(value, str) and value not in about["choices"]:
            raise ValueError(f"{name} = {value!r} must be one of {bounds(about)}{hint(value, about['choices'])}")
        if "low" in about and value is not None:
            inside = (about["low"] < value if about["above"] else about["low"] <= value) and value <= about["high"]
            if not inside:
                raise ValueError(f"{name} = {value} must be in {bounds(about)}")
        if isinstance(value, tuple) and not all(math.isfinite(item) for item in value):
            raise ValueError(f"{name} = {value} must be finite numbers")
