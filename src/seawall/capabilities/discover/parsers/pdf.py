"""PDF (ISO 32000) by pdfium: the text of each page."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import Job, Part, Text, Unread, read_whole

_DETAILS = ("Title", "Author", "Subject", "Keywords")


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read page by page. Pages without text among others are told, for they may be scans.

    Raises:
        Unscannable: ``parse.encrypted`` where a password is needed, ``parse.pdf`` for what is broken.
    """
    import pypdfium2

    data = read_whole(file, job.limits)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unscannable("parse.encrypted", "the PDF is encrypted.") from None
        raise Unscannable("parse.pdf", "the PDF cannot be read.") from None
    try:
        yield from _pages(path, document, pypdfium2.PdfiumError)
    finally:
        document.close()


def _pages(path: str, document: Any, error: type[Exception]) -> Iterator[Part]:
    details = document.get_metadata_dict(skip_empty=True)
    said = "\n".join(f"{name}: {details[name]}" for name in _DETAILS if name in details)
    empty = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded()
            page.close()
        except error:
            text = ""
        if text.strip():
            yield Text(path=path, text=text.replace("\r\n", "\n"), where=f"page {number + 1}")
        else:
            empty += 1
    if empty == len(document):
        raise Unscannable("parse.no_text", "no page holds text; it may be a scan of paper.")
    if said:
        yield Text(path=path, text=said, where="properties")
    if empty:
        why = Unscannable(
            "parse.no_text", f"{empty} of {len(document)} pages hold no text; they may be scans of paper."
        )
        yield Unread(path=f"{path}!/pages without text", why=why)
