"""The process that loads a vendor's PKCS#11 library, so that a crash in it is not the node's.

Run as ``python -I -m seawall.adapters.roots.pkcs11_worker FD…``, where each FD is this side of a socket pair and has a
thread and a session of its own. It ends when the other side closes one. It writes no core file, and other processes of
the user cannot read its memory.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from seawall.adapters.roots import token_resident, token_roots
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots.cryptoki import CryptokiError, Module
from seawall.adapters.roots.token_session import GONE, Borrower, OpenToken, Refusal

_PR_SET_DUMPABLE = 4
_USES: dict[type, Callable[[Borrower, Any], m.Answer]] = {
    m.ListRoots: token_roots.listed,
    m.CreateRoot: token_roots.create,
    m.Generate: token_resident.generate,
    m.Sign: token_resident.sign,
    m.ReadPublic: token_resident.read_public,
    m.Destroy: token_resident.destroy,
    m.ListObjects: token_resident.listed,
}


class Worker:
    """Holds the token for every borrower of this process."""

    def __init__(self) -> None:
        self._token: OpenToken | None = None
        self._tried = False
        self._lock = threading.Lock()

    def open(self, request: m.Open) -> m.Answer:
        """Load the library and log in; a worker tries that once in its life."""
        with self._lock:
            if self._tried:
                return m.Failed(code="token_failed", detail="already open", lost=True)
            self._tried = True
            try:
                module = Module(request.module)
            except (OSError, AttributeError):
                return m.Failed(code="module_missing", lost=True)
            self._token = OpenToken(module, request)
            return self._token.opened()

    @property
    def token(self) -> OpenToken:
        """The token that was opened.

        Raises:
            Refusal: ``not_open``.
        """
        if self._token is None:
            raise Refusal("not_open")
        return self._token


class Desk:
    """Answers one borrower's requests, one after the other."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._borrower: Borrower | None = None

    def answer(self, request: m.Request) -> m.Answer:
        """Carry out one request; what fails is an answer too."""
        try:
            if isinstance(request, m.Open):
                return self._worker.open(request)
            if self._borrower is None:
                self._borrower = Borrower(self._worker.token)
            return _carry_out(self._borrower, request)
        except Refusal as refusal:
            return m.Failed(code=refusal.code, detail=refusal.detail)
        except CryptokiError as error:
            return m.Failed(code="token_failed", detail=str(error), lost=error.rv in GONE)


def _carry_out(by: Borrower, request: m.Request) -> m.Answer:
    if isinstance(request, m.Wrap):
        return token_roots.wrap(by, request) if request.root else token_resident.wrap(by, request)
    if isinstance(request, m.Unwrap):
        return token_roots.unwrap(by, request) if request.root else token_resident.unwrap(by, request)
    if isinstance(request, m.Probe):
        by.run(lambda session: by.module.random(session, 1))
        return m.Done()
    return _USES[type(request)](by, request)


def serve(end: socket.socket, worker: Worker) -> None:
    """Answer one borrower until the other side closes."""
    desk = Desk(worker)
    while (body := wire.receive(end)) is not None:
        wire.send(end, desk.answer(wire.decode_request(body)))


def _serve_until_closed(end: socket.socket, worker: Worker) -> NoReturn:
    # Leaves without running the library's exit handlers, whatever its other threads do.
    try:
        serve(end, worker)
    except (OSError, wire.ProtocolError):
        os._exit(1)
    os._exit(0)


def main() -> NoReturn:
    """Serve on the descriptors that were named."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A Ctrl-C goes to the whole group; the node decides when its worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker()
    first, *others = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    for end in others:
        threading.Thread(target=_serve_until_closed, args=(end, worker), daemon=True).start()
    _serve_until_closed(first, worker)


if __name__ == "__main__":
    main()
