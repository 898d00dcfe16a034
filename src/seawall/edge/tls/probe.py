"""Asks a listener what it agrees on, as far as that can be known without being anybody: no request is made."""

import socket
import time
from dataclasses import dataclass
from typing import Final

from seawall.edge.tls.handshakes import named
from seawall.kernel.errors import Unavailable

_PIECE: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a listener agreed on; ``certificate`` is the one that it showed, DER. Nobody has vouched for it."""

    version: str
    group: str
    cipher: str
    certificate: bytes


def probe(host: str, port: int, *, seconds: float = 5.0) -> Agreed:
    """Lead a handshake up to this side's last message, which is not sent.

    Raises:
        Unavailable: ``tls.no_answer``, when there is nobody, or somebody who does not speak TLS 1.3.
    """
    from cryptography.hazmat.primitives.serialization import Encoding
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    tls = SSL.Connection(context, None)
    tls.set_connect_state()
    until = time.monotonic() + seconds
    try:
        with socket.create_connection((host, port), seconds) as wire:
            while True:
                try:
                    tls.do_handshake()
                    break
                except SSL.WantReadError:
                    _send(tls, wire)
                wire.settimeout(max(0.01, until - time.monotonic()))
                piece = wire.recv(_PIECE)
                if not piece:
                    raise _silent(host, port)
                tls.bio_write(piece)
    except (OSError, SSL.Error):
        raise _silent(host, port) from None
    shown = tls.get_peer_certificate(as_cryptography=True)
    return Agreed(
        version=tls.get_protocol_version_name(),
        group=named(tls.get_group_name()),
        cipher=tls.get_cipher_name() or "",
        certificate=b"" if shown is None else shown.public_bytes(Encoding.DER),
    )


def _send(tls: object, wire: socket.socket) -> None:
    from OpenSSL import SSL

    assert isinstance(tls, SSL.Connection)
    try:
        while True:
            wire.sendall(tls.bio_read(_PIECE))
    except SSL.WantReadError:
        return


def _silent(host: str, port: int) -> Unavailable:
    return Unavailable("tls.no_answer", f"{host}:{port} does not answer with TLS 1.3.")
