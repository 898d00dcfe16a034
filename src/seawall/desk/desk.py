"""The corridor, numbered as it is walked.

1. The edge has authenticated somebody, or nobody.
2. Access decides; a denial is recorded and answered with its reason code alone.
3. A command that destroys, exports or loosens records its intent first.
4. The capability runs: inline commands at once, all others off the event loop.
5. The outcome is recorded; the answer leaves only when its record is durable.
6. Errors that are not ours end here, as one that says nothing of the inside.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from seawall.desk.ports import Authenticator, Commit, Decider, Done, Outbox, Strangers
from seawall.desk.turn import DeskTurn, Progress, denial
from seawall.desk.uids import EventUids
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied, SeawallError
from seawall.kernel.terms import ANONYMOUS, Principal, Resource
from seawall.ledger.event import Event, EventTemplate, Outcome, encode

_log = logging.getLogger("seawall.desk")
_TEMPLATES = 4096
Handler = Callable[[Any, Any], Any]


@dataclass(slots=True)
class Begun:
    """An inline command that ran: its value or its error, and the entry that must be durable before either leaves."""

    value: Any
    error: SeawallError | None
    entry: bytes


class Desk:
    """Takes every command of every edge through the corridor.

    Args:
        handlers: one handler for each command type.
        decider: access.
        commit: makes entries durable in the ledger.
        outbox: entries that were committed with a change of state.
        authenticator: whom a credential belongs to; edges ask it.
        clock: wall time of the records.
        uids: identifiers of the records, made after any fork.
        strangers: bounds what strangers can write into the ledger.
        workers: threads for commands that are not inline.
    """

    def __init__(
        self,
        *,
        handlers: Mapping[type[Command], Handler],
        decider: Decider,
        commit: Commit,
        outbox: Outbox,
        authenticator: Authenticator,
        clock: Clock,
        uids: EventUids,
        strangers: Strangers,
        workers: int = 4,
    ) -> None:
        self._handlers = dict(handlers)
        self._decider = decider
        self._commit = commit
        self._outbox = outbox
        self.authenticator = authenticator
        self._clock = clock
        self._uids = uids
        self._strangers = strangers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="desk")
        self._templates: dict[tuple[Any, ...], EventTemplate] = {}

    def perform(
        self,
        principal: Principal,
        command: Command,
        *,
        source: str,
        origin: str = "",
        progress: Progress | None = None,
    ) -> Any:
        """Carry out a command and return its result when its record is durable.

        Raises:
            SeawallError: what the command, access or the ledger refused; it is recorded where a record can be made.
        """
        now_ms = self._clock.now_ms()
        resource = command.resource()
        # 2. Access decides.
        decision = self._decider.decide(principal, command.action, resource)
        if not decision.allow:
            if principal.anonymous:
                self.stranger(origin, decision.code, source)
            else:
                self._append(principal, command, resource, Outcome.DENIED, decision.code, {}, source, now_ms)
            raise denial(decision.code, command.action)
        # 3. Intent first; and nothing begins that could not be recorded.
        if command.intent:
            self._append(principal, command, resource, Outcome.INTENT, "", {}, source, now_ms)
        else:
            self._commit.check()
        # 4. The capability runs.
        turn = DeskTurn(principal, command, now_ms, source, self._decider, self._uid, progress)
        try:
            result = self._handlers[type(command)](turn, command)
        except SeawallError as error:
            self._relay(turn, only_committed=True)
            outcome = Outcome.DENIED if isinstance(error, Denied) else Outcome.FAILURE
            self._append(principal, command, resource, outcome, error.code, turn.facts, source, now_ms)
            raise
        except Exception as error:
            # 6. What is not ours says nothing outside; the log has where it came from, without its values.
            _log.error("%s failed inside", command.action, exc_info=_without_values(error))
            self._relay(turn, only_committed=True)
            self._append(principal, command, resource, Outcome.FAILURE, "internal.error", turn.facts, source, now_ms)
            raise _internal() from None
        # 5. The answer waits for its record.
        if turn.records:
            self._relay(turn)
        else:
            self._append(principal, command, resource, Outcome.SUCCESS, "", turn.facts, source, now_ms)
        return result

    async def handle(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Any:
        """Carry out a command from the event loop: inline ones here, all others in the pool.

        Raises:
            SeawallError: as :meth:`perform`.
        """
        loop = asyncio.get_running_loop()
        if not command.inline:
            return await loop.run_in_executor(
                self._pool, lambda: self.perform(principal, command, source=source, origin=origin)
            )
        begun = self.begin(principal, command, source=source, origin=origin)
        durable: asyncio.Future[SeawallError | None] = loop.create_future()
        self._commit.submit(begun.entry, lambda error: _resolve(loop, durable, error))
        refused = await durable
        if refused is not None:
            raise refused
        if begun.error is not None:
            raise begun.error
        return begun.value

    def begin(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Begun:
        """Run an inline command at once; its answer may leave when :meth:`submit` says that ``entry`` is durable."""
        now_ms = self._clock.now_ms()
        resource = command.resource()
        decision = self._decider.decide(principal, command.action, resource)
        if not decision.allow:
            entry = self._entry(principal, command, resource, Outcome.DENIED, decision.code, {}, source, now_ms)
            return Begun(None, denial(decision.code, command.action), entry)
        turn = DeskTurn(principal, command, now_ms, source, self._decider, self._uid)
        try:
            value = self._handlers[type(command)](turn, command)
        except SeawallError as error:
            outcome = Outcome.DENIED if isinstance(error, Denied) else Outcome.FAILURE
            entry = self._entry(principal, command, resource, outcome, error.code, turn.facts, source, now_ms)
            return Begun(None, error, entry)
        except Exception as error:
            _log.error("%s failed inside", command.action, exc_info=_without_values(error))
            code = "internal.error"
            entry = self._entry(principal, command, resource, Outcome.FAILURE, code, turn.facts, source, now_ms)
            return Begun(None, _internal(), entry)
        return Begun(value, None, self._stamped(principal, command, resource, turn.facts, source, now_ms))

    def submit(self, entry: bytes, done: Done) -> None:
        """Hand an entry to the ledger; ``done`` is called once, when it is durable or refused."""
        self._commit.submit(entry, done)

    def stranger(self, origin: str, code: str, source: str) -> None:
        """Record an attempt of somebody who proved nothing: aggregated, so that nobody can fill the disk."""
        now_ms = self._clock.now_ms()
        count = self._strangers.admit(origin, code, now_ms)
        if count:
            event = Event(
                uid=self._uid(),
                time_ms=now_ms,
                action="access.authenticate",
                activity=99,
                principal=ANONYMOUS,
                resource=Resource(type="platform", id="seawall"),
                outcome=Outcome.DENIED,
                code=code,
                facts={"attempts": count, "origin": origin},
                source=source,
            )
            self._commit.submit(encode(event), _ignore)

    def relay_outbox(self, contains: Callable[[str], bool]) -> int:
        """Bring entries that a dead process left in the outbox into the ledger; return how many were missing there."""
        waiting = self._outbox.pending()
        missing = [record for record in waiting if not contains(record.uid)]
        for record in missing:
            self._commit.append(record.body)
        self._outbox.done([record.uid for record in waiting])
        return len(missing)

    def close(self) -> None:
        """Finish what runs in the pool."""
        self._pool.shutdown(wait=True)

    def _relay(self, turn: DeskTurn, *, only_committed: bool = False) -> None:
        if not turn.records:
            return
        waiting = {record.uid for record in self._outbox.pending()} if only_committed else None
        records = [record for record in turn.records if waiting is None or record.uid in waiting]
        for record in records:
            self._commit.append(record.body)
        self._outbox.done([record.uid for record in records])

    def _append(
        self,
        principal: Principal,
        command: Command,
        resource: Resource,
        outcome: Outcome,
        code: str,
        facts: Mapping[str, Any],
        source: str,
        now_ms: int,
    ) -> None:
        self._commit.append(self._entry(principal, command, resource, outcome, code, facts, source, now_ms))

    def _entry(
        self,
        principal: Principal,
        command: Command,
        resource: Resource,
        outcome: Outcome,
        code: str,
        facts: Mapping[str, Any],
        source: str,
        now_ms: int,
    ) -> bytes:
        return encode(
            Event(
                uid=self._uid(),
                time_ms=now_ms,
                action=command.action,
                activity=command.activity,
                principal=principal,
                resource=resource,
                outcome=outcome,
                code=code,
                facts=facts,
                source=source,
            )
        )

    def _stamped(
        self,
        principal: Principal,
        command: Command,
        resource: Resource,
        facts: Mapping[str, Any],
        source: str,
        now_ms: int,
    ) -> bytes:
        # Principal and resource are the same for many calls: their part of the entry is encoded once.
        key = (principal.id, principal.session, command.action, resource.id, source, *facts.items())
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= _TEMPLATES:
                self._templates.clear()
            template = EventTemplate(
                principal=principal,
                action=command.action,
                activity=command.activity,
                resource=resource,
                source=source,
                facts=facts,
            )
            self._templates[key] = template
        return template.stamp(now_ms, self._uids.next(now_ms))

    def _uid(self) -> str:
        return self._uids.next(self._clock.now_ms())


def _resolve(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[SeawallError | None]", error: SeawallError | None
) -> None:
    def settle() -> None:
        if not future.done():
            future.set_result(error)

    loop.call_soon_threadsafe(settle)


def _ignore(_: SeawallError | None) -> None:
    return


def _internal() -> SeawallError:
    return SeawallError(
        "internal.error", "something failed inside; nothing was answered.", remedy="The log of this node says where."
    )


def _without_values(error: BaseException) -> BaseException:
    """Keep an error's type and place but drop its text, which may quote a value."""
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
