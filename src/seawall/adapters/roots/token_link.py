"""One token of a root, as a node's process sees it: opened when it is needed, and again after a loss, ever later.

1. A token is opened by one thread; the others wait for it, no longer than an answer may take.
2. A PIN that was refused starts no worker, in no process of the home, until a different one is in place.
3. What was opened has to be admitted by whoever uses the link, before anybody else may ask it.
4. A worker that is lost is ended. The first loss is mended by the very next call; after that each waits twice as long,
   up to 30 s, and meanwhile the error of the last try is the answer.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_record import TokenRecord
from seawall.adapters.roots.worker_process import WorkerLost, WorkerProcess
from seawall.capabilities.keys.root import TokenHealth, TokenState
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError, Unavailable
from seawall.kernel.secret import Secret

_FIRST_DELAY = 0.25
_LONGEST_DELAY = 30.0
_MOST_LOSSES = 16
_STATES = {
    "root.pin_refused": TokenState.PIN_REFUSED,
    "root.standby_differs": TokenState.DIFFERS,
    "root.other_root": TokenState.DIFFERS,
}
Ask = Callable[[m.Request], m.Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where a token is: the vendor's library, and its label or serial number, or both."""

    module: str
    token_label: str = ""
    serial: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others of a home."""
        return f"{self.module} | {self.token_label} | {self.serial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """Seconds to wait for one answer, sessions at once, and whether the last PIN attempt may be used up."""

    timeout: float = 10.0
    sessions: int = 4
    allow_final_try: bool = False


class Lost(Exception):
    """The token could not be asked; ``error`` says why, ``hung`` whether time was spent on it."""

    def __init__(self, error: SeawallError, *, hung: bool = False) -> None:
        super().__init__(error.code)
        self.error = error
        self.hung = hung


class TokenLink:
    """A token and its worker.

    Args:
        place: where the token is.
        primary: whether it is the first of its root.
        pin: reads the PIN, each time the token is opened; the answer is closed after use.
        record: what the home remembers of its tokens.
        clock: monotonic time for the delays.
        limits: how long, how many.
        admit: looks at what was opened; raises what is wrong with it.
    """

    def __init__(
        self,
        place: TokenPlace,
        *,
        primary: bool,
        pin: Callable[[], Secret],
        record: TokenRecord,
        clock: Clock,
        limits: LinkLimits,
        admit: Callable[["TokenLink", Ask], None],
    ) -> None:
        self.place = place
        self.primary = primary
        self.opened: m.Opened | None = None
        #: The ids of the root keys that it held when it was opened last; set by whoever admits it.
        self.seen: frozenset[bytes] = frozenset()
        self._pin = pin
        self._record = record
        self._clock = clock
        self._limits = limits
        self._admit = admit
        self._opening = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._losses = 0
        self._not_before = 0.0
        self._error: SeawallError | None = None
        self._closed = False

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while one runs."""
        worker = self._worker
        return worker.pid if worker else None

    def ask(self, request: m.Request) -> m.Answer:
        """Ask the token; a worker that died is replaced once, unless it is too early for that.

        Returns:
            An answer, which may be that the token refused.

        Raises:
            Lost: when the token cannot be asked.
        """
        try:
            return self._ask_once(request)
        except Lost as lost:
            if lost.hung or not isinstance(lost.error, Unavailable) or self._closed:
                raise
        return self._ask_once(request)

    def health(self) -> TokenHealth:
        """Say how the token stands, without touching it."""
        error, worker = self._error, self._worker
        state = TokenState.READY if worker else TokenState.IDLE
        if worker is None and error is not None:
            state = _STATES.get(error.code, TokenState.LOST)
        return TokenHealth(
            label=self.opened.token_label if self.opened else self.place.token_label,
            serial=self.opened.serial if self.opened else self.place.serial,
            primary=self.primary,
            state=state,
            code="" if worker or error is None else error.code,
        )

    def release(self) -> None:
        """End the worker, and with it the login; the next use starts another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def close(self) -> None:
        """End the worker for good."""
        self._closed = True
        self.release()

    def forget_parent(self) -> None:
        """Leave, in a forked child, what is the parent's."""
        self._opening = threading.Lock()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.abandon()

    def _ask_once(self, request: m.Request) -> m.Answer:
        worker = self._opened_worker()
        try:
            answer = worker.ask(request)
            vanished = isinstance(answer, m.Failed) and self._vanished(worker, request, answer)
        except WorkerLost as lost:
            error = token_error("worker_lost")
            self._lose(worker, error)
            raise Lost(error, hung=lost.hung) from None
        if isinstance(answer, m.Failed) and (answer.lost or vanished):
            error = token_error(answer.code if answer.lost else "token_vanished", answer.detail)
            self._lose(worker, error)
            raise Lost(error)
        self._losses = 0
        return answer

    def _vanished(self, worker: WorkerProcess, request: m.Request, answer: m.Failed) -> bool:
        # A library may go on for a while without its token, and find nothing in it any more.
        if answer.code != "generation_missing" or not isinstance(request, m.Wrap | m.Unwrap) or not self.seen:
            return False
        if request.key_id in self.seen:
            return True
        # Another process may have made this key since the token was opened: then nothing that was seen is there either.
        found = worker.ask(m.ListRoots(label=request.root))
        return isinstance(found, m.Roots) and self.seen.isdisjoint(one.key_id for one in found.keys)

    def _opened_worker(self) -> WorkerProcess:
        if worker := self._worker:
            return worker
        if not self._opening.acquire(timeout=self._limits.timeout):
            raise Lost(token_error("worker_lost"), hung=True)
        try:
            if worker := self._worker:
                return worker
            if self._closed:
                raise Lost(Unavailable("root.closed", "the root of trust is closed.", remedy="Unseal it again."))
            if self._error is not None and self._clock.monotonic() < self._not_before:
                raise Lost(self._error)
            return self._open()
        finally:
            self._opening.release()

    def _open(self) -> WorkerProcess:
        worker: WorkerProcess | None = None
        try:
            worker = self._log_in()
            self._admit(self, worker.ask)
        except WorkerLost as lost:
            raise self._not_opened(worker, token_error("worker_lost"), hung=lost.hung) from None
        except SeawallError as error:
            raise self._not_opened(worker, error) from None
        except BaseException:
            if worker is not None:
                worker.end()
            raise
        self._worker, self._error = worker, None
        if self._closed:
            self.release()
        return worker

    def _not_opened(self, worker: WorkerProcess | None, error: SeawallError, *, hung: bool = False) -> Lost:
        if worker is not None:
            worker.end()
        self._count_loss(error)
        return Lost(error, hung=hung)

    def _log_in(self) -> WorkerProcess:
        limits = self._limits
        with self._pin() as pin, self._record.login(pin, self.place.name, wait=limits.timeout) as login:
            if login.refused:
                raise token_error("pin_refused")
            worker = WorkerProcess(timeout=limits.timeout, sessions=limits.sessions)
            try:
                answer = worker.ask(
                    m.Open(
                        module=self.place.module,
                        token_label=self.place.token_label,
                        serial=self.place.serial,
                        pin=pin.expose(),
                        allow_final_try=limits.allow_final_try,
                    )
                )
            except BaseException:
                worker.end()
                raise
            login.was_refused = isinstance(answer, m.Failed) and answer.code == "pin_refused"
            login.was_accepted = isinstance(answer, m.Opened)
        if not isinstance(answer, m.Opened):
            worker.end()
            raise refusal(answer)
        self.opened = answer
        return worker

    def _lose(self, worker: WorkerProcess, error: SeawallError) -> None:
        # Many threads lose the same worker; it is lost once.
        with self._opening:
            mine = self._worker is worker
            if mine:
                self._worker = None
                self._count_loss(error)
        if mine:
            worker.end()

    def _count_loss(self, error: SeawallError) -> None:
        self._error = error
        if not isinstance(error, Unavailable):
            # Somebody has to mend it, and is answered as soon as it is; a standby that differs is not asked for long.
            waits = _LONGEST_DELAY if error.code == "root.standby_differs" else 0.0
            self._not_before = self._clock.monotonic() + waits
            return
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (self._losses - 1)) if self._losses else 0.0
        self._losses = min(self._losses + 1, _MOST_LOSSES)
        self._not_before = self._clock.monotonic() + delay


def refusal(answer: m.Answer) -> SeawallError:
    """Make the error of an answer that is not the one that was asked for."""
    if isinstance(answer, m.Failed):
        return token_error(answer.code, answer.detail)
    return token_error("token_failed", "unexpected answer")
