"""The root of trust as it is shown, and its tokens compared with the store."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.roots.keyset import Keyset
from seawall.adapters.roots.memory import memory_root
from seawall.capabilities.keys.commands_root import ReconcileRoot, ShowRoot
from seawall.capabilities.keys.reconcile import Difference, Expected, TokenObject, compare
from seawall.capabilities.keys.root import RootKind, sealed_by
from seawall.capabilities.keys.root_view import RootViewer
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret
from support.keyroom import RoomTurn

CURRENT = uuid4()


def _held(key_id=CURRENT, **changes):
    given = {
        "token": "a",
        "primary": True,
        "root": True,
        "key_id": key_id.hex,
        "label": "seawall-root",
        "kind": "secret",
        "algorithm": "AES",
        "sensitive": True,
        "extractable": False,
        "never_extractable": True,
        "local": True,
    }
    return TokenObject(**{**given, **changes})


def _wanted(key_id=CURRENT, *, root=True):
    return Expected(key_id=key_id, root=root, used_by="1 domain key")


def _found(held, wanted, **more):
    return [(one.difference, one.key_id) for one in compare(held, wanted, current=CURRENT, **more)]


def test_a_token_and_a_store_that_agree():
    other = uuid4()
    held = [_held(), _held(other, root=False), _held(token="b", primary=False), _held(other, token="b", primary=False)]
    assert _found(held, [_wanted(), _wanted(other, root=False)], standbys=["b"]) == []
    # The newest root key is no orphan though nothing is sealed by it yet.
    assert _found([_held()], []) == []


def test_every_difference_is_told():
    lost, left = uuid4(), uuid4()
    assert _found([_held()], [_wanted(lost)]) == [(Difference.MISSING, lost.hex)]
    assert _found([_held(), _held(left)], [_wanted()]) == [(Difference.ORPHAN, left.hex)]
    # A standby that holds nothing at all is told as well.
    assert _found([_held()], [_wanted()], standbys=["b"]) == [(Difference.MISSING_STANDBY, CURRENT.hex)]


@pytest.mark.parametrize(
    "change", [{"extractable": True}, {"sensitive": False}, {"never_extractable": False}, {"local": False}]
)
def test_a_key_whose_attributes_drifted_is_told(change):
    assert _found([_held(**change)], [_wanted()]) == [(Difference.DRIFT, CURRENT.hex)]


@given(st.sets(st.uuids(), max_size=6), st.sets(st.uuids(), max_size=6))
def test_a_difference_is_told_once_and_only_where_there_is_one(held, wanted):
    found = _found([_held(one) for one in held], [_wanted(one) for one in wanted])
    assert sorted(found) == sorted(
        [
            *((Difference.MISSING, one.hex) for one in wanted - held),
            *((Difference.ORPHAN, one.hex) for one in held - wanted - {CURRENT}),
        ]
    )


class Uses:
    def __init__(self, *values, resident=()):
        self._values, self._resident = values, resident

    def sealed(self):
        return iter(self._values)

    def resident(self):
        return iter(self._resident)


class InToken:
    """A keyset whose generations say that they lie in a token."""

    def __init__(self, *held):
        self.keyset = Keyset([memory_root()])
        self._held = held

    def check(self):
        return ()

    def describe(self):
        told = self.keyset.describe()
        moved = tuple(replace(one, kind=RootKind.PKCS11) for one in told.generations)
        return replace(told, generations=moved)

    def objects(self):
        return self._held


def test_shows_generations_with_what_is_stored_under_them():
    keyset = Keyset([memory_root()])
    first = keyset.wrap(Secret(b"k"), b"c")
    keyset.create()
    second = keyset.wrap(Secret(b"k"), b"c")
    uses = Uses(("domain key", first), ("domain key", second), ("domain key", second))
    shown = RootViewer(keyset, uses).show(RoomTurn(FixedClock()), ShowRoot())
    assert [(one.number, one.uses, one.current) for one in shown.generations] == [(1, 1, False), (2, 2, True)]
    assert (shown.kind, shown.tokens, shown.certificate.standing, shown.module) == ("memory", [], "none", None)


def test_reconciles_what_the_store_uses_with_what_the_token_holds():
    root = InToken()
    value = root.keyset.wrap(Secret(b"k"), b"c")
    resident = uuid4()
    uses = Uses(("domain key", value), ("domain key", value), resident=[("version 1 of key x", resident)])
    found = RootViewer(root, uses).reconcile(RoomTurn(FixedClock()), ReconcileRoot())
    assert (found.objects, found.expected) == (0, 2)
    assert {(one.difference, one.key_id, one.text.split(",")[0]) for one in found.discrepancies} == {
        (Difference.MISSING, sealed_by(value).hex, "2 domain key needs it"),
        (Difference.MISSING, resident.hex, "version 1 of key x needs it"),
    }


def test_what_lies_in_a_file_is_not_looked_for_in_a_token():
    keyset = Keyset([memory_root()])
    uses = Uses(("domain key", keyset.wrap(Secret(b"k"), b"c")))
    assert RootViewer(keyset, uses).reconcile(RoomTurn(FixedClock()), ReconcileRoot()).discrepancies == []


@pytest.mark.parametrize("value", [b"", b"SWR\x01short", b"XXX\x01" + bytes(60)])
def test_what_no_root_sealed_is_not_taken_for_it(value):
    with pytest.raises(Corrupt):
        sealed_by(value)
