"""Files are parsed in a process of their own, which can be killed and has nothing to steal.

1. The worker is a fresh interpreter, not a fork: it holds none of this process's memory, keys least of all.
2. It is handed one open file at a time over a socket pair, and answers with findings.
3. It limits its own memory, processor time and file writing before it reads anything, and leaves the network.
4. One that dies, or takes too long, is replaced; the file it had is unscannable, the others are not touched.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from threading import Lock
from typing import BinaryIO

import msgspec

from seawall.capabilities.discover.commands import ItemFindings
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.unread import unscannable
from seawall.kernel.errors import Unavailable

_FRAME = struct.Struct(">I")
_MAX_ANSWER = 64 << 20


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One file: how findings name it. The open file comes beside."""

    path: str


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker may use.

    Args:
        memory: bytes of address space.
        cpu_s: seconds of processor time for one file.
        wall_s: seconds until a worker that does not answer is killed.
    """

    memory: int = 2 << 30
    cpu_s: int = 60
    wall_s: float = 120.0


def send_frame(channel: socket.socket, data: bytes) -> None:
    """Send a message with its length before it."""
    channel.sendall(_FRAME.pack(len(data)) + data)


def receive_frame(channel: socket.socket, limit: int = _MAX_ANSWER) -> bytes:
    """Receive a message.

    Raises:
        EOFError: when the other side has gone.
        ValueError: when the message is longer than it may be.
    """
    (length,) = _FRAME.unpack(_receive(channel, _FRAME.size))
    if length > limit:
        raise ValueError("a message is too long")
    return _receive(channel, length)


def _receive(channel: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = channel.recv(min(1 << 20, length - len(data)))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


class Sandbox:
    """One worker, started when it is first needed. One thread at a time uses it, another may close it."""

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._allowance = allowance or Allowance()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._busy = Lock()
        self._starting = Lock()
        self._closed = False

    def inspect(self, path: str, file: BinaryIO) -> list[ItemFindings]:
        """Look through an open file, in the worker.

        Raises:
            Unavailable: ``source.sandbox`` when no worker can be started.
        """
        with self._busy:
            try:
                if (channel := self._channel) is None:
                    channel = self._start()
                    self._greet(channel)
                socket.send_fds(channel, [b"f"], [file.fileno()])
                send_frame(channel, msgspec.msgpack.encode(Task(path=path)))
                return msgspec.msgpack.decode(receive_frame(channel), type=list[ItemFindings])
            except TimeoutError:
                why = Unscannable("parse.timeout", f"reading took longer than {self._allowance.wall_s:g} s.")
            except (EOFError, OSError, ValueError):
                why = self._autopsy()
            self._end()
        return [unscannable(path, why)]

    def _start(self) -> socket.socket:
        with self._starting:
            if self._closed:
                raise EOFError
            return self._spawn()

    def _spawn(self) -> socket.socket:
        here, there = socket.socketpair()
        keep = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        limits = msgspec.json.encode(self._allowance).decode()
        command = [sys.executable, "-I", "-m", "seawall.adapters.sources.worker", str(there.fileno()), limits]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                pass_fds=(there.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError:
            here.close()
            raise _no_worker() from None
        finally:
            there.close()
        self._channel = here
        here.settimeout(self._allowance.wall_s)
        return here

    def _greet(self, channel: socket.socket) -> None:
        """Wait until a new worker is ready, so that a machine on which none starts is not taken for bad files."""
        try:
            receive_frame(channel)
        except (EOFError, OSError, ValueError):
            stopped = self._closed
            self._end()
            if stopped:
                raise EOFError from None
            raise _no_worker() from None

    def _autopsy(self) -> Unscannable:
        if self._closed:
            return Unscannable("source.stopped", "the scan ended before this file was read.")
        status = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self._process.wait(1.0)
        if status == -signal.SIGXCPU:
            return Unscannable("parse.cpu", f"reading took more than {self._allowance.cpu_s} s of processor time.")
        return Unscannable("parse.crashed", "reading this file ended the process that read it.")

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End the worker for good; a file that it reads just now is told as not read."""
        with self._starting:
            self._closed = True
            if self._process is not None:
                self._process.kill()  # who waits for its answer hears that it has gone
        with self._busy:
            self._end()


def _no_worker() -> Unavailable:
    return Unavailable(
        "source.sandbox",
        "no process can be started in which files are read.",
        remedy="Check limits on processes and memory, and that Seawall is installed in its interpreter.",
    )
