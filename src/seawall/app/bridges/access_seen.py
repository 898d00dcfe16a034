"""The rules of access and who there is, as evidence asks for them.

Policy is asked as the desk asks it, by the decider in force, for somebody with given roles in a domain of its own. A
permit that names one principal, one domain or one moment is not found so: there are more questions than can be asked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from seawall.access.model import Credential, CredentialKind, Identity, PrincipalKind
from seawall.access.policy import PolicyDecider
from seawall.access.ports import IdentityStore
from seawall.access.roles import check_roles
from seawall.app.bridges.paging import every
from seawall.capabilities.evidence.seen import PrincipalSeen
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Principal, Proof, Resource, Role
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query

_PAGE: Final = 500
_DOMAIN: Final = "evidence-probe"
_PROOFS: Final = (Proof.TOKEN, Proof.SESSION, Proof.CERTIFICATE)
#: On what an action is tried, by its first word.
_THINGS: Final[Mapping[str, tuple[Resource, ...]]] = {
    "domains": (Resource(type="domain", id=_DOMAIN, domain=_DOMAIN),),
    "keys": (Resource(type="key", id=f"{_DOMAIN}/key", domain=_DOMAIN),),
    "data": (
        Resource(type="key", id=f"{_DOMAIN}/key", domain=_DOMAIN),
        Resource(type="protection", id=_DOMAIN, domain=_DOMAIN),
    ),
    "protect": (Resource(type="protection", id=_DOMAIN, domain=_DOMAIN),),
    "discover": (Resource(type="scan", id=_DOMAIN),),
    "ledger": (Resource(type="ledger", id="ledger"),),
    "evidence": (Resource(type="assessment", id=_DOMAIN),),
    "access": (
        Resource(type="principal", id=_DOMAIN),
        Resource(type="credential", id=_DOMAIN),
        Resource(type="policy", id=_DOMAIN),
    ),
}
_PLATFORM: Final = (Resource(type="platform", id="seawall"),)


class AccessSeen:
    """Fills evidence's ``AccessModel``.

    Args:
        decider: decides by the policies in force.
        identities: where principals are kept.
        ledger: tells when somebody last acted.
        clock: tells which credentials still hold.
    """

    def __init__(self, decider: PolicyDecider, identities: IdentityStore, ledger: Ledger, clock: Clock) -> None:
        self._decider = decider
        self._identities = identities
        self._ledger = ledger
        self._clock = clock

    def assignable(self, roles: frozenset[Role]) -> bool:
        """Whether one principal may hold these roles together."""
        try:
            check_roles(roles)
        except Conflict:
            return False
        return True

    def permits(self, roles: frozenset[Role], action: str) -> bool:
        """Whether a principal with these roles, in its own domain, may do this by any of the usual proofs."""
        things = _THINGS.get(action.partition(".")[0], _PLATFORM)
        return any(
            self._decider.decide(_somebody(roles, proof), action, thing).allow for proof in _PROOFS for thing in things
        )

    def principals(self) -> Sequence[PrincipalSeen]:
        """Return every principal, disabled ones too."""
        return [
            self._seen(identity) for identity in every(lambda cursor: self._identities.list(limit=_PAGE, cursor=cursor))
        ]

    def _seen(self, identity: Identity) -> PrincipalSeen:
        now_ms = self._clock.now_ms()
        held = (one for one in self._identities.credentials(identity.id) if _holds(one, now_ms))
        acts = self._ledger.query(Query(principal=identity.id), limit=1).items
        return PrincipalSeen(
            roles=tuple(sorted(identity.roles)),
            person=identity.kind is PrincipalKind.PERSON,
            disabled=identity.disabled_ms is not None,
            everywhere="*" in identity.domains,
            proofs=tuple(sorted({one.kind.value for one in held})),
            created_ms=identity.created_ms,
            last_ms=acts[0].time_ms if acts else None,
        )


def _somebody(roles: frozenset[Role], proof: Proof) -> Principal:
    return Principal(id="evidence", name="evidence", roles=roles, domains=frozenset({_DOMAIN}), proof=proof)


def _holds(credential: Credential, now_ms: int) -> bool:
    # An enrolment code proves who somebody is only once, to get something that lasts.
    lasts = credential.kind is not CredentialKind.ENROLMENT
    return lasts and credential.ended_ms is None and now_ms < credential.expires_ms
