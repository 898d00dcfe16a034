"""The sample is what it says: real files, the same bytes for the same seed, and a truth that can be recounted."""

import hashlib
import io
import re
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.identifiers.hkid import is_valid, parse
from seawall.kernel.identifiers.luhn import luhn_valid
from seawall.kernel.terms import DataClass
from seawall.samples.generate import generate
from seawall.samples.truth import Manifest, load
from support.harbour import harbour

__all__ = ["harbour"]


def _digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(tmp_path / name, seed=seed, customers=120, payments=200)
    a, b, c = (_digests(tmp_path / name) for name in "abc")
    assert a == b
    assert a["harbour_bank.db"] != c["harbour_bank.db"]
    assert len({name.rpartition(".")[2] for name in a if name.startswith("documents/")}) == 8


def test_the_truth_file_reads_back(harbour):
    folder, manifest = harbour
    assert load(folder) == manifest


def test_the_columns_hold_what_the_truth_says(harbour):
    folder, manifest = harbour
    checks = {DataClass.HKID: (lambda v: parse(v) is not None, is_valid), DataClass.PAN: (str.isdigit, luhn_valid)}
    with sqlite3.connect(folder / "harbour_bank.db") as db:
        for truth in manifest.columns:
            cells = [row[0] for row in db.execute(f"SELECT {truth.column} FROM {truth.table}")]
            values = [cell for cell in cells if cell is not None]
            assert (len(cells), len(cells) - len(values)) == (truth.rows, truth.nulls)
            if truth.data_class in checks:
                written, right = checks[truth.data_class]
                shaped = [v for v in values if written(v)]
                good = sum(map(right, shaped))
                assert (good, len(shaped) - good, len(values) - len(shaped)) == (
                    truth.valid,
                    truth.invalid,
                    truth.other,
                )
    db.close()
    hkids = next(c for c in manifest.columns if c.table == "customers" and c.column == "hkid")
    assert min(hkids.invalid, hkids.other, hkids.nulls) > 0


def test_cards_are_joined_to_payments(harbour):
    folder, _ = harbour
    with sqlite3.connect(folder / "harbour_bank.db") as db:
        joined, with_card = (
            db.execute(query).fetchone()[0]
            for query in (
                "SELECT count(DISTINCT payment_id) FROM payments JOIN cards ON cards.pan = payments.card_pan",
                "SELECT count(*) FROM payments WHERE card_pan IS NOT NULL",
            )
        )
    db.close()
    assert joined == with_card > 0


def _text(path: Path) -> str:
    match path.suffix:
        case ".pdf":
            pages = pypdfium2.PdfDocument(path)
            return "\n".join(pages[i].get_textpage().get_text_bounded() for i in range(len(pages)))
        case ".docx":
            with zipfile.ZipFile(path) as archive:
                return re.sub("<[^>]+>", "", archive.read("word/document.xml").decode().replace("</w:p>", "\n"))
        case ".xlsx":
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())).get_sheet_by_index(0)
            return "\n".join("\t".join(map(str, row)) for row in sheet.to_python())
        case _:
            data = path.read_bytes()
            for encoding in ("utf-16", "utf-8") if data[:2] == b"\xff\xfe" else ("utf-8-sig", "big5hkscs"):
                try:
                    return data.decode(encoding)
                except UnicodeDecodeError:
                    continue
            raise AssertionError(path)


def test_the_documents_hold_every_value_that_the_truth_names(harbour):
    folder, manifest = harbour
    kinds: Counter[str] = Counter()
    for document in manifest.documents:
        path = folder / "documents" / document.path
        if path.suffix == ".eml":
            continue  # its parts are encoded; the parser's tests read it
        text = re.sub(r"\s+", " ", _text(path))
        for value in document.values:
            assert text.count(value.text) >= value.count, (document.path, value.data_class)
            kinds[path.suffix] += 1
    assert min(kinds[s] for s in (".pdf", ".docx", ".xlsx", ".csv", ".json", ".txt")) > 20


def test_chinese_text_comes_out_of_the_pdf(harbour):
    folder, manifest = harbour
    document = next(d for d in manifest.documents if d.path.endswith("zh-0006.pdf"))
    assert document.values[0].text in re.sub(r"\s+", " ", _text(folder / "documents" / document.path))
    assert any("\u4e00" <= v.text[0] <= "\u9fff" for v in document.values)


def test_nobody_can_be_reached(harbour):
    _, manifest = harbour
    mails = {v.text for d in manifest.documents for v in d.values if v.data_class is DataClass.EMAIL}
    assert mails
    assert all(re.search(r"[@.]example(\.(com|org|net))?$", mail) for mail in mails)


def test_a_folder_with_a_sample_is_left_alone(tmp_path):
    generate(tmp_path, customers=100, payments=0)
    before = _digests(tmp_path)
    with pytest.raises(Conflict) as caught:
        generate(tmp_path, customers=100, payments=0)
    assert caught.value.code == "samples.exists"
    assert _digests(tmp_path) == before


def test_too_few_customers_are_refused(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        generate(tmp_path / "out", customers=99)
    assert caught.value.code == "samples.size"
    assert not (tmp_path / "out").exists()


def test_progress_ends_with_everything_done(tmp_path):
    steps: list[tuple[str, int, int]] = []
    manifest: Manifest = generate(tmp_path, customers=100, payments=500, progress=lambda *step: steps.append(step))
    assert steps[-1] == ("documents", len(manifest.documents), len(manifest.documents))
    assert ("payments", 500, 500) in steps
