"""What a node remembers of its tokens on disk: how often a root key was used, which it is, and which PIN was refused.

Several processes of a home open the same token, and a token locks after a few wrong PINs, so a refusal has to outlive
the process that met it. Of the refused PIN 16 bits of an Argon2id hash are kept: enough to see that another one was put
in place, too little to find it by trying.

Of each root key a known answer is kept: a fixed text that the key sealed. A token that claims the same key has to open
it.
"""

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from seawall.kernel.errors import Conflict, Corrupt, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

# NIST SP 800-38D section 8.3: at most 2^32 invocations of GCM with random 96-bit IVs under one key.
MAX_USES = 1 << 32
_BLOCK = 64
_MARK_BYTES = 2


_POLL_S = 0.02


class KnownRoot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A root key that this home has met: its generation, and a known text under it."""

    number: int
    check: bytes


class _Refused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    salt: bytes
    mark: bytes


class _State(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    uses: dict[str, int] = {}
    roots: dict[str, KnownRoot] = {}
    refused: dict[str, _Refused] = {}
    # Where one token was all a record knew, a refusal stood here.
    refused_salt: bytes = b""
    refused_mark: bytes = b""


class TokenRecord:
    """The record of a home's tokens, in a file of mode 0600 beside the store.

    Uses are leased in blocks of 64, so that a crash counts too many and never too few. Every method may be called by
    many threads and processes at once.
    """

    def __init__(self, path: Path, *, entropy: Entropy = os.urandom, limit: int = MAX_USES) -> None:
        self._path = path
        self._entropy = entropy
        self._limit = limit
        self._leased: dict[str, int] = {}
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def count_use(self, key_id: str) -> None:
        """Count one encryption under a root key.

        Raises:
            Conflict: ``root.uses_spent``, when the key has reached its limit.
            Unavailable: when the count cannot be kept.
        """
        if self._pid != os.getpid():
            # A lease belongs to the process that took it.
            self._pid, self._leased, self._lock = os.getpid(), {}, threading.Lock()
        with self._lock:
            left = self._leased.get(key_id, 0)
            if not left:
                with self._changing() as state:
                    used = state.uses.get(key_id, 0)
                    left = min(_BLOCK, self._limit - used)
                    if left <= 0:
                        raise Conflict(
                            "root.uses_spent",
                            "the root key has been used as often as AES-GCM allows.",
                            remedy="Make a new root key and wrap the domain keys again.",
                        )
                    state.uses[key_id] = used + left
            self._leased[key_id] = left - 1

    def roots(self) -> Mapping[str, KnownRoot]:
        """Say which root keys this home has met, by their ids."""
        with self._changing() as state:
            return dict(state.roots)

    def meet(self, key_id: str, root: KnownRoot) -> None:
        """Remember a root key."""
        with self._changing() as state:
            state.roots.setdefault(key_id, root)

    def forget(self, key_id: str) -> None:
        """Forget a root key that was destroyed."""
        with self._changing() as state:
            state.roots.pop(key_id, None)

    @contextlib.contextmanager
    def login(self, pin: Secret, token: str = "", *, wait: float = 30.0) -> Iterator["Login"]:
        """Hold a token's door while logging in, so that no two processes try the same wrong PIN one after the other.

        Args:
            pin: what will be tried.
            token: which of the home's tokens.
            wait: seconds to wait for another process that is logging in.

        Raises:
            Unavailable: ``root.login_busy``.
        """
        with self._door(token, wait):
            with self._changing() as state:
                marks = [_Refused(salt=state.refused_salt, mark=state.refused_mark)] if state.refused_salt else []
                if token in state.refused:
                    marks.append(state.refused[token])
            login = Login(refused=any(_mark(pin, one.salt) == one.mark for one in marks))
            yield login
            if login.was_refused:
                salt = self._entropy(16)
                mark = _Refused(salt=salt, mark=_mark(pin, salt))
                with self._changing() as state:
                    state.refused[token] = mark
            elif login.was_accepted and marks:
                with self._changing() as state:
                    state.refused.pop(token, None)
                    state.refused_salt = state.refused_mark = b""

    @contextlib.contextmanager
    def _door(self, token: str, wait: float) -> Iterator[None]:
        name = hashlib.sha256(token.encode()).hexdigest()[:16]
        deadline = time.monotonic() + wait
        descriptor = self._open_lock(f".login-{name}.lock")
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise Unavailable(
                            "root.login_busy",
                            "another process of this home has been logging in to the token for too long.",
                            remedy="Try again; look at whether the token answers.",
                        ) from None
                    time.sleep(_POLL_S)
            yield
        finally:
            os.close(descriptor)

    def _open_lock(self, suffix: str) -> int:
        try:
            path = self._path.with_name(f"{self._path.name}{suffix}")
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(error) from None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_State]:
        lock = self._open_lock(".lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self._read()
            before = msgspec.json.encode(state)
            yield state
            after = msgspec.json.encode(state)
            if after != before:
                self._write(after)
        finally:
            os.close(lock)

    def _read(self) -> _State:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_State)
        except FileNotFoundError:
            return _State()
        except OSError as error:
            raise _unusable(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Corrupt(
                "root.record_corrupt",
                "the record of the token's uses is damaged.",
                remedy="Put it back from a backup, or remove it if the root key is new.",
            ) from None

    def _write(self, data: bytes) -> None:
        fresh = self._path.with_name(f".{self._path.name}.{self._entropy(8).hex()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            fresh.replace(self._path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise _unusable(error) from None


class Login:
    """One attempt to log in: whether it is pointless, and how it went."""

    def __init__(self, *, refused: bool) -> None:
        self.refused = refused
        self.was_refused = False
        self.was_accepted = False


def _mark(pin: Secret, salt: bytes) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19_456)
    return kdf.derive(pin.expose())[:_MARK_BYTES]


def _unusable(error: OSError) -> Unavailable:
    return Unavailable(
        "root.record_unusable",
        f"the record of the token's uses cannot be kept: {error.strerror}.",
        remedy="Check the home's owner and mode, and the space on the disk.",
    )
