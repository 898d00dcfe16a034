"""Which roles one principal may hold together: separation of duties."""

from collections.abc import Iterable
from itertools import combinations

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
