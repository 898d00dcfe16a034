"""Shares as custodians hold them: typed, checked against their set, proven without being shown."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.crypto import share_text
from seawall.crypto.shares import Share, SharePurpose, ShareSet, check_possession, check_share, make_set, open_set
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, SeawallError
from seawall.kernel.secret import Secret

SECRET = bytes(range(32))
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def make(purpose=SharePurpose.UNSEAL, name="node", threshold=2, count=3):
    people = [(f"custodian-{number}", f"{number:02}" * 32) for number in range(1, count + 1)]
    return make_set(
        Secret(SECRET),
        purpose=purpose,
        name=name,
        threshold=threshold,
        custodians=people,
        created_ms=1_767_830_400_000,
        entropy=os.urandom,
    )


@given(data=st.binary(min_size=1, max_size=128))
def test_what_is_written_is_read(data):
    text = share_text.write(data)
    assert share_text.read(text) == data
    assert share_text.read(text.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == data


@given(data=st.binary(min_size=1, max_size=64), chance=st.randoms(use_true_random=False))
def test_one_wrong_letter_is_named_with_its_place(data, chance):
    groups = share_text.write(data).split("-")
    group, place = chance.randrange(len(groups)), chance.randrange(8)
    wrong = chance.choice([letter for letter in LETTERS if letter != groups[group][place]])
    groups[group] = groups[group][:place] + wrong + groups[group][place + 1 :]
    with pytest.raises(InvalidInput, match=rf"group {group + 1} is wrong, most likely letter {place + 1} of it"):
        share_text.read("-".join(groups))


@given(data=st.binary(min_size=8, max_size=64), chance=st.randoms(use_true_random=False))
def test_groups_in_another_order_or_missing_are_refused(data, chance):
    groups = share_text.write(data).split("-")
    one, other = chance.sample(range(len(groups)), 2)
    swapped = list(groups)
    swapped[one], swapped[other] = groups[other], groups[one]
    for wrong in (swapped, groups[:-1], [*groups, groups[0]]):
        if wrong != groups:
            with pytest.raises(InvalidInput):
                share_text.read("-".join(wrong))


@given(st.text(max_size=250))
def test_whatever_is_typed_is_read_or_refused(text):
    with pytest.raises(InvalidInput):
        Share.parse(Secret(text.encode("utf-8", "surrogatepass")))


def test_a_share_is_typed_and_found_again():
    record, shares = make()
    for share in shares:
        typed = Share.parse(share.text())
        assert check_share(record, typed).custodian == f"custodian-{share.index}"
        assert typed.value.matches(share.value)
        assert share.value.expose().hex() not in repr(share)


def test_any_two_of_three_open_the_set_and_one_does_not():
    record, shares = make()
    for pair in (shares[:2], shares[1:], [shares[2], shares[0]], shares):
        assert open_set(record, pair).expose() == SECRET
    with pytest.raises(Conflict, match="takes 2") as caught:
        open_set(record, shares[:1])
    assert caught.value.code == "share.too_few"
    assert "custodian-2, custodian-3" in (caught.value.remedy or "")
    with pytest.raises(Conflict, match="given twice"):
        open_set(record, [shares[0], shares[0]])


def test_shares_of_another_ceremony_or_purpose_are_refused_by_name():
    record, shares = make()
    other, strangers = make()
    with pytest.raises(InvalidInput, match=f"share 2 is of set {other.id}, and one of set {record.id}") as caught:
        open_set(record, [shares[0], strangers[1]])
    assert caught.value.code == "share.other_set"
    _, recovery = make(SharePurpose.RECOVERY)
    with pytest.raises(InvalidInput, match="share 1 is for recovery, and a share for unseal") as caught:
        open_set(record, recovery)
    assert caught.value.code == "share.other_purpose"


def test_a_wrong_share_is_told_by_its_commitment():
    record, shares = make()
    wrong = Share(purpose=record.purpose, set_id=record.id, threshold=2, index=1, value=Secret(b"\1" + bytes(31)))
    with pytest.raises(Corrupt, match="share 1, of custodian-1, is not the one"):
        open_set(record, [wrong, shares[1]])


def test_possession_is_proven_without_the_share():
    record, shares = make()
    challenge = os.urandom(32)
    answer = shares[1].answer(challenge)
    assert check_possession(record, 2, challenge, answer).custodian == "custodian-2"
    for index, asked in ((1, challenge), (2, os.urandom(32))):
        with pytest.raises(Corrupt, match="does not prove"):
            check_possession(record, index, asked, answer)
    assert shares[1].value.expose() not in answer


def test_a_record_is_read_in_one_way_alone():
    record, _ = make()
    assert ShareSet.parse(record.encode()) == record
    for wrong in (record.encode().replace(b'"threshold":2', b'"threshold":9'), record.encode() + b" ", b"{}", b"\xff"):
        with pytest.raises(InvalidInput):
            ShareSet.parse(wrong)


def test_a_refusal_shows_nothing_of_a_share():
    _, shares = make()
    text = shares[0].text().expose().decode()
    for at in range(0, len(text), 7):
        if text[at] == "-":
            continue
        wrong = text[:at] + ("2" if text[at] != "2" else "3") + text[at + 1 :]
        with pytest.raises(SeawallError) as caught:
            Share.parse(Secret(wrong.encode()))
        assert not any(group in str(caught.value) for group in text.split("-"))
