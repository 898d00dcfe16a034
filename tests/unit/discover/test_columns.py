"""Columns are judged against chance and by their names."""

from random import Random

import pyarrow as pa
import pytest

from seawall.capabilities.discover.columns.classify import by_chance, classify, unseen_bound
from seawall.capabilities.discover.columns.tally import ColumnTally
from seawall.capabilities.discover.commands import Form, ItemStatus
from seawall.kernel.identifiers.hkid import check_digit
from seawall.kernel.identifiers.luhn import luhn_check_digit
from seawall.kernel.terms import DataClass, Sensitivity


def judge(name, values, *, rows=None, batch=1000):
    tally = ColumnTally(name)
    for at in range(0, len(values), batch):
        tally.add(pa.array(values[at : at + batch], pa.string()))
    return classify(tally, rows=rows or len(values))


def hkids(rng, count, *, bad=0.0, bare=False):
    for _ in range(count):
        prefix, body = rng.choice("ABCKZ"), f"{rng.randrange(10**6):06d}"
        check = check_digit(prefix, body)
        if rng.random() < bad:
            check = "0" if check != "0" else "1"
        yield f"{prefix}{body}{check}" if bare else f"{prefix}{body}({check})"


def pans(rng, count):
    for _ in range(count):
        body = f"4{rng.randrange(10**14):014d}"
        yield f"{body}{luhn_check_digit(body)}"


def test_a_column_without_a_telling_name_is_found_by_its_check_digits():
    item = judge("c7", list(hkids(Random(1), 500, bare=True)))
    assert item.data_class is DataClass.HKID
    assert item.sensitivity is Sensitivity.RESTRICTED
    assert (item.findings[0].form, item.findings[0].count, item.findings[0].invalid) == (Form.CELL, 500, 0)


def test_wrong_check_digits_are_counted_and_nonsense_is_told_apart():
    values = [*hkids(Random(2), 200, bad=0.1), "TO FOLLOW", "PASSPORT", None, ""]
    item = judge("id_card_no", values)
    finding = item.findings[0]
    assert item.data_class is DataClass.HKID
    assert finding.valid + finding.invalid == 200
    assert 5 < finding.invalid < 40
    assert (item.other, item.nulls) == (2, 2)


@pytest.mark.parametrize("name", ["item", "ref", "hkid"])
def test_meaningless_numbers_are_no_identity_cards_whatever_the_column_is_called(name):
    rng = Random(3)
    values = [f"{rng.choice('ABCK')}{rng.randrange(10**7):07d}" for _ in range(3000)]
    item = judge(name, values)
    assert item.data_class is None
    assert not [f for f in item.findings if f.data_class is DataClass.HKID]


def test_order_numbers_that_look_like_cards_are_left_alone():
    rng = Random(4)
    values = [f"4{rng.randrange(10**15):015d}" for _ in range(3000)]
    assert judge("order_no", values).status is ItemStatus.CLEAN


def test_cards_are_found_in_a_column_of_whole_numbers():
    item = judge("x", list(pans(Random(5), 300)))
    assert item.data_class is DataClass.PAN


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("updated_ms", [str(1_736_300_000_000 + i * 997) for i in range(500)]),
        ("opened_on", [f"20{i % 25:02d}-03-{i % 28 + 1:02d}" for i in range(500)]),
        ("customer_no", [str(20_000_000 + i * 13) for i in range(500)]),
        ("version", [f"{i % 9}.{i % 40}.{i % 7}.1" for i in range(500)]),
        ("email_verified", ["0", "1"] * 200),
        ("academic_year_code", [str(1000 + i) for i in range(500)]),
        ("status", ["active", "lost"] * 100),
        ("結果", ["成功", "安全", "方案", "高級"] * 100),
    ],
)
def test_harmless_columns_are_clean(name, values):
    item = judge(name, values)
    assert (item.status, item.findings, item.bound) == (ItemStatus.CLEAN, (), 0.0)


def test_the_name_decides_what_a_date_or_a_bare_number_is():
    dates = [f"19{50 + i % 50}-03-{i % 28 + 1:02d}" for i in range(300)]
    assert judge("date_of_birth", dates).data_class is DataClass.DATE_OF_BIRTH
    numbers = [str(91_000_000 + i * 37) for i in range(300)]
    assert judge("mobile", numbers).data_class is DataClass.PHONE
    assert judge("quantity", numbers).data_class is None


def test_values_inside_free_text_are_counted_where_they_stand():
    memos = ["rent"] * 900 + [f"refund to card {number}" for number in pans(Random(6), 5)]
    item = judge("memo", [*memos, "A123456(3)"])
    assert item.data_class is None
    assert {(f.data_class, f.form, f.count) for f in item.findings} == {
        (DataClass.PAN, Form.TEXT, 5),
        (DataClass.HKID, Form.TEXT, 1),
    }


def test_a_minority_of_other_identifiers_is_not_hidden_by_the_majority():
    values = [*hkids(Random(7), 300), *pans(Random(7), 150)]
    item = judge("document_no", values)
    counts = {f.data_class: f.count for f in item.findings}
    assert item.data_class is DataClass.HKID
    assert counts == {DataClass.HKID: 300, DataClass.PAN: 150}


def test_batches_of_any_size_count_the_same():
    values = [*hkids(Random(8), 400, bad=0.2), *["call 9123 4567"] * 30, None]
    sizes = [judge("hkid", values, batch=size) for size in (431, 7, 100)]
    assert {(i.nulls, i.data_class) for i in sizes} == {(1, DataClass.HKID)}
    assert len({tuple((f.data_class, f.count, f.valid) for f in i.findings) for i in sizes}) == 1


def test_chance_is_bounded_from_above():
    # Exact binomial tails, computed by summing the mass function.
    from math import comb

    for tried, passed, chance in ((10, 5, 0.1), (50, 12, 1 / 11), (200, 60, 0.1)):
        exact = sum(comb(tried, k) * chance**k * (1 - chance) ** (tried - k) for k in range(passed, tried + 1))
        assert exact <= by_chance(passed, tried, chance) <= 30 * exact
    assert by_chance(0, 0, 0.1) == by_chance(1, 100, 0.1) == 1.0


def test_a_sample_states_what_it_may_have_missed():
    assert unseen_bound(500, 500) == 0.0
    assert unseen_bound(3000, 10**6) == pytest.approx(0.001, rel=0.01)
    assert unseen_bound(0, 10) == 1.0
    item = judge("status", ["ok"] * 300, rows=10**6)
    assert item.status is ItemStatus.CLEAN
    assert item.sampled == 300
    assert item.bound == pytest.approx(1 - 0.05 ** (1 / 300))
