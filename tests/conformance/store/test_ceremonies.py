"""Sets of shares, drills and backups in the store: what is written is read, and an edit in the database shows."""

import os
from dataclasses import replace

import pytest
from sqlalchemy import text

from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.capabilities.keys.backup_model import Backup, BackupState, Drill, HeldSet, InstallationKey
from seawall.crypto.backup_file import Generation
from seawall.crypto.shares import SharePurpose, make_set
from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret


@pytest.fixture
def ceremonies(store: Store, row_mac: RowMac) -> StoredCeremonies:
    return StoredCeremonies(store, row_mac)


def held(name: str = "primary", created_ms: int = 1) -> HeldSet:
    record, _ = make_set(
        Secret(bytes(32)),
        purpose=SharePurpose.BACKUP,
        name=name,
        threshold=2,
        custodians=[("alice", "aa" * 32), ("bob", "bb" * 32)],
        created_ms=created_ms,
        entropy=os.urandom,
    )
    return HeldSet(record=record, public_key=b"public")


def backup(of: HeldSet, number: int = 1) -> Backup:
    return Backup(
        id=f"{number:036}",
        set_id=of.record.id,
        set_name=of.record.name,
        state=BackupState.MAKING,
        file="/backups/one",
        created_ms=number,
        created_by="cyrus",
        expires_ms=None,
    )


def test_a_set_takes_the_place_of_the_one_before(ceremonies: StoredCeremonies) -> None:
    first, second, other = held(), held(created_ms=2), held("secondary", 3)
    with ceremonies.begin() as tx:
        assert [tx.add_set(one) for one in (first, other, second)] == [None, None, first.record.id]
    with ceremonies.read() as reads:
        assert reads.share_set(SharePurpose.BACKUP, "primary") == second
        assert reads.share_set(SharePurpose.UNSEAL, "primary") is None
        assert reads.share_sets() == [other, second, replace(first, retired_ms=2)]


def test_a_drill_and_when_it_was_answered(ceremonies: StoredCeremonies) -> None:
    of = held()
    asked = Drill(challenge=b"c" * 32, set_id=of.record.id, holder=2, asked_ms=5)
    with ceremonies.begin() as tx:
        tx.add_set(of)
        tx.save_drill(asked)
        assert tx.drill(asked.challenge) == asked
        assert tx.proven(of.record.id) == {}
        tx.save_drill(replace(asked, answered_ms=9))
        assert tx.proven(of.record.id) == {2: 9}
        assert tx.drill(b"d" * 32) is None


def test_a_backup_and_what_became_of_it(ceremonies: StoredCeremonies) -> None:
    of = held()
    made = replace(
        backup(of),
        state=BackupState.MADE,
        ended_ms=7,
        bytes=10**12,
        rows=3,
        digest="ab" * 32,
        generations=(Generation(domain_id="d", generation=2),),
    )
    with ceremonies.begin() as tx:
        tx.add_set(of)
        tx.save_backup(backup(of))
        tx.save_backup(made)
        tx.save_backup(backup(of, 2))
    with ceremonies.read() as reads:
        assert reads.backup(made.id) == made
        assert [one.id for one in reads.backups(5)] == [backup(of, 2).id, made.id]
        assert len(reads.backups(1)) == 1


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE share_sets SET retired_ms = 5",
        "UPDATE share_sets SET public_key = NULL",
        "UPDATE backups SET state = 'failed'",
        "UPDATE backups SET generations = '[]'",
        "UPDATE backups SET expires_ms = 1",
        "UPDATE possession_drills SET answered_ms = 1",
        "UPDATE installation_keys SET created_ms = 1",
    ],
)
def test_an_edit_in_the_database_shows(ceremonies: StoredCeremonies, store: Store, edit: str) -> None:
    of = held()
    with ceremonies.begin() as tx:
        tx.add_installation_key(InstallationKey(public=b"p", sealed=b"s", created_ms=3))
        tx.add_set(of)
        tx.save_backup(replace(backup(of), generations=(Generation(domain_id="d", generation=1),)))
        tx.save_drill(Drill(challenge=b"c" * 32, set_id=of.record.id, holder=1, asked_ms=5))
    with store.begin() as tx:
        tx.connection.execute(text(edit))
    with pytest.raises(Corrupt, match="changed from outside"):
        _read_all(ceremonies, of.record.id)


def _read_all(ceremonies: StoredCeremonies, set_id: str) -> None:
    with ceremonies.read() as reads:
        reads.installation_key()
        reads.share_sets()
        reads.backups(5)
        reads.proven(set_id)


def test_the_signing_key_stays_when_another_root_seals_it(ceremonies: StoredCeremonies, store: Store) -> None:
    key = InstallationKey(public=b"p", sealed=b"s", created_ms=3)
    with ceremonies.begin() as tx:
        assert tx.installation_key() is None
        tx.add_installation_key(key)
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE installation_keys SET sealed = :sealed"), {"sealed": b"anew"})
    with ceremonies.read() as reads:
        assert reads.installation_key() == replace(key, sealed=b"anew")
