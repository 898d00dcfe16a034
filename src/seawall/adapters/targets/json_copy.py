"""A JSON document: read whole, its fields replaced by path, written in the layout that it had."""

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from seawall.adapters.targets import json_tree
from seawall.adapters.targets.faults import faults
from seawall.adapters.targets.reading import sha256_of
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.protect.ports import Convert, Field, Progress
from seawall.kernel.errors import TooLarge

MAX_BYTES: Final = 256 << 20
_MARK: Final = b"\xef\xbb\xbf"
_INDENT = re.compile(rb"\s*[\[{]\r?\n( *)\S")


class JsonCopy:
    """A copy of a JSON file on its way; implements :class:`seawall.capabilities.protect.ports.Copy`."""

    kind: Final = "json"

    def __init__(self, source: Path, file: BinaryIO, staged: Staged) -> None:
        self.source = str(source)
        self._staged = staged
        self.fingerprint = sha256_of(file.fileno())
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            raise TooLarge(
                "targets.size",
                f"a JSON document is read up to {MAX_BYTES >> 20} MiB.",
                field="target",
                remedy="Write it as lines of JSON (.ndjson), which may be of any size.",
            )
        self._text = file.read()
        self._tree = json_tree.read(self._text.removeprefix(_MARK), "the document")
        if not isinstance(self._tree, dict | list):
            raise json_tree.wrong("the document is a single value.")

    @property
    def out(self) -> str:
        """Where the copy will be."""
        return str(self._staged.out)

    def fields(self) -> Sequence[Field]:
        """List the paths of all scalars."""
        return [Field(name=name) for name in dict.fromkeys(leaf[0] for leaf in json_tree.leaves(self._tree))]

    def rewrite(self, conversions: Mapping[str, Convert], progress: Progress) -> None:
        """Replace the values at paths.

        Raises:
            InvalidInput: for a document that cannot be written back.
        """
        found: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
        for name, container, key in json_tree.leaves(self._tree):
            if name in conversions:
                found[name].append((container, key))
        for done, (name, places) in enumerate(found.items(), 1):
            values = [json_tree.cell(container[key]) for container, key in places]
            cells = conversions[name](values, lambda i: f"value {i + 1}")
            for (container, key), value, new in zip(places, values, cells, strict=True):
                if value is not None:
                    container[key] = new
            progress("fields", done, len(found))
        text = json_tree.write(self._tree, "the document")
        if indent := _INDENT.match(self._text.removeprefix(_MARK)):
            text = msgspec.json.format(text, indent=len(indent[1]))
        if self._text.endswith(b"\n"):
            text += b"\n"
        with faults("out"):
            self._staged.part.write_bytes((_MARK if self._text.startswith(_MARK) else b"") + text)

    def publish(self) -> None:
        """Give the copy its name."""
        self._staged.publish()
