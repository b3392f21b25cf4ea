"""How a field of frozen values is declared, and what it says of itself."""

import math
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from camsim.io import outputs

Kind = TypeVar("Kind")

#: How values of a key spread: in equal steps, in equal ratios, or in equal ratios on both sides of a zero.
Scale = Literal["linear", "log", "symlog"]

#: A value that may be left to the program: "auto" in a file, None in Python.
Auto = Annotated[Kind | None, BeforeValidator(lambda value: None if value == "auto" else value)]


#: Whole numbers that count something.
Count = Annotated[int, Field(strict=True, ge=0)]


#: Text that becomes the name of a file or folder, perhaps with a suffix.
FileName = Annotated[str, AfterValidator(outputs.check_name)]


#: Finite numbers.
Numbers = tuple[Annotated[float, Field(strict=True, allow_inf_nan=False)], ...]


def _flat(value: object) -> object:
    """Rows one after another."""
    if not isinstance(value, list | tuple):
        return value
    return [number for row in value for number in (row if isinstance(row, list | tuple) else [row])]


#: Finite numbers row by row, or as rows.
Matrix = Annotated[Numbers, BeforeValidator(_flat, json_schema_input_type=list[float | list[float]])]


def number(
    default: float | types.EllipsisType | None,
    low: float,
    high: float,
    meaning: str,
    *,
    above: bool = False,
    below: bool = False,
    scale: Scale = "linear",
    unit: str = "",
) -> Any:
    """A field with bounds; `above` and `below` exclude them. Its unit is that which its name ends with, or `unit`."""
    ends: dict[str, Any] = {"gt" if above else "ge": low, "lt" if below else "le": high}
    more: JsonDict = {"x-scale": scale} | ({"x-unit": unit} if unit else {})
    return Field(default=default, description=meaning, strict=True, json_schema_extra=more, **ends)


def plain(default: Any, meaning: str, **limits: Any) -> Any:
    """A field whose type says what it may be, perhaps with other limits of `pydantic.Field`."""
    limits = {"strict": True} | limits if isinstance(default, bool) else limits
    return Field(default=default, description=meaning, **limits)


def table(meaning: str, **default: Any) -> Any:
    """A field that holds a dictionary."""
    return Field(default_factory=lambda: dict(default), description=meaning)


def part(kind: type, meaning: str) -> Any:
    """A field that holds other frozen values."""
    return Field(default_factory=kind, description=meaning)


# --- what a field says of itself --------------------------------------------------------------------------------------

_KIND_WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text", dict: "a table"}


def own_fields(kind: object) -> dict[str, FieldInfo]:
    """The fields of a class of frozen values, by name; {} for any other type."""
    return getattr(kind, "__pydantic_fields__", {})


def fields(kind: object) -> Iterator[tuple[str, FieldInfo]]:
    """Every key of a class of frozen values, such as ``optics.fnumber``, with its field."""
    for name, field in own_fields(kind).items():
        inner = [(f"{name}.{key}", below) for key, below in fields(field.annotation)]
        yield from inner or [(name, field)]


def default(field: FieldInfo) -> Any:
    """What a field is where nothing is said."""
    return field.get_default(call_default_factory=True, validated_data={})


def members(kind: Any) -> list:
    """The types that a type is made of: those of a union, and of what is annotated."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [member for inner in typing.get_args(kind) for member in members(inner)]
    return members(typing.get_args(kind)[0]) if typing.get_origin(kind) is Annotated else [kind]


def choices(kind: Any) -> list[str]:
    """The words that a type allows."""
    return [word for inner in members(kind) if typing.get_origin(inner) is Literal for word in typing.get_args(inner)]


def kind_words(kind: Any) -> str:
    """What a value of a type is, in words."""
    found = []
    for inner in members(kind):
        origin = typing.get_origin(inner) or inner
        if origin is tuple:
            found.append(f"a list of {'whole ' if int in members(typing.get_args(inner)[0]) else ''}numbers")
        elif inner is not types.NoneType:
            found.append(_KIND_WORDS.get(str if origin is Literal else origin, "a table"))
    return " or ".join(dict.fromkeys(found))


def limits(field: FieldInfo) -> str:
    """The bounds of a number in words."""
    names = ("ge", "gt", "le", "lt")
    found = {name: getattr(about, name) for about in field.metadata for name in names if hasattr(about, name)}
    if not found:
        return ""
    low, high = found.get("ge", found.get("gt", -math.inf)), found.get("le", found.get("lt", math.inf))
    return f"{'[' if 'ge' in found else '('}{low:g}, {high:g}{']' if 'le' in found else ')'}"


def bounds(field: FieldInfo) -> str:
    """What a field may be, in words: its bounds, or its choices; "" for anything."""
    return limits(field) or ", ".join(choices(field.annotation))
