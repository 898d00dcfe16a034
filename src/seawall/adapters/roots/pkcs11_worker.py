"""The process that loads a vendor's PKCS#11 library, so that a crash in it is not the node's.

Run as ``python -I -m seawall.adapters.roots.pkcs11_worker FD``, where FD is this side of a socket pair. It ends
when the other side closes. It writes no core file, and other processes of the user cannot read its memory.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
from typing import NoReturn

from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots.cryptoki import CryptokiError, Module
from seawall.adapters.roots.token_session import Refusal, TokenSession

_PR_SET_DUMPABLE = 4


class Worker:
    """Answers requests, one after the other."""

    def __init__(self) -> None:
        self._session: TokenSession | None = None

    def answer(self, request: wire.Request) -> wire.Answer:
        """Carry out one request; what fails is an answer too."""
        try:
            if isinstance(request, wire.Open):
                return self._open(request)
            if self._session is None:
                return wire.Failed(code="not_open")
            if isinstance(request, wire.Wrap):
                return self._session.wrap(request.plaintext, request.aad)
            return self._session.unwrap(request.iv, request.sealed, request.aad)
        except Refusal as refusal:
            return wire.Failed(code=refusal.code, detail=refusal.detail)
        except CryptokiError as error:
            return wire.Failed(code="token_failed", detail=str(error))

    def _open(self, request: wire.Open) -> wire.Answer:
        if self._session is not None:
            return wire.Failed(code="token_failed", detail="already open")
        try:
            module = Module(request.module)
        except (OSError, AttributeError):
            return wire.Failed(code="module_missing")
        self._session = TokenSession(module, request)
        return self._session.opened()


def serve(end: socket.socket) -> None:
    """Answer until the other side closes."""
    worker = Worker()
    while (body := wire.receive(end)) is not None:
        wire.send(end, worker.answer(wire.decode_request(body)))


def main() -> NoReturn:
    """Serve on the descriptor that was named, then end without running the library's exit handlers."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A Ctrl-C goes to the whole group; the node decides when its worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with socket.socket(fileno=int(sys.argv[1])) as end:
            serve(end)
    except (OSError, wire.ProtocolError):
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
