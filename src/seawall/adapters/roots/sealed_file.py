"""A root of trust in a file, sealed by a passphrase: the default where there is no token."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from uuid import UUID

from seawall.adapters.roots import sealed_format
from seawall.adapters.roots.memory import KeyRoot
from seawall.adapters.roots.sealed_format import DEFAULT_COST, Cost, SealedRoot
from seawall.capabilities.keys.root import RootDescription, RootKind
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import Conflict, NotFound, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret


class SealedFileRoot(KeyRoot):
    """The root key of a sealed file, unsealed into this process."""

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: Secret,
        *,
        label: str = "seawall-root",
        cost: Cost = DEFAULT_COST,
        clock: Clock | None = None,
        entropy: Entropy = os.urandom,
    ) -> Self:
        """Make a root key and seal it into a new file of mode 0600; the file appears whole or not at all.

        Raises:
            Conflict: ``root.exists``; a root key is never overwritten.
            InvalidInput: an empty passphrase or a cost out of bounds.
            Unavailable: ``root.file_unusable``.
        """
        if path.exists():
            raise _exists(path)
        key = Secret(entropy(32))
        created_ms = (clock or SystemClock()).now_ms()
        key_id = str(UUID(bytes=entropy(16), version=4))
        data = sealed_format.seal(
            key, passphrase, key_id=key_id, label=label, created_ms=created_ms, cost=cost, entropy=entropy
        )
        with _mapped(path):
            _place(path, data, entropy, replace=False)
        return cls(key, _description(sealed_format.parse(data)), entropy=entropy)

    @classmethod
    def open(cls, path: Path, passphrase: Secret, *, entropy: Entropy = os.urandom) -> Self:
        """Unseal the root key.

        Raises:
            NotFound: ``root.missing``.
            Unauthenticated: ``root.passphrase_wrong``.
            Corrupt: ``root.file_corrupt``.
        """
        file = _read(path)
        return cls(sealed_format.unseal(file, passphrase), _description(file), entropy=entropy)


def change_passphrase(
    path: Path, old: Secret, new: Secret, *, cost: Cost = DEFAULT_COST, entropy: Entropy = os.urandom
) -> None:
    """Seal the same root key under another passphrase; the old file stays until the new one is on disk.

    Raises:
        NotFound, Unauthenticated, Corrupt: as :meth:`SealedFileRoot.open`.
        InvalidInput: an empty passphrase or a cost out of bounds.
    """
    file = _read(path)
    with sealed_format.unseal(file, old) as key:
        data = sealed_format.seal(
            key, new, key_id=file.key_id, label=file.label, created_ms=file.created_ms, cost=cost, entropy=entropy
        )
    # What replaces the only copy of a root key is read back first.
    sealed_format.unseal(sealed_format.parse(data), new).close()
    with _mapped(path):
        _place(path, data, entropy, replace=True)


def describe_file(path: Path) -> RootDescription:
    """Say what root a file holds, without its passphrase.

    Raises:
        NotFound: ``root.missing``.
        Corrupt: ``root.file_corrupt``.
    """
    return _description(_read(path))


def _read(path: Path) -> SealedRoot:
    with _mapped(path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                "root.missing",
                f"there is no sealed root of trust at {path}.",
                remedy="Put it back, or run: seawall init",
            ) from None
    return sealed_format.parse(data)


def _description(file: SealedRoot) -> RootDescription:
    return RootDescription(
        kind=RootKind.SEALED_FILE, label=file.label, key_id=file.key_id, hardware=False, extractable=True
    )


def _place(path: Path, data: bytes, entropy: Entropy, *, replace: bool) -> None:
    fresh = path.with_name(f".{path.name}.{entropy(8).hex()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if replace:
            fresh.replace(path)
        else:
            # A link fails where a rename would overwrite.
            os.link(fresh, path)
    except FileExistsError:
        raise _exists(path) from None
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "root.file_unusable",
            f"the sealed root of trust at {path} cannot be used: {error.strerror}.",
            remedy="Check the file's owner and mode, and the space on the disk.",
        ) from None


def _exists(path: Path) -> Conflict:
    return Conflict("root.exists", f"there is a root of trust at {path} already; it is never overwritten.")
