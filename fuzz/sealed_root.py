"""Fuzz the reader of sealed root files."""

from seawall.adapters.roots import sealed_format
from seawall.kernel.errors import Corrupt


def target(data: bytes) -> None:
    try:
        sealed_format.parse(data)
    except Corrupt:
        return
