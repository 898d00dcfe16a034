"""The description of the API: valid, and true to the table."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from seawall.edge.rest.openapi import document
from seawall.edge.rest.problems import status_of
from seawall.edge.rest.routes import operations
from seawall.edge.rest.statuses import REFUSALS, component
from seawall.edge.rest.table import ROUTES
from seawall.kernel.errors import ApprovalNeeded, SeawallError
from support.rest import request, running

SCHEMA = Path(__file__).parents[2] / "vectors" / "openapi" / "openapi-3.1.json"


@pytest.fixture(scope="module")
def described():
    with running(routes=ROUTES) as server:
        answer = server.talk(request("GET", "/openapi.json", b"", authorization=""))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_it_is_a_valid_openapi_3_1_document(described):
    schema = json.loads(SCHEMA.read_text())["schema"]
    jsonschema.Draft202012Validator(schema).validate(described)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**described, "paths": {"/x": {"get": {"tags": 5}}}})


def test_every_schema_in_it_is_a_valid_schema(described):
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_in_it_leads_somewhere(described):
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(described)):
        place = described
        for part in reference.split("/"):
            place = place[part]


def test_every_route_is_in_it_once_and_nothing_else(described):
    shown = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert shown == {(route.method, route.path) for route in ROUTES}
    names = [entry["operationId"] for item in described["paths"].values() for entry in item.values()]
    assert len(names) == len(set(names))


def test_path_parameters_are_named_and_bodies_have_the_other_fields(described):
    encrypt = described["paths"]["/v1/domains/{domain}/keys/{key}/encrypt"]["post"]
    own = [p for p in encrypt["parameters"] if "$ref" not in p]
    assert [(p["name"], p["in"], p["required"]) for p in own] == [("domain", "path", True), ("key", "path", True)]
    cited = [p["$ref"].rpartition("/")[2] for p in encrypt["parameters"] if "$ref" in p]
    assert [described["components"]["parameters"][name]["in"] for name in cited] == ["header", "header"]
    body = described["components"]["schemas"]["EncryptRequest"]
    assert set(body["properties"]) == {"plaintext", "context"}
    assert body["required"] == ["plaintext"]
    assert body["additionalProperties"] is False
    listed = described["paths"]["/v1/domains"]["get"]
    assert {p["name"] for p in listed["parameters"]} == {"limit", "cursor"}


def test_what_nobody_sets_over_the_network_is_not_offered(described):
    assert "out" not in described["components"]["schemas"]["AssessRequest"]["properties"]
    with running(routes=ROUTES) as server:
        answer = server.talk(request("POST", "/v1/assessments", b'{"out":"/etc"}'))
        replacing = [
            server.talk(request("POST", path, b'{"overwrite":true}'))
            for path in ("/v1/protections", "/v1/protections/p/retokenise")
        ]
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"field":"out"' in answer
    assert all(b"request.field_unknown" in one and b'"field":"overwrite"' in one for one in replacing)


def test_only_public_routes_need_no_token(described):
    free = {
        (method.upper(), path)
        for path, item in described["paths"].items()
        for method, entry in item.items()
        if entry.get("security") == []
    }
    assert free == {(route.method, route.path) for route in ROUTES if route.public}
    assert document(operations(ROUTES), "1")["security"] == [{"bearer": []}]


def test_every_status_is_declared_for_each_route_and_none_stands_for_the_rest(described):
    for path, item in described["paths"].items():
        for method, entry in item.items():
            declared = set(entry["responses"])
            assert "default" not in declared
            assert {"400", "401", "403", "404", "409", "500", "503"} < declared, path
            assert ("requestBody" not in entry) or {"413", "415"} <= declared, path
            assert ("412" in declared) == (method == "patch"), path
            ours = {status: answer for status, answer in entry["responses"].items() if status >= "400"}
            assert all("$ref" in answer for answer in ours.values())
    shared = described["components"]["responses"]
    assert set(shared["Unauthorized"]["headers"]) == {"WWW-Authenticate"}
    assert set(shared["ServiceUnavailable"]["headers"]) == {"Retry-After"}
    problems = {name for name, one in shared.items() if "application/problem+json" in one.get("content", {})}
    assert problems == {component(status) for status in REFUSALS}


KINDS = [one for one in (SeawallError, *SeawallError.__subclasses__()) if one.__module__ == SeawallError.__module__]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_error_has_a_status_that_is_declared(kind):
    made = kind("0190", "…") if kind is ApprovalNeeded else kind("a.b", "…")
    assert status_of(made) in {202, *REFUSALS}


def test_limits_and_names_are_in_the_schemas(described):
    listed = described["paths"]["/v1/keys"]["get"]["parameters"]
    limit = next(one["schema"] for one in listed if one.get("name") == "limit")
    assert (limit["minimum"], limit["maximum"]) == (1, 1000)
    name = described["components"]["schemas"]["CreateKeyRequest"]["properties"]["name"]
    assert re.search(name["pattern"], "loan-data.1")
    assert not re.search(name["pattern"], "Loan data")
