"""Copies of CSV and JSON: only what is named changes, and all else stays byte for byte where it can."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters.targets.open import FileTargets
from seawall.kernel.errors import Conflict, InvalidInput, SeawallError, TooLarge


def nothing(what: str, done: int, total: int) -> None:
    del what, done, total


def starred(cells: Any, row: Callable[[int], str]) -> list[Any]:
    del row
    return [None if cell is None else f"*{cell}*" for cell in cells]


def copied(source: Path, conversions: Mapping[str, Any]) -> bytes:
    out = source.with_name("out")
    with FileTargets().open(str(source), str(out), overwrite=True) as copy:
        copy.rewrite(conversions, nothing)
        copy.publish()
    return out.read_bytes()


def fields(source: Path) -> list[str]:
    with FileTargets().open(str(source), str(source) + ".out", overwrite=False) as copy:
        return [field.name for field in copy.fields()]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("id,mail\n1,a@x\n2,\n", "id,mail\n1,*a@x*\n2,\n"),
        ("id;mail\r\n1;a@x\r\n", "id;mail\r\n1;*a@x*\r\n"),
        ("\ufeffid\tmail\n1\ta@x\n", "\ufeffid\tmail\n1\t*a@x*\n"),
        ('"id","mail"\n"1","a@x"\n', '"id","mail"\n"1","*a@x*"\n'),
        ('id,mail\n1,"two\nlines, ""quoted"""\n', 'id,mail\n1,"*two\nlines, ""quoted""*"\n'),
        ("id,mail\n1,a@x\n\n2,b@x\n", "id,mail\n1,*a@x*\n\n2,*b@x*\n"),
        ("id, mail ,電郵\n1,a@x,乙\n", "id, mail ,電郵\n1,*a@x*,乙\n"),
    ],
)
def test_csv_keeps_its_manners(tmp_path: Path, text: str, after: str) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(text.encode())
    assert fields(source)[:2] == ["id", "mail"]
    assert copied(source, {"mail": starred}).decode() == after


def test_csv_without_names_has_numbered_columns(tmp_path: Path) -> None:
    source = tmp_path / "a.tsv"
    source.write_bytes(b"1001\ta@x.example\n1002\tb@x.example\n")
    assert fields(source) == ["column 1", "column 2"]
    assert copied(source, {"column 2": starred}) == b"1001\t*a@x.example*\n1002\t*b@x.example*\n"


def test_rows_are_named_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.adapters.targets.csv_copy._BATCH", 2)
    source = tmp_path / "a.csv"
    source.write_bytes(b"name,v\na,1\nb,2\n\nc,3\n")
    names: list[str] = []

    def convert(cells: Any, row: Callable[[int], str]) -> list[Any]:
        names.extend(row(i) for i in range(len(cells)))
        return list(cells)

    assert copied(source, {"v": convert}) == source.read_bytes()
    assert names == ["row 1", "row 2", "row 4"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "targets.empty"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "targets.csv"),
        ("a.csv", b"a,b\n1\n", "targets.csv"),
        ("a.csv", b'a,b\n1,"2"x\n', "targets.csv"),
        ("a.csv", b'a,b\n1,"2\n', "targets.csv"),
        ("a.csv", b"a,b\n1,\xff\n", "targets.encoding"),
        ("a.csv", b"\xff\xfea\0,\0b\0\n\0", "targets.encoding"),
        ("a.json", b"", "targets.json"),
        ("a.json", b"7", "targets.json"),
        ("a.json", b'{"a": NaN}', "targets.json"),
        ("a.json", b'{"a": 1, "a": 2}', "targets.json"),
        ("a.json", b'{"a": ' + b"9" * 5000 + b"}", "targets.json"),
        ("a.json", b'{"a": "\xff"}', "targets.json"),
        ("a.json", b'{"a": "\\ud800"}', "targets.json"),
        ("a.json", b'{"a":' * 100_000, "targets.json"),
        ("a.json", b'{"a":' * 300 + b"1" + b"}" * 300, "targets.json"),
        ("a.ndjson", b'{"a": 1}\n{"a"\n', "targets.json"),
        ("a.ndjson", b'{"a": 1}\n7\n', "targets.json"),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        copied(source, {"a": starred})
    assert caught.value.code == code
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == [source]


def test_json_keeps_numbers_order_and_layout(tmp_path: Path) -> None:
    text = """{
    "bank": "Harbour",
    "people": [
        {
            "mail": "a@x",
            "rate": 1.10,
            "huge": 123456789012345678901234567890,
            "tiny": 1E-400,
            "tags": [
                "p",
                null,
                ""
            ]
        },
        {
            "mail": null,
            "tags": []
        }
    ]
}
"""
    source = tmp_path / "a.json"
    source.write_text(text, encoding="utf-8")
    assert fields(source) == [
        "bank",
        "people[].mail",
        "people[].rate",
        "people[].huge",
        "people[].tiny",
        "people[].tags[]",
    ]
    after = copied(source, {"people[].mail": starred, "people[].tags[]": starred}).decode()
    assert after == text.replace('"a@x"', '"*a@x*"').replace('"p"', '"*p*"')


def test_json_of_one_line_stays_one_line(tmp_path: Path) -> None:
    source = tmp_path / "a.json"
    source.write_bytes('[{"a":1,"b":"甲"},{"a":true}]'.encode())
    assert copied(source, {"[].a": starred}).decode() == '[{"a":"*1*","b":"甲"},{"a":"*True*"}]'


def test_lines_of_json_stay_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.adapters.targets.ndjson_copy._BATCH", 2)
    source = tmp_path / "a.jsonl"
    source.write_bytes(b'{"a":"x","b":{"c":1.50}}\n\n{"a":"y"}\n[{"a":"z"}]\n')
    assert fields(source) == ["a", "b.c", "[].a"]
    assert copied(source, {"a": starred}) == b'{"a":"*x*","b":{"c":1.50}}\n\n{"a":"*y*"}\n[{"a":"z"}]\n'


def test_a_document_too_large_is_told_what_to_become(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.adapters.targets.json_copy.MAX_BYTES", 10)
    source = tmp_path / "a.json"
    source.write_bytes(b'{"a": "more than ten"}')
    with pytest.raises(TooLarge, match="ndjson"):
        copied(source, {})


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.write_bytes(b"name,v\na,1\n" if name == "a.csv" else b'{"v":1}\n')

    def convert(cells: Any, row: Any) -> list[Any]:
        del row
        source.write_bytes(source.read_bytes() * 2)
        return list(cells)

    with pytest.raises(Conflict) as caught:
        copied(source, {"v": convert})
    assert caught.value.code == "targets.changed"
    assert list(tmp_path.iterdir()) == [source]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(json_values) | st.dictionaries(st.text(max_size=4), json_values))
def test_json_that_is_not_converted_is_the_same(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    source = tmp_path_factory.mktemp("json") / "a.json"
    source.write_text(json.dumps(tree), encoding="utf-8")
    assert json.loads(copied(source, {})) == tree


@settings(max_examples=100)
@given(st.sampled_from([".csv", ".json", ".ndjson"]), st.binary(max_size=80) | st.text('{}[]",:\n1a', max_size=40))
def test_whatever_a_file_holds_the_error_is_ours(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: bytes | str
) -> None:
    source = tmp_path_factory.mktemp("any") / f"a{suffix}"
    source.write_bytes(data.encode() if isinstance(data, str) else data)
    try:
        copied(source, dict.fromkeys(fields(source), starred))
    except SeawallError as error:
        assert error.code.startswith("targets.")  # noqa: PT017 - either outcome is right
        assert list(source.parent.iterdir()) == [source]
