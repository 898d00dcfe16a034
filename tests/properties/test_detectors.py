"""Algebra of the detectors: check digits, masks, and matches that lie where they say."""

import io
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seawall.capabilities.discover.commands import ItemStatus
from seawall.capabilities.discover.detect.cn_resident_id import check_character
from seawall.capabilities.discover.detect.find import find, normalise
from seawall.capabilities.discover.detect.iban import check_passes
from seawall.capabilities.discover.detect.mask import mask
from seawall.capabilities.discover.detect.pan import PanDetector
from seawall.capabilities.discover.detect.registry import DETECTORS
from seawall.capabilities.discover.detect.skim import skim
from seawall.capabilities.discover.inspect import inspect
from seawall.kernel.identifiers.hkid import check_digit
from seawall.kernel.identifiers.luhn import luhn_check_digit
from seawall.kernel.terms import DataClass

digits = st.text("0123456789", min_size=1, max_size=1)
prefixes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=2)
bodies = st.text("0123456789", min_size=6, max_size=6)
# Texts in which something is likely to be found: pieces of values, words and separators in any order.
_PIECES = """
A123456(3) A1234563 HKID 身份證 4111111111111111 4111 1111 card 9123 4567 +852 Tel x@example.com @ Mr CHAN Tai Man
陳大文先生 Flat A 12/F Block 3 88 Heron Street Wan Chai 九龍觀塘燈籠道12號15樓 DOB 31/12/1949 588-113-074216 account
address: order GB82WEST12345698765432 password= AKIAIOSFODNN7EXAMPLE Name: ( ) , . : - /
"""
pieces = st.sampled_from([*_PIECES.split(), "\n", "\n\n"])
texts = st.one_of(st.text(max_size=200), st.lists(st.one_of(pieces, st.text(max_size=6)), max_size=25).map(" ".join))


@given(prefixes, bodies)
def test_every_right_identity_card_is_found_and_every_wrong_one_told(prefix, body):
    right = check_digit(prefix, body)
    for check in "0123456789A":
        (match,) = [m for m in find(f"HKID {prefix}{body}({check}).") if m.data_class is DataClass.HKID]
        assert match.valid == (check == right)


@given(prefixes, bodies, st.integers(0, 5), digits)
def test_one_wrong_digit_of_an_identity_card_never_passes(prefix, body, at, digit):
    wrong = body[:at] + digit + body[at + 1 :]
    assert (check_digit(prefix, body) == check_digit(prefix, wrong)) == (wrong == body)


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(1, 9))
def test_cards_are_judged_by_luhn(body, off):
    number = "4" + body
    right = luhn_check_digit(number)
    detector = PanDetector()
    assert detector.judge(f"{number}{right}") is True
    assert detector.judge(f"{number}{(right + off) % 10}") is False


@given(st.lists(st.text("0123456789 -4", min_size=0, max_size=24), max_size=30))
def test_cards_judged_at_once_are_judged_alike(values):
    detector = PanDetector()
    verdicts = detector.judge_all(values)
    one_by_one = [detector.judge(value) for value in values]
    assert verdicts.written.tolist() == [v is not None for v in one_by_one]
    assert verdicts.valid.tolist() == [v is True for v in one_by_one]


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), digits)
def test_one_wrong_digit_of_a_resident_id_never_passes(body, at, digit):
    wrong = body[:at] + digit + body[at + 1 :]
    assert (check_character(body) == check_character(wrong)) == (wrong == body)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=11, max_size=30))
def test_an_iban_has_check_digits_that_pass_and_others_that_do_not(body):
    remainder = int("".join(str(int(c, 36)) for c in f"{body}GB00")) % 97
    right = 98 - remainder
    assert check_passes(f"GB{right:02d}{body}")
    assert not check_passes(f"GB{right - 1 if right > 2 else right + 1:02d}{body}")


@given(texts)
def test_matches_lie_inside_do_not_overlap_and_are_the_same_when_skimmed(text):
    normal = normalise(text)
    assert len(normal) == len(text)
    matches = find(normal)
    assert all(0 <= m.start < m.end <= len(text) and m.confidence >= 0.5 for m in matches)
    assert all(a.end <= b.start for a, b in pairwise(matches))
    skimmed = [(at + m.start, at + m.end, m.data_class, m.valid) for at, _, m in skim(normal)]
    assert skimmed == [(m.start, m.end, m.data_class, m.valid) for m in matches]


@given(st.text(min_size=1, max_size=60), st.sampled_from(list(DataClass)))
def test_a_mask_shows_at_most_the_first_few_letters(value, data_class):
    masked = mask(value, data_class)
    kept = [c for c in masked if c.isalnum()]
    assert len(kept) <= (4 if data_class is DataClass.SECRET else 2)
    assert kept == [c for c in value if c.isalnum()][: len(kept)]
    assert len(masked) <= 41


@given(st.text(max_size=40))
def test_a_detector_judges_any_cell_one_way(value):
    for detector in DETECTORS:
        verdicts = detector.judge_all([value, value])
        assert verdicts.written[0] == verdicts.written[1]
        assert not (verdicts.valid & ~verdicts.written).any()


EXTENSIONS = ("txt", "csv", "json", "xml", "html", "eml", "pdf", "docx", "xlsx", "zip", "gz", "tar", "parquet")


@given(st.binary(max_size=300), st.sampled_from(EXTENSIONS))
def test_any_bytes_under_any_name_are_read_or_told(data, extension):
    items = inspect(f"a.{extension}", io.BytesIO(data))
    assert all(i.findings or (i.status is ItemStatus.UNSCANNABLE and i.code and i.reason) for i in items)
