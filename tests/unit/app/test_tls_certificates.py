"""The node's certificate in parent and workers: read again when the parent says so, and kept where that fails."""

import logging
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL

from seawall.app.tls import Certificates, Entrance
from seawall.edge.tls.handshakes import Handshakes, Refusal
from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import InvalidInput
from seawall.settings_tls import Tls

CLOCK = FixedClock()
AUTHORITY = TrialAuthority(CLOCK.now_ms(), 10)


@pytest.fixture
def files(tmp_path: Path) -> Tls:
    tls = Tls(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
    put(tls)
    return tls


def put(tls: Tls) -> bytes:
    """Put a new certificate in place; return its SHA-256."""
    certificate, key = AUTHORITY.server(["localhost"])
    for path, pem in ((tls.certificate, certificate), (tls.key, key)):
        Path(path).write_bytes(pem)
        Path(path).chmod(0o600)
    return x509.load_pem_x509_certificate(certificate).fingerprint(SHA256())


def shown(context: SSL.Context) -> bytes:
    found = SSL.Connection(context, None).get_certificate(as_cryptography=True)
    assert found is not None
    return found.fingerprint(SHA256())


def test_new_files_count_when_the_parent_says_so(files: Tls) -> None:
    certificates = Certificates(files, CLOCK)
    first = certificates.context()
    second = put(files)
    assert certificates.context() is first
    certificates._generation[0] += 1  # as a worker sees the parent's word
    assert shown(certificates.context()) == second
    assert certificates.context() is certificates.context()


def test_files_that_cannot_be_used_change_nothing(files: Tls, caplog: pytest.LogCaptureFixture) -> None:
    certificates = Certificates(files, CLOCK)
    first = certificates.context()
    Path(files.key).write_bytes(b"nonsense")
    with pytest.raises(InvalidInput) as caught:
        certificates.reload()
    assert caught.value.code == "tls.key_format"
    assert certificates._generation[0] == 0
    # They were changed once more after the parent had looked.
    certificates._generation[0] += 1
    with caplog.at_level(logging.ERROR):
        assert certificates.context() is first
    assert "stays in use" in caplog.text
    assert "nonsense" not in caplog.text


def test_a_worker_that_starts_anew_begins_with_what_the_parent_read_last(files: Tls) -> None:
    parent = Certificates(files, CLOCK)
    second = put(files)
    parent.reload()
    Path(files.certificate).write_bytes(b"nonsense")
    assert shown(parent.context()) == second


def test_an_entrance_makes_doors(files: Tls) -> None:
    told: list[tuple[str, str, str]] = []
    entrance = Entrance(
        Certificates(files, CLOCK), Handshakes(1), Tls(certificate="/c", key="/k", require_group="X25519")
    )
    door = entrance.door(lambda *stranger: told.append(stranger))
    assert (door.admits("x25519"), door.admits("X25519MLKEM768")) == (True, False)
    assert door.plain_answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    door.refused(Refusal.GROUP, "10.0.0.1")
    door.refused(Refusal.TIMEOUT, "10.0.0.1")
    assert told == [("10.0.0.1", "tls.group", "rest")]
    assert entrance.handshakes.refusals()[Refusal.TIMEOUT] == 1
