"""A node answers as its OpenAPI document says: a small run of what ``make contract`` does at length."""

import pytest

from support.contract import Contract
from support.node import Node


@pytest.mark.filterwarnings("ignore")
def test_generated_requests_are_answered_as_described(node: Node) -> None:
    contract = Contract(node, seed=7, every=5)
    report = contract.run(110)
    assert report.failures == {}
    assert report.cases >= 90
    assert {200, 400, 401, 403, 404} <= report.statuses.keys()
    assert "failed inside" not in node.log()


@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_is_not_described_is_found(shared: Node) -> None:
    def leave_out(described: dict) -> dict:
        only = described["paths"]["/v1/domains"]["get"]
        only["responses"] = {"200": only["responses"]["200"]}
        described["components"]["schemas"]["Domains"]["properties"]["items"] = {"type": "string"}
        return {**described, "paths": {"/v1/domains": {"get": only}}}

    report = Contract(shared, seed=7, change=leave_out, furnished=True).run(30)
    found = {(check, status) for _, check, status in report.failures}
    assert ("UndefinedStatusCode", 401) in found
    assert ("JsonSchemaError", 200) in found


def test_a_named_request_is_carried_out_once(node: Node) -> None:
    custodian, admin = node.client("custodian"), node.client("admin")
    rotate, named = "/v1/domains/harbour/keys/fields/rotate", {"Idempotency-Key": "8e03978e-40d5-43dd"}
    before = custodian.ask("GET", "/v1/domains/harbour/keys/fields")
    first = custodian.ask("POST", rotate, {}, **named)
    assert first.json["version"] == before.json["version"] + 1
    again = custodian.ask("POST", rotate, {}, **named)
    assert (again.status, again.body, again.headers["etag"]) == (200, first.body, first.headers["etag"])
    # Whoever else uses the same key names something else; and what is told once is not told again.
    tokens = "/v1/principals/auditor/tokens"
    issued = admin.ask("POST", tokens, {}, **named)
    assert issued.status == 201
    repeated = admin.ask("POST", tokens, {}, **named)
    assert (repeated.status, repeated.problem) == (409, "idempotency.done")
    assert issued.json["token"].encode() not in (node.home.path / "store.sqlite").read_bytes()


def test_a_change_is_made_to_what_was_seen(node: Node) -> None:
    custodian, place = node.client("custodian"), "/v1/domains/harbour/keys/fields"
    seen = custodian.ask("GET", place).headers["etag"]
    assert custodian.ask("GET", place, **{"If-None-Match": seen}).status == 304
    assert custodian.ask("PATCH", place, {"attributes": {"owner": "Ada"}}, **{"If-Match": seen}).status == 200
    stale = custodian.ask("PATCH", place, {"attributes": {"owner": "Bob"}}, **{"If-Match": seen})
    assert (stale.status, stale.problem) == (412, "precondition.failed")
    assert custodian.ask("GET", place, **{"If-None-Match": seen}).json["attributes"]["owner"] == "Ada"
    domain = custodian.ask("GET", "/v1/domains/harbour")
    assert domain.headers["etag"] == f'"{domain.json["revision"]}"'


def test_a_checkpoint_that_is_none_is_a_wrong_input(shared: Node) -> None:
    told = shared.client("auditor").ask("POST", "/v1/ledger/verify", {"checkpoint": "no note"})
    assert (told.status, told.problem, told.json["field"]) == (400, "ledger.checkpoint", "checkpoint")
