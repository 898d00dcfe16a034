"""The process of a workshop, so that a slow or broken computation is not the node's.

Run as ``python -I -m seawall.adapters.workshop.process FD``, where FD is this side of a socket pair. It ends when the
other side closes. It writes no core file, and other processes of the user cannot read its memory.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
from importlib.util import find_spec
from typing import NoReturn

from seawall.adapters.workshop import messages as m
from seawall.crypto.algorithms import rsa
from seawall.crypto.algorithms.names import Algorithm

_PR_SET_DUMPABLE = 4


def answer(request: m.Request) -> m.Answer:
    """Carry out one request; what fails is an answer too."""
    if isinstance(request, m.MakeRsa):
        algorithm = Algorithm(request.algorithm)
        with rsa.generate(algorithm) as made:
            return m.Made(value=made.expose())
    if find_spec("tink") is None:
        return m.Missing()
    from seawall.adapters.workshop import tink_engine

    if isinstance(request, m.MakeSlhDsa):
        return m.Made(value=tink_engine.make())
    if isinstance(request, m.SignSlhDsa):
        return m.Made(value=tink_engine.sign(request.private, request.message))
    return m.Judged(good=tink_engine.verify(request.public, request.message, request.signature))


def serve(end: socket.socket) -> None:
    """Answer until the other side closes."""
    while (request := m.receive_request(end)) is not None:
        try:
            made = answer(request)
        except Exception:  # noqa: BLE001 - a foreign library raises what it likes; the process has no log to tell it to
            made = m.Failed()
        m.send(end, made)


def main() -> NoReturn:
    """Serve on the descriptor that was named, then end without running a library's exit handlers."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A Ctrl-C goes to the whole group; the node decides when its workshop ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # RSA keys are made ahead of need: whoever waits for an answer comes first.
    os.nice(5)
    try:
        with socket.socket(fileno=int(sys.argv[1])) as end:
            serve(end)
    except (OSError, m.ProtocolError):
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
