"""The OpenAPI 3.1 description of the edge, written from the table of routes and the types of commands and results."""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from seawall.edge.rest.idempotency import PATTERN
from seawall.edge.rest.problems import Problem, Waiting
from seawall.edge.rest.routes import Operation
from seawall.edge.rest.statuses import REFUSALS, component, needs_approval, refusals

_REF: Final = "#/components/schemas/{name}"
#: What somebody may cite beside any command that can need the approval of others.
_APPEAL: Final = ("Approval", "BreakGlass")
_HEADERS: Final = {
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
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A name for this request: for 24 hours the same once more answers as before, and does nothing.",
        "schema": {"type": "string", "pattern": PATTERN},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that was seen: nothing is changed when somebody else did since.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that is known: 304 when it is still the one.",
        "schema": {"type": "string"},
    },
}
_TAG: Final = {"ETag": {"schema": {"type": "string"}, "required": True, "description": "The revision."}}
_SAID_WITH: Final = {401: "WWW-Authenticate", 503: "Retry-After"}
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
            "parameters": _HEADERS,
            "responses": {
                "Waiting": {
                    **_content("It waits for the approval of others.", schemas[-2], "application/json"),
                    "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
                },
                **{component(status): _refusal(status, schemas[-1]) for status in REFUSALS},
                "NotModified": {"description": "It is what `If-None-Match` names.", "headers": _TAG},
            },
        },
    }


def _operation(operation: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    route = operation.route
    text = inspect.getdoc(route.command) or route.command.__name__
    responses: dict[str, Any] = {str(status): _response(component(status)) for status in refusals(operation)}
    if route.result is None:
        responses[str(route.status)] = {"description": "Done."}
    else:
        responses[str(route.status)] = _content("What came back.", schema_of[id(route.result)], "application/json")
    if operation.tagged:
        responses[str(route.status)]["headers"] = _TAG
    entry: dict[str, Any] = {
        "operationId": _WORD.sub("_", f"{route.method.lower()} {route.path}").strip("_"),
        "summary": text.splitlines()[0].rstrip(".").replace("``", "`"),
        "tags": [route.command.action.partition(".")[0]],
        "responses": responses,
    }
    parameters = list(_parameters(operation.path_fields.values(), "path", schema_of))
    if needs_approval(operation):
        responses["202"] = _response("Waiting")
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in _headers(operation)]
    if operation.reads_tag:
        responses["304"] = _response("NotModified")
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


def _headers(operation: Operation) -> Iterable[str]:
    if needs_approval(operation):
        yield from _APPEAL
    if operation.repeatable:
        yield "IdempotencyKey"
    if operation.conditional:
        yield "IfMatch"
    if operation.reads_tag:
        yield "IfNoneMatch"


def _response(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{name}"}


def _refusal(status: int, schema: Any) -> dict[str, Any]:
    told = _content(REFUSALS[status], schema, "application/problem+json")
    header = _SAID_WITH.get(status)
    return told if header is None else {**told, "headers": {header: {"schema": {"type": "string"}, "required": True}}}


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
