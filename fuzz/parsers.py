"""Fuzz the parsers: any file is read, or is unscannable with a code; nothing else is raised."""

import io
import json
import zipfile
from email.message import EmailMessage

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import Limits
from seawall.capabilities.discover.parsers.registry import parse

_NAMES = ("txt", "csv", "json", "xml", "html", "eml", "docx", "xlsx", "pdf", "zip", "parquet")
_LIMITS = Limits(whole=1 << 22, total=1 << 24)


def seeds() -> list[bytes]:
    message = EmailMessage()
    message["From"] = "陳大文 <x@example.com>"
    message.set_content("text")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="a.csv")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("word/document.xml", "<a/>")
        opened.writestr("b.json", json.dumps({"a": [1, {"b": "c"}]}))
    plain = (b"text", b"a,b\n1,2\n", b'{"a": [1, 2]}', b"<a b='c'>d</a>", b"<p>x<br>y", b"%PDF-1.4\n")
    samples = (*plain, bytes(message), archive.getvalue())
    return [bytes([i % len(_NAMES)]) + sample for i, sample in enumerate(samples)]


def target(data: bytes) -> None:
    if not data:
        return
    name = f"a.{_NAMES[data[0] % len(_NAMES)]}"
    try:
        for _ in parse(name, io.BytesIO(data[1:]), _LIMITS):
            pass
    except Unscannable as why:
        if not why.code.startswith("parse."):
            raise AssertionError("a reason without its code") from why
