"""Keeps anything from being stored under a root key that is about to be destroyed.

Whoever seals by the root does so before it has the store's lock. What was sealed a moment before a root key was retired
is refused when it comes to be stored, and is sealed anew by who tries again.
"""

from sqlalchemy import Connection, select

from seawall.adapters.store.tables.root import retired_roots
from seawall.capabilities.keys.root import ROOT_RETIRED, SEALED_MAGIC, sealed_by
from seawall.kernel.errors import Unavailable


def must_stand(connection: Connection, wrapped: bytes) -> None:
    """Return when a sealed value may be stored, within the transaction that stores it.

    Raises:
        Unavailable: ``root.retired``.
    """
    if not wrapped.startswith(SEALED_MAGIC):
        return
    one = retired_roots.c.key_id == str(sealed_by(wrapped))
    if connection.execute(select(retired_roots.c.key_id).where(one)).first() is not None:
        raise Unavailable(ROOT_RETIRED, "the root key was replaced in this very moment.", remedy="Try again.")
