"""The OpenAPI description, made of the operations and their shapes."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.api.asked import Asked
from bot.api.operations import OPERATIONS, Operation
from bot.api.problems import Problem

JSON, ATOM, PROBLEM = "application/json", "application/atom+xml", "application/problem+json"
DESCRIPTION = """\
What the press reports on Vietnamese security policy, and which Party and State documents it cites. Read-only.

Every citation says how sure its reading is: *resolved* by positive evidence, *presumed*, *ambiguous* or *unknown*, \
and carries the sentence that it was read in. Facts about documents say how they are known; only what was *seen* in a \
source is asserted. Texts of articles belong to their outlets and are not given out: follow the link. Nothing is told \
of the bot's readers.

A list begins with the newest; the page that follows is asked for with `cursor`, the `next` of the page before. \
Answers may be kept for a minute, and have an ETag to ask again with (If-None-Match). Who asks too often gets 429 with \
Retry-After. What is refused is told as problem details (RFC 9457)."""
_REFERENCE = "#/components/schemas/{model}"
_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "A parameter is unknown, given twice, or not as described",
    HTTPStatus.UNAUTHORIZED: "The token is missing or wrong",
    HTTPStatus.NOT_FOUND: "There is no such thing, or nothing that the parameter names",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests: ask again after Retry-After seconds",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too much to do: ask again after Retry-After seconds",
}
_ETAG = {"ETag": {"description": "What tells this answer from another", "schema": {"type": "string"}}}


def description(needs_token: bool) -> Mapping[str, Any]:
    """The OpenAPI 3.1 document of an API that is open, or needs a token."""
    shapes = [(one, "serialization") for one in (*(operation.shape for operation in OPERATIONS), Problem)]
    _, schemas = models_json_schema(shapes, ref_template=_REFERENCE)  # type: ignore[arg-type]
    paths = {one.path: {"get": _get(one), "head": _head(one)} for one in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Điểm Tin",
            "version": version("diem-tin"),
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}] if needs_token else [],
    }


def _get(operation: Operation) -> Mapping[str, Any]:
    answer = {JSON: {"schema": {"$ref": _REFERENCE.format(model=operation.shape.__name__)}}}
    if operation.is_list:
        answer[ATOM] = {"schema": {"type": "string"}}
    problem = {PROBLEM: {"schema": {"$ref": _REFERENCE.format(model=Problem.__name__)}}}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": list(_parameters(operation.asked, operation.in_path)),
        "responses": {
            "200": {"description": "The answer", "headers": _ETAG, "content": answer},
            "304": {"description": "Nothing has changed since If-None-Match"},
            **{str(status.value): {"description": why, "content": problem} for status, why in _REFUSALS.items()},
        },
    }


def _head(operation: Operation) -> Mapping[str, Any]:
    """As GET, without the body."""
    get = _get(operation)
    responses = {
        status: {key: value for key, value in one.items() if key != "content"}
        for status, one in get["responses"].items()
    }
    return {**get, "operationId": f"{operation.name}Head", "responses": responses}


def _parameters(asked: type[Asked], in_path: Sequence[str]) -> Iterable[Mapping[str, Any]]:
    schema = asked.model_json_schema()
    for name, described in schema["properties"].items():
        yield {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in schema.get("required", ()),
            "description": described.get("description", ""),
            "schema": _without_null(described),
        }


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter that is not given is left out: a query string has no null."""
    plain = {key: value for key, value in schema.items() if key not in ("description", "title", "anyOf")}
    if plain.get("default", 0) is None:
        del plain["default"]
    for one in schema.get("anyOf", ()):
        if one != {"type": "null"}:
            plain |= one
    return plain
