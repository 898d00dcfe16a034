"""TLS clients whose every byte a test can hold back, and the small edge behind a door."""

import contextlib
import functools
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509

from seawall.edge.rest.server import to_plain_text
from seawall.edge.tls.contexts import Material, make_context
from seawall.edge.tls.guard import Bounds, Door
from seawall.edge.tls.handshakes import Handshakes
from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.clock import SystemClock
from support.rest import Running, SmallDesk, running

HOSTS = ("localhost", "127.0.0.1")
Pair = tuple[bytes, bytes]


@functools.cache
def authority() -> TrialAuthority:
    """One authority for a run."""
    return TrialAuthority(SystemClock().now_ms(), 10)


@functools.cache
def server_pair() -> Pair:
    return authority().server(HOSTS)


@functools.cache
def client_pair(name: str = "client") -> Pair:
    return authority().client(name)


def ca() -> bytes:
    return authority().own_files()["ca.pem"]


def fingerprint(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).fingerprint(SHA256())


def material(**more: Any) -> Material:
    certificate, key = server_pair()
    return Material(certificate=certificate, key=key, **more)


def mutual(client: str = "required", **more: Any) -> Material:
    return material(client=client, client_ca=ca(), **more)


def door(
    given: Material | None = None,
    *,
    group: str | None = None,
    bounds: Bounds | None = None,
    stranger: Callable[[str, str], None] = lambda _origin, _code: None,
) -> Door:
    context = make_context(given or material())
    return Door(
        lambda: context,
        counters=Handshakes(1),
        group=group,
        stranger=stranger,
        plain_answer=to_plain_text(),
        bounds=bounds,
    )


def client_context(pair: Pair | None = None, *, most: int = SSL.TLS1_3_VERSION) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(most)
    context.get_cert_store().add_cert(X509.from_cryptography(x509.load_pem_x509_certificate(ca())))
    context.set_verify(SSL.VERIFY_PEER)
    if pair is not None:
        context.use_certificate(x509.load_pem_x509_certificate(pair[0]))
        context.use_privatekey(load_pem_private_key(pair[1], None))
    return context


class Client:
    """A TLS client over a socket; what is sealed can be held back, cut or bent on its way."""

    def __init__(self, port: int, context: SSL.Context | None = None, *, timeout: float = 10) -> None:
        self.wire = socket.create_connection(("127.0.0.1", port), timeout)
        self.tls = SSL.Connection(context or client_context(), None)
        self.tls.set_connect_state()
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def pending(self) -> bytes:
        """Take what is sealed and not sent yet."""
        found = b""
        with contextlib.suppress(SSL.WantReadError):
            while True:
                found += self.tls.bio_read(65536)
        return found

    def hello(self) -> bytes:
        """Begin the handshake; return its first bytes, unsent."""
        with contextlib.suppress(SSL.WantReadError):
            self.tls.do_handshake()
        return self.pending()

    def take(self) -> bool:
        """Take what came from the wire; False at its end."""
        piece = self.wire.recv(65536)
        if piece:
            self.tls.bio_write(piece)
        return bool(piece)

    def shake(self) -> "Client":
        """Lead the handshake to its end.

        Raises:
            SSL.Error: what the server refused, or a wire that ended.
        """
        try:
            while True:
                try:
                    self.tls.do_handshake()
                    break
                except SSL.WantReadError:
                    self.wire.sendall(self.pending())
                    if not self.take():
                        raise SSL.SysCallError(-1, "the wire ended") from None
            self.wire.sendall(self.pending())
        except BaseException:
            self.wire.close()
            raise
        return self

    def seal(self, data: bytes) -> bytes:
        """Seal bytes and return the records, unsent."""
        at = 0
        while at < len(data):
            at += self.tls.send(data[at : at + 16384])
        return self.pending()

    def send(self, data: bytes) -> None:
        self.wire.sendall(self.seal(data))

    def finish(self) -> None:
        """Say the end, and go on listening."""
        self.tls.shutdown()
        self.wire.sendall(self.pending())

    def recv(self) -> bytes:
        """Receive some bytes; none at the end.

        Raises:
            SSL.Error: an alert, or a wire that ended without close_notify.
        """
        while True:
            try:
                return self.tls.recv(65536)
            except SSL.ZeroReturnError:
                self.ended = True
                return b""
            except SSL.WantReadError:
                if not self.take():
                    raise SSL.SysCallError(-1, "the wire ended") from None

    def read_all(self) -> bytes:
        received = bytearray()
        while piece := self.recv():
            received += piece
        return bytes(received)

    def read_answer(self) -> bytes:
        """Read one answer with a content-length."""
        received = bytearray()
        while True:
            piece = self.recv()
            assert piece, bytes(received)
            received += piece
            head, found, body = bytes(received).partition(b"\r\n\r\n")
            if found:
                lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
                if len(body) >= int(lines[b"content-length"]):
                    return bytes(received)


@dataclass
class RunningTls(Running):
    """The small edge behind a door."""

    door: Door | None = None

    @property
    def handshakes(self) -> Handshakes:
        assert self.door is not None
        return self.door.counters

    def client(self, pair: Pair | None = None, **more: Any) -> Client:
        return Client(self.port, client_context(pair, **more)).shake()

    def talk(self, *pieces: bytes, half_close: bool = True) -> bytes:
        """Send bytes, and read until the server ends."""
        with self.client() as client:
            for piece in pieces:
                client.send(piece)
            if half_close:
                client.finish()
            try:
                return client.read_all()
            except (ConnectionResetError, BrokenPipeError):
                return b""


@contextlib.contextmanager
def running_tls(
    desk: SmallDesk | None = None, given: Material | None = None, *, fast: bool = True, **more: Any
) -> Iterator[RunningTls]:
    """Run the edge behind TLS; ``group`` and ``bounds`` are the door's, all else is the edge's."""
    desk = desk or SmallDesk()
    at = {name: more.pop(name) for name in ("group", "bounds") if name in more}
    behind = door(given, stranger=lambda origin, code: desk.stranger(origin, code, "rest"), **at)
    with running(desk, fast=fast, door=behind, made=functools.partial(RunningTls, door=behind), **more) as edge:
        yield edge
