"""A receiver of syslog over TLS to test with, and certificates for both sides."""

import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Certifies names for an hour."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        certificate = self._builder(self._name, self._key.public_key(), ca=True).sign(self._key, hashes.SHA256())
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def certify(self, name: str) -> Paper:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key(), ca=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        paper = Paper(certificate=self._folder / f"{name}.pem", key=self._folder / f"{name}.key")
        paper.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        paper.key.touch(0o600)
        paper.key.write_bytes(encoded)
        return paper

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as it came: its head, its structured data and what it says."""

    head: str
    data: dict[str, str]
    text: bytes


class Receiver:
    """Takes messages from clients that the authority certified; can be shut and opened again on the same port."""

    def __init__(self, paper: Paper, authority: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(paper.certificate, paper.key)
        self._context.load_verify_locations(authority)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._received: list[bytes] = []
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.peers: list[str] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def shut(self) -> None:
        """End everything at once, as a receiver that dies."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    @property
    def messages(self) -> list[Message]:
        with self._lock:
            return [_parse(raw) for raw in self._received]

    def indices(self) -> list[int]:
        """The indices of the entries, as they came."""
        return [int(message.data["index"]) for message in self.messages if "index" in message.data]

    def _start(self, work, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, plain)

    def _serve(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                with self._lock:
                    self._connections.append(connection)
                subject = connection.getpeercert()["subject"]
                self.peers.append(subject[0][0][1])
                self._read(connection)
        except OSError:
            plain.close()

    def _read(self, connection: ssl.SSLSocket) -> None:
        stream = b""
        while data := connection.recv(65536):
            stream += data
            while (match := re.match(rb"(\d+) ", stream)) and len(stream) >= match.end() + int(match[1]):
                end = match.end() + int(match[1])
                with self._lock:
                    self._received.append(stream[match.end() : end])
                stream = stream[end:]


_FORM = re.compile(
    rb"(<\d+>1 \S+ \S+ \S+ \S+ \S+) \[(\S+)((?: \w+=\"(?:[^\"\\\]]|\\.)*\")*)\] \xef\xbb\xbf(.*)", re.DOTALL
)


def _parse(raw: bytes) -> Message:
    form = _FORM.fullmatch(raw)
    assert form, raw
    data = dict(re.findall(r'(\w+)="((?:[^"\\\]]|\\.)*)"', form[3].decode()))
    return Message(head=form[1].decode(), data={**data, "id": form[2].decode()}, text=form[4])
