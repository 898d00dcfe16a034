"""How many keys there are in each state, for whoever watches."""

from sqlalchemy import case, func, select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys.domain import DomainState
from seawall.capabilities.keys.model import KeyState


class KeyCounts:
    """Counts keys; the keys of a destroyed domain are destroyed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def by_state(self) -> dict[str, int]:
        """Count, every state named, also those with none.

        Raises:
            Unavailable: when the store does not answer.
        """
        shredded = t.domains.c.state == str(DomainState.DESTROYED)
        gone = [str(KeyState.DESTROYED), str(KeyState.DESTROYED_COMPROMISED)]
        state = case((shredded & t.keys.c.state.not_in(gone), str(KeyState.DESTROYED)), else_=t.keys.c.state)
        counted = (
            select(state.label("standing"), func.count())
            .select_from(t.keys.join(t.domains, t.domains.c.id == t.keys.c.domain_id))
            .group_by("standing")
        )
        with self._store.read() as connection:
            found = {str(name): int(count) for name, count in connection.execute(counted)}
        return {str(one): found.get(str(one), 0) for one in KeyState}
