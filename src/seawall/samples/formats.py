"""Writers of real files, the same bytes for the same content."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

_EPOCH = (2026, 1, 8, 0, 0, 0)
_CREATED = datetime(*_EPOCH)  # noqa: DTZ001 - XLSX properties hold no zone
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCX_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_OFFICE_TYPE}"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    ),
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FONT = "MSung-Light"
_LINE_UNITS = 76


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write RFC 4180 with a header row, UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    path.write_bytes(text.getvalue().encode())


def write_json(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write an object with a list of records."""
    records = [dict(zip(header, row, strict=True)) for row in rows]
    path.write_bytes(json.dumps({"records": records}, ensure_ascii=False, indent=1).encode() + b"\n")


def write_xlsx(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a workbook with one sheet of text cells."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Export", "author": "Harbour Bank", "created": _CREATED})
        sheet = book.add_worksheet("Customers")
        for i, row in enumerate([header, *rows]):
            for j, value in enumerate(row):
                sheet.write_string(i, j, value)


def write_docx(path: Path, paragraphs: Sequence[str], table: Sequence[tuple[str, str]]) -> None:
    """Write a WordprocessingML document: paragraphs split into runs, then a table."""
    body = "".join(f"<w:p>{_runs(text)}</w:p>" for text in paragraphs)
    rows = "".join("<w:tr>" + "".join(f"<w:tc><w:p>{_runs(c)}</w:p></w:tc>" for c in row) + "</w:tr>" for row in table)
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}<w:tbl>{rows}</w:tbl></w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_DOCX_PARTS, "word/document.xml": document}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), _XML + content, zipfile.ZIP_DEFLATED)


def _runs(text: str) -> str:
    """Split a text in two runs, as editors do, so that values lie across them."""
    middle = len(text) // 2
    return "".join(
        f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>' for part in (text[:middle], text[middle:]) if part
    )


def write_pdf(path: Path, pages: Sequence[Sequence[str]]) -> None:
    """Write a PDF whose text, Chinese too, can be extracted; one list of lines a page."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    canvas = Canvas(str(path), invariant=1)
    for lines in pages:
        height = 780
        for line in lines:
            for part in _wrap(line):
                canvas.setFont("Helvetica" if part.isascii() else _FONT, 11)
                canvas.drawString(50, height, part)
                height -= 16
            height -= 8
        canvas.showPage()
    canvas.save()


def _wrap(line: str) -> list[str]:
    """Break a line at spaces so that it fits the page."""
    parts = [""]
    for word in line.split(" "):
        if parts[-1] and len(parts[-1]) + len(word) > _LINE_UNITS:
            parts.append(word)
        else:
            parts[-1] = f"{parts[-1]} {word}" if parts[-1] else word
    return parts
