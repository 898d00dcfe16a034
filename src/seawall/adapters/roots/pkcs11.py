"""A root of trust in a PKCS#11 token: the root key is made there, is used there, and cannot leave."""

import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from seawall.adapters.roots import worker_protocol as wire
from seawall.adapters.roots import wrapped
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_record import TokenRecord
from seawall.adapters.roots.worker_process import WorkerProcess
from seawall.capabilities.keys.root import ModuleInfo, RootDescription, RootKind
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import Conflict, Corrupt, Unavailable
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_IV = 12
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 30.0
# After these the worker can go on; after any other failure it is started afresh.
_HARMLESS = frozenset({"open_failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAddress:
    """Where the root key is: the vendor's library, the token by label or serial number, and the key's label."""

    module: str
    token_label: str = ""
    serial: str = ""
    key_label: str = "seawall-root"


class Pkcs11Root:
    """Uses the root key in a token through a worker process, which is started at the first use in each process.

    A lost worker or token gives Unavailable; the next call starts another, each time a little later (up to 30 s). A
    refused PIN is never tried again by any process of the home, until a different one is put in place.

    Args:
        address: where the root key is.
        pin: reads the PIN, each time a session is opened; the answer is closed after use.
        record: what the home remembers of the token.
        certificate: what the operator recorded of the module, such as a CMVP number.
        timeout: seconds to wait for one answer of the token.
        allow_final_try: whether the token's last PIN attempt may be used up.
    """

    def __init__(
        self,
        address: TokenAddress,
        *,
        pin: Callable[[], Secret],
        record: TokenRecord,
        certificate: str | None = None,
        clock: Clock | None = None,
        timeout: float = 30.0,
        allow_final_try: bool = False,
    ) -> None:
        self._address = address
        self._pin = pin
        self._record = record
        self._certificate = certificate
        self._clock = clock or SystemClock()
        self._timeout = timeout
        self._allow_final_try = allow_final_try
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._description: RootDescription | None = None
        self._losses = 0
        self._not_before = 0.0
        self._closed = False
        _alive.add(self)

    @classmethod
    def create(
        cls, address: TokenAddress, *, pin: Callable[[], Secret], record: TokenRecord, entropy: Entropy = os.urandom
    ) -> Self:
        """Make the root key inside the token, with attributes that keep it there.

        Raises:
            Conflict: ``root.key_exists``, or ``root.mechanism_missing``.
            Unauthenticated: ``root.pin_refused``.
            Unavailable: no module, no token, or a locked PIN.
        """
        root = cls(address, pin=pin, record=record)
        try:
            with root._lock:
                root._open(create_id=UUID(bytes=entropy(16), version=4).bytes)
        except BaseException:
            root.close()
            raise
        return root

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while one runs."""
        worker = self._worker
        return worker.pid if worker else None

    def describe(self) -> RootDescription:
        """Say what this root is; the first call opens the token.

        Raises:
            Unavailable, Unauthenticated, NotFound, Conflict: when the token cannot be opened.
        """
        with self._lock:
            return self._described()

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes inside the token.

        Raises:
            TooLarge: over the limit.
            Conflict: ``root.uses_spent``.
            Unavailable: the token or its worker does not answer.
        """
        wrapped.check_size(len(plaintext))
        with self._lock:
            root_id = self._described().key_id
            self._record.count_use(root_id)
            bound = wrapped.associated(UUID(root_id), _IV, context)
            answer = self._ask(wire.Wrap(plaintext=plaintext.expose(), aad=bound))
        if not isinstance(answer, wire.Wrapped) or len(answer.iv) != _IV:
            raise token_error("token_failed", "unexpected answer")
        return wrapped.pack(wrapped.Wrapped(root_id=UUID(root_id), nonce=answer.iv, sealed=answer.sealed))

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open inside the token what this root sealed for the same context.

        Raises:
            Corrupt: changed, sealed by another root, or for another context.
            Unavailable: the token or its worker does not answer.
        """
        with self._lock:
            root_id = UUID(self._described().key_id)
            value = wrapped.unpack(wrapped_bytes, root_id=root_id)
            if len(value.nonce) != _IV:
                raise wrapped.refused()
            bound = wrapped.associated(root_id, _IV, context)
            answer = self._ask(wire.Unwrap(iv=value.nonce, sealed=value.sealed, aad=bound))
        if not isinstance(answer, wire.Unwrapped):
            raise token_error("token_failed", "unexpected answer")
        return Secret(answer.plaintext)

    def close(self) -> None:
        """End the worker, and with it the session and its login."""
        with self._lock:
            self._closed = True
            self._drop()

    def _described(self) -> RootDescription:
        if self._worker is None:
            return self._open()
        if self._description is None:
            raise token_error("not_open")
        return self._description

    def _ask(self, request: wire.Request) -> wire.Answer:
        if self._worker is None:
            raise token_error("not_open")
        try:
            answer = self._worker.ask(request)
        except Unavailable:
            self._lost()
            raise
        if isinstance(answer, wire.Failed):
            if answer.code not in _HARMLESS:
                self._lost()
            raise token_error(answer.code, answer.detail)
        self._losses = 0
        return answer

    def _open(self, create_id: bytes = b"") -> RootDescription:
        if self._closed:
            raise Unavailable("root.closed", "the root of trust is closed.", remedy="Unseal it again.")
        if self._clock.monotonic() < self._not_before:
            raise token_error("worker_lost")
        try:
            description = self._described_by(self._log_in(create_id))
        except Unavailable:
            self._lost()
            raise
        except BaseException:
            self._drop()
            raise
        self._description = description
        return description

    def _log_in(self, create_id: bytes) -> wire.Opened:
        with self._pin() as pin, self._record.login(pin) as login:
            if login.refused:
                raise token_error("pin_refused")
            self._worker = WorkerProcess(timeout=self._timeout)
            answer = self._worker.ask(self._open_request(pin, create_id))
            login.was_refused = isinstance(answer, wire.Failed) and answer.code == "pin_refused"
            login.was_accepted = isinstance(answer, wire.Opened)
        if isinstance(answer, wire.Failed):
            raise token_error(answer.code, answer.detail)
        if not isinstance(answer, wire.Opened):
            raise token_error("token_failed", "unexpected answer")
        return answer

    def _described_by(self, opened: wire.Opened) -> RootDescription:
        description = self._describe(opened)
        if self._description and self._description.key_id != description.key_id:
            raise Corrupt(
                "root.other_root",
                f"the token holds root key {description.key_id} now, and it held {self._description.key_id}.",
                remedy="Put back the token that this store was made with.",
            )
        return description

    def _open_request(self, pin: Secret, create_id: bytes) -> wire.Open:
        return wire.Open(
            module=self._address.module,
            token_label=self._address.token_label,
            serial=self._address.serial,
            key_label=self._address.key_label,
            pin=pin.expose(),
            create_id=create_id,
            allow_final_try=self._allow_final_try,
        )

    def _describe(self, opened: wire.Opened) -> RootDescription:
        try:
            key_id = UUID(bytes=opened.key_id)
        except ValueError:
            raise Conflict(
                "root.key_unfit",
                "the key's CKA_ID is no UUID, so Seawall did not make it.",
                remedy="Let Seawall make its root key in the token.",
            ) from None
        return RootDescription(
            kind=RootKind.PKCS11,
            label=self._address.key_label,
            key_id=str(key_id),
            hardware=opened.hardware,
            extractable=opened.extractable,
            module=ModuleInfo(
                manufacturer=opened.manufacturer,
                model=opened.model,
                serial=opened.serial,
                token_label=opened.token_label,
                hardware_version=opened.hardware_version,
                firmware_version=opened.firmware_version,
                library=opened.library,
            ),
            certificate=self._certificate,
        )

    def _lost(self) -> None:
        # The first loss is mended by the very next call; after that, each waits twice as long.
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (self._losses - 1)) if self._losses else 0.0
        self._losses = min(self._losses + 1, 16)
        self._not_before = self._clock.monotonic() + delay
        self._drop()

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.abandon()


_alive: "weakref.WeakSet[Pkcs11Root]" = weakref.WeakSet()


def _after_fork() -> None:
    for root in list(_alive):
        root._forget_parent()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_after_fork)
