"""Fuzz the reader of sealed root files, in both their forms."""

from seawall.adapters.roots import sealed_set
from seawall.kernel.errors import Corrupt


def target(data: bytes) -> None:
    try:
        sealed_set.parse(data)
    except Corrupt:
        return
