"""Domains and keys as rows, each with its MAC, and back.

What a key or a domain does not use of later columns is written as NULL, and NULL is read as what held before they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Table

from seawall.adapters.store.rowmac import RowMac, later
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys.attributes import NOTHING_SAID
from seawall.capabilities.keys.domain import Domain, DomainPolicy, DomainState
from seawall.capabilities.keys.model import (
    Attributes,
    Key,
    KeyState,
    KeyVersion,
    LifeCycle,
    Origin,
    Purpose,
    Usage,
)
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Corrupt, Unavailable

Row = Mapping[Any, Any]
T = TypeVar("T")
_OLD_POLICY = ("waiting_days", "trial", "deactivated_decrypts", "compromised_decrypts")
_TIMES = tuple(field.name for field in fields(LifeCycle) if field.name != "state")
_LATER = {table.name: later(table) for table in (t.domains, t.keys, t.key_versions)}
# What every version was before versions said it themselves.
_FIRST = Algorithm.AES_256
_FIRST_BY = {Purpose.ENCRYPT: (Mechanism.XAES_256_GCM,), Purpose.TOKENISE: (Mechanism.FF1,)}


class _Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a domain's policy says beyond its first columns."""

    forbidden_algorithms: tuple[Algorithm, ...] = ()
    forbidden_mechanisms: tuple[Mechanism, ...] = ()
    minimum_strength: int = 0
    jurisdictions: tuple[str, ...] = ()


class KeyRows:
    """Writes values as rows and reads rows as values.

    Raises:
        Corrupt: ``store.row_mac``, from every method that reads.
    """

    def __init__(self, mac: RowMac) -> None:
        self._mac = mac

    def of_domain(self, domain: Domain) -> dict[str, Any]:
        """Write a domain."""
        values: dict[str, Any] = {
            "id": str(domain.id),
            "name": domain.name,
            "state": str(domain.state),
            **{name: getattr(domain.policy, name) for name in _OLD_POLICY},
            "kek_generation": domain.kek_generation,
            "created_ms": domain.created_ms,
            "shred_requested_ms": domain.shred_requested_ms,
            "shred_after_ms": domain.shred_after_ms,
            "destroyed_ms": domain.destroyed_ms,
            "policy": _policy_text(domain.policy),
            "revision": _counted(domain.revision),
        }
        return self._sealed(t.domains, values)

    def domain(self, row: Row) -> Domain:
        """Read a domain."""
        self._check(t.domains, row)
        more = _decoded(t.domains, row["policy"], _Policy) if row["policy"] else _Policy()
        return Domain(
            id=UUID(row["id"]),
            name=row["name"],
            state=DomainState(row["state"]),
            policy=DomainPolicy(
                **{name: row[name] for name in _OLD_POLICY},
                forbidden_algorithms=frozenset(more.forbidden_algorithms),
                forbidden_mechanisms=frozenset(more.forbidden_mechanisms),
                minimum_strength=more.minimum_strength,
                jurisdictions=more.jurisdictions,
            ),
            kek_generation=row["kek_generation"],
            created_ms=row["created_ms"],
            shred_requested_ms=row["shred_requested_ms"],
            shred_after_ms=row["shred_after_ms"],
            destroyed_ms=row["destroyed_ms"],
            revision=row["revision"] or 1,
        )

    def of_key(self, key: Key) -> dict[str, Any]:
        """Write a key without its versions."""
        said = key.attributes
        values: dict[str, Any] = {
            "id": str(key.id),
            "domain_id": str(key.domain_id),
            "name": key.name,
            "purpose": str(key.purpose),
            "algorithm": str(key.algorithm),
            "state": str(key.life.state),
            "version": key.version,
            **{name: getattr(key.life, name) for name in _TIMES},
            "usage": ",".join(sorted(key.usage)) or None,
            "attributes": None if said == NOTHING_SAID else msgspec.json.encode(said, order="sorted").decode(),
            "revision": _counted(key.revision),
            "owner": said.owner or None,
            "undeletable": said.undeletable or None,
            "rotate_after_ms": key.rotate_after_ms(),
            "next_date_ms": key.next_date_ms(),
        }
        return self._sealed(t.keys, values)

    def key(self, row: Row, versions: Sequence[Row], domain: Domain) -> Key:
        """Read a key of a domain; with its domain destroyed, it is destroyed too.

        Raises:
            Corrupt: ``store.row_mac``, or ``store.versions`` when versions are missing.
            Unavailable: ``store.later_row``, when a later version wrote what this one does not know.
        """
        self._check(t.keys, row)
        for version in versions:
            self._check(t.key_versions, {**version, "material": None})
        if [version["number"] for version in versions] != list(range(1, row["version"] + 1)):
            raise Corrupt(
                "store.versions",
                f"versions of key {domain.name}/{row['name']} are missing from the store.",
                remedy="Stop, keep a copy of the store, and compare it with the ledger.",
            )
        try:
            return self._key(row, versions, domain)
        except ValueError:
            raise _later(t.keys) from None

    @staticmethod
    def _key(row: Row, versions: Sequence[Row], domain: Domain) -> Key:
        purpose = Purpose(row["purpose"])
        life = LifeCycle(state=KeyState(row["state"]), **{name: row[name] for name in _TIMES})
        said = row["attributes"]
        return Key(
            id=UUID(row["id"]),
            domain_id=domain.id,
            domain=domain.name,
            name=row["name"],
            purpose=purpose,
            life=life if domain.destroyed_ms is None else life.shred(domain.destroyed_ms),
            versions=tuple(_version(one, purpose) for one in versions),
            usage=frozenset(Usage(one) for one in row["usage"].split(",")) if row["usage"] else frozenset(),
            attributes=_decoded(t.keys, said, Attributes) if said else NOTHING_SAID,
            revision=row["revision"] or 1,
        )

    def of_version(self, key: Key, version: KeyVersion, material: bytes | None) -> dict[str, Any]:
        """Write a version with its sealed material."""
        as_before = version.algorithm is _FIRST and version.mechanisms == _FIRST_BY.get(key.purpose)
        values: dict[str, Any] = {
            "key_id": str(key.id),
            "number": version.number,
            "created_ms": version.created_ms,
            "key_check_value": version.key_check_value,
            "material": None,
            "algorithm": None if as_before else str(version.algorithm),
            "mechanisms": None if as_before else ",".join(version.mechanisms),
            "public": version.public,
            "origin": None if version.origin is Origin.GENERATED else str(version.origin),
            "kek_generation": _counted(version.kek_generation),
            "retired_ms": version.retired_ms,
        }
        return {**self._sealed(t.key_versions, values), "material": material}

    @staticmethod
    def of_labels(key: Key) -> list[dict[str, Any]]:
        """Write what a key is found by."""
        return [
            {
                "key_id": str(key.id),
                "label": label,
                "value": value,
                "domain_id": str(key.domain_id),
                "name": key.name,
            }
            for label, value in sorted(key.attributes.labels.items())
        ]

    def _sealed(self, table: Table, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "mac": self._mac.seal(table.name, values, later=_LATER[table.name])}

    def _check(self, table: Table, row: Row) -> None:
        values = {name: value for name, value in row.items() if name != "mac"}
        self._mac.check(table.name, values, row["mac"], later=_LATER[table.name])


def _version(row: Row, purpose: Purpose) -> KeyVersion:
    by = row["mechanisms"]
    return KeyVersion(
        number=row["number"],
        created_ms=row["created_ms"],
        key_check_value=row["key_check_value"],
        algorithm=Algorithm(row["algorithm"] or _FIRST),
        mechanisms=tuple(Mechanism(one) for one in by.split(",")) if by else _FIRST_BY[purpose],
        public=row["public"],
        origin=Origin(row["origin"] or Origin.GENERATED),
        kek_generation=row["kek_generation"] or 1,
        retired_ms=row["retired_ms"],
    )


def _decoded(table: Table, text: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        # The row is whole: only a later version wrote what this one cannot read, and perhaps must not overlook.
        raise _later(table) from None


def _later(table: Table) -> Unavailable:
    return Unavailable(
        "store.later_row",
        f"a row of {table.name} says what only a later version of Seawall knows.",
        remedy="Use this key on a node of that version.",
    )


def _policy_text(policy: DomainPolicy) -> str | None:
    more = _Policy(
        forbidden_algorithms=tuple(sorted(policy.forbidden_algorithms)),
        forbidden_mechanisms=tuple(sorted(policy.forbidden_mechanisms)),
        minimum_strength=policy.minimum_strength,
        jurisdictions=policy.jurisdictions,
    )
    return None if more == _Policy() else msgspec.json.encode(more, order="sorted").decode()


def _counted(number: int) -> int | None:
    # What nobody changed since it was made is written as it always was.
    return None if number == 1 else number
