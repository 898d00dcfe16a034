"""Lines of JSON: read and written line by line, so a file of any size needs little memory."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from seawall.adapters.targets import json_tree
from seawall.adapters.targets.faults import faults
from seawall.adapters.targets.reading import check_same, lines_of, sha256_of
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.protect.ports import Convert, Field, Progress

_BATCH: Final = 5_000


class NdjsonCopy:
    """A copy of lines of JSON on its way; implements :class:`seawall.capabilities.protect.ports.Copy`.

    Empty lines stay. Each other line holds an object or a list.
    """

    kind: Final = "ndjson"

    def __init__(self, source: Path, file: BinaryIO, staged: Staged) -> None:
        self.source = str(source)
        self._staged = staged
        self._file = file
        self.fingerprint = sha256_of(self._file.fileno())
        self._names: dict[str, None] = {}
        for _, tree in self._trees():
            if tree is not None:
                self._names.update((name, None) for name, _, _ in json_tree.leaves(tree))

    @property
    def out(self) -> str:
        """Where the copy will be."""
        return str(self._staged.out)

    def fields(self) -> Sequence[Field]:
        """List the paths of all scalars in all lines."""
        return [Field(name=name) for name in self._names]

    def rewrite(self, conversions: Mapping[str, Convert], progress: Progress) -> None:
        """Replace the values at paths.

        Raises:
            InvalidInput: for a line that cannot be read or written back.
            Conflict: when the file was changed meanwhile.
        """
        trees = self._trees()
        done = 0
        with faults("out"), self._staged.part.open("wb") as part:
            while batch := list(islice(trees, _BATCH)):
                _convert(batch, conversions)
                for number, tree in batch:
                    part.write((b"" if tree is None else json_tree.write(tree, f"line {number}")) + b"\n")
                done += len(batch)
                progress("lines", done, 0)
        check_same(self._file.fileno(), self.fingerprint)

    def publish(self) -> None:
        """Give the copy its name."""
        self._staged.publish()

    def _trees(self) -> Iterator[tuple[int, Any]]:
        for number, line in enumerate(lines_of(self._file.fileno()), 1):
            if not line.strip():
                yield number, None
                continue
            tree = json_tree.read(line, f"line {number}")
            if not isinstance(tree, dict | list):
                raise json_tree.wrong(f"line {number} is a single value.")
            yield number, tree


def _convert(batch: list[tuple[int, Any]], conversions: Mapping[str, Convert]) -> None:
    found: dict[str, list[tuple[int, Any, Any]]] = defaultdict(list)
    for number, tree in batch:
        if tree is not None:
            for name, container, key in json_tree.leaves(tree):
                if name in conversions:
                    found[name].append((number, container, key))
    for name, places in found.items():
        values = [json_tree.cell(container[key]) for _, container, key in places]
        cells = conversions[name](values, lambda i, places=places: f"line {places[i][0]}")  # type: ignore[misc]
        for (_, container, key), value, new in zip(places, values, cells, strict=True):
            if value is not None:
                container[key] = new
