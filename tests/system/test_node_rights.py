"""Rights that are taken away or given are so for every worker of a node: at once, or within a second."""

import threading
import time

import pytest

# Connections are dealt out over the workers: with so many, each worker has some of them.
CONNECTIONS = 24
FORBID = """@id("harbour.nobody_encrypts")
forbid(principal, action == Action::"data.encrypt", resource);
"""


@pytest.fixture
def many(node):
    """Connections to every worker, each used already."""
    clients = [node.client("payments-app") for _ in range(CONNECTIONS)]
    assert {client.encrypt().status for client in clients} == {200}
    return clients


def statuses(clients, **document):
    return {client.encrypt(**document).status for client in clients}


def problems(clients):
    return {client.encrypt().problem for client in clients}


def test_a_key(node, many):
    custodian = node.client("custodian")
    for _ in range(5):
        assert custodian.ask("POST", "/v1/domains/harbour/keys/fields/suspend", {}).status == 200
        # Not a moment later: the answer came when no worker used the key any more.
        assert problems(many) == {"keys.suspended"}
        assert custodian.ask("POST", "/v1/domains/harbour/keys/fields/resume", {}).status == 200
        assert statuses(many) == {200}
    # The command line, beside the node, is heard as well.
    assert node.home.call("keys", "suspend", "harbour", "fields", who="custodian").code == 0
    assert problems(many) == {"keys.suspended"}


def test_a_key_that_is_in_use_all_the_time(node, many):
    """No request that began after the suspension was answered gets through, whatever is remembered where."""
    suspended = threading.Event()
    late: list[int] = []
    stop = threading.Event()

    def keep_on(client):
        while not stop.is_set():
            after = suspended.is_set()
            status = client.encrypt().status
            if after:
                late.append(status)

    threads = [threading.Thread(target=keep_on, args=(client,)) for client in many[:6]]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    assert node.client("custodian").ask("POST", "/v1/domains/harbour/keys/fields/suspend", {}).status == 200
    suspended.set()
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(late) > 20
    assert set(late) == {409}


def test_a_token(node, many):
    admin = node.client("admin")
    issued = admin.ask("POST", "/v1/principals/payments-app/tokens", {"days": 1}).json
    mine = [node.client("payments-app") for _ in range(CONNECTIONS)]
    for client in mine:
        client._token = issued["token"]
    assert statuses(mine) == {200}
    assert admin.ask("DELETE", f"/v1/tokens/{issued['id']}").status == 204
    deadline = time.monotonic() + 1
    while statuses(mine) != {401}:
        assert time.monotonic() < deadline
    assert problems(mine) == {"access.token_revoked"}
    assert statuses(many) == {200}


def test_a_principal_and_a_role(node, many):
    admin = node.client("admin")
    assert admin.ask("DELETE", "/v1/principals/payments-app/roles/application").status == 200
    assert problems(many) == {"access.not_permitted"}
    assert admin.ask("POST", "/v1/principals/payments-app/roles", {"role": "application"}).status == 200
    assert statuses(many) == {200}
    refused = admin.ask("POST", "/v1/principals/payments-app/roles", {"role": "custodian"})
    assert (refused.status, refused.problem) == (409, "access.separation_of_duties")
    assert admin.ask("POST", "/v1/principals/payments-app/disable", {}).status == 200
    assert problems(many) == {"access.token_revoked"}


def test_a_policy(node, many):
    admin = node.client("admin")
    file = node.home.path / "policies" / "harbour.cedar"
    file.write_text(FORBID)
    # A file that lies there does nothing before an administrator says so.
    assert statuses(many) == {200}
    assert many[0].ask("POST", "/v1/policies/load", {}).status == 403
    assert admin.ask("GET", "/v1/policies").json["pending"] is True
    assert admin.ask("POST", "/v1/policies/load", {}).status == 200
    assert statuses(many) == {403}
    file.write_text("forbid(principal, action, resource")
    broken = admin.ask("POST", "/v1/policies/load", {})
    assert (broken.status, broken.problem, broken.json["field"]) == (400, "access.policy_invalid", "harbour.cedar")
    assert statuses(many) == {403}
    file.unlink()
    assert admin.ask("POST", "/v1/policies/load", {}).status == 200
    assert statuses(many) == {200}
