"""Frozen values: classes that pydantic checks however they are made, keys with dots, and how values show themselves."""

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import pydantic
import pydantic.dataclasses

from camsim.io import text_file
from camsim.schema.fields import (
    bounds,
    default,
    fields,
    limits,
    members,
    own_fields,
)
from camsim.schema.spelling import hint
from camsim.schema.wording import in_words, key_hint, word

Kind = TypeVar("Kind", bound="Frozen")


def replaced(values: Kind, changes: Iterable[tuple[str, object]]) -> Kind:
    """Frozen values in which fields are others, by key such as ``optics.fnumber``, all at once.

    A relative path of a file starts where Python runs. Raises ValueError as making them does, and for a missing file.
    """
    tables = dataclasses.asdict(values)
    for key, value in changes:
        *path, last = key.split(".")
        target: Any = tables
        for name in path:
            target = target.get(name)
            if not isinstance(target, dict):
                raise ValueError(type(values)._unknown(key, ""))
        target[last] = value
    place_files(tables, Path())
    made = type(values)(**tables)
    check_files(made)
    return made


def place_files(tables: Mapping, folder: Path) -> None:
    """Make the paths of files, whose keys end in ``_file``, absolute; relative ones lie in `folder`."""
    for values in tables.values():
        for key in values if isinstance(values, dict) else ():
            if key.endswith("_file") and values[key] and isinstance(values[key], str | Path):
                values[key] = str((folder / values[key]).absolute())


def check_files(values: object) -> None:
    """Raise ValueError, with its key, for a file that frozen values name and that is not there."""
    for key, path in changed(values).items():
        if key.endswith("_file") and not Path(str(path)).is_file():
            raise ValueError(f"{key} = {path!r}: no such file")


# --- how frozen values show themselves -------------------------------------------------------------------------------


def changed(values: object) -> dict[str, object]:
    """What differs from the defaults, by key."""
    found: dict[str, object] = {}
    for name, field in own_fields(type(values)).items():
        value = getattr(values, name)
        if own_fields(type(value)):
            found |= {f"{name}.{key}": inner for key, inner in changed(value).items()}
        elif value != default(field):
            found[name] = value
    return found


class Frozen:
    """What classes of frozen values have in common: a changed copy, and a display of what is not as by default."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # those of the classes that `frozen` makes

    @classmethod
    def _prefix(cls, values: Mapping[str, object]) -> str:
        """What stands before a field's name in messages about `values`."""
        return ""

    @classmethod
    def _unknown(cls, key: str, prefix: str) -> str:
        """What is said of a key that is none."""
        return f"unknown key {key}{key_hint(key, [prefix + name for name, _ in fields(cls)])}"

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
        Camera('f22', optics.fnumber=16, sensor.auto_exposure='incident')
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
        rows = [(key, word(value), about[key].description or "") for key, value in changed(self).items()]
        cells = ["".join(f"<td>{html.escape(text)}</td>" for text in row) for row in rows]
        return f"<table><caption>{type(self).__name__}</caption>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


class Part(Frozen):
    """Frozen values within others, under the lower-case name of their class."""

    __slots__ = ()

    @classmethod
    def _prefix(cls, values: Mapping[str, object]) -> str:
        return f"{cls.__name__.lower()}."


class Options(Frozen):
    """Options of something that has a name, that of their class."""

    __slots__ = ()

    @classmethod
    def _prefix(cls, values: Mapping[str, object]) -> str:
        return f"{cls.__name__.lower()}: "

    @classmethod
    def _unknown(cls, key: str, prefix: str) -> str:
        known, key = list(own_fields(cls)), key.removeprefix(prefix)
        return f"{cls.__name__.lower()} has no option {key!r}; it has {', '.join(known)}{hint(key, known)}"


def _native(value: object) -> object:
    """NumPy's numbers and arrays as Python's."""
    if isinstance(value, dict):
        return {key: _native(inner) for key, inner in value.items()}
    return value.tolist() if hasattr(value, "tolist") else value


# Without `field_specifiers`, of which type checkers take a default by its keyword only: what has a value has a default.
@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def frozen(kind: type[Kind]) -> type[Kind]:
    """Make a class of frozen values, whose docstring gets every field's default, bounds and meaning: stated once."""
    return _made(kind, extra="forbid")


@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def record(kind: type[Kind]) -> type[Kind]:
    """Make a class of what is used of a JSON file that a program has written; what else is in the file may be there."""
    return _made(kind, extra="ignore")


def read_record(kind: type[Frozen], path: Path, what: str) -> dict[str, Any]:
    """All that is in a JSON file, once it is what a class of `record` says; `what` the file is stands in messages.

    Raises FileNotFoundError where there is no file, ValueError in one line for all other trouble.
    """
    try:
        found = text_file.read_json(path)
        if not isinstance(found, dict):
            raise ValueError("no table of keys and values")
        kind(**found)
    except ValueError as error:
        raise ValueError(f"{path}: damaged, or not {what} ({str(error).removeprefix(f'{path}: ')})") from error
    return found


def _made(kind: type[Kind], *, extra: Literal["forbid", "ignore"]) -> type[Kind]:
    config = pydantic.ConfigDict(extra=extra)
    decorate = pydantic.dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, config=config)
    made: Any = decorate(kind)  # a class whose methods are about to change
    validate = made.__init__

    @functools.wraps(validate)
    def __init__(self: Any, /, **values: Any) -> None:  # noqa: N807
        try:
            validate(self, **{key: _native(value) for key, value in values.items()})
        except pydantic.ValidationError as error:
            raise ValueError(in_words(error, made, made._prefix(values))) from None

    made.__init__ = __init__
    if made.__doc__:  # none with python -OO
        made.__doc__ = _with_parameters(made)
    return made


def class_of(name: str, base: type[Kind], entries: Mapping[str, tuple[Any, Any]]) -> type[Kind]:
    """A class of frozen values made of names, each with its type and its field or default."""
    body = {key: field for key, (_, field) in entries.items()}
    hints = {key: kind for key, (kind, _) in entries.items()}
    made: type[Kind] = type(name, (base,), body | {"__annotations__": hints})
    return frozen(made)


def _with_parameters(kind: type) -> str:
    """A class's docstring with what its fields say of themselves, before its examples."""
    lines = ["Parameters", "----------"]
    hints = typing.get_type_hints(kind)
    for name, field in own_fields(kind).items():
        sorts = ["str" if typing.get_origin(sort) is Literal else sort for sort in members(hints[name])]
        sorts = ["None" if s is types.NoneType else s.__name__ if isinstance(s, type) else str(s) for s in sorts]
        shown = "optional" if own_fields(field.annotation) else f"default {word(default(field))}"
        shown = "required" if field.is_required() else shown
        allowed = f"; {'in' if limits(field) else 'one of'} {bounds(field)}" if bounds(field) else ""
        lines.append(f"{name} : {' | '.join(dict.fromkeys(sorts))}, {shown}")
        lines.append(f"    {field.description}{allowed}")
    lines += ["", "Raises", "------", "ValueError", "    For a value out of bounds, and values that contradict others."]
    head, examples, tail = inspect.cleandoc(kind.__doc__ or "").partition("Examples\n")
    return "\n".join([head.rstrip(), "", *lines, "", examples + tail])
