"""Root keys of several generations: in one place, moving between places, and gone."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from seawall.adapters.roots.keyset import Keyset
from seawall.adapters.roots.memory import memory_root
from seawall.adapters.roots.sealed_file import SealedFileRoot
from seawall.adapters.roots.sealed_format import Cost
from seawall.capabilities.keys.root import RootKind, sealed_by
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, Unavailable
from seawall.kernel.secret import Secret

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
KEY = bytes(range(32))


def _sealed(path, **more):
    return SealedFileRoot.create(path / "root.sealed", Secret(b"correct horse"), cost=CHEAP, **more)


def _opens(keyset, *values):
    return all(keyset.unwrap(value, b"c").expose() == KEY for value in values)


@pytest.fixture(params=["memory", "sealed_file", pytest.param("pkcs11", marks=pytest.mark.softhsm)])
def keyset(request, tmp_path):
    if request.param == "pkcs11":
        root = request.getfixturevalue("single").root(alone=True)
        made = Keyset([root], tokens=root)
    else:
        made = Keyset([memory_root() if request.param == "memory" else _sealed(tmp_path)])
    yield made
    made.close()


def test_the_newest_seals_and_every_one_opens(keyset):
    first = keyset.current
    assert (first.number, keyset.others) == (1, ())
    older = keyset.wrap(Secret(KEY), b"c")
    second = keyset.create()
    assert (keyset.current, keyset.others) == (second, (first,))
    newer = keyset.wrap(Secret(KEY), b"c")
    assert (sealed_by(older), sealed_by(newer)) == (first.key_id, second.key_id)
    assert _opens(keyset, older, newer)
    told = keyset.describe()
    assert told.key_id == str(second.key_id)
    assert [one.number for one in told.generations] == [1, 2]


def test_only_what_nothing_uses_is_retired_and_never_the_newest(keyset):
    first = keyset.current
    older = keyset.wrap(Secret(KEY), b"c")
    second = keyset.create()
    newer = keyset.wrap(Secret(KEY), b"c")
    for key_id, in_use, code in (
        (second.key_id, set(), "root.newest"),
        (first.key_id, {first.key_id, second.key_id}, "root.generation_in_use"),
    ):
        with pytest.raises(Conflict) as caught:
            keyset.retire(key_id, in_use=in_use)
        assert caught.value.code == code
    with pytest.raises(NotFound) as missing:
        keyset.retire(uuid4(), in_use=set())
    assert missing.value.code == "root.generation_missing"
    assert _opens(keyset, older, newer)
    assert keyset.retire(first.key_id, in_use={second.key_id}) == first
    assert keyset.generations() == (second,)
    assert _opens(keyset, newer)
    with pytest.raises(Corrupt) as gone:
        keyset.unwrap(older, b"c")
    assert gone.value.code == "root.other_root"
    # Numbers go on; none is given twice.
    assert keyset.create().number == 3


def test_another_process_seals_under_the_newest_at_once(tmp_path):
    one = _sealed(tmp_path)
    two = SealedFileRoot.open(tmp_path / "root.sealed", Secret(b"correct horse"))
    three = SealedFileRoot.open(tmp_path / "root.sealed", Secret(b"correct horse"))
    made = one.create_generation(2)
    value = two.wrap(Secret(KEY), b"c")
    assert sealed_by(value) == made.key_id
    # One that has not looked since meets the new key in what it is to open.
    assert three.unwrap(value, b"c").expose() == KEY
    one.retire(one.refresh()[0].key_id)
    assert [root.refresh() for root in (two, three)] == [one.refresh()] * 2


@pytest.mark.softhsm
def test_another_process_sees_a_generation_in_the_token(single):
    one, two = single.root(alone=True), single.root(alone=True)
    two.wrap(Secret(KEY), b"c")
    made = one.create_generation(2)
    value = two.wrap(Secret(KEY), b"c")
    assert sealed_by(value) == made.key_id
    assert single.root(alone=True).unwrap(value, b"c").expose() == KEY
    one.retire(one.describe().generations[0].key_id)
    assert [made] == list(two.describe().generations)


@pytest.mark.softhsm
def test_two_that_make_a_generation_in_the_same_moment_leave_one_or_none(single):
    roots = [single.root(alone=True) for _ in range(4)]
    for root in roots:
        root.refresh()

    def make(root):
        try:
            return root.create_generation(2)
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(make, roots))
    made = [one for one in ended if not isinstance(one, str)]
    assert len(made) <= 1
    assert {one for one in ended if isinstance(one, str)} <= {"root.key_exists", "root.key_ambiguous"}
    assert [one.number for one in single.root(alone=True).describe().generations] == [1, 2][: 1 + len(made)]


@pytest.mark.softhsm
def test_a_root_moves_from_a_file_into_a_token_and_back(single, tmp_path):
    # The token of this test has no root key yet.
    single.hsm.make_token("bank-c")
    address = single.address("bank-c")
    single.pins["bank-c"] = single.pins["bank-a"]
    from seawall.adapters.roots.pkcs11 import Pkcs11Root
    from seawall.adapters.roots.token_record import TokenRecord

    token = Pkcs11Root(address, pin=single.pin("bank-c"), record=TokenRecord(tmp_path / "other-record"))
    path = tmp_path / "root.sealed"

    def again(number):
        return SealedFileRoot.create(path, Secret(b"battery staple"), number=number, cost=CHEAP)

    keyset = Keyset([_sealed(tmp_path), token], tokens=token, makers={RootKind.SEALED_FILE: again})
    first = keyset.current
    in_file = keyset.wrap(Secret(KEY), b"c")
    assert first.kind is RootKind.SEALED_FILE
    second = keyset.create(RootKind.PKCS11)
    in_token = keyset.wrap(Secret(KEY), b"c")
    assert (second.kind, second.number, sealed_by(in_token)) == (RootKind.PKCS11, 2, second.key_id)
    assert _opens(keyset, in_file, in_token)
    assert keyset.describe().kind is RootKind.PKCS11
    assert [one.kind for one in keyset.describe().generations] == [RootKind.SEALED_FILE, RootKind.PKCS11]
    keyset.retire(first.key_id, in_use={second.key_id})
    assert not path.exists()
    assert keyset.create().kind is RootKind.PKCS11
    keyset.close()

    # Back, in another process, where there is no file any more.
    token = Pkcs11Root(address, pin=single.pin("bank-c"), record=TokenRecord(tmp_path / "other-record"))
    keyset = Keyset([token], tokens=token, makers={RootKind.SEALED_FILE: again})
    fourth = keyset.create(RootKind.SEALED_FILE)
    assert (fourth.number, fourth.kind) == (4, RootKind.SEALED_FILE)
    back = keyset.wrap(Secret(KEY), b"c")
    assert sealed_by(back) == fourth.key_id
    assert _opens(keyset, in_token, back)
    keyset.close()
    assert SealedFileRoot.open(path, Secret(b"battery staple")).unwrap(back, b"c").expose() == KEY


def test_a_place_that_is_not_configured_is_not_made_up():
    with pytest.raises(InvalidInput) as caught:
        Keyset([memory_root()]).create(RootKind.PKCS11)
    assert (caught.value.code, caught.value.field) == ("root.kind", "kind")


class Silent:
    """A place that does not answer."""

    kind = RootKind.PKCS11

    def holds(self, key_id):
        return False

    def refresh(self):
        raise Unavailable("root.worker_lost", "it does not answer.")


def test_nothing_is_sealed_while_a_place_cannot_say_whether_it_has_a_newer_key():
    root = memory_root()
    value = root.wrap(Secret(KEY), b"c")
    keyset = Keyset([root, Silent()])
    assert _opens(keyset, value)
    with pytest.raises(Unavailable):
        keyset.wrap(Secret(KEY), b"c")
