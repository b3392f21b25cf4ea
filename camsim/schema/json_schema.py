"""JSON Schema of the TOML files that frozen values are written in, for editors and other programs."""

import math
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from camsim.schema.frozen import Frozen

#: Units by the ends of names.
_UNITS = {
    "deg": "°",
    "m": "m",
    "mm": "mm",
    "um": "µm",
    "nm": "nm",
    "dpt": "dpt",
    "cd_m2": "cd/m²",
    "s": "s",
    "ev": "EV",
    "e": "e⁻",
    "e_per_s": "e⁻/s",
    "uv_per_e": "µV/e⁻",
    "dn": "DN",
    "px": "px",
}


def unit(name: str) -> str:
    """The unit that a field's name ends with, as it is written; "" where it has none."""
    parts = name.split("_")
    ends = ("_".join(parts[start:]) for start in range(1, len(parts)))
    return next((_UNITS[end] for end in ends if end in _UNITS), "")


class _OfToml(GenerateJsonSchema):
    """Schemas of TOML files, where None is written "auto"."""

    def nullable_schema(self, schema: Any) -> dict:
        return {"anyOf": [self.generate_inner(schema["schema"]), {"const": "auto"}]}

    def encode_default(self, dft: Any) -> Any:
        return "auto" if dft is None else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(kind: type[Frozen], title: str) -> dict:
    """The JSON Schema (draft 2020-12) of TOML files of a class of frozen values.

    ``x-unit`` is a number's unit, ``x-scale`` how its values spread: linear, log, or symlog where 0 is allowed, too;
    ``x-default`` is a default that JSON has no number for, as TOML writes it.
    """

    def tidied(node: Any) -> Any:
        if isinstance(node, list):
            return [tidied(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        node = {key: tidied(value) for key, value in node.items()}
        for name, about in node.get("properties", {}).items():
            if unit(name):
                about.setdefault("x-unit", unit(name))
        if node.get("additionalProperties") is True:  # goes without saying; older versions of pydantic do not
            del node["additionalProperties"]
        if isinstance(node.get("description"), str):
            node["description"] = node["description"].partition("\n")[0]
        if node.get("default") == math.inf:
            node["x-default"] = "inf"
        return {key: v for key, v in node.items() if not (isinstance(v, float) and math.isinf(v))}  # JSON has none

    made = TypeAdapter(kind).json_schema(schema_generator=_OfToml)
    return {"$schema": _OfToml.schema_dialect} | tidied(made) | {"title": title}
