"""Starts the PKCS#11 worker and talks to it: a process of its own, made by exec, so nothing is shared across a fork."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots import worker_protocol as wire

_WORKER = "seawall.adapters.roots.pkcs11_worker"
# What is ours in the environment is no business of a vendor's library.
_OURS = "SEAWALL_"


class WorkerLost(Exception):
    """The worker ended, or did not answer in time; it is of no more use. ``hung`` tells the two apart."""

    def __init__(self, *, hung: bool) -> None:
        super().__init__("the worker is lost")
        self.hung = hung


class WorkerProcess:
    """A running worker, for many threads at once: each holds one of its connections from request to answer.

    Args:
        timeout: seconds to wait for one answer; a worker that takes longer is lost.
        sessions: connections, and with them sessions of the token, at most in use at once.

    Raises:
        WorkerLost: when no process can be started.
    """

    def __init__(self, *, timeout: float, sessions: int = 1) -> None:
        self._timeout = timeout
        pairs = [socket.socketpair() for _ in range(sessions)]
        theirs = [pair[1] for pair in pairs]
        self._ends = [pair[0] for pair in pairs]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                [sys.executable, "-I", "-m", _WORKER, *(str(end.fileno()) for end in theirs)],
                pass_fds=[end.fileno() for end in theirs],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError:
            for end in self._ends:
                end.close()
            raise WorkerLost(hung=False) from None
        finally:
            for end in theirs:
                end.close()
        self._free = list(self._ends)
        self._returned = threading.Condition()
        self._lost = False
        self._hung = False

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def ask(self, request: m.Request) -> m.Answer:
        """Send a request and wait for its answer.

        Raises:
            WorkerLost: it ended, or did not answer in time.
        """
        with self._borrowed() as end:
            try:
                wire.send(end, request)
                body = wire.receive(end)
                return _decoded(body)
            except TimeoutError:
                self._lose(hung=True)
                raise WorkerLost(hung=True) from None
            except (OSError, wire.ProtocolError):
                self._lose(hung=False)
                raise WorkerLost(hung=self._hung) from None

    def end(self) -> None:
        """End the worker and wait until it is gone; whoever waits for an answer is told that it is lost."""
        self._lose(hung=self._hung)
        try:
            self._process.wait(timeout=0.0 if self._hung else 1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Forget, in a forked child, a worker that is the parent's."""
        for end in self._ends:
            end.close()
        self._process.returncode = 0

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[socket.socket]:
        deadline = time.monotonic() + self._timeout
        with self._returned:
            ready = self._returned.wait_for(lambda: self._free or self._lost, deadline - time.monotonic())
            if self._lost or not ready:
                raise WorkerLost(hung=self._hung or not ready)
            end = self._free.pop()
        try:
            end.settimeout(max(deadline - time.monotonic(), 0.001))
            yield end
        finally:
            with self._returned:
                self._give_back(end)

    def _lose(self, *, hung: bool) -> None:
        with self._returned:
            if not self._lost:
                self._lost, self._hung = True, hung
                self._shut()
            self._returned.notify_all()
        if hung:
            # It would hear nothing else, and every other borrower waits for it.
            self._process.kill()

    def _give_back(self, end: socket.socket) -> None:
        if self._lost:
            end.close()
        else:
            self._free.append(end)
            self._returned.notify()

    def _shut(self) -> None:
        # Whoever has borrowed an end is woken, and closes it. Closed here, its number would be given to the next socket
        # while that thread still waits on it, and would hear what is meant for somebody else.
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for end in self._free:
            end.close()
        self._free.clear()


def _decoded(body: bytes | None) -> m.Answer:
    if body is None:
        raise wire.ProtocolError("the worker ended")
    return wire.decode_answer(body)
