"""Keys over REST on a whole node: kinds, many at once, changes, the kill switch on every worker, dates by the clock."""

import time
from base64 import b64decode, b64encode

SAMPLE = b64encode(b"a value").decode()
KEYS = "/v1/domains/harbour/keys"


def asked(client, method, path, document=None, status=200):
    answer = client.ask(method, path, document)
    assert answer.status == status, answer.body
    return answer.json


def test_keys_are_made_changed_found_and_blocked(node):
    custodian, application = node.client("custodian"), node.client("payments-app")
    made = asked(custodian, "POST", f"{KEYS}/batch", {"keys": [
        {"name": "batch-a", "attributes": {"labels": {"team": "pay"}, "rotation": {"age_days": 90}}},
        {"name": "batch-b", "purpose": "sign", "algorithm": "ML-DSA-65"},
    ]}, 201)  # fmt: skip
    assert [(one["name"], one["algorithm"]) for one in made["items"]] == [
        ("batch-a", "AES-256"), ("batch-b", "ML-DSA-65"),
    ]  # fmt: skip
    found = asked(custodian, "GET", f"{KEYS}?label=team=pay&state=active&prefix=batch")["items"]
    assert [(key["name"], key["attributes"]["rotation"]) for key in found] == [("batch-a", {"age_days": 90})]
    assert b64decode(asked(custodian, "GET", f"{KEYS}/batch-b")["versions"][0]["public"]).startswith(b"0\x82")

    changes = {"attributes": {"owner": "ops", "rotation": {}}, "if_revision": 1}
    changed = asked(custodian, "PATCH", f"{KEYS}/batch-a", changes)
    assert (changed["revision"], changed["attributes"]) == (2, {"labels": {"team": "pay"}, "owner": "ops"})
    stale = custodian.ask("PATCH", f"{KEYS}/batch-a", changes)
    assert (stale.status, stale.problem) == (409, "keys.revision")
    assert application.ask("PATCH", f"{KEYS}/batch-a", {"attributes": {"owner": "x"}}).status == 403

    def sealed():
        return [application.ask("POST", f"{KEYS}/batch-a/encrypt", {"plaintext": SAMPLE}) for _ in range(8)]

    assert {answer.status for answer in sealed()} == {200}
    asked(custodian, "POST", f"{KEYS}/batch-a/block", {"reason": "a laptop was stolen"})
    assert {(answer.status, answer.problem) for answer in sealed()} == {(409, "keys.blocked")}
    asked(custodian, "POST", f"{KEYS}/batch-a/unblock")
    assert {answer.status for answer in sealed()} == {200}
    policy = asked(custodian, "PATCH", "/v1/domains/harbour", {"forbidden_mechanisms": ["XAES-256-GCM"]})
    assert policy["forbidden_mechanisms"] == ["XAES-256-GCM"]
    assert {answer.problem for answer in sealed()} == {"keys.algorithm_forbidden"}


def test_a_date_comes_by_the_clock_and_nobody_has_to_look(node):
    custodian = node.client("custodian")
    begins = int(time.time() * 1000) + 1500
    new = {"name": "dated", "attributes": {"activation_ms": begins, "deactivation_ms": begins + 1}}
    assert asked(custodian, "POST", KEYS, new, 201)["state"] == "pre_active"
    end = time.monotonic() + 40
    while (state := asked(custodian, "GET", f"{KEYS}/dated")["state"]) != "deactivated":
        assert time.monotonic() < end, state
        time.sleep(0.5)
    # The projection follows the ledger at its own pace.
    auditor, path = node.client("auditor"), "/v1/ledger/entries?of_action=keys.apply_dates&on=harbour/dated"
    while len(told := asked(auditor, "GET", path)["rows"]) < 2:
        assert time.monotonic() < end, told
        time.sleep(0.2)
    assert {entry["outcome"] for entry in told} == {"success"}
