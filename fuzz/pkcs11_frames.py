"""Fuzz what a node reads from its PKCS#11 worker, and the worker from its node."""

import socket

from seawall.adapters.roots import worker_protocol as wire


def target(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(data[:65_536])
        try:
            while (body := wire.receive(theirs)) is not None:
                for decode in (wire.decode_request, wire.decode_answer):
                    try:
                        decode(body)
                    except wire.ProtocolError:
                        continue
        except wire.ProtocolError:
            return
