"""Holds the composer that the program was started with, so that commands stay plain functions."""

from seawall.edge.cli.ports import Composer

_held: list[Composer] = []


def hold(composer: Composer) -> None:
    """Set the composer of this process."""
    _held[:] = [composer]


def composer() -> Composer:
    """Return the composer of this process."""
    return _held[0]
