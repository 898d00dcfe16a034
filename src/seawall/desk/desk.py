"""The corridor, numbered as it is walked.

1. The edge has authenticated somebody, or nobody.
2. Access decides; a denial is recorded and answered with its reason code alone.
3. Where a quorum is asked for, others must have approved exactly this; a command that destroys, exports or loosens
   records its intent first.
4. The capability runs: inline commands at once, all others off the event loop.
5. The outcome is recorded; the answer leaves only when its record is durable.
6. Errors that are not ours end here, as one that says nothing of the inside.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from seawall.desk.arrivals import Arrivals, arrival
from seawall.desk.ports import Approvals, Authenticator, Commit, Decider, Done, Outbox, Strangers
from seawall.desk.turn import DeskTurn, Progress, denial
from seawall.desk.uids import EventUids
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.kernel.errors import ApprovalNeeded, Denied, SeawallError
from seawall.kernel.terms import ANONYMOUS, Appeal, Principal, Proof, Resource
from seawall.kernel.trace import trace_id
from seawall.ledger.event import Event, EventTemplate, Outcome, encode

_log = logging.getLogger("seawall.desk")
_TEMPLATES = 4096
_CARRIES_ON = (Proof.SYSTEM, Proof.GRANT)
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
        approvals: what needs the approval of others.
        warm: whether an inline command will touch memory alone; one that will not runs in the pool.
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
        approvals: Approvals,
        warm: Callable[[Command], bool] = lambda _: True,
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
        self._arrivals = Arrivals()
        self._approvals = approvals
        self._warm = warm
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="desk")
        self._templates: dict[tuple[Any, ...], EventTemplate] = {}

    @property
    def commands(self) -> Collection[type[Command]]:
        """What can be asked here."""
        return self._handlers.keys()

    def perform(
        self,
        principal: Principal,
        command: Command,
        *,
        source: str,
        origin: str = "",
        appeal: Appeal | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Carry out a command and return its result when its record is durable.

        Raises:
            SeawallError: what the command, access or the ledger refused; it is recorded where a record can be made.
        """
        turn = self._turn(principal, command, source, origin, progress)
        # 2. Access decides.
        decision = turn.decide(command.action, turn.resource)
        if not decision.allow:
            if principal.anonymous:
                self.stranger(origin, decision.code, source)
            else:
                self._commit.append(turn.entry(Outcome.DENIED, decision.code))
            raise denial(decision.code, command.action)
        # 3. Nothing begins that could not be recorded. The approval of others is used up, and the intent recorded.
        self._commit.check()
        try:
            self._admit(turn, appeal)
        except Exception as raised:  # noqa: BLE001 - step 6
            raise self._refused(turn, raised) from None
        if command.intent:
            self._commit.append(turn.entry(Outcome.INTENT))
        # 4. The capability runs.
        try:
            result = self._handlers[type(command)](turn, command)
        except Exception as raised:  # noqa: BLE001 - step 6
            raise self._refused(turn, raised) from None
        # 5. The answer waits for its record.
        if turn.records:
            self._relay(turn)
        else:
            self._commit.append(turn.entry(Outcome.SUCCESS))
        for asker, sequel, cited in turn.sequels:
            # Whoever asked for this one has their answer whatever becomes of what it led to, which is recorded.
            with suppress(SeawallError):
                self.perform(asker, sequel, source=source, origin=origin, appeal=cited)
        return result

    def _admit(self, turn: DeskTurn, appeal: Appeal | None) -> None:
        # Seawall itself carries on what was begun by somebody who was asked for their approvals then.
        if turn.principal.proof in _CARRIES_ON or turn.principal.anonymous:
            return
        turn.met = self._approvals.admit(turn, turn.command, appeal or Appeal())
        self._relay(turn)
        turn.records.clear()

    def _refused(self, turn: DeskTurn, raised: Exception) -> SeawallError:
        # 6. What is not ours says nothing of the inside.
        error = _ours(raised, turn.command.action)
        # A store that does not answer now keeps what was committed for the next start; the failure is told anyhow.
        with suppress(SeawallError):
            self._relay(turn, only_committed=True)
        if turn.principal.anonymous:
            self.stranger(turn.origin, error.code, turn.source)
        else:
            self._commit.append(turn.entry(_outcome(error), error.code))
        return error

    async def handle(
        self, principal: Principal, command: Command, *, source: str, origin: str = "", appeal: Appeal | None = None
    ) -> Any:
        """Carry out a command from the event loop: inline ones here, all others in the pool.

        Raises:
            SeawallError: as :meth:`perform`.
        """
        loop = asyncio.get_running_loop()
        if principal.anonymous or not self.instant(command):
            run = copy_context().run
            return await loop.run_in_executor(
                self._pool, lambda: run(self.perform, principal, command, source=source, origin=origin, appeal=appeal)
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

    def instant(self, command: Command) -> bool:
        """Tell whether :meth:`begin` carries this command out without waiting for a store or a token."""
        if not command.inline or not self._warm(command):
            return False
        try:
            return not self._approvals.governs(command.action)
        except SeawallError:
            # Off the event loop it is asked again, and answered with it.
            return False

    def begin(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Begun:
        """Run an inline command at once; its answer may leave when :meth:`submit` says that ``entry`` is durable."""
        turn = self._turn(principal, command, source, origin)
        decision = turn.decide(command.action, turn.resource)
        if not decision.allow:
            entry = turn.entry(Outcome.DENIED, decision.code)
            return Begun(None, denial(decision.code, command.action), entry)
        try:
            value = self._handlers[type(command)](turn, command)
        except Exception as raised:  # noqa: BLE001 - step 6
            error = _ours(raised, command.action)
            return Begun(None, error, turn.entry(_outcome(error), error.code))
        return Begun(value, None, self._stamped(turn))

    def submit(self, entry: bytes, done: Done) -> None:
        """Hand an entry to the ledger; ``done`` is called once, when it is durable or refused."""
        self._commit.submit(entry, done)

    def stranger(self, origin: str, code: str, source: str) -> None:
        """Record an attempt of somebody who proved nothing: aggregated, so that nobody can fill the disk."""
        count = self._strangers.admit(origin, code, self._clock.now_ms())
        if count:
            self._record_strangers(origin, code, count, source)

    def arrived(self, principal: Principal, connection: Mapping[str, str], *, source: str, origin: str = "") -> None:
        """Record over what connection somebody came; called when a credential is first used on it.

        Args:
            principal: who.
            connection: what was agreed on it, such as the version of TLS and the key exchange group.
            source: the edge.
            origin: where from.
        """
        now_ms = self._clock.now_ms()
        if self._arrivals.admit(principal, connection, origin, now_ms):
            entry = arrival(principal, connection, source=source, origin=origin, now_ms=now_ms, uids=self._uids)
            self._commit.submit(entry, _ignore)

    def count_strangers(self) -> None:
        """Record the attempts of those who have fallen silent since; ask about once a minute."""
        for attempts in self._strangers.due(self._clock.now_ms()):
            self._record_strangers(attempts.origin, attempts.code, attempts.count, "system")

    def _record_strangers(self, origin: str, code: str, count: int, source: str) -> None:
        now_ms = self._clock.now_ms()
        event = Event(
            uid=self._uids.next(now_ms),
            time_ms=now_ms,
            action="access.authenticate",
            activity=99,
            principal=ANONYMOUS,
            resource=Resource(type="platform", id="seawall"),
            outcome=Outcome.DENIED,
            code=code,
            facts={"attempts": count},
            source=source,
            origin=origin,
        )
        self._commit.submit(encode(event), _ignore)

    def close(self) -> None:
        """Finish what runs in the pool."""
        self._pool.shutdown(wait=True)

    def _relay(self, turn: DeskTurn, *, only_committed: bool = False) -> None:
        if not turn.records:
            return
        waiting = {record.uid for record in self._outbox.pending()} if only_committed else None
        records = [record for record in turn.records if waiting is None or record.uid in waiting]
        self._commit.append_all([record.body for record in records])
        # They are durable where they belong: one that cannot be forgotten now is found in both at the next start.
        with suppress(SeawallError):
            self._outbox.done([record.uid for record in records])

    def _turn(
        self, principal: Principal, command: Command, source: str, origin: str, progress: Progress | None = None
    ) -> DeskTurn:
        return DeskTurn(
            principal=principal,
            command=command,
            now_ms=self._clock.now_ms(),
            source=source,
            origin=origin,
            decider=self._decider,
            uids=self._uids,
            approvals=None if principal.proof in _CARRIES_ON else self._approvals,
            progress=progress,
        )

    def _stamped(self, turn: DeskTurn) -> bytes:
        if trace_id():
            return turn.entry(Outcome.SUCCESS)
        # Principal and resource are the same for many calls: their part of the entry is encoded once.
        who, resource = turn.principal, turn.resource
        key = (who.id, who.session, turn.command.action, resource.id, turn.source, turn.origin, *turn.facts.items())
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= _TEMPLATES:
                self._templates.clear()
            template = EventTemplate(
                principal=who,
                action=turn.command.action,
                activity=turn.command.activity,
                resource=resource,
                source=turn.source,
                facts=dict(turn.facts),
                origin=turn.origin,
            )
            self._templates[key] = template
        return template.stamp(turn.now_ms, self._uids.next(turn.now_ms))


def _resolve(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[SeawallError | None]", error: SeawallError | None
) -> None:
    def settle() -> None:
        if not future.done():
            future.set_result(error)

    loop.call_soon_threadsafe(settle)


def _ignore(_: SeawallError | None) -> None:
    return


def _outcome(error: SeawallError) -> Outcome:
    return Outcome.DENIED if isinstance(error, Denied | ApprovalNeeded) else Outcome.FAILURE


def _ours(raised: Exception, action: str) -> SeawallError:
    if isinstance(raised, SeawallError):
        return raised
    # The log gets the place and the type; the text is left out, because it may quote a value.
    plain = RuntimeError(type(raised).__name__).with_traceback(raised.__traceback__)
    _log.error("%s failed inside", action, exc_info=plain)
    return SeawallError(
        "internal.error", "something failed inside; nothing was answered.", remedy="The log of this node says where."
    )
