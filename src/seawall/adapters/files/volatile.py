"""A file system in memory that loses what was not synced, as a machine does when its power fails; for tests.

A crash keeps of every file what its last sync covered and, of what was written since, any part: each write whole, not
at all, or torn at a sector. Of the names made, renamed and removed in a folder since its last sync it keeps a prefix,
as journalling file systems do. Faults come on request: a full disk, a failing sync, the death of the process between
two operations or in the middle of a write.
"""

from dataclasses import dataclass, field
from random import Random
from threading import Lock, RLock

from seawall.ledger.ports import DiskFull, FileMissing, SyncFailed

_SECTOR = 512


class Killed(BaseException):
    """The process died here; nothing of it may catch this."""


@dataclass(slots=True, eq=False)
class _Node:
    """A file: what it holds, what is sure of it, and the writes and cuts since that became sure."""

    content: bytearray = field(default_factory=bytearray)
    sure: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)


@dataclass(slots=True)
class _Folder:
    names: dict[str, _Node] = field(default_factory=dict)
    sure: dict[str, _Node] = field(default_factory=dict)
    since: list[tuple[str, _Node | None]] = field(default_factory=list)


class VolatileFiles:
    """The machine: its disk outlives crashes, its processes do not.

    Attributes:
        room: bytes that files may grow by before the disk is full; None for no bound.
        fail_syncs: how many of the next syncs fail; what they should have made sure stays unsure for good.
        steps_to_live: operations that still succeed before :class:`Killed` is raised; None for no bound.
    """

    def __init__(self) -> None:
        self._folders: dict[str, _Folder] = {}
        self._shared: dict[str, bytearray] = {}
        self._locks: dict[str, Lock] = {}
        self._mutex = RLock()
        self._boot = 1
        self._life = 1
        self.room: int | None = None
        self.fail_syncs = 0
        self.steps_to_live: int | None = None
        self.steps = 0

    def crash(self, random: Random) -> None:
        """Lose power and start again: unsynced writes survive as ``random`` has it, shared memory does not."""
        self.die()
        self._boot += 1
        self._shared.clear()
        for folder in self._folders.values():
            kept = folder.since[: random.randint(0, len(folder.since))]
            folder.names = dict(folder.sure)
            for name, node in kept:
                _put(folder.names, name, node)
            folder.sure, folder.since = dict(folder.names), []
        for node in {id(node): node for folder in self._folders.values() for node in folder.names.values()}.values():
            for change in node.since:
                _apply(node.sure, _survivor(change, random))
            node.content, node.since = bytearray(node.sure), []

    def die(self) -> None:
        """End every process, as kill -9 does: locks fall, what was written stays in the machine's memory."""
        self._life += 1
        self._locks.clear()
        self.steps_to_live = None

    def open(self, path: str, *, create: bool = False) -> "_VolatileFile":
        """Open a file."""
        with self._mutex:
            self.step()
            directory, _, name = path.rpartition("/")
            folder = self._folder(directory)
            node = folder.names.get(name)
            if node is None:
                if not create:
                    raise FileMissing
                node = folder.names[name] = _Node()
                folder.since.append((name, node))
            return _VolatileFile(self, node, self._life)

    def names(self, directory: str) -> list[str]:
        """Sorted names in a folder, those of folders with a slash."""
        with self._mutex:
            folder = self._folders.get(directory)
            prefix = directory + "/"
            below = {path[len(prefix) :].partition("/")[0] + "/" for path in self._folders if path.startswith(prefix)}
            return sorted({*(folder.names if folder else ()), *below})

    def rename(self, old: str, new: str) -> None:
        """Put a file in another's place; both stand in one folder."""
        with self._mutex:
            self.step()
            directory, _, old_name = old.rpartition("/")
            new_name = new.rpartition("/")[2]
            folder = self._folder(directory)
            if old_name not in folder.names:
                raise FileMissing
            node = folder.names.pop(old_name)
            folder.names[new_name] = node
            # One entry in the list of changes for the new name carries the old one along: a rename is atomic.
            folder.since.append((f"{old_name}/{new_name}", node))

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        with self._mutex:
            self.step()
            if path in self._folders and not self.names(path):
                del self._folders[path]
                return
            directory, _, name = path.rpartition("/")
            folder = self._folder(directory)
            if folder.names.pop(name, None) is not None:
                folder.since.append((name, None))

    def make_directory(self, path: str) -> None:
        """Make a folder; folders are sure at once."""
        with self._mutex:
            while path:
                self._folders.setdefault(path, _Folder())
                path = path.rpartition("/")[0]

    def sync_directory(self, path: str) -> None:
        """Make the folder's names sure."""
        with self._mutex:
            self.step()
            self._sync()
            folder = self._folder(path)
            folder.sure, folder.since = dict(folder.names), []

    def lock(self, path: str) -> "_VolatileLock":
        """Open a lock file."""
        return _VolatileLock(self, path, self._life)

    def shared(self, path: str, size: int) -> memoryview:
        """Map memory that all processes of this run of the machine share."""
        with self._mutex:
            return memoryview(self._shared.setdefault(path, bytearray(size)))

    def boot_id(self) -> bytes:
        """Say which run of the machine this is."""
        return self._boot.to_bytes(16)

    def step(self, life: int | None = None) -> None:
        """Count an operation; raise where the process is to die, or is dead already."""
        if life is not None and life != self._life:
            raise Killed
        self.steps += 1
        if self.steps_to_live is not None:
            if self.steps_to_live <= 0:
                raise Killed
            self.steps_to_live -= 1

    def _folder(self, path: str) -> _Folder:
        folder = self._folders.get(path)
        if folder is None:
            raise FileMissing
        return folder

    def _sync(self) -> None:
        if self.fail_syncs > 0:
            self.fail_syncs -= 1
            raise SyncFailed

    def _grow(self, by: int) -> None:
        if self.room is not None and by > 0:
            if by > self.room:
                raise DiskFull
            self.room -= by


class _VolatileFile:
    def __init__(self, disk: VolatileFiles, node: _Node, life: int) -> None:
        self._disk, self._node, self._life = disk, node, life

    def pread(self, size: int, offset: int) -> bytes:
        with self._disk._mutex:  # noqa: SLF001 - one object in two classes
            self._disk.step(self._life)
            return bytes(self._node.content[offset : offset + size])

    def pwrite(self, data: bytes, offset: int) -> None:
        with self._disk._mutex:  # noqa: SLF001
            try:
                self._disk.step(self._life)
            except Killed:
                if self._life == self._disk._life:  # noqa: SLF001
                    self._write(data[: len(data) // 2], offset)
                raise
            room = self._disk.room
            if room is not None and offset + len(data) - len(self._node.content) > room:
                fits = max(0, len(self._node.content) + room - offset)
                self._write(data[:fits], offset)
                raise DiskFull
            self._write(data, offset)

    def truncate(self, size: int) -> None:
        with self._disk._mutex:  # noqa: SLF001
            self._disk.step(self._life)
            if self._disk.room is not None:
                self._disk.room += max(0, len(self._node.content) - size)
            self._change(size, None)

    def fdatasync(self) -> None:
        with self._disk._mutex:  # noqa: SLF001
            self._disk.step(self._life)
            try:
                self._disk._sync()  # noqa: SLF001
            except SyncFailed:
                # As Linux does: the pages count as clean from now on, though the disk never got them.
                self._node.since.clear()
                raise
            for change in self._node.since:
                _apply(self._node.sure, change)
            self._node.since.clear()

    def size(self) -> int:
        return len(self._node.content)

    def close(self) -> None:
        return

    def _write(self, data: bytes, offset: int) -> None:
        self._disk._grow(offset + len(data) - len(self._node.content))  # noqa: SLF001
        if data:
            self._change(offset, bytes(data))

    def _change(self, at: int, data: bytes | None) -> None:
        _apply(self._node.content, (at, data))
        self._node.since.append((at, data))


class _VolatileLock:
    def __init__(self, disk: VolatileFiles, path: str, life: int) -> None:
        self._disk, self._path, self._life = disk, path, life
        self._held: Lock | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        with self._disk._mutex:  # noqa: SLF001
            self._disk.step(self._life)
            lock = self._disk._locks.setdefault(self._path, Lock())  # noqa: SLF001
        if not lock.acquire(blocking=wait):
            return False
        self._held = lock
        return True

    def release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def close(self) -> None:
        self.release()


def _survivor(change: tuple[int, bytes | None], random: Random) -> tuple[int, bytes | None]:
    at, data = change
    if data is None:
        return change
    fate = random.randrange(4)
    if fate == 0:
        return at, b""
    if fate == 1 and len(data) > 1:
        return at, data[: max(1, random.randrange(len(data)) // _SECTOR * _SECTOR)]
    return change


def _apply(content: bytearray, change: tuple[int, bytes | None]) -> None:
    at, data = change
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
    elif data:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


def _put(names: dict[str, _Node], name: str, node: _Node | None) -> None:
    old, _, new = name.rpartition("/")
    if node is None:
        names.pop(new, None)
        return
    if old:
        names.pop(old, None)
    names[new] = node
