"""How a protected copy comes into being: kept first, then named.

1. The copy is whole and on disk, without a name.
2. The protection and its ledger record are committed, so that whatever has the name can be revealed.
3. The copy gets its name in one step. When that fails the protection is withdrawn, which the ledger tells too; after a
   crash in between there is a protection whose copy is missing, never a copy that nobody knows.
"""

from seawall.capabilities.protect.model import Protection
from seawall.capabilities.protect.ports import Copy, Protections
from seawall.capabilities.protect.views import facts
from seawall.kernel.command import Turn
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Resource


def finish(turn: Turn, store: Protections, copy: Copy, protection: Protection) -> None:
    """Keep a protection and put its copy in place.

    Raises:
        Conflict: when the name was taken meanwhile.
        Unavailable: when the store or the disk does not do it.
    """
    resource = Resource(type="protection", id=protection.id, domain=protection.domain)
    store.add(protection, turn.record(facts(protection), resource=resource))
    try:
        copy.publish()
    except SeawallError as error:
        withdrawn = {"withdrawn": True, "cause": error.code}
        store.withdraw(protection.id, turn.record(withdrawn, resource=resource))
        raise
