"""Messages (RFC 5322, MIME): the headers in which people stand, every part, and what is attached."""

import email
import io
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.encoding import detect
from seawall.capabilities.discover.parsers.markup import html_text
from seawall.capabilities.discover.parsers.parts import Job, Part, Text, read_whole

_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject")


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read a message; attachments are parsed as files of their own."""
    data = read_whole(file, job.limits)
    try:
        message = email.message_from_bytes(data, policy=default)
        yield from _message(path, message, job)
    except Unscannable:
        raise
    except Exception:  # noqa: BLE001 - the standard library raises anything at a malformed header
        raise Unscannable("parse.mail", "this message is malformed.") from None


def _message(path: str, message: EmailMessage, job: Job) -> Iterator[Part]:
    headers = "\n".join(f"{name}: {value}" for name in _HEADERS for value in message.get_all(name, ()))
    if headers:
        yield Text(path=path, text=headers, where="headers")
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            continue
        job.budget.entry()
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content.strip():
            continue
        job.budget.take(len(content))
        name = part.get_filename()
        kind = part.get_content_type()
        if name is None and kind in {"text/plain", "text/html"}:
            text = _decode(part, content)
            yield Text(path=path, text=html_text(text) if kind == "text/html" else text, where=f"part {number}")
            continue
        place = f"{path}!/{name or f'part-{number}'}"
        yield from job.inside(place, partial(io.BytesIO, content))


def _decode(part: EmailMessage, content: bytes) -> str:
    try:
        return content.decode(part.get_content_charset() or detect(content))
    except (LookupError, UnicodeDecodeError):
        return content.decode(detect(content), "replace")
