"""The room of keys put together for tests: real use cases, on any store, under a lease that the test moves."""

import threading
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from seawall.adapters.roots.memory import memory_root
from seawall.adapters.store.keys_memory import MemoryKeys
from seawall.capabilities.keys.errors import nonces_exhausted
from seawall.capabilities.keys.service import Keys
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Denied, Unavailable
from seawall.kernel.terms import Principal, Resource, Role


class MemoryLease:
    """An epoch in this process. It counts who waited, and can lapse."""

    def __init__(self) -> None:
        self.value = 1
        self.acknowledged = 0
        self.waits = 0
        self.lapsed = False
        self._lock = threading.Lock()

    def epoch(self) -> int:
        if self.lapsed:
            raise Unavailable("store.lease_lapsed", "this node has lost touch with its database.")
        return self.value

    def bump(self) -> int:
        with self._lock:
            self.value += 1
            return self.value

    def acknowledge(self, epoch: int | None = None) -> None:
        self.acknowledged = max(self.acknowledged, self.value if epoch is None else epoch)

    def wait_all(self) -> None:
        self.waits += 1
        assert self.acknowledged == self.value, "the answer would leave before this process dropped its keys"


class MemoryNonces:
    """Ranges of nonces in this process, until ``limit``."""

    def __init__(self) -> None:
        self.given: dict[tuple[Any, int], int] = {}
        self.limit = 1 << 32

    def take(self, key_id: Any, version: int, count: int) -> tuple[int, int]:
        first = self.given.get((key_id, version), 0)
        stop = min(first + count, self.limit)
        if stop <= first:
            raise nonces_exhausted(version)
        self.given[key_id, version] = stop
        return first, stop


class RoomTurn:
    """A turn whose records and notes can be looked at, and whose checks can be refused."""

    def __init__(self, clock: FixedClock, deny: frozenset[str] = frozenset()) -> None:
        self.principal = Principal(id="p", name="tester", roles=frozenset({Role.CUSTODIAN}), domains=frozenset({"*"}))
        self.now_ms = clock.now_ms()
        self.facts: dict[str, Any] = {}
        self.records: list[tuple[str, dict[str, Any], Resource | None]] = []
        self.checked: list[tuple[str, str]] = []
        self.led_to: list[tuple[str, dict[str, Any], Resource | None]] = []
        self._deny = deny

    def record(
        self,
        facts: Mapping[str, Any] | None = None,
        *,
        resource: Resource | None = None,
        action: str | None = None,
        uid: str | None = None,
    ) -> Record:
        uid = uid or str(uuid4())
        if action is not None:
            # Something that the command led to, told apart from the command's own records.
            self.led_to.append((action, dict(facts or {}), resource))
            return Record(uid=uid, body=repr(facts).encode())
        self.records.append((uid, dict(facts or {}), resource))
        return Record(uid=uid, body=repr(facts).encode())

    def note(self, **facts: Any) -> None:
        self.facts.update(facts)

    def check(self, action: str, resource: Resource) -> None:
        self.checked.append((action, resource.id))
        if action in self._deny:
            raise Denied("access.denied", f"you may not do {action} here.")

    def progress(self, what: str, done: int, total: int) -> None:
        return


class KeyRoom:
    """The room of keys and everything that it stands on."""

    def __init__(self, store: Any = None, lists: Any = None, *, root: Any = None, lease: Any = None, **limits: Any):
        self.clock = FixedClock()
        self.store = MemoryKeys() if store is None else store
        self.lists = self.store if lists is None else lists
        self.root = memory_root() if root is None else root
        self.nonces = MemoryNonces()
        self.lease = MemoryLease() if lease is None else lease
        self.last: RoomTurn = self.turn()
        self.keys = self.another(**limits)

    def another(self, **limits: Any) -> Keys:
        """Make the room of another process of the same home."""
        return Keys(
            store=self.store,
            lists=self.lists,
            root=self.root,
            lease=self.lease,
            clock=self.clock,
            **{"nonces": self.nonces, **limits},
        )

    def turn(self, deny: frozenset[str] = frozenset()) -> RoomTurn:
        """Make a turn at the present time."""
        self.last = RoomTurn(self.clock, deny)
        return self.last

    def do(self, command: Command, keys: Keys | None = None, *, principal: Principal | None = None) -> Any:
        """Carry out a command, as the desk would."""
        turn = self.turn()
        turn.principal = principal or turn.principal
        return (keys or self.keys).handlers()[type(command)](turn, command)
