"""Finding the journal's end after a process died in the middle of a write, or the machine lost power."""

import os
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Corrupt
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import SYSTEM, Resource
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.frames import encode_frames
from seawall.ledger.model import START, Position
from seawall.ledger.ports import File, Files
from seawall.ledger.position import load_position
from seawall.ledger.segments import (
    SEGMENT_HEAD,
    decode_head,
    encode_head,
    find_end,
    pieces,
    segment_numbers,
    segment_path,
)
from seawall.ledger.tail import Tail


class Recovery:
    """Walks the journal under its lock. Made once per journal; holds no files open."""

    def __init__(self, directory: str, files: Files, *, clock: Clock, entropy: Entropy = os.urandom) -> None:
        self._ledger = directory
        self._directory = f"{directory}/journal"
        self._files = files
        self._clock = clock
        self._entropy = entropy

    def position(self) -> Position:
        """Where the part of the journal begins that is not durable in tiles.

        A damaged or missing position file is no loss: segments are removed only when their entries are in tiles, so the
        oldest one begins early enough.

        Raises:
            Corrupt: the oldest segment's head is damaged, with code ``ledger.journal_damaged``.
        """
        found = load_position(self._files, self._ledger)
        numbers = segment_numbers(self._files, self._directory)
        if found is not None and (not numbers or found.segment >= numbers[0]):
            return found
        if not numbers:
            return START
        first = self._head(numbers[0])
        if first is None:
            if numbers == [1]:
                return START
            raise damaged(numbers[0])
        return Position(segment=numbers[0], offset=SEGMENT_HEAD, index=first)

    def find_tail(self, known: Tail | None) -> Tail:
        """Find the end, cut what is torn there, and record the cut.

        Args:
            known: a tail that was right before somebody died while writing; None after a loss of power.

        Raises:
            Corrupt: a segment that is not the last is damaged, with code ``ledger.journal_damaged``.
            DiskFull: the record of the cut does not fit; the cut is made and recorded the next time.
        """
        begin = (
            self.position() if known is None else Position(segment=known.segment, offset=known.end, index=known.count)
        )
        segment, offset, index = begin.segment, begin.offset, begin.index
        while True:
            file = self._open(segment, index)
            try:
                end, count = find_end(file, offset)
                index += count
                following = self._following(segment, index)
                if following is None:
                    tail = self._cut(file, Tail(segment, end, file.size(), index))
                    # Whoever made this segment may have died before its name was sure.
                    file.fdatasync()
                    self._files.sync_directory(self._directory)
                    return tail
                if any(any(data) for _, data in pieces(file, end)):
                    raise damaged(segment)
            finally:
                file.close()
            segment, offset = following, SEGMENT_HEAD

    def write_again(self) -> None:
        """Write everything from the position on once more, and sync it.

        Raises:
            SyncFailed: the disk does not confirm it.
        """
        begin = self.position()
        for number in segment_numbers(self._files, self._directory):
            if number < begin.segment:
                continue
            file = self._files.open(segment_path(self._directory, number))
            try:
                for offset, data in pieces(file, begin.offset if number == begin.segment else 0):
                    file.pwrite(data, offset)
                file.fdatasync()
            finally:
                file.close()
        self._files.sync_directory(self._directory)

    def record(self, action: str, facts: Mapping[str, Any]) -> bytes:
        """Encode an event of the journal's own."""
        now_ms = self._clock.now_ms()
        return encode(
            Event(
                uid=str(uuid7(now_ms, self._entropy)),
                time_ms=now_ms,
                action=action,
                activity=3,
                principal=SYSTEM,
                resource=Resource(type="ledger", id="ledger"),
                outcome=Outcome.SUCCESS,
                facts=facts,
                source="system",
            )
        )

    def _cut(self, file: File, tail: Tail) -> Tail:
        torn, digest = 0, sha256()
        for offset, data in pieces(file, tail.end):
            if any(data):
                torn = offset + len(data.rstrip(b"\0")) - tail.end
            digest.update(data)
        if not torn:
            return tail
        facts = {"segment": tail.segment, "offset": tail.end, "bytes": torn, "sha256": digest.hexdigest()}
        frames = encode_frames([self.record("ledger.cut", facts)])
        # One write takes the torn bytes away and says so: no crash can leave the one without the other for long.
        file.pwrite(frames.ljust(torn, b"\0"), tail.end)
        end = tail.end + len(frames)
        return replace(tail, end=end, allocated=file.size(), count=tail.count + 1)

    def _open(self, segment: int, index: int) -> File:
        path = segment_path(self._directory, segment)
        file = self._files.open(path, create=segment == 1)
        head = decode_head(file.pread(SEGMENT_HEAD, 0))
        if head is None and segment == 1 and index == 0:
            # The very first segment, not made yet or not whole: nothing can have been acknowledged.
            file.truncate(0)
            file.pwrite(encode_head(1, 0), 0)
        elif head is None or head[0] != segment or head[1] > index:
            file.close()
            raise damaged(segment)
        return file

    def _following(self, segment: int, index: int) -> int | None:
        """The next segment, or None where this is the last; one that was not made whole is taken away."""
        number = segment + 1
        later = [found for found in segment_numbers(self._files, self._directory) if found > segment]
        if not later:
            return None
        if later[0] == number and self._head(number) == index:
            return number
        if later == [number] and self._head(number) is None:
            self._files.remove(segment_path(self._directory, number))
            return None
        raise damaged(segment)

    def _head(self, number: int) -> int | None:
        file = self._files.open(segment_path(self._directory, number))
        try:
            head = decode_head(file.pread(SEGMENT_HEAD, 0))
        finally:
            file.close()
        return head[1] if head is not None and head[0] == number else None


def damaged(segment: int) -> Corrupt:
    """Make the error of a journal that does not hold together before its end."""
    return Corrupt(
        "ledger.journal_damaged",
        f"segment {segment} of the ledger's journal is damaged before its end; records in it may be lost.",
        remedy="Keep a copy of the ledger's folder, then run seawall ledger verify to see how far it is whole.",
    )
