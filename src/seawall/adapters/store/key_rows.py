"""Domains and keys as rows, each with its MAC, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys.domain import Domain, DomainPolicy, DomainState
from seawall.capabilities.keys.model import Key, KeyState, KeyVersion, LifeCycle, Purpose
from seawall.kernel.errors import Corrupt

Row = Mapping[Any, Any]
_POLICY = tuple(field.name for field in fields(DomainPolicy))
_TIMES = tuple(field.name for field in fields(LifeCycle) if field.name != "state")


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
            **{name: getattr(domain.policy, name) for name in _POLICY},
            "kek_generation": domain.kek_generation,
            "created_ms": domain.created_ms,
            "shred_requested_ms": domain.shred_requested_ms,
            "shred_after_ms": domain.shred_after_ms,
            "destroyed_ms": domain.destroyed_ms,
        }
        return self._sealed(t.domains.name, values)

    def domain(self, row: Row) -> Domain:
        """Read a domain."""
        self._check(t.domains.name, row)
        return Domain(
            id=UUID(row["id"]),
            name=row["name"],
            state=DomainState(row["state"]),
            policy=DomainPolicy(**{name: row[name] for name in _POLICY}),
            kek_generation=row["kek_generation"],
            created_ms=row["created_ms"],
            shred_requested_ms=row["shred_requested_ms"],
            shred_after_ms=row["shred_after_ms"],
            destroyed_ms=row["destroyed_ms"],
        )

    def of_key(self, key: Key) -> dict[str, Any]:
        """Write a key without its versions."""
        values: dict[str, Any] = {
            "id": str(key.id),
            "domain_id": str(key.domain_id),
            "name": key.name,
            "purpose": str(key.purpose),
            "algorithm": key.algorithm,
            "state": str(key.life.state),
            "version": key.version,
            **{name: getattr(key.life, name) for name in _TIMES},
        }
        return self._sealed(t.keys.name, values)

    def key(self, row: Row, versions: Sequence[Row], domain: Domain) -> Key:
        """Read a key of a domain; with its domain destroyed, it is destroyed too.

        Raises:
            Corrupt: ``store.row_mac``, or ``store.versions`` when versions are missing.
        """
        self._check(t.keys.name, row)
        for version in versions:
            self._check(t.key_versions.name, {**version, "material": None})
        if [version["number"] for version in versions] != list(range(1, row["version"] + 1)):
            raise Corrupt(
                "store.versions",
                f"versions of key {domain.name}/{row['name']} are missing from the store.",
                remedy="Stop, keep a copy of the store, and compare it with the ledger.",
            )
        life = LifeCycle(state=KeyState(row["state"]), **{name: row[name] for name in _TIMES})
        return Key(
            id=UUID(row["id"]),
            domain_id=domain.id,
            domain=domain.name,
            name=row["name"],
            purpose=Purpose(row["purpose"]),
            algorithm=row["algorithm"],
            life=life if domain.destroyed_ms is None else life.shred(domain.destroyed_ms),
            versions=tuple(
                KeyVersion(
                    number=version["number"],
                    created_ms=version["created_ms"],
                    key_check_value=version["key_check_value"],
                )
                for version in versions
            ),
        )

    def of_version(self, key: Key, version: KeyVersion, material: bytes) -> dict[str, Any]:
        """Write a version with its sealed material."""
        values: dict[str, Any] = {
            "key_id": str(key.id),
            "number": version.number,
            "created_ms": version.created_ms,
            "key_check_value": version.key_check_value,
            "material": None,
        }
        return {**self._sealed(t.key_versions.name, values), "material": material}

    def _sealed(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "mac": self._mac.seal(table, values)}

    def _check(self, table: str, row: Row) -> None:
        self._mac.check(table, {name: value for name, value in row.items() if name != "mac"}, row["mac"])
