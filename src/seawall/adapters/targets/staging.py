"""A file that comes into being without a name that anybody looks for, and gets it in one step.

1. It is made in the folder of its name, 0600, as a hidden part file.
2. It is written and synced.
3. It is linked to its name, which fails when that is taken, or renamed over what may be replaced; the folder is synced.

When anything fails before, the part file is removed. A process killed on the way leaves a part file at most.
"""

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from seawall.adapters.targets.faults import faults
from seawall.kernel.errors import Conflict, InvalidInput

MODE: Final = 0o600
_SIDECARS = ("-wal", "-journal", "-shm")
_Seen = tuple[int, int, int, int]


@dataclass(slots=True, kw_only=True)
class Staged:
    """A part file on its way to a name; :meth:`make` it when :meth:`discard` is sure to be called.

    ``replaces`` is what stood under the name when it began, where it may be replaced.
    """

    out: Path
    replaces: _Seen | None
    part: Path = field(init=False)
    _made: list[Path] = field(init=False, default_factory=list)

    def make(self) -> None:
        """Make the part file."""
        self.part = self.fresh()

    def fresh(self) -> Path:
        """Make an empty part file, 0600, that is removed with the others."""
        path = self.out.parent / f".seawall-{secrets.token_hex(8)}.part"
        # Noted before it is made: an interruption may come between any two steps.
        self._made.append(path)
        with faults("out"):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE))
        return path

    def publish(self) -> None:
        """Sync the part file and give it its name.

        Raises:
            Conflict: when the name was taken, or what has it was changed meanwhile.
            Unavailable: when the disk does not do it.
        """
        with faults("out"):
            _sync(self.part)
            if self.replaces is None:
                self._link()
            else:
                if _seen(self.out) != self.replaces:
                    raise Conflict(
                        "targets.changed",
                        "the file that would be replaced was changed meanwhile.",
                        field="out",
                        remedy="Try again when nobody writes to it.",
                    )
                self.part.replace(self.out)
            _sync(self.out.parent)

    def discard(self) -> None:
        """Remove what has no name yet."""
        for path in self._made:
            for name in (path, *(path.with_name(path.name + sidecar) for sidecar in _SIDECARS)):
                with suppress(OSError):
                    name.unlink(missing_ok=True)

    def _link(self) -> None:
        try:
            os.link(self.part, self.out)
        except FileExistsError:
            raise exists() from None
        self.part.unlink()


def stage(source: Path, out: str | None, *, overwrite: bool) -> Staged:
    """Prepare a file that will be named ``out``, or take the place of ``source``; nothing is made yet.

    Raises:
        InvalidInput: ``targets.out_folder``, ``targets.out_is_target``, ``targets.out_kind``.
        Conflict: ``targets.out_exists`` and ``targets.out_in_use``.
    """
    path = source if out is None else Path(os.path.abspath(out))  # noqa: PTH100 - a last symlink stays as it is
    with faults("out"):
        if not path.parent.is_dir():
            raise InvalidInput(
                "targets.out_folder", "there is no such folder.", field="out", remedy="Make it first, or name another."
            )
        seen = _seen(path)
        if out is not None and seen is not None:
            if path.exists() and path.samefile(source):
                raise InvalidInput(
                    "targets.out_is_target",
                    "the copy cannot take the place of what it is made from.",
                    field="out",
                    remedy="Name another path.",
                )
            if not stat.S_ISREG(os.lstat(path).st_mode):
                raise InvalidInput(
                    "targets.out_kind", "something that is no file has this name.", field="out", remedy="Name another."
                )
            if not overwrite:
                raise exists()
        for sidecar in _SIDECARS:
            if os.path.lexists(f"{path}{sidecar}"):
                raise Conflict(
                    "targets.out_in_use",
                    f"there is a {path.name}{sidecar}, so a database of this name is in use.",
                    field="out",
                    remedy="Close the program that uses it, or name another path.",
                )
    return Staged(out=path, replaces=seen)


def exists() -> Conflict:
    """Say that a name is taken."""
    return Conflict(
        "targets.out_exists",
        "there is a file of this name already.",
        field="out",
        remedy="Name another path, or ask to overwrite it.",
    )


def _seen(path: Path) -> _Seen | None:
    try:
        seen = os.lstat(path)
    except FileNotFoundError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
