"""A home whose root key lies in a PKCS#11 token."""

import os
import signal
import time
from base64 import b64decode
from pathlib import Path

import pytest

from support import softhsm
from support.backing import APP, CUSTODIAN, OwnHome, check, decrypt_over_rest, doctor, encrypt_over_rest, settle, turn
from support.node import running

pytestmark = pytest.mark.softhsm


class Token:
    """A token, its PIN file, and a home on it."""

    def __init__(self, folder: Path, hsm: softhsm.SoftHsm) -> None:
        self.hsm = hsm
        self.pin = folder / "pin"
        self.put(softhsm.PIN)
        self.home = OwnHome(folder / "home", SOFTHSM2_CONF=str(hsm.folder / "softhsm2.conf"))

    def put(self, pin: bytes) -> None:
        self.pin.write_bytes(pin + b"\n")
        self.pin.chmod(0o600)

    def init(self, home: OwnHome | None = None) -> str:
        given = ("--pkcs11-module", self.hsm.library, "--pkcs11-token", "bank", "--pkcs11-pin-file", self.pin)
        return str((home or self.home).do("init", *given)["enrolment_code"])


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("bank")
    made = Token(tmp_path, hsm)
    settle(made.home, made.init())
    return made


def _workers(pid: int) -> list[int]:
    """The processes below a node that hold the vendor's library."""
    found = []
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        if b"pkcs11_worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            found.append(child)
        found += _workers(child)
    return found


def test_one_turn_of_the_loop_on_a_token(token: Token, tmp_path: Path) -> None:
    assert not (token.home.path / "root.sealed").exists()
    turn(token.home, tmp_path / "log")
    found = doctor(token.home)
    assert found["root of trust"]["text"].startswith("pkcs11, ")
    assert "trial" not in found
    assert softhsm.PIN.decode() not in "".join(
        path.read_bytes().decode("latin-1") for path in token.home.path.rglob("*") if path.is_file()
    )


def test_a_wrong_pin_is_said_and_not_tried_again(token: Token) -> None:
    token.put(b"0000")
    for given in (("keys", "list"), ("keys", "list"), ("up", "--port", "0")):
        refused = token.home.call(*given, "--json", who="custodian")
        assert (refused.code, refused.error["error"]) == (4, "root.pin_refused"), given
        assert refused.error["remedy"]
    assert doctor(token.home)["root of trust"]["level"] == "error"
    token.put(softhsm.PIN)
    check(token.home)


def test_a_token_that_is_gone_is_said_and_comes_back(token: Token) -> None:
    token.hsm.take_out()
    for given in (("keys", "list"), ("up", "--port", "0")):
        refused = token.home.call(*given, "--json", who="custodian")
        assert (refused.code, refused.error["error"]) == (6, "root.token_missing"), given
    assert doctor(token.home)["root of trust"]["level"] == "error"
    token.hsm.put_back()
    assert token.home.do("keys", "list", who="custodian")["items"]
    check(token.home)


def test_a_node_survives_the_death_of_the_process_that_holds_the_library(token: Token, tmp_path: Path) -> None:
    with running(token.home, tmp_path / "log", workers=1) as node:
        app = node.client(APP)
        sealed = encrypt_over_rest(app)
        workers = _workers(node.pid)
        assert workers
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        # A key that is held needs no root; one that is not waits at most for the next try.
        assert decrypt_over_rest(app, sealed)[0] == 200
        token.home.do("keys", "rotate", "vault", "notes", who="custodian")
        deadline = time.monotonic() + 30
        while (reply := decrypt_over_rest(app, sealed))[0] != 200:
            assert reply == (503, b"root.worker_lost")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert encrypt_over_rest(app)[24] == 2
        app.close()
    assert "Traceback" not in node.log()
    token.home.do("keys", "list", who="custodian")
    check(token.home)


def test_a_node_whose_token_is_pulled_out_says_so_and_goes_on_when_it_is_back(token: Token, tmp_path: Path) -> None:
    with running(token.home, tmp_path / "log", workers=1) as node:
        app, custodian = node.client(APP), node.client("custodian")
        sealed = encrypt_over_rest(app)
        token.hsm.take_out()
        for pid in _workers(node.pid):
            os.kill(pid, signal.SIGKILL)
        # What is held in memory serves on; what needs the root says what is wrong.
        assert decrypt_over_rest(app, sealed)[0] == 200
        answer = custodian.ask("POST", "/v1/domains", {"name": "more", "waiting_days": 0, "trial": True})
        assert (answer.status, answer.problem) in {(503, "root.token_missing"), (503, "root.worker_lost")}
        token.hsm.put_back()
        deadline = time.monotonic() + 30
        while answer.status != 201:
            assert time.monotonic() < deadline, answer.body
            time.sleep(0.1)
            answer = custodian.ask("POST", "/v1/domains", {"name": "more", "waiting_days": 0, "trial": True})
        assert decrypt_over_rest(app, sealed)[0] == 200
        app.close()
        custodian.close()
    assert "Traceback" not in node.log()
    # A scribe that waited for the token when the node was stopped left its work to whoever comes next.
    token.home.do("keys", "list", who="custodian")
    check(token.home)


def test_a_second_home_does_not_take_the_root_key_of_the_first(token: Token, tmp_path: Path) -> None:
    given = ("--pkcs11-module", token.hsm.library, "--pkcs11-token", "bank", "--pkcs11-pin-file", token.pin)
    second = OwnHome(tmp_path / "second", **token.home.env)
    refused = second.call("init", *given, "--json")
    assert (refused.code, refused.error["error"]) == (5, "root.key_exists")
    assert not (second.path / "seawall.toml").exists()


def _configure(home: OwnHome, text: str) -> None:
    with (home.path / "seawall.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_the_root_is_shown_and_its_token_agrees_with_the_store(token: Token, tmp_path: Path) -> None:
    shown = token.home.do("root", "show", who="custodian")
    (generation,) = shown["generations"]
    assert (generation["number"], generation["current"], generation["scheme"]) == (1, True, "AES-GCM")
    # The store's integrity key, the domain's key, and the two signing keys of the ledger.
    assert generation["uses"] >= 4
    assert [(one["label"], one["state"]) for one in shown["tokens"]] == [("bank", "ready")]
    assert "CKM_AES_GCM" in shown["mechanisms"]
    assert shown["certificate"]["standing"] == "none"
    agreed = token.home.do("root", "reconcile", who="auditor")
    assert (agreed["objects"], agreed["expected"], agreed["discrepancies"]) == (1, 1, [])
    # Whoever uses data, and nobody else, has no business with it.
    assert token.home.call("root", "show", "--json", who=APP).error["error"] == "access.not_permitted"
    with running(token.home, tmp_path / "log", workers=1) as node:
        auditor = node.client("auditor")
        answer = auditor.ask("GET", "/v1/root")
        assert (answer.status, answer.json["generations"]) == (200, shown["generations"])
        assert auditor.ask("POST", "/v1/root/reconcile", {}).json == agreed
        auditor.close()
    check(token.home)


def test_a_standby_and_a_validation_that_has_ended_are_told_by_the_doctor(token: Token, tmp_path: Path) -> None:
    token.hsm.clone_token("bank", "bon2")
    _configure(
        token.home,
        'certificate = {number = 4811, standard = "FIPS 140-2", level = 3, status = "active", sunset = 2030-01-01}\n'
        '[[root.pkcs11.standbys]]\ntoken = "bon2"\n',
    )
    found = doctor(token.home)
    assert found["root of trust"]["level"] == "ok"
    assert found["module certificate"]["level"] == "error"
    assert "historical" in found["module certificate"]["text"]
    away = token.hsm.pull("bank")
    found = doctor(token.home)
    assert (found["root of trust"]["level"], "root.token_missing" in found["root of trust"]["text"]) == (
        "warning",
        True,
    )
    with running(token.home, tmp_path / "log", workers=1) as node:
        # The node began on the token that stands by, and says so.
        app = node.client(APP)
        assert decrypt_over_rest(app, encrypt_over_rest(app))[0] == 200
        told = app.ask("GET", "/metrics").body.decode()
        assert "seawall_root_certificate_alarm 1" in told
        assert "seawall_root_tokens_broken 1" in told
        app.close()
    assert "module certificate: FIPS 140-2 #4811 level 3 is historical" in node.log()
    token.hsm.put(away)
    assert doctor(token.home)["root of trust"]["level"] == "ok"


def test_a_pin_that_others_can_read_opens_nothing(token: Token) -> None:
    token.pin.chmod(0o644)
    refused = token.home.call("keys", "list", "--json", who="custodian")
    assert (refused.code, refused.error["error"], refused.error["field"]) == (
        2,
        "root.pin_file_open",
        "root.pkcs11.pin_file",
    )
    token.pin.chmod(0o600)
    check(token.home)


def test_a_key_that_lives_in_the_token(token: Token, tmp_path: Path) -> None:
    home, said = token.home, tmp_path / "said"
    said.write_bytes(b"A123456(3)")
    made = home.do("keys", "create", "vault", "inside", "--resident", who=CUSTODIAN)
    home.do("keys", "create", "vault", "seals", "--resident", "--purpose", "sign", who=CUSTODIAN)
    assert made["versions"][0]["origin"] == "hsm"
    sealed = home.do("data", "encrypt", "vault", "inside", "--in", said, who=APP)["ciphertext"]
    with running(home, tmp_path / "log") as node:
        client = node.client(APP)
        answer = client.ask("POST", "/v1/domains/vault/keys/inside/decrypt", {"ciphertext": sealed})
        assert b64decode(answer.json["plaintext"]) == said.read_bytes()
        signed = client.ask("POST", "/v1/domains/vault/keys/seals/sign", {"message": sealed}).json
        asked = {"message": sealed, "signature": signed["signature"]}
        assert client.ask("POST", "/v1/domains/vault/keys/seals/verify", asked).json["valid"]
    assert home.do("root", "reconcile", who=CUSTODIAN)["discrepancies"] == []
    home.do("keys", "destroy", "vault", "inside", who=CUSTODIAN)
    home.do("keys", "shred", "vault", who=CUSTODIAN)
    assert home.do("root", "reconcile", who=CUSTODIAN)["discrepancies"] == []
