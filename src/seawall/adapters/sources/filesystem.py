"""The files of one target, looked through by sandboxed workers."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue
from typing import BinaryIO

from seawall.adapters.sources.sandbox import Allowance, Sandbox
from seawall.adapters.sources.walk import Found
from seawall.capabilities.discover.commands import ItemFindings, StoreKind
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.ports import Inspected
from seawall.capabilities.discover.unread import unscannable

_FILES_A_WORKER = 40
_AHEAD = 4


class FileStore:
    """Files.

    Args:
        target: their name in findings.
        files: which.
        workers: at most so many processes; few files take fewer.
        allowance: what each may use.
        make_sandbox: makes a worker.
    """

    kind = StoreKind.FILES

    def __init__(
        self,
        target: str,
        files: Sequence[Found],
        *,
        workers: int = 1,
        allowance: Allowance | None = None,
        make_sandbox: Callable[[Allowance | None], Sandbox] = Sandbox,
    ) -> None:
        self.target = target
        self._files = files
        count = max(1, min(workers, -(-len(files) // _FILES_A_WORKER)))
        self._sandboxes = [make_sandbox(allowance) for _ in range(count)]
        self._free: SimpleQueue[Sandbox] = SimpleQueue()
        for sandbox in self._sandboxes:
            self._free.put(sandbox)

    def count(self) -> int:
        """Count the files."""
        return len(self._files)

    def inspect(self) -> Iterator[Inspected]:
        """Look through each file; results come in the order of the files."""
        pool = ThreadPoolExecutor(len(self._sandboxes))
        try:
            files = iter(self._files)
            waiting = [pool.submit(self._inspect, found) for found in islice(files, len(self._sandboxes) * _AHEAD)]
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(self._inspect, found) for found in islice(files, 1)]
        finally:
            # Where nobody wants the rest, nobody waits for it: close() ends what still runs.
            pool.shutdown(wait=False, cancel_futures=True)

    def _inspect(self, found: Found) -> Inspected:
        if found.why is not None:
            return Inspected(size=0, items=[unscannable(found.name, found.why)])
        try:
            # Somebody may put a link or a pipe in the file's place while we look elsewhere.
            descriptor = os.open(found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError:
            why = Unscannable("source.permission", "this file must not be read by the user that Seawall runs as.")
            return Inspected(size=0, items=[unscannable(found.name, why)])
        except OSError:
            why = Unscannable("source.gone", "this file has gone, or changed into something else.")
            return Inspected(size=0, items=[unscannable(found.name, why)])
        with os.fdopen(descriptor, "rb") as file:
            return Inspected(size=os.fstat(descriptor).st_size, items=self._ask(found.name, file))

    def _ask(self, name: str, file: BinaryIO) -> list[ItemFindings]:
        sandbox = self._free.get()
        try:
            return sandbox.inspect(name, file)
        finally:
            self._free.put(sandbox)

    def close(self) -> None:
        """End the workers."""
        for sandbox in self._sandboxes:
            sandbox.close()
