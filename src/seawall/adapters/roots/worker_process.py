"""Starts the PKCS#11 worker and talks to it: a process of its own, made by exec, so nothing is shared across a fork."""

import os
import socket
import subprocess
import sys

from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots.token_errors import token_error

_WORKER = "seawall.adapters.roots.pkcs11_worker"
# What is ours in the environment is no business of a vendor's library.
_OURS = "SEAWALL_"


class WorkerProcess:
    """A running worker.

    Args:
        timeout: seconds to wait for one answer; a worker that takes longer is lost.
    """

    def __init__(self, *, timeout: float) -> None:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                [sys.executable, "-I", "-m", _WORKER, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError:
            ours.close()
            raise token_error("worker_lost") from None
        finally:
            theirs.close()
        ours.settimeout(timeout)
        self._end = ours

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def ask(self, request: wire.Request) -> wire.Answer:
        """Send a request and wait for its answer.

        Raises:
            Unavailable: ``root.worker_lost``; this object is of no more use.
        """
        try:
            wire.send(self._end, request)
            body = wire.receive(self._end)
            if body is None:
                raise token_error("worker_lost")
            return wire.decode_answer(body)
        except (OSError, wire.ProtocolError):
            raise token_error("worker_lost") from None

    def end(self) -> None:
        """End the worker and wait until it is gone."""
        self._end.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Forget, in a forked child, a worker that is the parent's."""
        self._end.close()
        self._process.returncode = 0
