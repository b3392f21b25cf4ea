"""Frozen values with bounds: fields that state default, bounds and meaning once, and texts that set them.

Cameras, training recipes and the options of charts are made of these.
"""

import dataclasses
import difflib
import inspect
import math
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Kind = TypeVar("Kind")


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


# --- values within values: keys with dots, such as optics.fnumber ----------------------------------------------------

_KIND_WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text", tuple: "a list of numbers"}


def fields(kind: type) -> Iterator[tuple[str, dataclasses.Field]]:
    """Every key of a class of frozen values, such as ``optics.fnumber``, with its field."""
    hints = typing.get_type_hints(kind)
    for entry in dataclasses.fields(kind):
        if dataclasses.is_dataclass(hints[entry.name]):
            yield from ((f"{entry.name}.{key}", inner) for key, inner in fields(hints[entry.name]))
        else:
            yield entry.name, entry


def build(kind: type[Kind], values: Mapping) -> Kind:
    """Make frozen values of nested dictionaries, as TOML gives them; what is absent keeps its default.

    Raises ValueError naming the key, the value and the bound; for an unknown key with the one that it may have meant.
    """
    return _build(kind, values, "", kind)


def _build(kind: type, values: Mapping, prefix: str, whole: type) -> Any:
    hints = typing.get_type_hints(kind)
    arguments = {}
    for key, value in values.items():
        if key not in hints:
            raise ValueError(f"unknown key {prefix}{key}{_key_hint(prefix + key, whole)}")
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, dict):
                raise ValueError(f"{prefix}{key} must be a table")
            arguments[key] = _build(hints[key], value, f"{prefix}{key}.", whole)
        else:
            arguments[key] = _convert(value, hints[key], f"{prefix}{key}")
    return kind(**arguments)


def _convert(value: object, wanted: Any, name: str) -> Any:
    """`value`, as TOML or NumPy gives it, as the kind that the field wants."""
    value = value.tolist() if hasattr(value, "tolist") else value
    kinds = wanted.__args__ if isinstance(wanted, types.UnionType) else (wanted,)
    kinds = [typing.get_origin(kind) or kind for kind in kinds]  # tuple[float, ...] is a tuple
    if types.NoneType in kinds:
        kinds.remove(types.NoneType)
        if value is None or value == "auto":
            return None
    if tuple in kinds and isinstance(value, list | tuple):
        flat = [number for row in value for number in (row if isinstance(row, list | tuple) else [row])]
        return tuple(_convert(number, float, name) for number in flat)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, tuple(kinds)) or (bool not in kinds and isinstance(value, bool)):
        raise ValueError(f"{name} = {value!r} must be {' or '.join(_KIND_WORDS[kind] for kind in kinds)}")
    if isinstance(value, float) and math.isnan(value):
        raise ValueError(f"{name} must be a number")
    return value


def _key_hint(key: str, kind: type) -> str:
    """The full name of the field that `key` may have meant."""
    known = [name for name, _ in fields(kind)]
    same_end = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    return f"; did you mean {same_end[0]!r}?" if same_end else hint(key, known)


def replaced(values: Kind, changes: Iterable[tuple[str, object]]) -> Kind:
    """Frozen values in which fields are others, by key such as ``optics.fnumber``, all at once.

    A relative path of a file starts where Python runs. Raises ValueError as `build` does, and for a missing file.
    """
    tables = dataclasses.asdict(values)
    for key, value in changes:
        *path, last = key.split(".")
        target = tables
        for name in path:
            target = target.get(name)
            if not isinstance(target, dict):
                raise ValueError(f"unknown key {key}{_key_hint(key, type(values))}")
        target[last] = value
    place_files(tables, Path())
    made = build(type(values), tables)
    check_files(made)
    return made


def place_files(tables: Mapping, folder: Path) -> None:
    """Make the paths of files, whose keys end in ``_file``, absolute; relative ones lie in `folder`."""
    for table in tables.values():
        for key in table if isinstance(table, dict) else ():
            if key.endswith("_file") and table[key] and isinstance(table[key], str | Path):
                table[key] = str((folder / table[key]).absolute())


def check_files(values: object) -> None:
    """Raise ValueError, with its key, for a file that frozen values name and that is not there."""
    for key, path in changed(values).items():
        if key.endswith("_file") and not Path(path).is_file():
            raise ValueError(f"{key} = {path!r}: no such file")


# --- how frozen values show themselves -------------------------------------------------------------------------------


def changed(values: object) -> dict[str, object]:
    """What differs from the defaults, by key."""
    found = {}
    for entry in dataclasses.fields(values):
        value = getattr(values, entry.name)
        if dataclasses.is_dataclass(value):
            found |= {f"{entry.name}.{key}": inner for key, inner in changed(value).items()}
        elif value != entry.default:
            found[entry.name] = value
    return found


def word(value: object) -> str:
    """A value as Python writes it, whole numbers without a point."""
    return repr(value).removesuffix(".0")


class Frozen:
    """What classes of frozen values have in common: a changed copy, and a display of what is not as by default."""

    __slots__ = ()

    def replace(self, key: str, value: object) -> typing.Self:
        """The same with another value in one field; these values stay as they are.

        Parameters
        ----------
        key : str
            The field. Fields within fields have dots: "optics.fnumber", as `camsim settings --keys` lists them.
        value : object
            What it is to be, in the unit that the key names; None for automatic. A relative path of a file starts where
            Python runs.

        Returns
        -------
        Camera, or one of its parts
            The changed values, checked as those of a file are.

        Raises
        ------
        ValueError
            For an unknown key, a value of the wrong kind or out of bounds, values that are impossible together, and a
            file that is not there.

        Examples
        --------
        >>> import camsim
        >>> camsim.load("f22").replace("optics.fnumber", 16)
        Camera('f22', optics.fnumber=16)
        >>> camsim.load("f22").replace("fnumber", 16)
        Traceback (most recent call last):
        ...
        ValueError: unknown key fnumber; did you mean 'optics.fnumber'?
        """
        return replaced(self, [(key, value)])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={word(value)}' for key, value in changed(self).items())})"

    def _repr_html_(self) -> str:
        """A table of what differs from the defaults, with its meaning, for notebooks."""
        import html

        about = dict(fields(type(self)))
        rows = [(key, word(value), about[key].metadata["meaning"]) for key, value in changed(self).items()]
        cells = ["".join(f"<td>{html.escape(text)}</td>" for text in row) for row in rows]
        return f"<table><caption>{type(self).__name__}</caption>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


@typing.dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(number, choice, plain, field))
def frozen(kind: type[Kind]) -> type[Kind]:
    """Make a class of frozen values, whose docstring gets every field's default, bounds and meaning: stated once."""
    kind = dataclass(frozen=True, slots=True, kw_only=True, repr=False)(kind)
    if not kind.__doc__:  # python -OO
        return kind
    hints = typing.get_type_hints(kind)
    lines = ["Parameters", "----------"]
    for entry in dataclasses.fields(kind):
        nested = dataclasses.is_dataclass(hints[entry.name])
        name = hints[entry.name].__name__ if isinstance(hints[entry.name], type) else str(hints[entry.name])
        lines.append(f"{entry.name} : {name}, {'optional' if nested else f'default {word(entry.default)}'}")
        limits = f"; {'in' if 'low' in entry.metadata else 'one of'} {bounds(entry.metadata)}"
        lines.append(f"    {entry.metadata['meaning']}{limits if bounds(entry.metadata) else ''}")
    head, examples, tail = inspect.cleandoc(kind.__doc__).partition("Examples\n")
    kind.__doc__ = "\n".join([head.rstrip(), "", *lines, "", examples + tail])
    return kind
