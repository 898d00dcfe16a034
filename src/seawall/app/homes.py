"""Makes homes, opens their passphrases, and keeps two nodes out of one home."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seawall.kernel.errors import Conflict, InvalidInput, Unavailable
from seawall.kernel.secret import Secret
from seawall.settings import Home

_WORDS = 6
_MARK = "being-made"
_TRIES, _PAUSE_S = 10, 0.02
TRIAL_NOTICE = (
    "This home is for trial only: the passphrase of its root of trust and the tokens of its people lie beside the data "
    "they guard. For anything real, make a home with: seawall init"
)


@contextmanager
def founding(home: Home) -> Iterator[None]:
    """Make the folders of a new home, 0700, and hold them until it is made; nothing is left when that fails.

    A mark says that a home is being made. One that nobody holds was left by a process that died: what it left is
    cleared away first.

    Raises:
        Conflict: with code ``home.exists`` or ``home.being_made``.
        InvalidInput: with code ``home.not_empty`` or ``home.unwritable``.
    """
    if home.exists:
        raise Conflict(
            "home.exists", f"there is a Seawall home at {home.path} already.", remedy="Use it, or name another."
        )
    mark = home.path / _MARK
    try:
        home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not mark.exists():
            _must_be_empty(home)
        descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(home, error) from None
    try:
        _begin(home, descriptor)
        try:
            yield
        except BaseException:
            _clear(home)
            mark.unlink(missing_ok=True)
            raise
        mark.unlink()
    finally:
        os.close(descriptor)


def _begin(home: Home, descriptor: int) -> None:
    if not _take(descriptor):
        raise Conflict("home.being_made", f"another process makes a home at {home.path}.", remedy="Wait for it.")
    try:
        _clear(home)
        _must_be_empty(home)
        home.path.chmod(0o700)
        for folder in _folders(home):
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(home, error) from None


def _folders(home: Home) -> tuple[Path, ...]:
    return (home.ledger, home.epoch.parent, home.policies, home.reports, home.tokens)


def _clear(home: Home) -> None:
    """Remove what a home is made of, and nothing else."""
    for folder in _folders(home):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (home.store, home.node, home.projection, home.sealed_root, home.passphrase, home.path / "token-record"):
        for path in (*home.path.glob(f"{file.name}*"), home.path / f".{file.name}.new"):
            path.unlink(missing_ok=True)
    home.config.unlink(missing_ok=True)


def _must_be_empty(home: Home) -> None:
    if any(path.name not in {home.lock.name, _MARK} for path in home.path.iterdir()):
        raise InvalidInput(
            "home.not_empty", f"{home.path} holds other files.", field="home", remedy="Name an empty folder."
        )


def _unwritable(home: Home, error: OSError) -> InvalidInput:
    return InvalidInput(
        "home.unwritable", f"{home.path} cannot be made: {os.strerror(error.errno or 0)}.", field="home"
    )


def write_config(home: Home, config: Mapping[str, Any], *, trial: bool) -> None:
    """Write the configuration; its presence is what makes a folder a home, so this comes last."""
    lines = [f"trial = {str(trial).lower()}"]
    tables: list[str] = []
    for name, value in config.items():
        if isinstance(value, Mapping):
            tables += _table(name, value)
        else:
            lines.append(f"{name} = {_toml(value)}")
    write_private(home.config, "\n".join([*lines, *tables]) + "\n")


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    lines = ["", f"[{name}]"]
    inner = [(key, value) for key, value in values.items() if isinstance(value, Mapping)]
    lines += [f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, Mapping)]
    for key, value in inner:
        lines += _table(f"{name}.{key}", value)
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def write_private(path: Path, text: str) -> None:
    """Write a file 0600, whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


def make_trial_passphrase(home: Home) -> Secret:
    """Make the passphrase of a trial home and keep it in a 0600 file there."""
    text = "-".join(secrets.token_hex(3) for _ in range(_WORDS))
    write_private(home.passphrase, text + "\n")
    return Secret(text.encode())


def find_passphrase(home: Home, source: Callable[[], Secret] | None, *, trial: bool) -> Secret:
    """Return the passphrase from where it was said to be, or from the trial home itself.

    Raises:
        InvalidInput: with code ``passphrase.missing``.
    """
    if source is not None and not trial:
        return source()
    if trial and home.passphrase.is_file():
        return Secret(home.passphrase.read_bytes().strip())
    if source is not None:
        return source()
    raise InvalidInput(
        "passphrase.missing",
        "the passphrase of the root of trust is needed, and nobody can be asked.",
        field="passphrase",
        remedy="Give --passphrase-file, --passphrase-fd or SEAWALL_PASSPHRASE_FILE.",
    )


def _take(descriptor: int) -> bool:
    # Commands that only ask whether a node runs hold the lock for a moment: they are no node.
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


@contextmanager
def node_lock(home: Home) -> Iterator[None]:
    """Hold the home for one node.

    Raises:
        Unavailable: with code ``home.in_use``.
    """
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _take(descriptor):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Unavailable(
                "home.in_use",
                f"another node (process {holder}) runs on {home.path}.",
                remedy="Stop it first, use its console, or name another home with --home.",
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def node_runs(home: Home) -> int | None:
    """Return the process id of the node that runs on this home, or None."""
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdecimal() else 0
    else:
        return None
    finally:
        os.close(descriptor)
