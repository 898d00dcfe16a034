"""A node that speaks TLS, from the command line to the ledger: who gets in, as whom, and how certificates change."""

import json
import re
import signal
import stat
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL

from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.clock import SystemClock
from support.node import Node, Reply, TrialHome, entries_of
from support.tls import HOSTS, Client, authority, ca, client_context, client_pair, fingerprint, server_pair

HYBRID = "X25519MLKEM768"
ENCRYPT = "/v1/domains/harbour/keys/fields/encrypt"


@dataclass(frozen=True, kw_only=True)
class Told(Reply):
    """An answer with every cookie that it sets."""

    cookies: tuple[str, ...] = ()


class Asker:
    """One connection over TLS, with whatever proves who asks."""

    def __init__(self, port: int, token: str = "", pair: Any = None) -> None:
        self._token = token
        self.client = Client(port, client_context(pair), timeout=20).shake()

    def ask(self, method: str, path: str, document: Any = None, **more: str) -> Told:
        text = document if isinstance(document, str) else "" if document is None else json.dumps(document)
        body = text.encode()
        kind = {} if document is None else {"content-type": "application/json"}
        lines = {"host": "127.0.0.1", "content-length": str(len(body)), **kind, **more}
        if self._token:
            lines["authorization"] = f"Bearer {self._token}"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.client.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        head, _, content = self.client.read_answer().partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        pairs = [line.split(": ", 1) for line in rest]
        cookies = tuple(value for name, value in pairs if name == "set-cookie")
        return Told(status=int(first.split()[1]), headers=dict(pairs), body=content, cookies=cookies)

    def encrypt(self) -> Told:
        return self.ask("POST", ENCRYPT, {"plaintext": b64encode(b"x" * 32).decode(), "context": ""})

    def close(self) -> None:
        self.client.wire.close()


class TlsNode(Node):
    """A node that speaks TLS."""

    def wait_ready(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while True:
            try:
                if self.asker(pair=client_pair("health")).ask("GET", "/readyz").status == 200:
                    return
            except (OSError, SSL.Error, AssertionError):
                pass
            assert time.monotonic() < deadline, f"the node is not ready: {self.log()}"
            time.sleep(0.05)

    def asker(self, who: str = "", pair: Any = None, *, token: str = "") -> Asker:
        asker = Asker(self.port, self.home.token(who) if who else token, pair)
        self._clients.append(asker)
        return asker


def configure(home: TrialHome, **settings: str) -> Path:
    """Give a home certificate, key and the section that names them; return the folder of the files."""
    folder = home.path / "tls"
    folder.mkdir(mode=0o700, exist_ok=True)
    certificate, key = server_pair()
    for name, pem in (("server.pem", certificate), ("server.key", key), ("ca.pem", ca())):
        put(folder / name, pem)
    values = {"certificate": f"{folder}/server.pem", "key": f"{folder}/server.key", **settings}
    section = "".join(f'{name} = "{value}"\n' for name, value in values.items())
    config = home.path / "seawall.toml"
    config.write_text(f"{config.read_text()}\n[listen.tls]\n{section}")
    return folder


def put(path: Path, pem: bytes) -> None:
    path.write_bytes(pem)
    path.chmod(0o600)


@contextmanager
def running(home: TrialHome, log: Path, *, workers: int = 2):
    node = TlsNode(home, log, workers=workers)
    try:
        yield node.start()
    finally:
        node.stop()


def served(node: TlsNode) -> bytes:
    """The certificate that a new connection is shown, SHA-256."""
    with Client(node.port).shake() as client:
        shown = client.tls.get_peer_certificate(as_cryptography=True)
    return shown.fingerprint(SHA256())


def eventually(check, timeout: float = 15) -> None:
    until = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_node_with_tls(home, tmp_path):
    """Requests, console, metrics, a renewal under way, and what the ledger and the doctor say of it."""
    folder = configure(home)
    with running(home, tmp_path / "log") as node:
        app = node.asker("payments-app")
        answer = app.encrypt()
        assert answer.status == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert app.client.tls.get_group_name() == HYBRID
        assert app.ask("GET", "/healthz", host="evil.example").problem == "request.host"
        visit_console(node)
        renew(node, folder)
        assert app.encrypt().status == 200

        metrics = node.asker().ask("GET", "/metrics").body.decode()
        assert re.search(rf'seawall_tls_handshakes_total{{group="{HYBRID}"}} \d+', metrics)
        config = home.path / "seawall.toml"
        config.write_text(f"{config.read_text()}\n[listen]\nport = {node.port}\n")
        texts = [finding["text"] for finding in doctor(home)]
        assert any(text.startswith(f"TLSv1.3, {HYBRID} (post-quantum hybrid)") for text in texts)
    said = [entry for entry in entries_of(home) if "tls_group" in entry.facts]
    assert {entry.action for entry in said} == {"access.authenticate"}
    assert {entry.who for entry in said} == {"payments-app", "admin"}
    assert {entry.facts["tls_group"] for entry in said} == {HYBRID}
    assert {entry.facts["proof"] for entry in said} == {"token", "session"}


def visit_console(node: TlsNode) -> None:
    """Sign in: cookies leave over TLS alone, and a form of another place is refused as ever."""
    door = node.asker().ask("GET", "/sign-in")
    assert "; Secure" in door.headers["set-cookie"]
    assert "; HttpOnly" in door.headers["set-cookie"]
    cookie = door.headers["set-cookie"].partition(";")[0]
    token = re.search(r'name="form_token" value="([^"]+)"', door.body.decode())[1]
    form = f"form_token={token}&token={node.home.token('admin')}"
    visitor = node.asker()

    def send(origin: str) -> Told:
        kind = "application/x-www-form-urlencoded"
        return visitor.ask("POST", "/sign-in", form, **{"content-type": kind, "cookie": cookie, "origin": origin})

    assert send("https://elsewhere.example").status == 403
    welcome = send("https://127.0.0.1")
    assert welcome.status == 303
    session = next(one for one in welcome.cookies if one.startswith("seawall_session="))
    assert "; Secure" in session
    assert visitor.ask("GET", "/", cookie=session.partition(";")[0]).status == 200


def renew(node: TlsNode, folder: Path) -> None:
    """Who comes is shown the new certificate, whoever is connected stays; a mistake changes nothing."""
    first = served(node)
    assert first == fingerprint(server_pair()[0])
    certificate, key = authority().server(HOSTS)
    put(folder / "server.pem", certificate)
    node.signal(signal.SIGHUP)
    eventually(lambda: "not reloaded" in node.log())
    assert "listen.tls.key" in node.log()
    assert served(node) == first
    put(folder / "server.key", key)
    node.signal(signal.SIGHUP)
    eventually(lambda: all(served(node) == fingerprint(certificate) for _ in range(8)))


def doctor(home: TrialHome) -> list[dict[str, str]]:
    """What the doctor says of TLS."""
    return [finding for finding in home.call("doctor", "--json").json if finding["subject"] == "tls"]


def test_a_client_certificate_is_somebody_until_it_is_revoked(home, tmp_path):
    folder = configure(home, client="required", client_ca=str(home.path / "tls" / "ca.pem"))
    pair, other = client_pair("payments"), client_pair("other")
    put(folder / "payments.pem", pair[0])
    with running(home, tmp_path / "log") as node:
        with Client(node.port).shake() as nobody, pytest.raises(SSL.Error):
            nobody.recv()
        app = node.asker(pair=pair)
        assert app.encrypt().problem == "access.certificate_unknown"
        made = home.call("people", "certificate", "payments-app", folder / "payments.pem", "--json", who="admin").json
        assert made["fingerprint"] == fingerprint(pair[0]).hex()
        many = [node.asker(pair=pair) for _ in range(12)]
        assert {asker.encrypt().status for asker in (app, *many)} == {200}

        # Beside a token it must be the same person's; a bound token counts with its certificate alone.
        assert node.asker("payments-app", pair).encrypt().status == 200
        assert node.asker("owner", pair).encrypt().problem == "access.two_principals"
        assert node.asker("payments-app", other).encrypt().problem == "access.certificate_unknown"
        issue = ("people", "token", "payments-app", "--certificate", fingerprint(other[0]).hex(), "--json")
        bound = home.call(*issue, who="admin").json["token"]
        assert node.asker(pair=other, token=bound).encrypt().status == 200
        assert node.asker(pair=pair, token=bound).encrypt().problem == "access.token_bound"
        (line,) = [
            one
            for one in home.call("people", "show", "payments-app", who="admin").out.splitlines()
            if made["id"] in one
        ]
        assert "CN=payments" in line

        # Revoked, it is nobody's at once, on every connection that stands.
        assert home.call("people", "revoke-certificate", made["id"], who="admin").code == 0
        assert {asker.encrypt().problem for asker in (app, *many)} == {"access.token_revoked"}
    told = [entry for entry in entries_of(home) if entry.action.startswith("access.certificate.")]
    assert [(entry.action, entry.outcome) for entry in told] == [
        ("access.certificate.register", "intent"),
        ("access.certificate.register", "success"),
        ("access.certificate.revoke", "success"),
    ]
    assert any("attempts" in entry.facts for entry in entries_of(home) if entry.action == "access.authenticate")


def test_a_node_reached_over_a_network_speaks_tls_or_does_not_start(home, tmp_path):
    refused = home.call("up", "--host", "0.0.0.0", "--port", "0", "--json")
    assert (refused.code != 0, refused.error["error"]) == (True, "node.plain_text")
    assert "[listen.tls]" in refused.error["remedy"]
    home_config = home.path / "seawall.toml"
    plain = home_config.read_text()
    home_config.write_text(plain + '\n[listen]\nhost = "0.0.0.0"\n')
    (finding,) = doctor(home)
    assert finding["level"] == "error"
    home_config.write_text(plain)
    folder = configure(home, require_group=HYBRID)
    (folder / "server.key").chmod(0o640)
    refused = home.call("up", "--port", "0", "--json")
    assert refused.error["error"] == "tls.key_open"
    (finding,) = doctor(home)
    assert (finding["level"], "chmod 600" in finding["remedy"]) == ("error", True)
    (folder / "server.key").chmod(0o600)
    home_config.write_text(home_config.read_text() + '[listen]\nhost = "0.0.0.0"\n')
    with running(home, tmp_path / "log", workers=1) as node:
        assert node.asker("payments-app").encrypt().status == 200


def test_the_doctor_knows_when_a_certificate_runs_out(home):
    folder = configure(home)
    for days, level, text in ((31, "ok", "certificate for 31 days"), (30, "warning", "expires in 30 days")):
        made = TrialAuthority(SystemClock().now_ms(), days).server(HOSTS)
        for name, pem in zip(("server.pem", "server.key"), made, strict=True):
            put(folder / name, pem)
        (finding,) = doctor(home)
        assert (finding["level"], text in finding["text"]) == (level, True)
    old = TrialAuthority(SystemClock().now_ms() - 40 * 86_400_000, 30).server(HOSTS)
    for name, pem in zip(("server.pem", "server.key"), old, strict=True):
        put(folder / name, pem)
    (finding,) = doctor(home)
    assert (finding["level"], "tls.expired" in finding["text"]) == ("error", True)
    assert home.call("up", "--port", "0", "--json").error["error"] == "tls.expired"


def test_certificates_for_trial(home, tmp_path):
    out = tmp_path / "trial"
    names = ("--host", "localhost", "--host", "10.0.0.7", "--client", "alice", "--client", "bob")
    made = home.call("tls", "trial-ca", "--out", out, *names)
    assert made.code == 0
    assert "[listen.tls]" in made.out
    assert f'key = "{out}/server.key"' in made.out
    found = sorted(path.name for path in out.iterdir())
    assert found == ["alice.key", "alice.pem", "bob.key", "bob.pem", "ca.key", "ca.pem", "server.key", "server.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    issuer = x509.load_pem_x509_certificate((out / "ca.pem").read_bytes())
    for name in ("alice", "bob", "server"):
        x509.load_pem_x509_certificate((out / f"{name}.pem").read_bytes()).verify_directly_issued_by(issuer)
    assert home.call("tls", "trial-ca", "--out", out).code != 0
    for wrong in (("--days", "0"), ("--client", "../x"), ("--client", "ca"), ("--host", "höst")):
        refused = home.call("tls", "trial-ca", "--out", tmp_path / "none", *wrong, "--json")
        assert refused.error["error"].startswith("tls.")
        assert not (tmp_path / "none").exists()
