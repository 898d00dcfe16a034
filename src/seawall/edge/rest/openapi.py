"""The OpenAPI 3.1 description of the edge, written from the table of routes and the types of commands and results."""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from seawall.edge.rest.problems import Problem, Waiting
from seawall.edge.rest.routes import Operation

_REF: Final = "#/components/schemas/{name}"
_READ: Final = 2
#: What somebody may cite beside any command that can need the approval of others.
_APPEAL: Final = {
    "Approval": {
        "name": "Seawall-Approval",
        "in": "header",
        "required": False,
        "description": "The approval by which this shall run; it is found by what is asked when it is not named.",
        "schema": {"type": "string"},
    },
    "BreakGlass": {
        "name": "Seawall-Break-Glass",
        "in": "header",
        "required": False,
        "description": "Why this must run without its quorum now, where the rules allow it.",
        "schema": {"type": "string"},
    },
}
_WORD: Final = re.compile(r"[^A-Za-z0-9]+")


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """Describe every operation."""
    shown = [operation.body_type for operation in operations if not operation.bodiless and operation.body_fields]
    results = [operation.route.result for operation in operations if operation.route.result is not None]
    loose = [
        field.type
        for operation in operations
        for field in (*operation.path_fields.values(), *(operation.body_fields.values() if operation.bodiless else ()))
    ]
    kinds: list[Any] = [*shown, *results, *loose, Waiting, Problem]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        entry = _operation(operation, schema_of)
        paths.setdefault(operation.route.path, {})[operation.route.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Seawall",
            "version": version,
            "summary": "Find, protect, control and watch sensitive data, and prove it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "parameters": _APPEAL,
            "responses": {
                "Waiting": {
                    **_content("It waits for the approval of others.", schemas[-2], "application/json"),
                    "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
                },
                "Problem": _content("What went wrong (RFC 9457).", schemas[-1], "application/problem+json"),
            },
        },
    }


def _operation(operation: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    route = operation.route
    text = inspect.getdoc(route.command) or route.command.__name__
    responses: dict[str, Any] = {"default": {"$ref": "#/components/responses/Problem"}}
    if route.result is None:
        responses[str(route.status)] = {"description": "Done."}
    else:
        responses[str(route.status)] = _content("What came back.", schema_of[id(route.result)], "application/json")
    entry: dict[str, Any] = {
        "operationId": _WORD.sub("_", f"{route.method.lower()} {route.path}").strip("_"),
        "summary": text.splitlines()[0].rstrip(".").replace("``", "`"),
        "tags": [route.command.action.partition(".")[0]],
        "responses": responses,
    }
    parameters = list(_parameters(operation.path_fields.values(), "path", schema_of))
    if not route.public and route.command.activity != _READ:
        responses["202"] = {"$ref": "#/components/responses/Waiting"}
        parameters += [{"$ref": f"#/components/parameters/{name}"} for name in _APPEAL]
    if operation.bodiless:
        parameters += _parameters(operation.body_fields.values(), "query", schema_of)
    elif operation.body_fields:
        entry["requestBody"] = {
            "required": any(field.required for field in operation.body_fields.values()),
            "content": {"application/json": {"schema": schema_of[id(operation.body_type)]}},
        }
    if parameters:
        entry["parameters"] = parameters
    if route.public:
        entry["security"] = []
    return entry


def _parameters(
    fields: Iterable[msgspec.structs.FieldInfo], place: str, schema_of: dict[int, Any]
) -> Iterable[dict[str, Any]]:
    for field in fields:
        yield {
            "name": field.name,
            "in": place,
            "required": place == "path" or field.required,
            "schema": schema_of[id(field.type)],
        }


def _content(description: str, schema: Any, media_type: str) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}
