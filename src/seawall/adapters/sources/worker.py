"""The process in which files are parsed; :mod:`seawall.adapters.sources.sandbox` starts it, and nobody else."""

import contextlib
import ctypes
import os
import resource
import socket
import sys
from typing import BinaryIO

import msgspec

from seawall.adapters.sources.sandbox import Allowance, Task, receive_frame, send_frame
from seawall.capabilities.discover.commands import ItemFindings
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.inspect import inspect
from seawall.capabilities.discover.unread import unscannable

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL = 9


def main(arguments: list[str]) -> None:
    """Serve one channel until it closes.

    Args:
        arguments: the channel's file descriptor, and the allowance as JSON.
    """
    allowance = msgspec.json.decode(arguments[1], type=Allowance)
    confine(allowance)
    with socket.socket(fileno=int(arguments[0])) as channel:
        send_frame(channel, b"ready")
        while True:
            _, (descriptor, *_rest), _flags, _address = socket.recv_fds(channel, 1, 1)
            with os.fdopen(descriptor, "rb") as file:
                task = msgspec.msgpack.decode(receive_frame(channel), type=Task)
                _grant_cpu(allowance.cpu_s)
                send_frame(channel, msgspec.msgpack.encode(look(task.path, file)))


def look(path: str, file: BinaryIO) -> list[ItemFindings]:
    """Look through a file; whatever goes wrong makes it unscannable."""
    try:
        return inspect(path, file)
    except MemoryError:
        return [unscannable(path, Unscannable("parse.memory", "reading this file takes too much memory."))]
    except RecursionError:
        return [unscannable(path, Unscannable("parse.nesting", "this file is nested too deep."))]
    except Exception:  # noqa: BLE001 - a parser of foreign make may raise anything
        return [unscannable(path, Unscannable("parse.failed", "this file cannot be read."))]


def confine(allowance: Allowance) -> None:
    """Give up what is not needed. What the system does not allow to give up is kept, and limits still hold."""
    for kind, limit in (
        (resource.RLIMIT_AS, allowance.memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if libc.unshare(_CLONE_NEWNET):
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _grant_cpu(seconds: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


if __name__ == "__main__":
    with contextlib.suppress(EOFError, ConnectionError, ValueError):
        main(sys.argv[1:])
