"""The fields of a form, from the JSON Schema of what a protocol file may say; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from onset.experiment import quantities
from onset.experiment.protocol import Protocol
from onset.experiment.quantities import Kind

FieldType = Literal["quantity", "text", "whole", "choice", "list", "any"]

_KINDS = {kind.example: kind for kind in vars(quantities).values() if isinstance(kind, Kind)}


@dataclass(frozen=True, slots=True)
class Field:
    """One key that may be written in a table."""

    key: str
    type: FieldType
    required: bool
    kind: Kind | None = None
    """Of a quantity."""
    choices: tuple[str, ...] = ()
    tip: str = ""


@cache
def step_fields(do: str) -> tuple[Field, ...]:
    """Keys of a step of this name, without `do`."""
    mapping = _schema()["properties"]["steps"]["items"]["discriminator"]["mapping"]
    if do not in mapping:
        return ()
    return tuple(f for f in _fields(_schema()["$defs"][_name(mapping[do])]) if f.key != "do")


@cache
def table_fields(table: str) -> tuple[Field, ...]:
    """Keys of `[camera]` or `[end]`; of the whole file for an empty name."""
    if not table:
        simple = ("name", "description", "direction", "on_orphan")
        return tuple(field for field in _fields(_schema()) if field.key in simple)
    found = _schema()["properties"].get(table, {})
    return tuple(_fields(_schema()["$defs"][_name(found["$ref"])])) if "$ref" in found else ()


@cache
def _schema() -> Any:
    return Protocol.model_json_schema()


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _fields(schema: Any) -> list[Field]:
    required = set(schema.get("required", ()))
    return [_field(key, value, key in required) for key, value in schema["properties"].items()]


def _field(key: str, schema: Any, required: bool) -> Field:  # noqa: FBT001
    plain = schema
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            plain = option
            break
    kind = _KINDS.get((plain.get("examples") or [""])[0])
    tip = plain.get("description", "") or schema.get("description", "")
    if kind is not None:
        return Field(key, "quantity", required, kind, tip=tip)
    if "enum" in plain:
        return Field(key, "choice", required, choices=tuple(plain["enum"]), tip=tip)
    types: dict[str, FieldType] = {"string": "text", "integer": "whole", "array": "list"}
    return Field(key, types.get(plain.get("type", ""), "any"), required, tip=tip)
