"""Backups from end to end: from either database to either, with the faults in between that a bank will meet."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    ShredDomain,
    SuspendKey,
)
from seawall.capabilities.keys.commands_backup import CreateBackup, VerifyBackup
from seawall.edge.rest.table import BACKUPS
from seawall.kernel.errors import Conflict, SeawallError
from seawall.kernel.secret import Secret
from support import postgres
from support.custodians import PASSPHRASE, Custodian, ShareHome, shares
from support.node import environment

PAST = {"kept": b"kept", "gone": b"destroyed after the backup", "still": b"suspended after the backup"}


class Scene:
    """A home with data encrypted under its keys, a set of shares, and a backup made before some things happened."""

    def __init__(self, base: Path, store: str) -> None:
        self.home = ShareHome(base, store=store).found()
        people = [Custodian(base, name) for name in ("alice", "bob", "carol")]
        self.home.ceremony(people, "backup", "primary", name="primary")
        self.words = [one.open(base / "primary" / f"{one.name}.share") for one in people]
        with session(self.home, "keeper") as keeper:
            for domain in ("bank", "shop"):
                keeper.perform(CreateDomain(name=domain, trial=True, waiting_days=0))
            for key in PAST:
                keeper.perform(CreateKey(domain="bank", name=key))
            keeper.perform(CreateKey(domain="shop", name="till"))
        with session(self.home) as app:
            self.ciphertexts = {
                key: app.perform(Encrypt(domain="bank", key=key, plaintext=value)).ciphertext
                for key, value in PAST.items()
            }
        self.file = base / "one.swbackup"
        self.made = self.home.keeper("backup", "create", "--out", self.file, "--keep-days", "30")
        with session(self.home, "keeper") as keeper:
            keeper.perform(DestroyKey(domain="bank", key="gone"))
            keeper.perform(SuspendKey(domain="bank", key="still"))
            keeper.perform(ShredDomain(domain="shop"))
            keeper.perform(CreateKey(domain="bank", name="late"))
        listed = self.home.ok("people", "show", "app", *self.home.opened, who="admin")
        for credential in listed["credentials"]:
            if credential["kind"] == "token":
                self.home.ok("people", "revoke-token", credential["id"], *self.home.opened, who="admin")

    def restore(self, name: str, *more: str | Path, file: Path | None = None, store: str = "") -> tuple[Any, ShareHome]:
        new = ShareHome(self.home.base, name, store=store)
        where = ("--store", store) if store else ()
        given = (*shares("--share-file", *self.words[1:]), *where, *new.opened, *more)
        ran = new.call("backup", "restore", file or self.file, *given)
        assert ran.code == 0, ran.err
        new.cheapen()
        return json.loads(ran.out), new

    def refuse(self, name: str, *more: str | Path, file: Path | None = None) -> str:
        new = ShareHome(self.home.base, name)
        given = more or shares("--share-file", *self.words[1:])
        code = new.error("backup", "restore", file or self.file, *given, *new.opened)
        assert not (new.path / "seawall.toml").exists()
        return code


def session(home: ShareHome, who: str = "app") -> Any:
    from seawall.app.composition import Composition

    token = (home.base / f"{who}.token").read_text()
    return Composition().open(home.path, lambda: Secret(PASSPHRASE.encode()), token)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("backup"), "")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.database() as url:
        yield url


def _proven(found: Any, scene: Scene, database: str) -> None:
    assert found["database"] == database
    assert found["rows"] == scene.made["rows"]
    # Two domains, the key for row MACs and the installation's signing key.
    assert found["keys_proven"] == 4


def _as_it_ended(new: ShareHome, scene: Scene) -> None:
    """What happened after the backup holds, and what was kept decrypts."""
    states = {one["name"]: one for one in new.keeper("keys", "list", "bank")["items"]}
    assert {name: states[name]["state"] for name in PAST} == {
        "kept": "active", "gone": "destroyed", "still": "suspended",
    }  # fmt: skip
    assert "late" not in states
    domains = {one["name"]: one["state"] for one in new.keeper("keys", "domains")["items"]}
    assert domains == {"bank": "active", "shop": "destroyed"}
    # Its token was revoked after the backup.
    with pytest.raises(SeawallError) as refused, session(new):
        pytest.fail("a revoked token opened a session")
    assert refused.value.code == "access.token_revoked"
    invited = new.ok("people", "invite", "app", *new.opened, who="admin")
    new._enrol("app-again", invited["code"])
    with session(new, "app-again") as app:
        kept = Decrypt(domain="bank", key="kept", ciphertext=scene.ciphertexts["kept"])
        assert app.perform(kept).plaintext == PAST["kept"]
        for key, code in (("gone", "keys.destroyed"), ("still", "keys.suspended")):
            with pytest.raises(Conflict) as caught:
                app.perform(Decrypt(domain="bank", key=key, ciphertext=scene.ciphertexts[key]))
            assert caught.value.code == code
    found = new.ok("ledger", "verify")
    assert found["finding"] == "whole"


@pytest.mark.postgresql
def test_from_sqlite_to_postgresql(scene: Scene, database: str) -> None:
    found, new = scene.restore("to-postgresql", "--since", scene.home.path / "ledger", store=database)
    _proven(found, scene, "postgresql")
    assert found["blocked"] == 0
    assert found["replayed"] == {
        "access.token.revoke": 1, "domains.shred": 1, "keys.destroy": 1, "keys.suspend": 1,
    }  # fmt: skip
    assert found["lost"] == {"keys.create": 1}
    _as_it_ended(new, scene)
    again = ShareHome(scene.home.base, "again")
    given = (*shares("--share-file", *scene.words[:2]), "--store", database, *again.opened)
    assert again.error("backup", "restore", scene.file, *given) == "store.founded"


@pytest.mark.postgresql
def test_from_postgresql_to_sqlite(tmp_path: Path) -> None:
    with postgres.database() as url:
        scene = Scene(tmp_path, url)
        found, new = scene.restore("to-sqlite", "--since", scene.home.path / "ledger")
        _proven(found, scene, "sqlite")
        _as_it_ended(new, scene)


def test_without_a_newer_ledger_every_key_is_blocked_and_it_says_so(scene: Scene) -> None:
    found, new = scene.restore("unknown")
    assert found["blocked"] == 4
    assert found["known_until_ms"] is None
    assert "not known" in found["notes"][0]
    keys = new.keeper("keys", "list", "bank")["items"]
    assert all(one["blocked_ms"] for one in keys)
    with session(new) as app, pytest.raises(Conflict, match="blocked"):
        app.perform(Decrypt(domain="bank", key="kept", ciphertext=scene.ciphertexts["kept"]))
    new.keeper("keys", "unblock", "bank", "kept")
    with session(new) as app:
        opened = app.perform(Decrypt(domain="bank", key="kept", ciphertext=scene.ciphertexts["kept"]))
    assert opened.plaintext == PAST["kept"]
    accepted, _ = scene.restore("accepted", "--accept-unknown")
    assert accepted["blocked"] == 0


def test_a_ledger_that_does_not_verify_tells_nothing(scene: Scene, tmp_path: Path) -> None:
    import shutil

    false = tmp_path / "ledger"
    shutil.copytree(scene.home.path / "ledger", false)
    entries = next(one for one in (false / "tile" / "entries").rglob("*") if one.is_file())
    entries.write_bytes(entries.read_bytes().replace(b"keys.destroy", b"keys.suspend"))
    given = (*shares("--share-file", *scene.words[:2]), "--since", false)
    assert scene.refuse("no-since", *given) == "restore.ledger_damaged"
    given = (*shares("--share-file", *scene.words[:2]), "--since", tmp_path / "nothing")
    assert scene.refuse("no-ledger", *given) == "restore.since"


def test_verifying_says_which_of_the_two_was_done(scene: Scene) -> None:
    home = scene.home
    closed = home.ok("backup", "verify", scene.file)
    assert (closed["opened"], closed["signer_known"], closed["rows"]) == (False, False, scene.made["rows"])
    opened = home.ok("backup", "verify", scene.file, *shares("--share-file", *scene.words[:2]))
    assert (opened["opened"], opened["signer_known"], opened["keys_opened"]) == (True, True, 4)
    listed = home.keeper("backup", "list")["items"][0]
    assert (listed["state"], listed["present"], listed["digest"]) == ("made", True, scene.made["digest"])


def test_a_node_keeps_its_backups_in_a_folder_of_its_own_and_verifies_them_there(scene: Scene) -> None:
    made = scene.home.keeper("backup", "create")
    place = Path(made["file"])
    assert place.parent == scene.home.path / "backups"
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with session(scene.home, "keeper") as keeper:
        assert keeper.perform(VerifyBackup(id=made["id"])).signer_known
        place.write_bytes(scene.file.read_bytes())
        with pytest.raises(SeawallError) as caught:
            keeper.perform(VerifyBackup(id=made["id"]))
        assert caught.value.code == "backup.other"
        place.unlink()
        with pytest.raises(SeawallError) as caught:
            keeper.perform(VerifyBackup(id=made["id"]))
        assert caught.value.code == "backup.file_missing"
    # Nobody says over the network where a backup is written.
    assert next(one for one in BACKUPS if one.command is CreateBackup).fixed == {"out": None}


def test_one_byte_changed_anywhere_is_refused_with_its_place(scene: Scene, tmp_path: Path) -> None:
    data = scene.file.read_bytes()
    for at in range(0, len(data), len(data) // 25):
        changed = tmp_path / "changed"
        changed.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        ran = scene.home.call("backup", "verify", changed)
        assert ran.code, at
        assert at < 8 or "at byte" in ran.error["text"], (at, ran.err)
    assert scene.refuse("changed", file=changed) in {"backup.damaged", "backup.other_signer"}


def test_shares_that_do_not_fit_open_nothing(scene: Scene) -> None:
    others = [Custodian(scene.home.base, name) for name in ("dora", "emil")]
    scene.home.ceremony(others, "backup", "secondary", name="secondary")
    words = [one.open(scene.home.base / "secondary" / f"{one.name}.share") for one in others]
    assert scene.refuse("a", *shares("--share-file", *words)) == "share.other_set"
    assert scene.refuse("b", *shares("--share-file", scene.words[0])) == "share.too_few"
    assert scene.refuse("c", *shares("--share-file", scene.words[0], scene.words[0])) == "share.twice"
    typo = scene.home.base / "typo.words"
    typo.touch(0o600)
    text = scene.words[0].read_text()
    typo.write_text(text[:30] + ("0" if text[30] != "0" else "1") + text[31:])
    new = ShareHome(scene.home.base, "d")
    ran = new.call("backup", "restore", scene.file, *shares("--share-file", typo, scene.words[1]), *new.opened)
    assert "group 4 is wrong, most likely letter 4" in ran.error["text"]
    open_to_all = scene.home.base / "open.words"
    open_to_all.write_text(text)
    open_to_all.chmod(0o644)
    assert scene.refuse("e", *shares("--share-file", open_to_all)) == "share.file"


def test_an_expired_backup_is_not_restored_by_accident(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from seawall.app import restoring
    from seawall.kernel.clock import FixedClock, SystemClock

    monkeypatch.setattr(restoring, "SystemClock", lambda: FixedClock(SystemClock().now_ms() + 31 * 86_400_000))
    assert scene.refuse("late") == "backup.expired"


_KILLED = """
import os, sys
import seawall.app.restoring as restoring
real = getattr(restoring, sys.argv[1])
def die(*a, **k):
    if sys.argv[2] == "after": real(*a, **k)
    os.kill(os.getpid(), 9)
setattr(restoring, sys.argv[1], die)
from seawall.app.composition import Composition
from seawall.edge.cli.main import run
raise SystemExit(run(Composition(), sys.argv[3:]))
"""


@pytest.mark.parametrize(
    "where", [("_mark", "after"), ("_fill", "after"), ("_settle", "after")], ids=lambda one: one[0]
)
@pytest.mark.postgresql
def test_a_killed_restore_leaves_no_home_and_can_be_begun_again(scene: Scene, where: tuple[str, str]) -> None:
    with postgres.database() as url:
        name = f"killed{where[0]}"
        new = ShareHome(scene.home.base, name, store=url)
        given = (
            "backup", "restore", scene.file, *shares("--share-file", *scene.words[:2]), "--store", url, *new.opened,
            "--home", new.path, "--json",
        )  # fmt: skip
        command = [sys.executable, "-c", _KILLED, *where, *map(str, given)]
        ran = subprocess.run(command, env=environment(), capture_output=True, check=False)
        assert ran.returncode == -9, ran.stderr
        assert not (new.path / "seawall.toml").exists()
        found, again = scene.restore(name, "--since", scene.home.path / "ledger", store=url)
        assert found["rows"] == scene.made["rows"]
        assert again.ok("ledger", "verify")["finding"] == "whole"


_HALF = """
import os, sys
from pathlib import Path
from seawall.adapters.files.backups import BackupFolder
shelf = BackupFolder(Path(sys.argv[1]))
with shelf.write(shelf.path("one", None)) as write:
    write(b"x" * 5_000_000)
    os.kill(os.getpid(), 9)
"""


def test_a_killed_backup_leaves_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    ran = subprocess.run([sys.executable, "-c", _HALF, str(folder)], env=environment(), check=False)
    assert ran.returncode == -9
    assert list(folder.iterdir()) == []


def test_nothing_of_a_share_or_a_key_is_in_the_home_or_the_backup(scene: Scene) -> None:
    from seawall.crypto.shares import Share, open_set

    given = [Share.parse(Secret(words.read_bytes())) for words in scene.words]
    from seawall.crypto import backup_file

    with scene.file.open("rb") as stream:
        seed = open_set(backup_file.take_apart(stream).header.share_set, given).expose()
    planted = [seed, seed.hex().encode(), b64encode(seed), PASSPHRASE.encode()]
    planted += [share.value.expose() for share in given]
    planted += [group for words in scene.words for group in words.read_bytes().split(b"-")[3:9]]
    for path in [scene.file, *(one for one in scene.home.path.rglob("*") if one.is_file())]:
        data = path.read_bytes()
        assert not any(value in data for value in planted), path
    assert scene.file.stat().st_mode & 0o777 == 0o600
