"""What keys survive on a running node: exchanged parts, edited rows, and deaths in the middle of a change."""

import os
import random
import signal
import sqlite3
import time
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from support.node import Client, Load, Node, Reply, TrialHome, entries_of, running

KEYS = "/v1/domains/harbour/keys"
NONCE = slice(25, 37)  # after "SW", format, suite, key id and version: the 12 bytes of plain GCM


def make(node: Node, name: str, **more: object) -> str:
    reply = node.client("custodian").ask("POST", KEYS, {"name": name, **more})
    assert reply.status == 201, reply.body
    return f"{KEYS}/{name}"


def open_at(client: Client, key: str, sealed: bytes, context: str = "") -> Reply:
    return client.ask("POST", f"{key}/decrypt", {"ciphertext": b64encode(sealed).decode(), "context": context})


def test_exchanged_ciphertexts_key_ids_and_versions_open_nothing(shared: Node) -> None:
    custodian, app = shared.client("custodian"), shared.client("payments-app")
    one, two = make(shared, "swap-one"), make(shared, "swap-two")

    def seal(key: str, value: bytes, context: str = "") -> bytes:
        reply = app.ask("POST", f"{key}/encrypt", {"plaintext": b64encode(value).decode(), "context": context})
        return b64decode(reply.json["ciphertext"])

    first = seal(one, b"first")
    assert custodian.ask("POST", f"{one}/rotate", {}).status == 200
    second, other, bound = seal(one, b"second"), seal(two, b"other"), seal(one, b"bound", "row 1")
    assert (first[21:25], second[21:25]) == (b"\0\0\0\1", b"\0\0\0\2")
    changed = {
        "ciphertext of another key": (one, other, ""),
        "id of another key": (two, first[:5] + other[5:21] + first[21:], ""),
        "another version": (one, first[:21] + second[21:25] + first[25:], ""),
        "body of another version": (one, second[:25] + first[25:], ""),
        "another row": (one, bound, "row 2"),
        "another suite": (one, first[:3] + b"\0\2" + first[5:], ""),
    }
    for what, (key, sealed, context) in changed.items():
        refused = open_at(app, key, sealed, context)
        assert (refused.status, "plaintext" in refused.json) == (400, False), what
    assert b64decode(open_at(app, one, bound, "row 1").json["plaintext"]) == b"bound"
    assert b64decode(open_at(app, one, first).json["plaintext"]) == b"first"


def test_who_keeps_keys_gets_no_data_and_cannot_be_let(shared: Node) -> None:
    custodian, admin = shared.client("custodian"), shared.client("admin")
    sealed = b64decode(shared.client("payments-app").encrypt().json["ciphertext"])
    asked = open_at(custodian, f"{KEYS}/fields", sealed)
    assert (asked.status, asked.problem) == (403, "access.forbidden")
    let = admin.ask("POST", "/v1/principals/custodian/roles", {"role": "application"})
    assert (let.status, let.problem) == (409, "access.separation_of_duties")
    let = custodian.ask("POST", "/v1/principals/custodian/roles", {"role": "application"})
    assert (let.status, let.problem) == (403, "access.not_permitted")


def test_no_nonce_of_gcm_repeats_over_processes_and_their_deaths(node: Node) -> None:
    key = make(node, "counted", algorithm="AES-256", mechanisms=["GCM"])
    sealed: list[bytes] = []

    def seal(client: Client, number: int) -> None:
        reply = client.ask("POST", f"{key}/encrypt", {"plaintext": b64encode(b"%d" % number).decode()})
        if reply.status == 200:
            sealed.append(b64decode(reply.json["ciphertext"]))

    for round_ in range(3):
        before = len(sealed)
        with Load(seal, lambda: node.client("payments-app", timeout=5), threads=6):
            time.sleep(0.3)
            if round_ < 2:
                os.kill(random.choice(node.wait_children()["worker"]), signal.SIGKILL)
            time.sleep(0.3)
        node.wait_children()
        assert len(sealed) > before
        if round_ == 1:
            for pid in node.processes():
                os.kill(pid, signal.SIGKILL)
            node.wait()
            node.start()
    nonces = {one[NONCE] for one in sealed}
    assert len(nonces) == len(sealed) > 50
    # Ranges follow each other, and one that a dead process had is not given out again.
    assert len({nonce[:-2] for nonce in nonces}) >= 3
    reader = node.client("payments-app")
    for one in (*sealed[:5], *sealed[-5:]):
        assert open_at(reader, key, one).status == 200


def test_a_node_killed_as_it_rotates_and_destroys_has_done_all_of_it_or_nothing(
    home: TrialHome, tmp_path: Path
) -> None:
    node = Node(home, tmp_path / "log", workers=2)
    rotated: list[int] = []
    destroyed: dict[str, bytes] = {}
    waiting: dict[str, bytes] = {}
    try:
        node.start()
        reply = node.client("custodian").ask("POST", "/v1/domains", {"name": "quick", "waiting_days": 0, "trial": True})
        assert reply.status == 201, reply.body
        keys = "/v1/domains/quick/keys"
        made = {"keys": [{"name": f"k{number}"} for number in range(30)]}
        assert node.client("custodian").ask("POST", f"{keys}/batch", made).status == 201
        turned = make(node, "turned")
        old = b64decode(node.client("payments-app").encrypt("turned", b"old").json["ciphertext"])
        app = node.client("payments-app")
        for number in range(30):
            reply = app.ask("POST", f"{keys}/k{number}/encrypt", {"plaintext": "eA=="})
            waiting[f"k{number}"] = b64decode(reply.json["ciphertext"])

        def rotate(client: Client, _: int) -> None:
            reply = client.ask("POST", f"{turned}/rotate", {})
            if reply.status == 200:
                rotated.append(reply.json["version"])

        def destroy(client: Client, number: int) -> None:
            name = f"k{number}"
            if name not in waiting:
                time.sleep(0.01)
            elif client.ask("POST", f"{keys}/{name}/destroy", {}).status == 200:
                destroyed[name] = waiting[name]

        with (
            Load(rotate, lambda: node.client("custodian", timeout=5), threads=2),
            Load(destroy, lambda: node.client("custodian", timeout=5), threads=2),
        ):
            while not (rotated and destroyed):
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.1))
            for pid in node.processes():
                os.kill(pid, signal.SIGKILL)
            node.wait()
        node.start()
        app, custodian = node.client("payments-app"), node.client("custodian")
        assert open_at(app, turned, old).json == {"plaintext": b64encode(b"old").decode()}
        shown = custodian.ask("GET", turned).json
        versions = [one["number"] for one in shown["versions"]]
        assert versions == list(range(1, shown["version"] + 1))
        assert shown["version"] >= max(rotated)
        assert app.encrypt("turned").json["version"] == shown["version"]
        states = {}
        for name, sealed in waiting.items():
            states[name] = custodian.ask("GET", f"{keys}/{name}").json["state"]
            answer = open_at(app, f"{keys}/{name}", sealed)
            assert answer.status == {"destroyed": 409, "active": 200}[states[name]], (name, answer.body)
        assert {states[name] for name in destroyed} == {"destroyed"}
    finally:
        assert node.stop() == 0
    told = [(one.action, one.resource) for one in entries_of(home) if one.outcome == "success"]
    assert told.count(("keys.rotate", "harbour/turned")) == shown["version"] - 1
    erased = {resource for action, resource in told if action == "keys.destroy"}
    assert erased == {f"quick/{name}" for name, state in states.items() if state == "destroyed"}
    assert home.call("ledger", "verify", "--json").json["finding"] == "whole"


@pytest.mark.parametrize(
    ("edit", "who"),
    [
        ("UPDATE keys SET state = 'active', suspended_ms = NULL WHERE name = 'fields'", "payments-app"),
        ("UPDATE role_grants SET role = 'application' WHERE role = 'custodian'", "custodian"),
    ],
    ids=["a state", "a role"],
)
def test_what_the_databases_operator_edits_serves_nobody(home: TrialHome, tmp_path: Path, edit: str, who: str) -> None:
    assert home.call("keys", "suspend", "harbour", "fields", who="custodian").code == 0
    with sqlite3.connect(home.path / "store.sqlite") as database:
        assert database.execute(edit).rowcount == 1
    database.close()
    with running(home, tmp_path / "log", workers=1) as node:
        reply = node.client(who).encrypt()
        assert (reply.status, reply.problem) == (500, "store.row_mac")
