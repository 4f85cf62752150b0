"""How the API reads questions, writes answers and describes itself: all from the same Python types.

Questions are pydantic models, answers the frozen dataclasses of the product; OpenAPI is made from both, so the
description cannot differ from what is done.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar

from flask import Flask, Response, abort, current_app, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.json_schema import models_json_schema

from tracker.web.guard import area_of

_View = TypeVar("_View", bound=Callable[..., Any])
_Question = TypeVar("_Question", bound=BaseModel)
_MARK = "api_description"
_ERROR = {
    "type": "object",
    "required": ["error", "detail"],
    "properties": {"error": {"type": "string"}, "detail": {"type": "string"}},
}
_REFUSALS = {"400": "The question does not fit", "401": "No valid token", "403": "Another role", "404": "Unknown"}


@dataclass(frozen=True, slots=True)
class Description:
    """What one endpoint does, for OpenAPI."""

    summary: str
    answer: Any
    """The answer's type, or None for a CSV file."""
    question: type[BaseModel] | None = None


def described(summary: str, answer: Any, question: type[BaseModel] | None = None) -> Callable[[_View], _View]:
    """Mark a view as part of the described API."""

    def mark(view: _View) -> _View:
        setattr(view, _MARK, Description(summary, answer, question))
        return view

    return mark


def asked(question: type[_Question]) -> _Question:
    """The query string as `question`; 400 with what was found and what fits."""
    given = {name: value for name, value in request.args.items() if value != ""}
    try:
        return question.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        words = first["msg"].removeprefix("Value error, ")
        # Without a place the fault lies between two values, and the words name both.
        found = f"{first['loc'][0]}: found {str(first.get('input'))[:80]!r}; " if first["loc"] else ""
        abort(400, found + words)


def answered(value: object) -> Response:
    """A dataclass or a dict of them as JSON: instants in UTC with Z, days as YYYY-MM-DD."""
    return Response(current_app.json.dumps(plain(value)), mimetype="application/json")


def plain(value: object) -> Any:
    """Dataclasses, instants and days as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def openapi(app: Flask) -> dict[str, Any]:
    """OpenAPI 3.1 of every described endpoint in the URL map."""
    found = [
        (rule.rule, area_of(app.view_functions[rule.endpoint]), about, sorted(rule.arguments))
        for rule in app.url_map.iter_rules()
        if (about := getattr(app.view_functions[rule.endpoint], _MARK, None)) is not None
    ]
    adapters: list[tuple[Any, Literal["serialization"], TypeAdapter[Any]]] = [
        (about.summary, "serialization", TypeAdapter(about.answer)) for _, _, about, _ in found if about.answer
    ]
    refs, definitions = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path): {"get": _operation(about, area or "", arguments, refs)}
        for path, area, about, arguments in sorted(found, key=lambda one: one[0])
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Membership campaign tracker", "version": "1"},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Error": _ERROR},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(about: Description, area: str, arguments: list[str], refs: Mapping[Any, Any]) -> dict[str, Any]:
    content = (
        {"application/json": {"schema": refs[(about.summary, "serialization")]}}
        if about.answer
        else {"text/csv": {"schema": {"type": "string"}}}
    )
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refusals = {code: {"description": words, "content": error} for code, words in _REFUSALS.items()}
    inside = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in arguments]
    return {
        "summary": about.summary,
        "description": f"For the area: {area}.",
        "parameters": inside + (_parameters(about.question) if about.question else []),
        "responses": {"200": {"description": about.summary, "content": content}, **refusals},
    }


def _parameters(question: type[BaseModel]) -> list[dict[str, Any]]:
    _, schema = models_json_schema([(question, "validation")])
    described_as = schema["$defs"][question.__name__]
    required = set(described_as.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": about}
        for name, about in described_as["properties"].items()
    ]
