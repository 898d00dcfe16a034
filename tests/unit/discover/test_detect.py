"""What is found in a text, where exactly, and what is not."""

import json
from pathlib import Path

import pytest

from seawall.capabilities.discover.detect.find import blocks, find, normalise
from seawall.capabilities.discover.detect.mask import mask
from seawall.capabilities.discover.detect.prior import STRONG, words
from seawall.capabilities.discover.detect.registry import DETECTORS
from seawall.kernel.terms import DataClass

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "detectors.json").read_text("utf-8"))["texts"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["text"][:40])
def test_vectors(vector):
    text = normalise(vector["text"])
    found = [[m.data_class.value, text[m.start : m.end], m.valid] for m in find(text)]
    assert sorted(found) == sorted(vector["want"])


def test_every_class_of_data_has_one_detector():
    assert sorted(d.data_class for d in DETECTORS) == sorted(DataClass)


def test_every_hint_lets_through_what_its_detector_finds():
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [normalise(v["text"]) for v in VECTORS]
    for detector in DETECTORS:
        hinted = pc.match_substring_regex(pa.array(texts), detector.hint).to_pylist()
        for text, passed in zip(texts, hinted, strict=True):
            assert passed or not any(m.confidence >= 0.5 for m in detector.find(text)), (detector.data_class, text)


@pytest.mark.parametrize(
    ("value", "data_class", "masked"),
    [
        ("A123456(3)", DataClass.HKID, "A1*****(*)"),
        ("4111 1111 1111 1111", DataClass.PAN, "4*** **** **** ****"),
        ("jane@example.com", DataClass.EMAIL, "j***@*******.***"),
        ("陳大文", DataClass.NAME, "陳**"),
        ("1949-12-31", DataClass.DATE_OF_BIRTH, "****-**-**"),
        ("AKIAIOSFODNN7EXAMPLE", DataClass.SECRET, "AKIA****************"),
        ("hT7#kq92Lw", DataClass.SECRET, "***#******"),
        ("x" * 50, DataClass.ADDRESS, "x" + "*" * 39 + "…"),
    ],
)
def test_masked_examples(value, data_class, masked):
    assert mask(value, data_class) == masked


def test_column_names_are_matched_by_whole_words():
    priors = {d.data_class: d.prior for d in DETECTORS}
    assert priors[DataClass.PAN].weigh("cardNumber") == STRONG
    assert priors[DataClass.PAN].weigh("company") == 0.0
    assert priors[DataClass.EMAIL].weigh("email_verified") == 0.0
    assert priors[DataClass.HKID].weigh("香港身份證號碼") == STRONG
    assert words("HKIDNumber_2") == {"hkid", "number", "2"}


def test_long_texts_are_cut_between_lines_and_nothing_is_lost():
    text = "".join(f"line {i} HKID A123456(3)\n" for i in range(500))
    pieces = list(blocks(text, 1000))
    assert "".join(piece for _, piece in pieces) == text
    assert sum(len(find(piece)) for _, piece in pieces) == 500
    assert all(text[at : at + len(piece)] == piece for at, piece in pieces)


def test_iban_lengths_agree_with_an_independent_registry():
    import re
    from itertools import product
    from string import ascii_uppercase

    from stdnum import numdb

    from seawall.capabilities.discover.detect.iban import _LENGTHS

    registry = numdb.get("iban")
    described = {a + b: registry.info(a + b)[0][1].get("bban") for a, b in product(ascii_uppercase, repeat=2)}
    lengths = {c: 4 + sum(map(int, re.findall(r"([0-9]+)!", bban))) for c, bban in described.items() if bban}
    assert len(lengths) > 80
    assert {c: _LENGTHS.get(c) for c in lengths} == lengths


def test_resident_ids_are_judged_as_an_independent_library_does():
    from stdnum.cn import ric

    from seawall.capabilities.discover.detect.cn_resident_id import ResidentIdDetector

    detector = ResidentIdDetector()
    for tail in "0123456789X":
        number = f"11010519491231002{tail}"
        assert (detector.judge(number) is True) == ric.is_valid(number)
