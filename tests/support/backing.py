"""One short turn of the loop on a home of one's own, whatever its store and its root of trust lie in."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.node import Client, Node, Ran, TrialHome, environment

CUSTODIAN, APP, AUDITOR = "custodian", "payments-app", "auditor"
PEOPLE = {CUSTODIAN: "custodian", APP: "application", AUDITOR: "auditor"}
VALUE = "陳大文 A123456(3)".encode()


class OwnHome(TrialHome):
    """A home that is no trial: its passphrase, where it has one, lies in a file elsewhere."""

    def __init__(self, path: Path, **env: str) -> None:
        super().__init__(path)
        self.env = env

    def spawn(self, *given: str | Path, who: str | None = None, **options: Any) -> Any:
        options.setdefault("env", environment(**self.env))
        return super().spawn(*given, who=who, **options)

    def call(self, *given: str | Path, who: str | None = None) -> Ran:
        before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)
        try:
            return super().call(*given, who=who)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def do(self, *given: str | Path, who: str | None = None) -> Any:
        """Run a command that must succeed, and return what it says."""
        ran = self.call(*given, "--json", who=who)
        assert ran.code == 0, ran.err
        return ran.json


def settle(home: OwnHome, code: str) -> None:
    """Enrol the administrator, make people and their tokens, and a domain with a key."""
    home.do("people", "enrol", code, "--out", home.path / "tokens" / "admin.token")
    for name, role in PEOPLE.items():
        home.do("people", "create", name, "--role", role, "--domain", "*", who="admin")
        home.do("people", "token", name, "--out", home.path / "tokens" / f"{name}.token", who="admin")
    home.do("keys", "create-domain", "vault", "--waiting-days", "0", "--trial", who=CUSTODIAN)
    home.do("keys", "create", "vault", "notes", who=CUSTODIAN)


@contextmanager
def desk(home: OwnHome, who: str) -> Iterator[Any]:
    """Somebody's way to the desk, without a node."""
    from seawall.app.composition import Composition
    from seawall.kernel.secret import Secret

    file = home.env.get("SEAWALL_PASSPHRASE_FILE")
    source = (lambda: Secret(Path(file).read_bytes().strip())) if file else None
    with Composition().open(home.path, source, home.token(who)) as session:
        yield session


def encrypt_at_desk(home: OwnHome, value: bytes = VALUE) -> bytes:
    from seawall.capabilities.keys.commands import Encrypt

    with desk(home, APP) as session:
        return bytes(session.perform(Encrypt(domain="vault", key="notes", plaintext=value)).ciphertext)


def decrypt_at_desk(home: OwnHome, sealed: bytes) -> bytes:
    from seawall.capabilities.keys.commands import Decrypt

    with desk(home, APP) as session:
        return bytes(session.perform(Decrypt(domain="vault", key="notes", ciphertext=sealed)).plaintext)


def encrypt_over_rest(client: Client, value: bytes = VALUE) -> bytes:
    reply = client.ask("POST", "/v1/domains/vault/keys/notes/encrypt", {"plaintext": b64encode(value).decode()})
    assert reply.status == 200, reply.body
    return b64decode(reply.json["ciphertext"])


def decrypt_over_rest(client: Client, sealed: bytes) -> tuple[int, bytes]:
    reply = client.ask("POST", "/v1/domains/vault/keys/notes/decrypt", {"ciphertext": b64encode(sealed).decode()})
    if reply.status == 200:
        return 200, b64decode(reply.json["plaintext"])
    return reply.status, reply.problem.encode()


def turn(home: OwnHome, log: Path) -> None:
    """Encrypt and decrypt at the desk and over REST, rotate, shred, verify, and ask the doctor."""
    first = encrypt_at_desk(home)
    node = Node(home, log, workers=1)
    try:
        node.start()
        app = node.client(APP)
        second = encrypt_over_rest(app)
        assert decrypt_over_rest(app, first) == (200, VALUE)
        home.do("keys", "rotate", "vault", "notes", who=CUSTODIAN)
        third = encrypt_over_rest(app)
        assert {sealed[21:25] for sealed in (first, second, third)} == {b"\0\0\0\1", b"\0\0\0\2"}
        assert decrypt_at_desk(home, third) == decrypt_at_desk(home, second) == VALUE
        home.do("keys", "shred", "vault", who=CUSTODIAN)
        status, problem = decrypt_over_rest(app, third)
        assert (status, problem) == (409, b"keys.destroyed")
        app.close()
    finally:
        code = node.stop()
    assert code == 0, node.log()
    assert "Traceback" not in node.log()
    check(home)
    shown = home.do("ledger", "show", "--action", "data.decrypt", who=AUDITOR)["rows"]
    assert [row["outcome"] for row in reversed(shown)] == ["success", "success", "success", "failure"]


def check(home: OwnHome) -> None:
    """The ledger is whole against the checkpoint that the store keeps, and the doctor finds no error."""
    report = home.do("ledger", "verify")
    assert (report["finding"], report["unsigned"]) == ("whole", 0), report
    assert report["size"] == report["kept_size"] > 0
    findings = home.do("doctor")
    assert not [found for found in findings if found["level"] == "error"], findings


def doctor(home: OwnHome) -> dict[str, dict[str, str]]:
    """What the doctor says, by subject, whatever it finds."""
    return {found["subject"]: found for found in json.loads(home.call("doctor", "--json").out)}
