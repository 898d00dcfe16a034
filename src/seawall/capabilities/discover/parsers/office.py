"""Word documents (ECMA-376) by their own XML, workbooks by calamine."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.archive import open_entry, open_zip, read_entry, verify_entries
from seawall.capabilities.discover.parsers.parts import Job, Part, Text, columns_of, looks_like_header, read_whole

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXTS = frozenset((f"{_W}t", f"{_W}delText", f"{_W}instrText"))
_BREAKS = {f"{_W}p": "\n", f"{_W}br": "\n", f"{_W}tab": "\t", f"{_W}tc": "\t", f"{_W}tr": "\n"}
_TEXT_PARTS = re.compile(r"word/(?:document|header[0-9]*|footer[0-9]*|footnotes|endnotes|comments)\.xml")
_EMBEDDED = re.compile(r"word/embeddings/.+")
_BATCH = 20_000


def parse_docx(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read body, headers, footers, notes and comments, and embedded files."""
    with open_zip(file, job.budget) as archive:
        for info in archive.infolist():
            if _TEXT_PARTS.fullmatch(info.filename):
                text = _paragraphs(read_entry(archive, info, job.budget))
                if text.strip():
                    where = info.filename.removeprefix("word/").removesuffix(".xml")
                    yield Text(path=path, text=text, where="" if where == "document" else where)
            elif _EMBEDDED.fullmatch(info.filename):
                yield from job.inside(f"{path}!/{info.filename}", partial(open_entry, archive, info, job.budget))


def _paragraphs(data: bytes) -> str:
    from lxml import etree

    parts: list[str] = []
    try:
        for _, element in etree.iterparse(io.BytesIO(data), events=("end",), resolve_entities=False, huge_tree=False):
            if element.tag in _TEXTS:
                parts.append(element.text or "")
            parts.append(_BREAKS.get(str(element.tag), ""))
            if element.tag == f"{_W}p":
                element.clear()
    except etree.XMLSyntaxError:
        raise Unscannable(
            "parse.docx", "the document's XML is not well-formed, or larger than it may become."
        ) from None
    return "".join(parts)


def parse_workbook(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read every sheet of an XLSX, XLSM, XLSB, XLS or ODS workbook; each is a table."""
    from python_calamine import CalamineError, CalamineWorkbook

    data = read_whole(file, job.limits)
    if data.startswith(b"PK"):
        verify_entries(io.BytesIO(data), job.budget)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=True)) for name in book.sheet_names]
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        if "password" in str(error).lower() or b"EncryptedPackage" in data.replace(b"\0", b""):  # an OLE name, UTF-16
            raise Unscannable("parse.encrypted", "the workbook is encrypted.") from None
        raise Unscannable("parse.workbook", "the workbook cannot be read.") from None
    for name, values in sheets:
        rows = [[_cell(value) for value in row] for row in values]
        if rows:
            named = looks_like_header(rows[0])
            header = [cell or f"column {i + 1}" for i, cell in enumerate(rows[0])] if named else []
            body = rows[1:] if named else rows
            for at in range(0, len(body), _BATCH):
                yield from columns_of(path, name, header, body[at : at + _BATCH])


def _cell(value: Any) -> str | None:
    match value:
        case None | bool() | timedelta():
            return None
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat().removesuffix("T00:00:00")
        case _:
            return str(value)
