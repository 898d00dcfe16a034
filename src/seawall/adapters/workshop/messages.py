"""What is asked of a workshop's process and what it answers: msgpack frames, one answer to each request.

A frame is a length of four bytes, big-endian, and that many bytes. Private keys travel in frames over a socket pair
alone: arguments and the environment of a process can be read by others.
"""

import socket
from typing import TypeVar

import msgspec

MAX_MESSAGE = 16 << 20
MAX_FRAME = MAX_MESSAGE + (1 << 16)
_LENGTH = 4


class MakeSlhDsa(msgspec.Struct, frozen=True, kw_only=True, tag="make_slh_dsa"):
    """Make a private key."""


class SignSlhDsa(msgspec.Struct, frozen=True, kw_only=True, tag="sign_slh_dsa"):
    """Sign with a raw private key."""

    private: bytes
    message: bytes


class VerifySlhDsa(msgspec.Struct, frozen=True, kw_only=True, tag="verify_slh_dsa"):
    """Verify under a raw public key."""

    public: bytes
    message: bytes
    signature: bytes


class MakeRsa(msgspec.Struct, frozen=True, kw_only=True, tag="make_rsa"):
    """Make an RSA private key of an algorithm."""

    algorithm: str


class Made(msgspec.Struct, frozen=True, kw_only=True, tag="made"):
    """A key or a signature."""

    value: bytes


class Judged(msgspec.Struct, frozen=True, kw_only=True, tag="judged"):
    """Whether a signature is good."""

    good: bool


class Missing(msgspec.Struct, frozen=True, kw_only=True, tag="missing"):
    """The software for it is not installed."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """It could not be done."""


Request = MakeSlhDsa | SignSlhDsa | VerifySlhDsa | MakeRsa
Answer = Made | Judged | Missing | Failed
_requests: "msgspec.msgpack.Decoder[Request]" = msgspec.msgpack.Decoder(Request)
_answers: "msgspec.msgpack.Decoder[Answer]" = msgspec.msgpack.Decoder(Answer)
_encoder = msgspec.msgpack.Encoder()
T = TypeVar("T")


class ProtocolError(Exception):
    """The other side broke the protocol, or is gone."""


def send(end: socket.socket, message: Request | Answer) -> None:
    """Send one frame.

    Raises:
        OSError: when the other side is gone or too slow.
    """
    body = _encoder.encode(message)
    end.sendall(len(body).to_bytes(_LENGTH) + body)


def receive_request(end: socket.socket) -> Request | None:
    """Receive a request; None when the other side closed between two.

    Raises:
        OSError: when the other side is gone.
        ProtocolError: when it is none.
    """
    body = _receive(end)
    return None if body is None else _decode(_requests, body)


def receive_answer(end: socket.socket) -> Answer:
    """Receive an answer.

    Raises:
        OSError: when the other side is too slow.
        ProtocolError: when it is none, or the other side is gone.
    """
    body = _receive(end)
    if body is None:
        raise ProtocolError("the other side is gone")
    return _decode(_answers, body)


def _receive(end: socket.socket) -> bytes | None:
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
        part = end.recv(min(length - len(parts), 1 << 16))
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
