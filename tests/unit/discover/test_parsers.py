"""Every format is read; what cannot be read says so; a bomb is put out."""

import gzip
import io
import json
import tarfile
import zipfile
from collections import Counter
from email.message import EmailMessage

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from seawall.capabilities.discover.commands import ItemStatus
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.inspect import inspect
from seawall.capabilities.discover.parsers.parts import MIB, Limits, Rows, Text, Unread
from seawall.capabilities.discover.parsers.registry import parse_bytes
from seawall.kernel.terms import DataClass

HKID = "A123456(3)"


def classes(path, data, limits=None):
    counts = Counter()
    for item in inspect(path, io.BytesIO(data), limits):
        counts.update({f.data_class: f.count for f in item.findings})
    return dict(counts)


def why(path, data, limits=None):
    return [i.code for i in inspect(path, io.BytesIO(data), limits) if i.status is ItemStatus.UNSCANNABLE]


def zipped(files, *, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(document, **more):
    return zipped({"word/document.xml": document, **more})


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "big5hkscs", "gb18030"]
)
def test_texts_in_many_encodings(encoding):
    text = f"閣下的香港身份證號碼為{HKID}，請致電 9123 4567 與本行聯絡。\n多謝選用本行服務。\n" * 3
    assert classes("a.txt", text.encode(encoding)) == {DataClass.HKID: 3, DataClass.PHONE: 3}


def test_western_text_is_not_taken_for_chinese():
    text = "Müller & Söhne, Straße 5, café, naïve, résumé"
    (part,) = parse_bytes("a.txt", text.encode("cp1252"))
    assert isinstance(part, Text)
    assert part.text == text


def test_a_csv_with_and_without_a_header():
    rows = "\r\n".join(f"{i};A123456(3);x" for i in range(5))
    (part,) = parse_bytes("a.csv", f"no;id card;note\r\n{rows}\r\n".encode())
    assert isinstance(part, Rows)
    assert list(part.columns) == ["no", "id card", "note"]
    (bare,) = parse_bytes("a.csv", rows.encode())
    assert isinstance(bare, Rows)
    assert list(bare.columns) == ["column 1", "column 2", "column 3"]
    assert bare.values[1].to_pylist() == [HKID] * 5


def test_ragged_quoted_and_null_ridden_rows():
    data = b'a,b\n1,"two\nlines, one cell"\n3\n4,5,6\n7,\x008\n'
    (part,) = parse_bytes("a.csv", data)
    assert isinstance(part, Rows)
    assert [c.to_pylist() for c in part.values][:2] == [["1", "3", "4", "7"], ["two\nlines, one cell", None, "5", " 8"]]
    assert part.values[2].to_pylist()[2] == "6"


def test_json_paths_are_columns():
    data = json.dumps({"people": [{"id": HKID, "tags": ["a", {"mail": "x@example.com"}], "ok": True}] * 3}).encode()
    parts = {p.columns[0]: p.values[0].to_pylist() for p in parse_bytes("a.json", data)}
    assert parts["people[].id"] == [HKID] * 3
    assert parts["people[].tags[].mail"] == ["x@example.com"] * 3
    lines = b"\n".join(json.dumps({"id": HKID}).encode() for _ in range(4))
    assert classes("a.ndjson", lines) == {DataClass.HKID: 4}
    assert classes("a.json", b'{"broken": "HKID A123456(3)"') == {DataClass.HKID: 1}


def test_json_nested_without_end_is_unscannable():
    assert why("a.json", b"[" * 100_000 + b"]" * 100_000) == ["parse.nesting"]


def test_xml_and_html():
    xml = f'<a xmlns="urn:x"><p id="7">{HKID}</p><p>b<!-- c --><q m="x@example.com"/>tail</p></a>'.encode()
    assert classes("a.xml", xml) == {DataClass.HKID: 1, DataClass.EMAIL: 1}
    page = f'<html><body><td>{HKID}</td><input value="y@example.com"><script>var t="z@example.com"</script>'
    assert classes("a.html", page.encode()) == {DataClass.HKID: 1, DataClass.EMAIL: 2}


def test_xml_bombs_and_broken_xml_are_unscannable():
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    laughs = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e11;</a>'
    assert why("a.xml", laughs.encode()) in (["parse.xml"], ["parse.no_text"])
    assert why("a.xml", b"<a><b></a>") == ["parse.xml"]


def test_external_entities_are_not_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(HKID)
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a><b>&x;</b>text</a>'.encode()
    assert DataClass.HKID not in classes("a.xml", data)


def test_messages_with_parts_headers_and_attachments():
    message = EmailMessage()
    message["From"] = "陳大文 <tai@example.com>"
    message["Subject"] = f"身份證 {HKID}"
    message.set_content("Call 9123 4567", cte="base64")
    message.add_alternative("<p>mail <b>b@example.com</b></p>", subtype="html")
    message.add_attachment(b"id card\nA123456(3)\n", maintype="text", subtype="csv", filename="名單.csv")
    inner = EmailMessage()
    inner.set_content("inner c@example.com")
    message.add_attachment(inner)
    items = inspect("m.eml", io.BytesIO(bytes(message)))
    found = {f.data_class: f.count for i in items for f in i.findings if i.path == "m.eml"}
    assert found == {DataClass.NAME: 1, DataClass.EMAIL: 3, DataClass.HKID: 1, DataClass.PHONE: 1}
    assert [f.data_class for i in items if i.path == "m.eml!/名單.csv" for f in i.findings] == [DataClass.HKID]


def test_word_documents_across_runs_headers_notes_and_embedded_files():
    runs = f"<w:document {W}><w:p><w:r><w:t>A1234</w:t></w:r><w:r><w:t>56(3)</w:t></w:r></w:p></w:document>"
    header = f"<w:hdr {W}><w:p><w:r><w:t>h@example.com</w:t></w:r></w:p></w:hdr>"
    data = docx(runs, **{"word/header1.xml": header, "word/embeddings/list.csv": "mail\nq@example.com\n"})
    assert classes("a.docx", data) == {DataClass.HKID: 1, DataClass.EMAIL: 2}
    assert classes("renamed.bin", data)[DataClass.HKID] == 1


def workbook(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Kunden")
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    return out.getvalue()


def test_workbooks():
    (part,) = parse_bytes("a.xlsx", workbook([["no", "id card"], [4111111111111111, HKID], [2.5, ""]]))
    assert isinstance(part, Rows)
    assert (part.table, list(part.columns)) == ("Kunden", ["no", "id card"])
    assert part.values[0].to_pylist() == ["4111111111111111", "2.5"]


def pdf(lines, **options):
    out = io.BytesIO()
    canvas = Canvas(out, **options)
    for page in lines:
        for i, line in enumerate(page):
            canvas.drawString(50, 700 - 20 * i, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_pdfs():
    items = inspect("a.pdf", io.BytesIO(pdf([["HKID A123456(3)"], ["more"]])))
    assert [(f.data_class, f.where) for i in items for f in i.findings] == [(DataClass.HKID, "page 1")]
    assert why("a.pdf", pdf([[], []])) == ["parse.no_text"]
    half = inspect("a.pdf", io.BytesIO(pdf([["HKID A123456(3)"], []])))
    assert {i.status for i in half} == {ItemStatus.FOUND, ItemStatus.UNSCANNABLE}
    locked = StandardEncryption("user", ownerPassword="owner", strength=128)
    assert why("a.pdf", pdf([["HKID A123456(3)"]], encrypt=locked)) == ["parse.encrypted"]
    assert why("a.pdf", pdf([["x"]])[:200]) == ["parse.pdf"]


def test_parquet():
    table = pa.table(
        {
            "id card": [HKID] * 3,
            "who": [{"mail": "x@example.com", "n": 1}] * 3,
            "tags": pa.array([["y@example.com"], [], None]),
            "raw": pa.array([b"z@example.com", b"\xff", None]),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    assert classes("a.parquet", out.getvalue()) == {DataClass.HKID: 3, DataClass.EMAIL: 5}
    assert why("a.parquet", out.getvalue()[:-10]) == ["parse.parquet"]


def test_archives_in_archives():
    inner = zipped({"b/list.txt": f"HKID {HKID}"})
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        member = tarfile.TarInfo("deep.zip")
        member.size = len(inner)
        archive.addfile(member, io.BytesIO(inner))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    items = inspect("all.tgz", io.BytesIO(tar.getvalue()))
    assert [(i.path, i.findings[0].data_class) for i in items] == [
        ("all.tgz!/all.tar!/deep.zip!/b/list.txt", DataClass.HKID)
    ]


def test_one_bad_entry_does_not_hide_the_others():
    data = zipped({"bad.pdf": b"%PDF-1.4 nothing", "empty.txt": b"", "good.txt": f"HKID {HKID}"})
    items = inspect("a.zip", io.BytesIO(data))
    assert {(i.path, i.status) for i in items} == {
        ("a.zip!/bad.pdf", ItemStatus.UNSCANNABLE),
        ("a.zip!/good.txt", ItemStatus.FOUND),
    }


def test_decompression_bombs_are_put_out():
    zeros = b"\0" * (8 * MIB)
    bomb = f"<w:document {W}><w:p><w:r><w:t>{'a' * 8 * MIB}</w:t></w:r></w:p></w:document>"
    assert why("a.docx", docx(bomb)) == ["parse.ratio"]
    book = workbook([["a"]])
    with zipfile.ZipFile(buffer := io.BytesIO(book), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", zeros)
    assert why("a.xlsx", buffer.getvalue()) == ["parse.ratio"]
    assert why("a.zip", zipped({"x": zeros})) == ["parse.ratio"]
    assert why("a.gz", gzip.compress(zeros)) == ["parse.ratio"]
    small = Limits(total=MIB, ratio_from=64 * MIB)
    assert why("a.zip", zipped({"x": zeros}), small) == ["parse.total"]


def test_a_size_that_the_archive_lies_about_is_not_believed():
    data = bytearray(zipped({"x.txt": b"\0" * (8 * MIB)}))
    size = (8 * MIB).to_bytes(4, "little")
    assert data.count(size) == 2
    assert why("a.zip", bytes(data.replace(size, (1000).to_bytes(4, "little")))) in (["parse.zip"], ["parse.ratio"])


def test_archives_with_too_many_entries_or_too_deep():
    many = zipped({f"{i}": b"" for i in range(20)})
    assert why("a.zip", many, Limits(entries=10)) == ["parse.entries"]
    data = f"HKID {HKID}".encode()
    for depth in range(8):
        data = zipped({f"{depth}.zip" if depth else "x.txt": data})
    assert why("a.zip", data) == ["parse.depth"]


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "parse.binary"),
        ("a.exe", b"MZ" + bytes(range(256)) * 4, "parse.binary"),
        ("a.docx", b"this is text", "parse.broken"),
        ("a.pdf", b"plain text", "parse.broken"),
        ("a.zip", b"PK\x03\x04 no archive", "parse.zip"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "parse.workbook"),
        ("a.db", b"SQLite format 3\0" + bytes(100), "parse.database"),
        ("a.gz", b"\x1f\x8b\x08 broken", "parse.gzip"),
        ("a.html", b"<!-- -->   ", "parse.no_text"),
    ],
)
def test_what_cannot_be_read_is_never_clean(path, data, code):
    assert why(path, data) == [code]


def test_an_empty_file_is_clean():
    assert inspect("a.txt", io.BytesIO(b"")) == []


def test_an_encrypted_zip_entry_is_unscannable():
    data = bytearray(zipped({"x.txt": b"secret"}))
    data[6] |= 1  # the flag in the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    assert why("a.zip", bytes(data)) == ["parse.encrypted"]


def test_a_file_over_the_limit_for_its_kind_is_unscannable():
    assert why("a.json", b"[1]" + b" " * 2000, Limits(whole=1000)) == ["parse.too_large"]
    with pytest.raises(Unscannable):
        list(parse_bytes("a.pdf", pdf([["x"]]), Limits(whole=100)))


def test_long_texts_come_in_pieces_with_their_line_numbers():
    line = "nothing here at all\n"
    text = line * 120_000 + f"HKID {HKID}\n"
    items = inspect("a.log", io.BytesIO(text.encode()))
    assert items[0].findings[0].where == "line 120001"
    assert not [p for p in parse_bytes("a.log", text.encode()) if isinstance(p, Unread)]
