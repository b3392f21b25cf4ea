"""One line for what pydantic finds wrong: key, value, bound, and what may have been meant."""

import math
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from camsim.arguments import shown
from camsim.schema.fields import choices, kind_words, limits, members, own_fields
from camsim.schema.spelling import hint

_OUTSIDE = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def in_words(error: ValidationError, kind: Any, prefix: str) -> str:
    """The first mistake as one line: key, value, bound, and what may have been meant."""
    problems = error.errors(include_url=False)
    same = [problem for problem in problems if problem["loc"][:1] == problems[0]["loc"][:1]]
    problem = max(same, key=lambda problem: len(problem["loc"]))  # of a union's complaints that which looked deepest
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    names, field = _place(problem["loc"], kind)
    key, value, sort = prefix + ".".join(names), problem["input"], problem["type"]
    if sort == "unexpected_keyword_argument":
        return kind._unknown(key, prefix)
    if sort == "missing":
        return f"{key} is missing"
    if own_fields(field.annotation):
        return f"{key} must be a table"
    words, written = choices(field.annotation), shown(value)
    if words and isinstance(value, str):
        return f"{key} = {written} must be one of {', '.join(words)}{hint(value, words)}"
    if sort in ("too_long", "too_short"):
        least, most = problem["ctx"].get("min_length"), problem["ctx"].get("max_length")
        return f"{key} has {len(value)} values, must have {f'at most {most}' if least is None else f'at least {least}'}"
    if sort in _OUTSIDE and not (isinstance(value, float) and math.isnan(value)):
        return f"{key} = {shown(value).removesuffix('.0')} must be in {limits(field)}"
    wanted = "a finite number" if sort == "finite_number" else kind_words(field.annotation)
    return f"{key} = {written} must be {wanted}{f' in {limits(field)}' if limits(field) else ''}"


def _place(steps: Iterable[str | int], kind: type) -> tuple[list[str], FieldInfo]:
    """The names on the way to a value, and what it must be."""
    names: list[str] = []
    field = FieldInfo.from_annotation(kind)
    for step in steps:
        known = own_fields(field.annotation)
        inner = {typing.get_origin(kind): typing.get_args(kind) for kind in members(field.annotation)}
        if step in known:
            names.append(str(step))
            field = known[step]
        elif isinstance(step, int) and tuple in inner:
            names[-1] += f"[{step}]"
            field = FieldInfo.from_annotation(inner[tuple][0])
        elif known or dict in inner:
            names.append(str(step))
            field = FieldInfo.from_annotation(inner[dict][1]) if dict in inner else field
    return names, field


def key_hint(key: str, known: Iterable[str]) -> str:
    """The full name of the field that `key` may have meant."""
    same_end = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    return f"; did you mean {same_end[0]!r}?" if same_end else hint(key, known)


def word(value: object) -> str:
    """A value as Python writes it, whole numbers without a point."""
    return repr(value).removesuffix(".0")
