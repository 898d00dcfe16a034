"""A root of trust in a file, sealed by a passphrase: the default where there is no token.

1. The file appears and changes whole or not at all; what replaces it is read back first.
2. Whoever changes it holds a lock beside it from reading to writing.
3. Before it seals, and when it meets a root key that it does not know, a process looks whether the file has changed,
   and takes in what another process made. It needs no passphrase for that: it holds the sealing key.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self
from uuid import UUID

from seawall.adapters.roots import sealed_format, sealed_set
from seawall.adapters.roots.memory import SCHEME, HeldKey, KeyRoot
from seawall.adapters.roots.sealed_format import DEFAULT_COST, Cost, SealedRoot
from seawall.adapters.roots.sealed_set import Seal, SealedSet
from seawall.capabilities.keys.root import RootDescription, RootGeneration, RootKind
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import Conflict, NotFound, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret


class SealedFileRoot(KeyRoot):
    """The root keys of a sealed file, unsealed into this process."""

    kind = RootKind.SEALED_FILE

    def __init__(
        self,
        *keys: HeldKey,
        path: Path,
        seal: Seal,
        label: str,
        clock: Clock | None = None,
        entropy: Entropy = os.urandom,
    ) -> None:
        super().__init__(*keys, label=label, entropy=entropy)
        self._path = path
        self._seal = seal
        self._clock = clock or SystemClock()
        self._seen = _stamp(path)

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: Secret,
        *,
        label: str = "seawall-root",
        number: int = 1,
        cost: Cost = DEFAULT_COST,
        clock: Clock | None = None,
        entropy: Entropy = os.urandom,
    ) -> Self:
        """Make a root key and seal it into a new file of mode 0600.

        Args:
            path: where.
            passphrase: what opens it.
            label: what the root is called.
            number: the generation; 1 but for a root that was in a token before.
            cost: Argon2id's.
            clock: the time.
            entropy: random bytes.

        Raises:
            Conflict: ``root.exists``; a root key is never overwritten.
            InvalidInput: an empty passphrase or a cost out of bounds.
            Unavailable: ``root.file_unusable``.
        """
        if path.exists():
            raise _exists(path)
        clock = clock or SystemClock()
        key, key_id = Secret(entropy(32)), UUID(bytes=entropy(16), version=4)
        generation = RootGeneration(
            number=number,
            key_id=key_id,
            kind=RootKind.SEALED_FILE,
            scheme=SCHEME,
            extractable=True,
            created_ms=clock.now_ms(),
        )
        if number == 1:
            data = sealed_format.seal(
                key, passphrase, key_id=str(key_id), label=label, created_ms=clock.now_ms(), cost=cost, entropy=entropy
            )
            seal = sealed_set.open_seal(sealed_format.parse(data), passphrase)
        else:
            seal = sealed_set.new_seal(passphrase, cost, entropy)
            data = sealed_set.write([HeldKey(generation=generation, key=key)], seal, label=label, entropy=entropy)
        with _mapped(path):
            _place(path, data, entropy, over=False)
        held = HeldKey(generation=generation, key=key)
        return cls(held, path=path, seal=seal, label=label, clock=clock, entropy=entropy)

    @classmethod
    def open(cls, path: Path, passphrase: Secret, *, clock: Clock | None = None, entropy: Entropy = os.urandom) -> Self:
        """Unseal the root keys.

        Raises:
            NotFound: ``root.missing``.
            Unauthenticated: ``root.passphrase_wrong``.
            Corrupt: ``root.file_corrupt``.
        """
        file = _read(path)
        seal = sealed_set.open_seal(file, passphrase)
        keys = sealed_set.unseal(file, seal)
        return cls(*keys, path=path, seal=seal, label=file.label, clock=clock, entropy=entropy)

    def refresh(self) -> tuple[RootGeneration, ...]:
        """Say which generations there are, oldest first, after taking in what another process changed.

        Raises:
            Corrupt: ``root.file_corrupt``.
            Unavailable: ``root.passphrase_changed``, when the file holds keys that this process cannot open.
        """
        stamp = _stamp(self._path)
        if not self._closed and stamp is not None and stamp != self._seen:
            self._take(_read(self._path))
            self._seen = stamp
        return self._generations()

    def create_generation(self, number: int) -> RootGeneration:
        """Make a root key in the file; the next :meth:`wrap` uses it, in every process.

        Raises:
            Conflict: ``root.key_exists``.
            Unavailable: the file cannot be changed, or its passphrase was.
        """
        self._must_be_open()
        with _changing(self._path):
            self._reread()
            if number in {one.number for one in self._generations()}:
                raise Conflict("root.key_exists", f"there is a root key of generation {number} already.")
            made = self._make(number)
            made = replace(made, generation=replace(made.generation, created_ms=self._clock.now_ms()))
            self._write([*self._keys.values(), made])
            self._keys = {**self._keys, made.generation.key_id: made}
        return made.generation

    def retire(self, key_id: UUID) -> None:
        """Destroy a root key: the file without it takes the place of the one with it.

        The file goes altogether with its last key. A copy of the file in a backup still holds the key, under the
        passphrase.

        Raises:
            NotFound: ``root.generation_missing``.
            Unavailable: the file cannot be changed, or its passphrase was.
        """
        self._must_be_open()
        with _changing(self._path):
            self._reread()
            if not self.holds(key_id):
                raise NotFound("root.generation_missing", f"the sealed file holds no root key {key_id}.")
            kept = [one for one in self._keys.values() if one.generation.key_id != key_id]
            if kept:
                self._write(kept)
            else:
                with _mapped(self._path):
                    self._path.unlink()
                    _sync_folder(self._path)
            self._drop(key_id)

    def close(self) -> None:
        """Wipe the root keys and the sealing key."""
        super().close()
        self._seal.key.close()

    def _reread(self) -> None:
        self._take(_read(self._path))
        self._seen = _stamp(self._path)

    def _take(self, file: SealedRoot | SealedSet) -> None:
        ids = {one.key_id for one in sealed_set.generations(file)}
        if (file.salt, file.check) != (self._seal.salt, self._seal.check):
            if ids <= set(self._keys):
                return
            raise Unavailable(
                "root.passphrase_changed",
                "the passphrase of the root of trust was changed, and root keys with it.",
                remedy="Start again, with the new passphrase.",
            )
        found = {one.generation.key_id: one for one in sealed_set.unseal(file, self._seal)}
        gone = [one for key_id, one in self._keys.items() if key_id not in found]
        # A key that is held already stays the same object: another thread may be using it.
        self._keys = {key_id: self._keys.get(key_id, one) for key_id, one in found.items()}
        for one in gone:
            one.key.close()

    def _write(self, keys: list[HeldKey]) -> None:
        data = sealed_set.write(keys, self._seal, label=self._label, entropy=self._entropy)
        for one in sealed_set.unseal(sealed_set.parse(data), self._seal):
            one.key.close()
        with _mapped(self._path):
            _place(self._path, data, self._entropy, over=True)
        self._seen = _stamp(self._path)


def change_passphrase(
    path: Path, old: Secret, new: Secret, *, cost: Cost = DEFAULT_COST, entropy: Entropy = os.urandom
) -> None:
    """Seal the same root keys under another passphrase; the old file stays until the new one is on disk.

    Raises:
        NotFound, Unauthenticated, Corrupt: as :meth:`SealedFileRoot.open`.
        InvalidInput: an empty passphrase or a cost out of bounds.
    """
    with _changing(path):
        file = _read(path)
        with sealed_set.open_seal(file, old).key as under:
            keys = sealed_set.unseal(file, Seal(key=under, salt=file.salt, check=file.check, cost=file.cost))
        try:
            data = _sealed_anew(file, keys, new, cost, entropy)
        finally:
            for one in keys:
                one.key.close()
        with _mapped(path):
            _place(path, data, entropy, over=True)


def describe_file(path: Path) -> RootDescription:
    """Say what root a file holds, without its passphrase.

    Raises:
        NotFound: ``root.missing``.
        Corrupt: ``root.file_corrupt``.
    """
    file = _read(path)
    generations = sealed_set.generations(file)
    return RootDescription(
        kind=RootKind.SEALED_FILE,
        label=file.label,
        key_id=str(generations[-1].key_id),
        hardware=False,
        extractable=True,
        generations=generations,
    )


def _sealed_anew(
    file: SealedRoot | SealedSet, keys: list[HeldKey], passphrase: Secret, cost: Cost, entropy: Entropy
) -> bytes:
    if isinstance(file, SealedRoot):
        data = sealed_format.seal(
            keys[0].key,
            passphrase,
            key_id=file.key_id,
            label=file.label,
            created_ms=file.created_ms,
            cost=cost,
            entropy=entropy,
        )
    else:
        with (seal := sealed_set.new_seal(passphrase, cost, entropy)).key:
            data = sealed_set.write(keys, seal, label=file.label, entropy=entropy)
    # What replaces the only copy of a root key is read back first.
    fresh = sealed_set.parse(data)
    with (seal := sealed_set.open_seal(fresh, passphrase)).key:
        for one in sealed_set.unseal(fresh, seal):
            one.key.close()
    return data


def _read(path: Path) -> SealedRoot | SealedSet:
    with _mapped(path):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                "root.missing",
                f"there is no sealed root of trust at {path}.",
                remedy="Put it back, or run: seawall init",
            ) from None
    return sealed_set.parse(data)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[None]:
    with _mapped(path):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _mapped(path):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _place(path: Path, data: bytes, entropy: Entropy, *, over: bool) -> None:
    fresh = path.with_name(f".{path.name}.{entropy(8).hex()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if over:
            fresh.replace(path)
        else:
            # A link fails where a rename would overwrite.
            os.link(fresh, path)
    except FileExistsError:
        raise _exists(path) from None
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
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
