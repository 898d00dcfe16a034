"""The signing keys of a ledger come under another root key, and the ledger verifies all the while."""

from pathlib import Path

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.roots.keyset import Keyset
from seawall.adapters.roots.memory import memory_root
from seawall.capabilities.keys.root import sealed_by
from seawall.kernel.errors import Corrupt
from seawall.ledger import ledger as module
from seawall.ledger.report import Finding
from seawall.ledger.verify import verify
from support.ledgers import ORIGIN, make_entries, make_ledger


@pytest.fixture
def root():
    return Keyset([memory_root()])


@pytest.fixture
def ledger(tmp_path, root):
    made = make_ledger(str(tmp_path), create=False)
    made.create(ORIGIN, root)
    made.journal.append(make_entries(3))
    made.sign_now(root)
    yield made
    made.close()


def _sealed(tmp_path: Path):
    return {path.name: path.read_bytes() for path in (tmp_path / "ledger" / "keys").glob("*.sealed")}


def _finding(tmp_path, ledger):
    return verify(str(tmp_path / "ledger"), OsFiles(), verifiers=ledger.verifiers).finding


def _rewrap(ledger, root):
    newest = root.current.key_id
    return ledger.rewrap_keys(root, lambda sealed: sealed_by(sealed) != newest)


def test_they_are_sealed_again_and_a_later_entry_vouches_for_their_files(tmp_path, ledger, root):
    assert _rewrap(ledger, root) == 0
    before, old = _sealed(tmp_path), root.current.key_id
    root.create()
    assert _rewrap(ledger, root) == 2
    after = _sealed(tmp_path)
    assert {sealed_by(one) for one in after.values()} == {root.current.key_id}
    assert all(before[name] != after[name] for name in before)
    assert _finding(tmp_path, ledger) is Finding.WHOLE
    assert _rewrap(ledger, root) == 0
    root.retire(old, in_use=[])
    ledger.journal.append(make_entries(2))
    assert ledger.sign_now(root)
    assert _finding(tmp_path, ledger) is Finding.WHOLE


def test_a_file_that_no_entry_vouches_for_still_shows(tmp_path, ledger, root):
    root.create()
    _rewrap(ledger, root)
    path = tmp_path / "ledger" / "keys" / "ed25519.sealed"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert _finding(tmp_path, ledger) is Finding.DAMAGED


def test_a_death_before_the_files_are_changed_is_made_good_by_the_next_try(tmp_path, ledger, root, monkeypatch):
    before = _sealed(tmp_path)
    root.create()

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_whole", dies)
        with pytest.raises(KeyboardInterrupt):
            _rewrap(ledger, root)
    assert _sealed(tmp_path) == before
    assert _finding(tmp_path, ledger) is Finding.WHOLE
    assert _rewrap(ledger, root) == 2
    assert _finding(tmp_path, ledger) is Finding.WHOLE


def test_a_key_that_is_not_what_its_public_part_says_is_not_sealed_again(tmp_path, ledger, root):
    folder = tmp_path / "ledger" / "keys"
    root.create()
    (folder / "ed25519.sealed").write_bytes((folder / "ml-dsa-44.sealed").read_bytes())
    with pytest.raises(Corrupt):
        _rewrap(ledger, root)
