"""A few processes that do slow cryptography, started when they are first needed and again after one is lost.

1. A caller borrows a process, or waits for one no longer than an answer may take.
2. A process that dies, breaks the protocol or does not answer in time is ended; the caller gets ``Unavailable``, and
   the next one a new process.
3. A forked child never talks to its parent's processes: it starts its own.
"""

import os
import queue
import socket
import subprocess
import sys
from dataclasses import dataclass

from seawall.adapters.workshop import messages as m
from seawall.kernel.errors import TooLarge, Unavailable

_MODULE = "seawall.adapters.workshop.process"
_OURS = "SEAWALL_"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    end: socket.socket
    child: "subprocess.Popen[bytes]"
    owner: int

    def stop(self) -> None:
        self.end.close()
        if self.owner != os.getpid():
            self.child.returncode = 0
            return
        self.child.kill()
        self.child.wait()


class Workshop:
    """Asks processes, at most ``size`` at once.

    Args:
        size: how many processes there may be.
        timeout: seconds to wait for a free process, and for its answer.
    """

    def __init__(self, *, size: int = 1, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._free: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        self._size = size
        self._owner = os.getpid()
        for _ in range(size):
            self._free.put(None)

    def ask(self, request: m.Request) -> m.Answer:
        """Send a request and wait for its answer.

        Raises:
            Unavailable: ``crypto.worker_lost``, when no process answered in time, or it died.
        """
        if self._owner != os.getpid():
            self._begin_again()
        free = self._free
        try:
            process = free.get(timeout=self._timeout)
        except queue.Empty:
            raise lost() from None
        kept: _Process | None = None
        try:
            process = process or self._start()
            m.send(process.end, request)
            answer = m.receive_answer(process.end)
            kept = process
        except (OSError, m.ProtocolError):
            raise lost() from None
        finally:
            if kept is None and process is not None:
                process.stop()
            free.put(kept)
        return answer

    def rest(self) -> None:
        """End every process that is not at work; the next request starts one again."""
        if self._owner != os.getpid():
            return
        taken: list[_Process | None] = []
        try:
            while True:
                taken.append(self._free.get_nowait())
        except queue.Empty:
            pass
        for process in taken:
            if process is not None:
                process.stop()
            self._free.put(None)

    def close(self) -> None:
        """End every process that is not at work; one that is ends when its answer is given."""
        if self._owner != os.getpid():
            return
        while True:
            try:
                process = self._free.get_nowait()
            except queue.Empty:
                return
            if process is not None:
                process.stop()

    def _begin_again(self) -> None:
        self._free = queue.LifoQueue()
        for _ in range(self._size):
            self._free.put(None)
        self._owner = os.getpid()

    def _start(self) -> _Process:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        try:
            child = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                [sys.executable, "-I", "-m", _MODULE, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(self._timeout)
        return _Process(end=ours, child=child, owner=os.getpid())


def check_message(message: bytes) -> None:
    """Refuse a message that is too long for a frame.

    Raises:
        TooLarge: ``crypto.too_large``.
    """
    if len(message) > m.MAX_MESSAGE:
        raise TooLarge("crypto.too_large", f"sign up to {m.MAX_MESSAGE:,} bytes with this key.", field="data")


def lost() -> Unavailable:
    """A process of the workshop did not answer."""
    return Unavailable(
        "crypto.worker_lost",
        "the process that computes this did not answer; nothing was done.",
        remedy="Try again; when it happens again, look at the memory and the load of this machine.",
    )


def failed() -> Unavailable:
    """A process of the workshop answered that it could not."""
    return Unavailable(
        "crypto.worker_failed",
        "this could not be computed; nothing was done.",
        remedy="Check the key; when it happens with every key, reinstall the extra that computes this.",
    )
