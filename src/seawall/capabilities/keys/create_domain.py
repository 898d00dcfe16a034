"""Make a domain."""

import os

from seawall.capabilities.keys import errors, sealing
from seawall.capabilities.keys.commands import CreateDomain
from seawall.capabilities.keys.domain import Domain, DomainPolicy
from seawall.capabilities.keys.ports import KeyStore, RootOfTrust
from seawall.capabilities.keys.root import ROOT_RETIRED
from seawall.capabilities.keys.views import DomainView
from seawall.kernel.command import Turn
from seawall.kernel.errors import Unavailable
from seawall.kernel.ids import Entropy, check_name, uuid7
from seawall.kernel.secret import Secret


class DomainMaker:
    """Makes domains, each with a fresh key-encryption key that the root wraps."""

    def __init__(self, store: KeyStore, root: RootOfTrust, *, entropy: Entropy = os.urandom) -> None:
        self._store = store
        self._root = root
        self._entropy = entropy

    def create(self, turn: Turn, command: CreateDomain) -> DomainView:
        """Make a domain.

        Raises:
            InvalidInput: name.invalid, keys.waiting_days, keys.minimum_strength, or keys.jurisdiction_name.
            Conflict: ``keys.domain_exists``.
            Unavailable: the root or the store.
        """
        policy = DomainPolicy(
            waiting_days=command.waiting_days,
            trial=command.trial,
            deactivated_decrypts=command.deactivated_decrypts,
            compromised_decrypts=command.compromised_decrypts,
            forbidden_algorithms=frozenset(command.forbidden_algorithms),
            forbidden_mechanisms=frozenset(command.forbidden_mechanisms),
            minimum_strength=command.minimum_strength,
            jurisdictions=tuple(command.jurisdictions),
        ).check()
        domain = Domain(
            id=uuid7(turn.now_ms, self._entropy),
            name=check_name(command.name, field="name"),
            policy=policy,
            created_ms=turn.now_ms,
        )
        # The name is looked at before the token is troubled; the store has the last word.
        with self._store.read() as reads:
            if reads.domain(domain.name) is not None:
                raise errors.domain_exists(domain.name)
        try:
            self._add(turn, domain)
        except Unavailable as error:
            if error.code != ROOT_RETIRED:
                raise
            # The root key was replaced between sealing and storing; the newest one seals now.
            self._add(turn, domain)
        return DomainView.of(domain)

    def _add(self, turn: Turn, domain: Domain) -> None:
        with Secret(self._entropy(sealing.KEY_BYTES)) as kek:
            wrapped = sealing.wrap_kek(self._root, kek, domain)
        facts = {
            "domain_id": str(domain.id),
            "waiting_days": domain.policy.waiting_days,
            "trial": domain.policy.trial,
        }
        with self._store.begin() as tx:
            tx.add_domain(domain, wrapped)
            tx.outbox(turn.record(facts))
