"""A child of the node's parent: how it is forked, and what it has of its parent's when it begins."""

import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from seawall.kernel.errors import SeawallError
from seawall.node.hardening import die_with, keep_memory_private, name_process
from seawall.node.pulse import Pulse
from seawall.node.stop import Stop

_log = logging.getLogger("seawall.node")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process that the parent keeps alive.

    Args:
        name: for the log.
        run: what it does, until the stop that it is given is said.
        stage: children of a lower stage have ended before those of a higher one are told to.
        pulse: what it beats while it is well; a child without one is not watched.
    """

    name: str
    run: Callable[[Stop], None]
    stage: int = 0
    pulse: Pulse | None = None


def fork(child: Child) -> int:
    """Start a child and return its process id; only the parent returns."""
    parent = os.getpid()
    gc.freeze()  # what exists now is shared with the child as long as neither touches it
    # A word to stop that comes before the child can hear it waits, or the parent's own handler would swallow it.
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    try:
        pid = os.fork()
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        raise
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        return pid
    code = 1
    try:
        code = _live(child, parent)
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _live(child: Child, parent: int) -> int:
    stop = Stop()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # A terminal's Ctrl-C reaches every process of the group: it is the parent's to tell the children, in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    die_with(parent)
    keep_memory_private()
    name_process(f"sw {child.name}")
    try:
        child.run(stop)
    except SeawallError as error:
        _log.error("%s: %s (%s)", child.name, error, error.code)
        return 1
    except Exception as error:  # noqa: BLE001 - the child's last line; a foreign text may quote a value
        _log.error("%s failed with %s", child.name, type(error).__name__)
        return 1
    return 0
