"""Show domains and keys, and say of each key what evidence asks."""

from collections.abc import Iterator

from seawall.capabilities.keys.commands import Domains, GetDomain, GetKey, KeyPage, ListDomains, ListKeys
from seawall.capabilities.keys.filter import KeyFilter
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports import KeyLists, KeyStore, RootOfTrust
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.kernel.command import Turn
from seawall.kernel.errors import Denied
from seawall.kernel.paging import check_limit
from seawall.kernel.terms import Fact, Principal, Proof, Resource

_PAGE = 500


def acts_in(principal: Principal, domain: str) -> bool:
    """Tell whether a principal acts in a domain, where a command names none."""
    return not principal.domains.isdisjoint({"*", domain}) or principal.proof is Proof.SYSTEM


def leads_to(turn: Turn, action: str, resource: Resource) -> bool:
    """Tell whether a command that names no domain may do on this thing what it does on all that are due.

    What only others may do there, or what needs approvals there, is left to whoever asks for it by its name.
    """
    if not acts_in(turn.principal, resource.domain):
        return False
    try:
        turn.check(action, resource)
    except Denied:
        return False
    return True


class KeyLister:
    """Reads, and changes nothing."""

    def __init__(self, store: KeyStore, lists: KeyLists, root: RootOfTrust) -> None:
        self._store = store
        self._lists = lists
        self._root = root

    def domains(self, turn: Turn, command: ListDomains) -> Domains:
        """List domains by name; a page holds fewer than asked for where the principal may not know of some.

        Raises:
            InvalidInput: ``page.limit``.
        """
        page = self._lists.domains(limit=check_limit(command.limit), cursor=command.cursor)
        return Domains(
            items=[DomainView.of(one) for one in page.items if acts_in(turn.principal, one.name)],
            next_cursor=page.next_cursor,
        )

    def domain(self, turn: Turn, command: GetDomain) -> DomainView:  # noqa: ARG002 - a handler is given its turn
        """Show one domain.

        Raises:
            NotFound: ``keys.domain_unknown``.
        """
        with self._store.read() as reads:
            return DomainView.of(find_domain(reads, command.domain))

    def keys(self, turn: Turn, command: ListKeys) -> KeyPage:
        """List keys by domain and name; a page holds fewer than asked for where the principal may not know of some.

        Raises:
            InvalidInput: page.limit, page.cursor, keys.labels, or name.invalid.
        """
        page = self._lists.keys(
            domain=command.domain or None,
            limit=check_limit(command.limit),
            cursor=command.cursor,
            where=KeyFilter.of(command, turn.now_ms),
        )
        return KeyPage(
            items=[KeyView.of(one) for one in page.items if acts_in(turn.principal, one.domain)],
            next_cursor=page.next_cursor,
        )

    def get(self, turn: Turn, command: GetKey) -> KeyView:  # noqa: ARG002 - a handler is given its turn
        """Show one key.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
        """
        with self._store.read() as reads:
            return KeyView.of(find_key(reads, command.domain, command.key))

    def inventory(self, now_ms: int) -> Iterator[Fact]:
        """Say what there is: the root of trust, every domain and every key, as it stands now."""
        root = self._root.describe()
        yield Fact(
            kind="keys.root",
            subject=root.key_id,
            value={
                "kind": root.kind,
                "label": root.label,
                "hardware": root.hardware,
                "extractable": root.extractable,
                "module": root.module.model if root.module else None,
                "firmware": root.module.firmware_version if root.module else None,
                "certificate": root.certificate,
            },
            measured_ms=now_ms,
            source="root",
        )
        cursor: str | None = None
        while True:
            domains = self._lists.domains(limit=_PAGE, cursor=cursor)
            for domain in domains.items:
                value = {
                    "state": domain.state,
                    "waiting_days": domain.policy.waiting_days,
                    "trial": domain.policy.trial,
                    "kek_generation": domain.kek_generation,
                    "created_ms": domain.created_ms,
                    "destroyed_ms": domain.destroyed_ms,
                }
                source = f"domains/{domain.id}"
                yield Fact(kind="keys.domain", subject=domain.name, value=value, measured_ms=now_ms, source=source)
            if (cursor := domains.next_cursor) is None:
                break
        while True:
            keys = self._lists.keys(domain=None, limit=_PAGE, cursor=cursor)
            for key in keys.items:
                yield _fact(key, now_ms)
            if (cursor := keys.next_cursor) is None:
                break


def _fact(key: Key, now_ms: int) -> Fact:
    rotated_ms = key.versions[-1].created_ms
    return Fact(
        kind="keys.inventory",
        subject=f"{key.domain}/{key.name}",
        value={
            "id": str(key.id),
            "state": key.life.state,
            "purpose": key.purpose,
            "algorithm": key.algorithm,
            "mechanisms": list(key.mechanisms),
            "origin": key.current.origin,
            "blocked": key.life.blocked,
            "archived": key.life.archived,
            "owner": key.attributes.owner,
            "jurisdictions": list(key.attributes.jurisdictions),
            "exportable": key.attributes.exportable,
            "rotation_days": key.attributes.rotation.age_days,
            "rotate_after_ms": key.rotate_after_ms(),
            "version": key.version,
            "versions": len(key.versions),
            "created_ms": key.life.created_ms,
            "rotated_ms": rotated_ms,
            "age_ms": max(0, now_ms - key.life.created_ms),
            "since_rotation_ms": max(0, now_ms - rotated_ms),
            "destroy_after_ms": key.life.destroy_after_ms,
            "destroyed_ms": key.life.destroyed_ms,
        },
        measured_ms=now_ms,
        source=f"keys/{key.id}",
    )
