"""How a node and its PKCS#11 worker talk: msgpack frames over socket pairs, one pair for each borrower of a session.

A frame is a length of four bytes, big-endian, and that many bytes of msgpack, at most 1 MiB. On one pair a request is
followed by its answer; many threads ask at once by each holding a pair of its own meanwhile.
"""

import socket
from typing import TypeVar

import msgspec

from seawall.adapters.roots.worker_messages import Answer, Request

MAX_FRAME = 1 << 20
_LENGTH = 4
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
