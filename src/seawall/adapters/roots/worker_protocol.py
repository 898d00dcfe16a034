"""What a node and its PKCS#11 worker say to each other: msgpack frames over a socket pair, one answer to each request.

A frame is a length of four bytes, big-endian, and that many bytes of msgpack, at most 64 KiB. The PIN travels here and
nowhere else: arguments and the environment of a process can be read by others.
"""

import socket
from typing import TypeVar

import msgspec

MAX_FRAME = 65_536
_LENGTH = 4


class Open(msgspec.Struct, frozen=True, kw_only=True, tag="open"):
    """Load the module, log in once and find the root key, or make it."""

    module: str
    token_label: str
    serial: str
    key_label: str
    pin: bytes
    create_id: bytes = b""
    allow_final_try: bool = False


class Wrap(msgspec.Struct, frozen=True, kw_only=True, tag="wrap"):
    """Encrypt under the root key inside the token."""

    plaintext: bytes
    aad: bytes


class Unwrap(msgspec.Struct, frozen=True, kw_only=True, tag="unwrap"):
    """Decrypt under the root key inside the token."""

    iv: bytes
    sealed: bytes
    aad: bytes


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """The root key was found; what it and its token are."""

    key_id: bytes
    extractable: bool
    hardware: bool
    manufacturer: str
    model: str
    serial: str
    token_label: str
    hardware_version: str
    firmware_version: str
    library: str


class Wrapped(msgspec.Struct, frozen=True, kw_only=True, tag="wrapped"):
    """What :class:`Wrap` made."""

    iv: bytes
    sealed: bytes


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True, tag="unwrapped"):
    """What :class:`Unwrap` made."""

    plaintext: bytes


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The request failed; ``code`` is one of :mod:`seawall.adapters.roots.token_errors`, ``detail`` names the call."""

    code: str
    detail: str = ""


Request = Open | Wrap | Unwrap
Answer = Opened | Wrapped | Unwrapped | Failed
_requests: "msgspec.msgpack.Decoder[Request]" = msgspec.msgpack.Decoder(Request)
_answers: "msgspec.msgpack.Decoder[Answer]" = msgspec.msgpack.Decoder(Answer)
_encoder = msgspec.msgpack.Encoder()
T = TypeVar("T")


class ProtocolError(Exception):
    """The other side broke the protocol, or is gone."""


def decode_request(body: bytes) -> Request:
    """Read the body of a request's frame.

    Raises:
        ProtocolError: when it is none.
    """
    return _decode(_requests, body)


def decode_answer(body: bytes) -> Answer:
    """Read the body of an answer's frame.

    Raises:
        ProtocolError: when it is none.
    """
    return _decode(_answers, body)


def send(end: socket.socket, message: Request | Answer) -> None:
    """Send one frame.

    Raises:
        OSError: when the other side is gone or too slow.
        ProtocolError: when the message is too long.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME:
        raise ProtocolError("the frame is too long")
    end.sendall(len(body).to_bytes(_LENGTH) + body)


def receive(end: socket.socket) -> bytes | None:
    """Receive the body of one frame, or None when the other side closed between two frames.

    Raises:
        OSError: when the other side is too slow.
        ProtocolError: a frame that is too long, or cut.
    """
    head = _exactly(end, _LENGTH)
    if head is None:
        return None
    length = int.from_bytes(head)
    if length > MAX_FRAME:
        raise ProtocolError("the frame is too long")
    body = _exactly(end, length)
    if body is None:
        raise ProtocolError("the frame was cut")
    return body


def _exactly(end: socket.socket, length: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = end.recv(length - len(parts))
        if not part:
            if parts:
                raise ProtocolError("the frame was cut")
            return None
        parts += part
    return bytes(parts)


def _decode(decoder: "msgspec.msgpack.Decoder[T]", body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("the frame says nothing that is known") from None
