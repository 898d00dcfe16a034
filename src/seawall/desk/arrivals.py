"""Over what connections people come, told in the ledger when a credential is first used on one.

Each request is recorded anyhow; what it came over is said once for a credential, an origin and what was agreed, and
again after a while, so that many short connections do not fill the ledger with the same.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Final

from seawall.desk.uids import EventUids
from seawall.kernel.terms import Principal, Resource
from seawall.ledger.event import Event, Outcome, encode

ACTION: Final = "access.authenticate"
_OTHER: Final = 99


class Arrivals:
    """Tells which arrivals are worth an entry. Safe for threads.

    Args:
        again_ms: after how long the same is said again.
        most: how many are remembered at a time.
    """

    def __init__(self, *, again_ms: int = 600_000, most: int = 4096) -> None:
        self._again_ms = again_ms
        self._most = most
        self._said: dict[tuple[str, ...], int] = {}
        self._lock = Lock()

    def admit(self, principal: Principal, connection: Mapping[str, str], origin: str, now_ms: int) -> bool:
        """Whether to record that somebody came over a connection."""
        key = (principal.id, principal.session or "", origin, *connection.values())
        with self._lock:
            said = self._said.get(key)
            if said is not None and 0 <= now_ms - said < self._again_ms:
                return False
            if len(self._said) >= self._most:
                self._said.clear()
            self._said[key] = now_ms
            return True


def arrival(
    principal: Principal, connection: Mapping[str, str], *, source: str, origin: str, now_ms: int, uids: EventUids
) -> bytes:
    """Encode the entry: who came, by what proof, and what was agreed on the connection."""
    return encode(
        Event(
            uid=uids.next(now_ms),
            time_ms=now_ms,
            action=ACTION,
            activity=_OTHER,
            principal=principal,
            resource=Resource(type="platform", id="seawall"),
            outcome=Outcome.SUCCESS,
            facts={"proof": principal.proof.value, **connection},
            source=source,
            origin=origin,
        )
    )
