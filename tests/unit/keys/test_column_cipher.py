"""A key opened for a column: access asked, purposes kept apart, and stopped at the next batch."""

import numpy as np
import pytest

from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    DeactivateKey,
    DestroyKey,
    RotateKey,
    SuspendKey,
)
from seawall.capabilities.keys.model import Purpose, Usage
from seawall.crypto.envelope import parse
from seawall.kernel.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound
from support.keyroom import KeyRoom


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="d", waiting_days=0, trial=True))
    room.do(CreateKey(domain="d", name="values"))
    room.do(CreateKey(domain="d", name="tokens", purpose=Purpose.TOKENISE))
    return room


def _open(room, key, version=None, action="data.encrypt"):
    return room.keys.open_column(room.turn(), "d", key, version, action)


def test_values_come_back_under_their_context(room):
    values = [b"", b"a", b"b" * 100]
    with _open(room, "values") as column:
        sealed = column.seal_many(values, b"customers.email")
        assert (column.version, column.purpose) == (1, Purpose.ENCRYPT)
        assert {parse(one).key_id for one in sealed} == {column.key_id}
    with _open(room, "values", action="data.reveal") as column:
        assert column.open_many(sealed, b"customers.email") == values
        with pytest.raises(Corrupt):
            column.open_many(sealed, b"customers.name")


def test_values_of_several_versions_are_opened_together(room):
    sealed = []
    for n in range(4):
        with _open(room, "values") as column:
            sealed += column.seal_many([b"%d" % n], b"c")
        room.do(RotateKey(domain="d", key="values"))
    with _open(room, "values", action="data.reveal") as column:
        assert column.open_many(sealed, b"c") == [b"0", b"1", b"2", b"3"]
        assert [parse(one).version for one in sealed] == [1, 2, 3, 4]


def test_another_keys_value_is_refused(room):
    room.do(CreateKey(domain="d", name="other"))
    with _open(room, "other") as column:
        sealed = column.seal_many([b"x"], b"c")
    with _open(room, "values", action="data.reveal") as column, pytest.raises(InvalidInput) as caught:
        column.open_many(sealed, b"c")
    assert caught.value.code == "envelope.other_key"


def test_access_is_asked_for_the_key(room):
    turn = room.turn(deny=frozenset({"data.reveal"}))
    with pytest.raises(Denied):
        room.keys.open_column(turn, "d", "tokens", None, "data.reveal")
    assert turn.checked == [("data.reveal", "d/tokens")]
    room.keys.open_column(turn, "d", "tokens", None, "data.tokenise")


def test_tokens_keep_their_version(room):
    numerals = np.array([[4, 1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0, 1]], dtype=np.uint8)
    with _open(room, "tokens", action="data.tokenise") as column:
        first = column.digits().encrypt_digits(numerals, b"t")
        ranks = column.ranked(26**2 * 10**6).encrypt_ranks([1, 2, 3], b"t")
        word = column.scalar_ff1(26).encrypt([1] * 8, b"t")
    room.do(RotateKey(domain="d", key="tokens"))
    with _open(room, "tokens", action="data.tokenise") as column:
        assert column.version == 2
        assert not np.array_equal(column.digits().encrypt_digits(numerals, b"t"), first)
    with _open(room, "tokens", 1, "data.reveal") as column:
        assert column.version == 1
        assert np.array_equal(column.digits().decrypt_digits(first, b"t"), numerals)
        assert list(column.ranked(26**2 * 10**6).decrypt_ranks(ranks, b"t")) == [1, 2, 3]
        assert column.scalar_ff1(26).decrypt(word, b"t") == [1] * 8
    # A column that is not re-tokenised yet goes on with the version that it records.
    with _open(room, "tokens", 1, "data.tokenise") as column:
        assert np.array_equal(column.digits().encrypt_digits(numerals, b"t"), first)


def test_purposes_are_not_mixed(room):
    with _open(room, "tokens", action="data.tokenise") as tokens, _open(room, "values") as values:
        for act in (
            lambda: tokens.seal_many([b"x"], b"c"),
            lambda: tokens.open_many([], b"c"),
            values.digits,
            lambda: values.ranked(10**7),
            lambda: values.scalar_ff1(10),
        ):
            with pytest.raises(InvalidInput) as caught:
                act()
            assert caught.value.code == "keys.purpose"


@pytest.mark.parametrize("act", [SuspendKey, DestroyKey], ids=lambda act: act.__name__)
def test_a_block_stops_the_work_at_the_next_batch(room, act):
    with _open(room, "tokens", action="data.tokenise") as tokens, _open(room, "values") as values:
        tokens.digits()
        sealed = values.seal_many([b"x"], b"c")
        for key in ("tokens", "values"):
            room.do(act(domain="d", key=key))
        for batch in (tokens.digits, lambda: values.seal_many([b"x"], b"c"), lambda: values.open_many(sealed, b"c")):
            with pytest.raises(Conflict):
                batch()


def test_a_deactivated_key_reveals_and_tokenises_nothing_new(room):
    room.do(DeactivateKey(domain="d", key="tokens"))
    with _open(room, "tokens", action="data.reveal") as column:
        column.digits()
    with pytest.raises(Conflict) as caught:
        _open(room, "tokens", action="data.tokenise")
    assert caught.value.code == "keys.deactivated"


def test_an_old_version_encrypts_nothing_new(room):
    room.do(RotateKey(domain="d", key="values"))
    with pytest.raises(Conflict) as caught:
        _open(room, "values", 1)
    assert caught.value.code == "keys.version_retired"


@pytest.mark.parametrize("version", [0, 2, -1, 2**31])
def test_an_unknown_version_is_named(room, version):
    with pytest.raises(NotFound) as caught:
        _open(room, "tokens", version, "data.reveal")
    assert caught.value.code == "keys.version_unknown"


@pytest.mark.parametrize(
    ("name", "purpose", "usage", "forbidden", "use"),
    [
        ("t1", Purpose.TOKENISE, Usage.FPE_ENCRYPT, "data.reveal", lambda column: column.digits()),
        ("t2", Purpose.TOKENISE, Usage.FPE_ENCRYPT, "data.reveal", lambda column: column.scalar_ff1(10)),
        ("t3", Purpose.TOKENISE, Usage.FPE_DECRYPT, "data.tokenise", lambda column: column.ranked(10**6)),
        ("v1", Purpose.ENCRYPT, Usage.ENCRYPT, "data.decrypt", lambda column: column.open_many([], b"c")),
        ("v2", Purpose.ENCRYPT, Usage.DECRYPT, "data.encrypt", lambda column: column.seal_many([b"x"], b"c")),
    ],
)
def test_a_mask_binds_columns_too(room, name, purpose, usage, forbidden, use):  # noqa: PLR0917 - parameters
    room.do(CreateKey(domain="d", name=name, purpose=purpose, usage=[usage]))
    with pytest.raises(InvalidInput) as caught, _open(room, name, action=forbidden) as column:
        use(column)
    assert caught.value.code == "keys.usage"
