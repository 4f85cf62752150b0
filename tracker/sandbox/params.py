"""Request parameters: Stripe's bracketed form encoding, read with Stripe's errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tracker.sandbox.errors import invalid, required

_KEY = re.compile(r"[^\[\]]+|\[\]")
_TRUE = {"true": True, "false": False}


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b]=1`, `c[]=2`, `d[0][e]=3` as `{"a": {"b": "1"}, "c": ["2"], "d": [{"e": "3"}]}`."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        steps = _KEY.findall(key) or [key]
        node = root
        for step in steps[:-1]:
            place = str(len(node)) if step == "[]" else step
            child = node.setdefault(place, {})
            if not isinstance(child, dict):
                raise invalid(f"Invalid parameter: {key} is both a value and a hash.", param=steps[0])
            node = child
        last = str(len(node)) if steps[-1] == "[]" else steps[-1]
        node[last] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(inner) for name, inner in value.items()}


class Params:
    """One level of parameters. An empty string unsets, as on Stripe, and reads as None."""

    def __init__(self, values: dict[str, Any] | None = None, path: str = "") -> None:
        self.values = values or {}
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def _name(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, dict | list):
            raise invalid(f"Invalid string: {self._name(name)} must be a single value", param=self._name(name))
        return str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise required(self._name(name))
        return value

    def choice(self, name: str, allowed: Iterable[str], default: str | None = None) -> str | None:
        value = self.text(name, default)
        if value is not None and value not in allowed:
            words = ", ".join(allowed)
            param = self._name(name)
            raise invalid(f"Invalid {param}: must be one of {words}; got '{value}'", param=param)
        return value

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError:
            param = self._name(name)
            raise invalid(f"Invalid integer: {value}", param=param, code="parameter_invalid_integer") from None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in _TRUE:
            raise invalid(f"Invalid boolean: {value}", param=self._name(name))
        return _TRUE[value.lower()]

    def child(self, name: str) -> Params:
        """A hash as parameters of its own; empty when it is not there."""
        value = self.values.get(name)
        if value in (None, ""):
            return Params({}, self._name(name))
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=self._name(name))
        return Params(value, self._name(name))

    def children(self, name: str) -> list[Params]:
        """An array of hashes."""
        value = self.values.get(name)
        if value in (None, ""):
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise invalid("Invalid array", param=self._name(name))
        return [Params(one, f"{self._name(name)}[{place}]") for place, one in enumerate(value)]

    def texts(self, name: str) -> list[str]:
        """An array of strings."""
        value = self.values.get(name)
        if value in (None, ""):
            return []
        if not isinstance(value, list):
            raise invalid("Invalid array", param=self._name(name))
        return [str(one) for one in value]

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Metadata after this request: keys merge, an empty value deletes its key, empty metadata clears."""
        if self.values.get("metadata") == "":
            return {}
        merged = dict(before or {})
        for key, value in self.child("metadata").values.items():
            if len(key) > 40 or len(str(value)) > 500:
                message = "Metadata keys hold up to 40 characters and values up to 500."
                raise invalid(message, param=f"metadata[{key}]")
            merged[key] = str(value)
        return {key: value for key, value in merged.items() if value != ""}
