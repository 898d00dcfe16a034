"""Which files a path, a folder or a glob names. Links that lead out, or in a circle, are told and not followed."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seawall.capabilities.discover.errors import Unscannable


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file, by the name under which findings tell of it; with ``why`` one that will not be read."""

    path: Path
    name: str
    why: Unscannable | None = None


def expand(pattern: str) -> Sequence[Path]:
    """Return what a path or a glob names: the path itself where it is there, for its name may look like a pattern."""
    path = Path(pattern).expanduser()
    if os.path.lexists(path):
        return [path]
    return sorted(Path(found) for found in glob.glob(str(path), recursive=True, include_hidden=True))  # noqa: PTH207 - from any root


def walk(root: Path) -> Iterator[Found]:
    """List the files under a root, or the root itself, in the order of their names."""
    real = root.resolve()
    if not root.is_dir():
        yield _classify(root, root.name, real.parent, linked=False)
        return
    yield from _folder(real, "", real, {_identity(real)})


def _folder(folder: Path, prefix: str, root: Path, open_folders: set[tuple[int, int]]) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Found(path=folder, name=prefix or ".", why=_closed("this folder"))
        return
    for entry in entries:
        name = f"{prefix}{entry.name}"
        path = Path(entry.path)
        linked = entry.is_symlink()
        try:
            is_folder = entry.is_dir()
        except OSError:
            is_folder = False
        if not is_folder:
            yield _classify(path, name, root, linked=linked)
            continue
        target = path.resolve()
        if linked and not target.is_relative_to(root):
            yield Found(path=path, name=name, why=Unscannable("source.link", "this link leads out of the target."))
            continue
        identity = _identity(target)
        if identity in open_folders:
            yield Found(path=path, name=name, why=Unscannable("source.loop", "this link leads round in a circle."))
            continue
        yield from _folder(target, f"{name}/", root, open_folders | {identity})


def _classify(path: Path, name: str, root: Path, *, linked: bool) -> Found:
    try:
        mode = path.stat().st_mode
        target = path.resolve()
    except (OSError, RuntimeError):
        return Found(path=path, name=name, why=Unscannable("source.link", "this link leads nowhere, or in a circle."))
    if not stat.S_ISREG(mode):
        return Found(path=path, name=name, why=Unscannable("source.special", "this is not a regular file."))
    if linked and not target.is_relative_to(root):
        return Found(path=path, name=name, why=Unscannable("source.link", "this link leads out of the target."))
    return Found(path=target, name=name)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _closed(what: str) -> Unscannable:
    return Unscannable("source.permission", f"{what} must not be read by the user that Seawall runs as.")
