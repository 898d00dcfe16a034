"""Keep what is in memory in memory: no core files, no tracing by other processes of the same user."""

import ctypes
import os
import resource
import signal
from typing import Final

from seawall.kernel.errors import Unavailable

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NAME: Final = 15


def keep_memory_private() -> None:
    """Forbid core files and, where the kernel can, tracing and reading of this process's memory.

    Raises:
        Unavailable: ``node.hardening``, when the limit on core files cannot be set.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        remedy = "Start it without a sandbox that forbids setrlimit."
        raise Unavailable("node.hardening", "core files cannot be forbidden here.", remedy=remedy) from None
    _prctl(_PR_SET_DUMPABLE, 0)


def die_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent dies, and exit now if it is dead already.

    Args:
        parent: its process id.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)


def name_process(name: str) -> None:
    """Have lists of processes show a name of at most 15 bytes."""
    _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))


def _prctl(option: int, value: object) -> None:
    function = getattr(ctypes.CDLL(None), "prctl", None)
    if function is not None:
        function(option, value, 0, 0, 0)
