"""A node answers as its OpenAPI document says: a small run of what ``make contract`` does at length."""

import pytest

from support.contract import Contract
from support.node import Node


@pytest.mark.filterwarnings("ignore")
def test_generated_requests_are_answered_as_described(node: Node) -> None:
    contract = Contract(node, seed=7)
    report = contract.run(145)
    assert report.failures == {}
    assert report.cases >= 100
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
