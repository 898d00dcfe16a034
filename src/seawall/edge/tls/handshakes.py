"""Counters of handshakes that all workers share: one anonymous map made before they are forked, one row for each."""

import mmap
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

GROUPS: Final = (
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "MLKEM768",
    "MLKEM1024",
    "X25519",
    "X448",
    "secp256r1",
    "secp384r1",
    "secp521r1",
)
_PLACE: Final = {group.lower(): place for place, group in enumerate(GROUPS)}
_OTHER: Final = len(GROUPS)


def named(group: str | None) -> str:
    """Write a group as the IANA registry of TLS groups does, where it is one of those; OpenSSL varies case."""
    place = _PLACE.get((group or "").lower())
    return (group or "") if place is None else GROUPS[place]


class Refusal(StrEnum):
    """Why no connection came of a handshake."""

    TIMEOUT = "timeout"
    CROWDED = "crowded"
    PLAIN_TEXT = "plain_text"
    VERSION = "version"
    GROUP = "group"
    CERTIFICATE = "certificate"
    PROTOCOL = "protocol"
    GONE = "gone"


_REFUSED: Final = {refusal: _OTHER + 1 + place for place, refusal in enumerate(Refusal)}
_WIDTH: Final = _OTHER + 1 + len(Refusal)


class Handshakes:
    """How many handshakes ended in which group, and how many in nothing.

    Args:
        workers: how many processes count.
    """

    __slots__ = ("_cells", "_offset", "_rows")

    def __init__(self, workers: int = 1) -> None:
        self._rows = workers
        self._cells = memoryview(mmap.mmap(-1, _WIDTH * workers * 8)).cast("Q")
        self._offset = 0

    def take(self, worker: int) -> None:
        """Count in this worker's row from now on."""
        self._offset = (worker % self._rows) * _WIDTH

    def made(self, group: str) -> None:
        """Count a connection."""
        self._cells[self._offset + _PLACE.get(group.lower(), _OTHER)] += 1

    def refused(self, refusal: Refusal) -> None:
        """Count a handshake of which nothing came."""
        self._cells[self._offset + _REFUSED[refusal]] += 1

    def groups(self) -> dict[str, int]:
        """Add all workers up, by group; ``other`` stands for any that is not named here."""
        return {group: self._sum(place) for place, group in enumerate((*GROUPS, "other"))}

    def refusals(self) -> dict[Refusal, int]:
        """Add all workers up, by reason."""
        return {refusal: self._sum(place) for refusal, place in _REFUSED.items()}

    def lines(self) -> Iterator[str]:
        """Write both in the Prometheus text format."""
        yield "# HELP seawall_tls_handshakes_total Handshakes that were completed, by key exchange group."
        yield "# TYPE seawall_tls_handshakes_total counter"
        yield from (f'seawall_tls_handshakes_total{{group="{group}"}} {n}' for group, n in self.groups().items() if n)
        yield "# HELP seawall_tls_refusals_total Handshakes of which no connection came, by reason."
        yield "# TYPE seawall_tls_refusals_total counter"
        yield from (f'seawall_tls_refusals_total{{reason="{reason}"}} {n}' for reason, n in self.refusals().items())

    def _sum(self, place: int) -> int:
        return sum(self._cells[row * _WIDTH + place] for row in range(self._rows))
