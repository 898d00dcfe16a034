"""What each process of a home knows of shipping: a board in shared memory, a slot for each sink.

The shipping process writes it; workers read it before they record, and whoever measures reads it too. How far a sink is
behind is said in two ways: entries that it has not taken, and seconds since it last had everything that there was.

A required sink that is further behind than its bound stops answers, also when the shipping process is dead: then the
seconds go on counting. What stands on the board is worth this run of the machine alone; it is laid out anew by each
node that starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Unavailable
from seawall.ledger.ports import Files

BOARD: Final = "ship.board"
MOST_SINKS: Final = 16
_HEAD: Final = Struct("<16sQ")
_SLOT: Final = Struct("<32sQQQQ32sQQ")
_AT_SLOTS: Final = 64
_BYTES: Final = 4096
_U64: Final = Struct("<Q")
# Places in a slot, after the name.
_SHIPPED: Final = 32
_CAUGHT_UP: Final = 40
_ERROR: Final = 64
_SENT: Final = 96
_FAILED: Final = 104


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkRules:
    """What holds for a sink. ``required`` sinks stop answers when they are further behind than a bound allows."""

    name: str
    required: bool = False
    max_lag_entries: int = 100_000
    max_lag_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkStanding:
    """How a sink stands: entries taken and still to take, seconds behind, and the code of what keeps it, if anything.

    ``sent`` counts entries and ``failed`` attempts that failed, since the node's start.
    """

    rules: SinkRules
    shipped: int
    behind: int
    lag_s: float
    error: str
    sent: int
    failed: int

    @property
    def over(self) -> bool:
        """Whether it is further behind than its bounds allow."""
        return self.behind > self.rules.max_lag_entries or self.lag_s > self.rules.max_lag_s


class ShipBoard:
    """The board of one home. Every process makes its own after a fork; it opens the file when it is first used.

    Args:
        runtime: the folder of what lives only while the machine runs.
        files: the file system.
        clock: its monotonic time is that of all processes of the machine.
    """

    def __init__(self, runtime: str, files: Files, clock: Clock) -> None:
        self._runtime = runtime
        self._files = files
        self._clock = clock
        self._view: memoryview | None = None

    def lay_out(self, rules: Sequence[SinkRules], shipped: Sequence[int]) -> None:
        """Begin anew, with these sinks, of which each has come so far."""
        view = self._open()
        _HEAD.pack_into(view, 0, self._files.boot_id().ljust(16, b"\0"), 0)
        now = self._now()
        for at, (rule, taken) in enumerate(zip(rules, shipped, strict=True)):
            flags = max(1, round(rule.max_lag_entries)) << 1 | rule.required
            name = rule.name.encode()
            _SLOT.pack_into(view, self._at(at), name, taken, now, flags, round(rule.max_lag_s * 1000), b"", 0, 0)
        _HEAD.pack_into(view, 0, self._files.boot_id().ljust(16, b"\0"), len(rules))

    def say(
        self, slot: int, *, shipped: int, caught_up_s: float | None, sent: int = 0, failed: int = 0, error: str = ""
    ) -> None:
        """Say how a sink stands; called by the shipping process alone.

        Args:
            slot: which sink.
            shipped: entries that it has taken.
            caught_up_s: when it last had everything that there was, seconds of the monotonic clock; None for no change.
            sent: entries taken since the last call.
            failed: attempts that failed since the last call.
            error: the code of what keeps it.
        """
        view, at = self._open(), self._at(slot)
        _U64.pack_into(view, at + _SHIPPED, shipped)
        if caught_up_s is not None:
            _U64.pack_into(view, at + _CAUGHT_UP, round(caught_up_s * 1000))
        view[at + _ERROR : at + _ERROR + 32] = error.encode()[:32].ljust(32, b"\0")
        for place, more in ((_SENT, sent), (_FAILED, failed)):
            _U64.pack_into(view, at + place, _U64.unpack_from(view, at + place)[0] + more)

    def standings(self, size: int) -> list[SinkStanding]:
        """Say how every sink stands, of a ledger of this many entries; none where nothing is shipped."""
        view = self._open()
        boot_id, count = _HEAD.unpack_from(view, 0)
        if boot_id != self._files.boot_id().ljust(16, b"\0") or count > MOST_SINKS:
            return []
        return [self._standing(_SLOT.unpack_from(view, self._at(slot)), size) for slot in range(count)]

    def check(self, size: int) -> None:
        """Return when records may be made in a ledger of this many entries.

        Raises:
            Unavailable: a required sink is too far behind, with code ``ledger.unshipped``.
        """
        for standing in self.standings(size):
            if standing.rules.required and standing.over:
                raise unshipped(standing.rules.name)

    def close(self) -> None:
        """Give the memory back."""
        view, self._view = self._view, None
        if view is not None:
            view.release()

    def _open(self) -> memoryview:
        if self._view is None:
            self._files.make_directory(self._runtime)
            self._view = self._files.shared(f"{self._runtime}/{BOARD}", _BYTES)
        return self._view

    def _standing(self, slot: tuple[Any, ...], size: int) -> SinkStanding:
        name, shipped, caught_up, flags, max_lag, error, sent, failed = slot
        behind = max(0, size - shipped)
        rules = SinkRules(
            name=_text(name), required=bool(flags & 1), max_lag_entries=flags >> 1, max_lag_s=max_lag / 1000
        )
        lag_s = max(0.0, (self._now() - caught_up) / 1000) if behind else 0.0
        return SinkStanding(
            rules=rules, shipped=shipped, behind=behind, lag_s=lag_s, error=_text(error), sent=sent, failed=failed
        )

    def _now(self) -> int:
        return round(self._clock.monotonic() * 1000)

    @staticmethod
    def _at(slot: int) -> int:
        return _AT_SLOTS + slot * _SLOT.size


def unshipped(name: str) -> Unavailable:
    """Make the error of a required sink that is too far behind."""
    return Unavailable(
        "ledger.unshipped",
        f"the sink {name}, which is required, is too far behind; nothing was recorded and nothing was done.",
        remedy="See why it takes no records: seawall doctor.",
    )


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("ascii", "replace")
