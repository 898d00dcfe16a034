"""Documents on disk: each whole or not at all, readable by their owner alone."""

import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from seawall.kernel.errors import InvalidInput, Unavailable


class ReportShelf:
    """Serves the port ``Shelf``.

    Args:
        root: the folder under which every relative folder lies; made when missing.
        anywhere: whether an absolute folder may be named. Only for a process that the asker runs as its own user: who
            asks over the network must not choose where a server writes.
    """

    def __init__(self, root: Path, *, anywhere: bool = False) -> None:
        self._root = root
        self._anywhere = anywhere

    def put(self, folder: str, documents: Mapping[str, bytes]) -> list[str]:
        """Write files; return where they are, in the order given.

        Raises:
            InvalidInput: ``evidence.folder`` when that place may not be written to.
            Unavailable: ``evidence.unwritable`` when the file system refuses.
        """
        place = self._place(folder)
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            return [str(_write(place, name, body)) for name, body in documents.items()]
        except OSError as raised:
            raise Unavailable(
                "evidence.unwritable",
                f"the documents could not be written: {raised.strerror or 'the file system refused'}.",
                remedy="Make room, or name a folder that you may write to; the assessment itself is kept.",
            ) from None

    def _place(self, folder: str) -> Path:
        wanted = Path(folder)
        if wanted.is_absolute():
            if not self._anywhere:
                raise _refused("an absolute folder can be named on the command line only.")
            return wanted
        root = self._root.resolve()
        place = (root / wanted).resolve()
        if ".." in wanted.parts or not place.is_relative_to(root):
            raise _refused("the folder lies outside the folder for reports.")
        return place


def _write(place: Path, name: str, body: bytes) -> Path:
    target = place / name
    draft = place / f".{name}.{token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return target


def _refused(text: str) -> InvalidInput:
    return InvalidInput("evidence.folder", text, field="out", remedy="Leave it out to use a folder of its own.")
