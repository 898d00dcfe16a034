"""A token as its worker process holds it: one login, a session for each borrower, and handles that are remembered.

1. Find the one token that was named, and look at its PIN counter before touching it.
2. Log in once in the life of the process, on a session that does nothing else; a refused PIN is never tried again.
3. Each borrower has a session of its own, opened at its first use. A login belongs to the token, not to a session.
4. Handles are looked up once, by class and CKA_ID, and forgotten when the token says that one is invalid.
5. When the token or the login is gone, this process is of no more use: another one is started, which logs in anew.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.cryptoki import AttributeValue, CryptokiError, Module, Token

PIN_REFUSED = frozenset({t.CKR_PIN_INCORRECT, t.CKR_PIN_INVALID, t.CKR_PIN_LEN_RANGE, t.CKR_USER_PIN_NOT_INITIALIZED})
_STALE_HANDLE = frozenset({t.CKR_OBJECT_HANDLE_INVALID, t.CKR_KEY_HANDLE_INVALID})
_STALE_SESSION = frozenset({t.CKR_SESSION_HANDLE_INVALID, t.CKR_SESSION_CLOSED})
GONE = frozenset(
    {
        t.CKR_HOST_MEMORY,
        t.CKR_SLOT_ID_INVALID,
        t.CKR_GENERAL_ERROR,
        t.CKR_FUNCTION_FAILED,
        t.CKR_DEVICE_ERROR,
        t.CKR_DEVICE_MEMORY,
        t.CKR_DEVICE_REMOVED,
        t.CKR_TOKEN_NOT_PRESENT,
        t.CKR_TOKEN_NOT_RECOGNIZED,
        t.CKR_USER_NOT_LOGGED_IN,
        t.CKR_CRYPTOKI_NOT_INITIALIZED,
        *_STALE_HANDLE,
        *_STALE_SESSION,
    }
)
T = TypeVar("T")
Template = Mapping[int, AttributeValue]


class Refusal(Exception):
    """What the worker cannot do, by a code of :mod:`seawall.adapters.roots.token_errors`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class OpenToken:
    """A token that was logged into; shared by every borrower of its process."""

    def __init__(self, module: Module, request: m.Open) -> None:
        self.module = module
        self.token = _one_token(module, request)
        self.mechanisms = module.mechanisms(self.token.slot)
        # The login lasts as long as one session does.
        self._keeper = module.open_session(self.token.slot, write=False)
        _login(module, self._keeper, request.pin)
        self._handles: dict[tuple[object, bytes], int] = {}
        self._lock = threading.Lock()

    def opened(self) -> m.Opened:
        """Say what was found."""
        token = self.token
        return m.Opened(
            hardware=bool(token.slot_flags & t.CKF_HW_SLOT),
            manufacturer=token.manufacturer,
            model=token.model,
            serial=token.serial,
            token_label=token.label,
            hardware_version=token.hardware_version,
            firmware_version=token.firmware_version,
            library=self.module.library(),
            mechanisms=[m.Mechanism(number=number, flags=flags) for number, flags in self.mechanisms.items()],
        )

    def can(self, mechanism: int, flags: int) -> bool:
        """Tell whether the token does all of this with a mechanism."""
        return self.mechanisms.get(mechanism, 0) & flags == flags

    def handle(self, what: object, key_id: bytes, find: Callable[[], int]) -> int:
        """Return the handle of an object, looked up at most once."""
        with self._lock:
            known = self._handles.get((what, key_id))
        if known is None:
            known = find()
            with self._lock:
                self._handles[(what, key_id)] = known
        return known

    def forget(self) -> None:
        """Look every handle up anew."""
        with self._lock:
            self._handles.clear()


class Borrower:
    """One borrower's session; used by one thread."""

    def __init__(self, token: OpenToken) -> None:
        self.token = token
        self.module = token.module
        self._session: int | None = None

    def run(self, use: Callable[[int], T]) -> T:
        """Do something in the session; once more when a handle or the session turned out to be stale.

        Raises:
            CryptokiError: as the token says.
        """
        try:
            return use(self._opened())
        except CryptokiError as error:
            if error.rv in _STALE_SESSION:
                self._session = None
            elif error.rv not in _STALE_HANDLE:
                raise
        self.token.forget()
        return use(self._opened())

    def write(self, change: Callable[[int], T]) -> T:
        """Change something in the token, in a session that writes and is closed at once."""
        session = self.module.open_session(self.token.token.slot, write=True)
        try:
            return change(session)
        finally:
            self.module.close_session(session)
            self.token.forget()

    def find(self, session: int, template: Template) -> list[int]:
        """Return the handles of objects that have all these attributes."""
        return self.module.find(session, template)

    def flag(self, session: int, handle: int, attribute: int) -> bool:
        """Read a Boolean attribute; one that an object does not have is false."""
        try:
            return self.module.read(session, handle, attribute) == b"\x01"
        except CryptokiError as error:
            if error.rv == t.CKR_ATTRIBUTE_TYPE_INVALID:
                return False
            raise

    def text(self, session: int, handle: int) -> str:
        """Read an object's label."""
        return self.module.read(session, handle, t.CKA_LABEL, size=1024).decode("utf-8", "replace")

    def can_leave(self, session: int, handle: int) -> bool:
        """Try to read a key's value; whether it can leave is measured, not believed."""
        try:
            self.module.read(session, handle, t.CKA_VALUE, size=8192)
        except CryptokiError as error:
            if error.rv in (t.CKR_ATTRIBUTE_SENSITIVE, t.CKR_ATTRIBUTE_TYPE_INVALID):
                return self.flag(session, handle, t.CKA_EXTRACTABLE)
            raise
        return True

    def _opened(self) -> int:
        if self._session is None:
            self._session = self.module.open_session(self.token.token.slot, write=False)
        return self._session


def only(handles: list[int], *, missing: str, several: str) -> int:
    """Return the one handle that was found.

    Raises:
        Refusal: when there is none, or more than one.
    """
    if not handles:
        raise Refusal(missing)
    if len(handles) > 1:
        raise Refusal(several)
    return handles[0]


def _one_token(module: Module, request: m.Open) -> Token:
    found = [
        token
        for token in module.tokens()
        if (not request.token_label or token.label == request.token_label)
        and (not request.serial or token.serial == request.serial)
    ]
    if not found:
        raise Refusal("token_missing")
    if len(found) > 1:
        raise Refusal("token_ambiguous")
    token = found[0]
    if token.flags & t.CKF_USER_PIN_LOCKED:
        raise Refusal("pin_locked")
    if token.flags & t.CKF_USER_PIN_FINAL_TRY and not request.allow_final_try:
        raise Refusal("pin_final_try")
    return token


def _login(module: Module, session: int, pin: bytes) -> None:
    try:
        module.login(session, pin)
    except CryptokiError as error:
        if error.rv in PIN_REFUSED:
            raise Refusal("pin_refused") from None
        if error.rv in (t.CKR_PIN_LOCKED, t.CKR_PIN_EXPIRED):
            raise Refusal("pin_locked") from None
        raise
