"""Ships the signed records off the machine: at least once, in their order, each sink for itself.

A step of one sink, in this order:
1. note how many entries there are, and when;
2. read what stands under the newest checkpoint and after the sink's position;
3. hand it to the sink;
4. write the position, durably;
5. say on the board how the sink stands.

A death between 3 and 4 sends a batch twice; nothing leaves one out. A sink that cannot know what became of its last
words (``overlap``) is told as many entries again after every new beginning and after every failure.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Final, Protocol

from seawall.crypto.merkle import leaf_hash
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Corrupt, SeawallError
from seawall.ledger.checkpoints import SignedCheckpoint, load_checkpoint
from seawall.ledger.keys import Verifiers
from seawall.ledger.ports import Files
from seawall.ledger.ship_board import ShipBoard, SinkRules
from seawall.ledger.ship_ports import Batch, Sink
from seawall.ledger.ship_position import load_ship_position, save_ship_position
from seawall.ledger.tiles import TileStore

_log = logging.getLogger("seawall.ledger.ship")
_PAUSE_S: Final = 0.25
_FIRST_BACKOFF_S: Final = 0.5
_LONGEST_BACKOFF_S: Final = 30.0
_MOST_BYTES: Final = 8 << 20


class Stop(Protocol):
    """The word to stop."""

    def is_set(self) -> bool:
        """Whether it was said."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait until it is said, for at most so many seconds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One sink and how it is served.

    ``batch_entries`` are sent at most at once; fewer wait until ``every_s`` seconds have passed since the last batch.
    ``overlap`` entries are sent again after every new beginning.
    """

    rules: SinkRules
    sink: Sink
    batch_entries: int = 500
    every_s: float = 1.0
    overlap: int = 0


class Shipper:
    """Serves one sink.

    Args:
        directory: the ledger's folder.
        files: the file system.
        verifiers: the ledger's public keys.
        shipment: the sink.
        board: where its standing is said.
        slot: its place there.
        size: tells how many entries there are, signed or not.
        clock: monotonic time.
    """

    def __init__(
        self,
        directory: str,
        files: Files,
        verifiers: Verifiers,
        *,
        shipment: Shipment,
        board: ShipBoard,
        slot: int,
        size: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._files = files
        self._verifiers = verifiers
        self._shipment = shipment
        self._board = board
        self._slot = slot
        self._size = size
        self._clock = clock
        self._tiles = TileStore(directory, files)
        self._name = shipment.rules.name
        self._position: int | None = None
        self._next = 0
        self._sent_at = float("-inf")
        self._seen: tuple[int, float] | None = None

    def step(self, *, now: bool = False) -> bool:
        """Send what is to be sent; with ``now``, without waiting for the batch to fill.

        Returns:
            Whether there was anything to send.

        Raises:
            SeawallError: the sink did not take it, or the ledger cannot be read; the position stands.
        """
        if self._seen is None:
            self._seen = (self._size(), self._clock.monotonic())  # 1.
        try:
            position = self._begin() if self._position is None else self._position
            batch = self._read(position, now=now)  # 2.
            if batch is None:
                self._tell(position)
                return False
            self._shipment.sink.send(batch)  # 3.
        except BaseException:
            self._position = None  # whatever was said last is said again
            raise
        self._next = batch.end
        if batch.end > position:
            save_ship_position(self._files, self._directory, self._name, self._verifiers.origin, batch.end)  # 4.
            self._position = batch.end
        self._sent_at = self._clock.monotonic()
        self._tell(batch.end, sent=len(batch.entries))  # 5.
        return True

    def run(self, stop: Stop, *, grace_s: float = 5.0) -> None:
        """Step until told to stop, then send what is left for at most so many seconds.

        A sink that fails is tried again, each time a little later; it never stops for good.
        """
        backoff = _FIRST_BACKOFF_S
        while not stop.is_set():
            if self._try():
                backoff = _FIRST_BACKOFF_S
                stop.wait(_PAUSE_S)
            else:
                stop.wait(backoff)
                backoff = min(backoff * 2, _LONGEST_BACKOFF_S)
        deadline = self._clock.monotonic() + grace_s
        try:
            while self._clock.monotonic() < deadline and self.step(now=True):
                pass
        except SeawallError as error:
            self._failed(error.code, error.text)
        self._shipment.sink.close()

    def _try(self) -> bool:
        try:
            while self.step():
                pass
        except SeawallError as error:
            self._failed(error.code, error.text)
            return False
        except Exception as error:  # noqa: BLE001 - one sink's failure is never another's; the text may quote a value
            self._failed("ship.failed", f"it failed inside with {type(error).__name__}")
            return False
        return True

    def _begin(self) -> int:
        """Find where to go on, and how much to say again."""
        position = load_ship_position(self._files, self._directory, self._name, self._verifiers.origin)
        self._next = max(0, position - self._shipment.overlap)
        self._position = position
        return position

    def _read(self, position: int, *, now: bool) -> Batch | None:
        newest = load_checkpoint(self._files, self._directory, self._verifiers)
        if (newest.size if newest else 0) < position:
            raise Corrupt(
                "ship.ahead",
                f"the sink {self._name} has taken {position} entries, and the ledger holds fewer under a checkpoint.",
                remedy="The ledger was set back: run seawall ledger verify --against what the sink holds.",
            )
        if newest is None or newest.size <= self._next:
            return None
        waiting = newest.size - self._next
        rested = self._clock.monotonic() - self._sent_at >= self._shipment.every_s
        if waiting < self._shipment.batch_entries and not (now or rested):
            return None
        return self._batch(newest)

    def _batch(self, newest: SignedCheckpoint) -> Batch:
        entries: list[bytes] = []
        room = _MOST_BYTES
        for entry in self._tiles.entries(self._next, newest.size):
            room -= len(entry)
            if len(entries) == self._shipment.batch_entries or (entries and room < 0):
                break
            entries.append(entry)
        return Batch(
            origin=self._verifiers.origin,
            first=self._next,
            entries=tuple(entries),
            hashes=tuple(map(leaf_hash, entries)),
            checkpoint=newest.note,
        )

    def _tell(self, shipped: int, *, sent: int = 0) -> None:
        caught_up = None
        if self._seen is not None and shipped >= self._seen[0]:
            caught_up, self._seen = self._seen[1], None
        position = max(shipped, self._position or 0)
        self._board.say(self._slot, shipped=position, caught_up_s=caught_up, sent=sent)

    def _failed(self, code: str, text: str) -> None:
        _log.warning("the sink %s takes nothing now, it is tried again: %s", self._name, text)
        try:
            self._shipment.sink.close()
            shipped = load_ship_position(self._files, self._directory, self._name, self._verifiers.origin)
        except SeawallError:
            shipped = 0
        self._board.say(self._slot, shipped=shipped, caught_up_s=None, failed=1, error=code)


def ship_all(shippers: Sequence[Shipper], stop: Stop, *, grace_s: float = 5.0) -> None:
    """Serve every sink in a thread of its own until told to stop."""
    threads = [Thread(target=shipper.run, args=(stop,), kwargs={"grace_s": grace_s}) for shipper in shippers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
