"""Which parser reads what: first by the file's first bytes, then by its name, then as text. One line a format."""

import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from seawall.capabilities.discover.errors import Unscannable, no_text
from seawall.capabilities.discover.parsers import archive, delimited, jsondoc, mail, markup, office, parquet, pdf, plain
from seawall.capabilities.discover.parsers.parts import Budget, Job, Limits, Parser, Part
from seawall.capabilities.discover.unread import SQLITE_MAGIC

_HEAD = 512


def parse(path: str, file: BinaryIO, limits: Limits | None = None) -> Iterator[Part]:
    """Parse a file into texts and columns.

    Args:
        path: its name, of which the last part may say what it is.
        file: open for reading, seekable.
        limits: how much it may cost.

    Raises:
        Unscannable: where the file as a whole cannot be read. A part of it that cannot is given as ``Unread``.
    """
    return _parse(path, file, Job(Budget(limits or Limits()), _parse))


def parse_bytes(path: str, data: bytes, limits: Limits | None = None) -> Iterator[Part]:
    """Parse a file that is in memory."""
    return parse(path, io.BytesIO(data), limits)


def _parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    head = file.read(_HEAD)
    file.seek(0)
    if not head:
        return
    extension = path.rsplit("/", 1)[-1].lower().rpartition(".")[2]
    by_magic = (parser for at, magic, parser in _MAGIC if head[at : at + len(magic)] == magic)
    parser = next(by_magic, None) or _NAMES.get(extension, plain.parse)
    nothing = True
    for part in parser(path, file, job):
        nothing = False
        yield part
    if nothing:
        raise no_text()


def _zipped(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Tell office documents from other archives by what they hold, so that a wrong name hides nothing."""
    try:
        with zipfile.ZipFile(file) as opened:
            names = frozenset(opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unscannable("parse.zip", "the archive cannot be read.") from None
    file.seek(0)
    if "word/document.xml" in names:
        return office.parse_docx(path, file, job)
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or (path.endswith(".ods") and "content.xml" in names):
        return office.parse_workbook(path, file, job)
    return archive.parse_zip(path, file, job)


def _refuse_database(path: str, file: BinaryIO, job: Job) -> NoReturn:
    del path, file, job
    raise Unscannable("parse.database", "a database inside another file is not read.")


def _refuse_misnamed(path: str, file: BinaryIO, job: Job) -> NoReturn:
    del path, file, job
    raise Unscannable("parse.broken", "this is not what its name says.")


_MAGIC: tuple[tuple[int, bytes, Parser], ...] = (
    (0, b"%PDF-", pdf.parse),
    (0, b"PK\x03\x04", _zipped),
    (0, b"PK\x05\x06", _zipped),
    (0, b"PAR1", parquet.parse),
    (0, b"PARE", parquet.parse),
    (0, b"\x1f\x8b", archive.parse_gzip),
    (257, b"ustar", archive.parse_tar),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", office.parse_workbook),
    (0, SQLITE_MAGIC, _refuse_database),
)
_NAMES: dict[str, Parser] = {
    **dict.fromkeys(("csv", "tsv"), delimited.parse),
    **dict.fromkeys(("json", "ndjson", "jsonl", "geojson"), jsondoc.parse),
    "xml": markup.parse_xml,
    **dict.fromkeys(("html", "htm", "xhtml"), markup.parse_html),
    **dict.fromkeys(("eml", "mht"), mail.parse),
    **dict.fromkeys(("docx", "xlsx", "pdf", "parquet", "zip", "gz", "tgz"), _refuse_misnamed),
}
