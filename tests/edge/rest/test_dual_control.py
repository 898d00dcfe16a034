"""Dual control over REST: 202 with the place of the request, what is cited in headers, and one real run over HTTP."""

import json
from base64 import b64encode

import pytest

from seawall.access.approvals.model import Choice
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.edge.rest.openapi import document
from seawall.edge.rest.problems import problem, status_of
from seawall.edge.rest.routes import Route, operations
from seawall.edge.rest.table import APPROVALS
from seawall.kernel.errors import ApprovalNeeded
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Appeal
from support.dual import Chamber, Destroy, custodians
from support.rest import SmallDesk, request, running

DESTROY = Route(method="POST", path="/v1/domains/{domain}/keys/{key}/destroy", command=Destroy, result=str)


def test_what_waits_is_accepted_and_says_where():
    answer = problem(ApprovalNeeded("0190-a", "keys.destroy waits for one more approval."), "/v1/x")
    assert answer.status == status_of(ApprovalNeeded("0190-a", "…")) == 202
    assert (b"location", b"/v1/approvals/0190-a") in answer.headers()
    assert (b"content-type", b"application/json") in answer.headers()
    assert json.loads(answer.body) == {
        "approval": "0190-a",
        "type": "urn:seawall:error:approvals.needed",
        "title": "Others must approve first",
        "status": 202,
        "detail": "keys.destroy waits for one more approval.",
        "remedy": "When approval 0190-a has its votes, ask for exactly the same again.",
        "instance": "/v1/x",
    }


def test_headers_say_what_is_cited():
    desk = SmallDesk()
    with running(desk) as server:
        cited = b"Seawall-Approval: 0190-a\r\nSeawall-Break-Glass: the key leaks \xe2\x80\x93 now\r\n"
        plain = request("POST", "/v1/domains", b'{"name":"a"}')
        server.talk(plain)
        server.talk(plain.replace(b"\r\n\r\n", b"\r\n" + cited + b"\r\n", 1))
    assert desk.appeals == [None, Appeal(approval="0190-a", break_glass="the key leaks \N{EN DASH} now")]


@pytest.fixture
def chamber(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.create_all()
    made = Chamber(store, RowMac(Secret(bytes(32))))
    yield made
    made.close()
    store.close()


def test_from_the_request_over_the_vote_to_the_run(chamber):
    custodians(chamber, 2)
    chamber.desk.epoch = 1  # the edge remembers under it whose tokens are whose
    with running(chamber.desk, routes=(DESTROY, *APPROVALS)) as server:

        def ask(who: str, method: str, path: str, body: object = None):
            raw = b"" if body is None else json.dumps(body).encode()
            answer = server.talk(request(method, path, raw, authorization=f"Bearer {chamber.tokens[who]}"))
            head, _, rest = answer.partition(b"\r\n\r\n")
            return int(head.split()[1]), head, json.loads(rest) if rest else None

        set_rule = {"actions": ["keys.destroy"], "approvals": 1, "roles": ["custodian"]}
        status, head, waiting = ask("c1", "PUT", "/v1/quorum/destroy", set_rule)
        assert status == 202
        assert f"location: /v1/approvals/{waiting['approval']}".encode() in head.lower()
        chamber.vote("c2", waiting["approval"])
        assert ask("c1", "PUT", "/v1/quorum/destroy", set_rule)[0] == 200

        status, _, waiting = ask("c1", "POST", "/v1/domains/retail/keys/pan/destroy", {})
        assert status == 202
        place = f"/v1/approvals/{waiting['approval']}"
        status, _, shown = ask("c2", "GET", place)
        assert (status, shown["state"]) == (200, "pending")
        status, _, begun = ask("c2", "POST", f"{place}/challenge", {"vote": Choice.APPROVE})
        mine = chamber.signers["c2"]
        vote = {
            "vote": "approve",
            "challenge": begun["challenge"],
            "key": mine.fingerprint,
            "proof": b64encode(mine.sign(begun["statement"])).decode(),
        }
        status, _, after = ask("c2", "POST", f"{place}/votes", vote)
        assert (status, after["state"]) == (201, "approved")
        assert ask("c2", "DELETE", f"{place}/votes")[2]["state"] == "pending"
        assert ask("c1", "POST", "/v1/domains/retail/keys/pan/destroy", {})[0] == 202
        chamber.vote("c2", waiting["approval"])
        assert ask("c1", "POST", "/v1/domains/retail/keys/pan/destroy", {"days": 31})[0] == 202
        assert chamber.ran == []
        assert ask("c1", "POST", "/v1/domains/retail/keys/pan/destroy", {})[0] == 200
    assert chamber.ran == [Destroy(domain="retail", key="pan", days=30)]


def test_every_route_that_can_need_approvals_says_so():
    paths = document(operations((DESTROY, *APPROVALS)), "1")["paths"]
    asked = paths[DESTROY.path]["post"]
    assert "202" in asked["responses"]
    assert {one["$ref"].rpartition("/")[2] for one in asked["parameters"] if "$ref" in one} == {
        "Approval",
        "BreakGlass",
        "IdempotencyKey",
    }
    assert "202" not in paths["/v1/approvals"]["get"]["responses"]
