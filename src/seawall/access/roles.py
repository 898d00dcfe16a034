"""Which roles one principal, and one person under all their principals, may hold together: separation of duties."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from seawall.access.model import Identity
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Role

_READS_OR_PREPARES = (Role.APPLICATION, Role.DATA_OWNER, Role.SECURITY_ENGINEER)

#: Pairs that nobody holds both of.
CONFLICTS: frozenset[frozenset[Role]] = frozenset(
    [
        frozenset({Role.CUSTODIAN, Role.ADMINISTRATOR}),
        *(frozenset({keeper, user}) for keeper in (Role.CUSTODIAN, Role.ADMINISTRATOR) for user in _READS_OR_PREPARES),
        *(frozenset({Role.AUDITOR, other}) for other in Role if other is not Role.AUDITOR),
    ]
)


def check_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """Return a set of roles as it is.

    Raises:
        Conflict: when two of them are kept apart, with code ``access.separation_of_duties``.
    """
    held = frozenset(roles)
    for one, other in combinations(sorted(held), 2):
        if frozenset({one, other}) in CONFLICTS:
            raise Conflict(
                "access.separation_of_duties",
                f"nobody may be both {one} and {other}.",
                field="role",
                remedy="Give the second role to another principal.",
            )
    return held


def check_person(identities: Sequence[Identity]) -> None:
    """Check the principals of one person against each other.

    What administers or audits the whole installation is kept apart wherever it is; all else where two principals act in
    the same domain.

    Raises:
        Conflict: with code ``access.separation_of_duties``.
    """
    for one, other in combinations(identities, 2):
        for first in one.roles:
            for second in other.roles:
                if frozenset({first, second}) in CONFLICTS and _meet(one, first, other, second):
                    raise Conflict(
                        "access.separation_of_duties",
                        f"{one.name} and {other.name} are one person, who may not be both {first} and {second} there.",
                        field="role",
                        remedy="Give the second role to another person, or in other domains.",
                    )


def _meet(one: Identity, first: Role, other: Identity, second: Role) -> bool:
    if {first, second} & {Role.ADMINISTRATOR, Role.AUDITOR}:
        return True
    everywhere = ("*" in one.domains and other.domains) or ("*" in other.domains and one.domains)
    return bool(everywhere or one.domains & other.domains)
