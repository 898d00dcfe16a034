"""Which columns hold what the root of trust sealed, and for which context.

A backup takes such values from under the root and a restore puts them under another. A column that is not named here
and holds one all the same stops a backup: it would be worthless after a restore.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

#: The context of the key for row MACs.
INTEGRITY = b"seawall store integrity key"
#: The context of the seeds of an installation's signing keys is this and the purpose.
INSTALLATION_KEY = b"seawall installation key\0"
DOMAIN_KEK = b"seawall domain kek\0"

Context = Callable[[Mapping[str, Any]], bytes]


def _kek(row: Mapping[str, Any]) -> bytes:
    return DOMAIN_KEK + UUID(row["domain_id"]).bytes + int(row["generation"]).to_bytes(4)


SEALED: Mapping[tuple[str, str], Context] = MappingProxyType(
    {
        ("meta", "integrity_key"): lambda _: INTEGRITY,
        ("domain_keks", "wrapped"): _kek,
        ("installation_keys", "sealed"): lambda row: INSTALLATION_KEY + str(row["purpose"]).encode(),
    }
)
