"""How a text is encoded: by its mark, as UTF-8, or by how well Big5, GB 18030 or Windows-1252 explain it."""

import codecs
from typing import BinaryIO

from seawall.capabilities.discover.errors import Unscannable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 18
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\f\x1b")
_FREQUENT = frozenset(
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她里後小么心多天而能好都然沒日於起還發成事只"
    "作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長这来国个说们为时会学对后过还发没经头号码银户电话请先生小姐號碼銀行戶口電話請身份證地址姓名信用卡客戶閣下"
)


def detect(head: bytes) -> str:
    """Name the encoding of a text by its first bytes.

    Raises:
        Unscannable: ``parse.binary`` for what is no text.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head.count(0) > max(2, len(head) // 200):
        return _without_mark(head)
    try:
        # A character may be cut in two at the end of the sample.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    if sum(b in _CONTROLS for b in head) > len(head) // 100:
        raise _binary()
    return max(("big5hkscs", "gb18030", "cp1252"), key=lambda name: _plausibility(head, name))


def _without_mark(head: bytes) -> str:
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > half // 4 and even < half // 50 + 1:
        return "utf-16-le"
    if even > half // 4 and odd < half // 50 + 1:
        return "utf-16-be"
    raise _binary()


def _binary() -> Unscannable:
    return Unscannable("parse.binary", "this is neither text nor a format that can be read.")


def _plausibility(head: bytes, name: str) -> float:
    text = codecs.getincrementaldecoder(name)("replace").decode(head)
    wide = [c for c in text if ord(c) > 0x7F]  # noqa: PLR2004 - beyond ASCII
    if not wide:
        return 0.0
    wrong = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in wide)
    known = sum(c in _FREQUENT for c in wide)
    if name == "cp1252":
        # Western text has single marks among letters; Chinese read this way is nothing but marks.
        known = sum(c.isalpha() for c in wide) if len(wide) < len(text) // 4 else 0
        return known / len(wide) * 0.5 - wrong / len(wide)
    return known / len(wide) - 4 * wrong / len(wide)


def detect_file(file: BinaryIO) -> str:
    """Name the encoding of a text file, and go back to its beginning."""
    head = file.read(_SAMPLE)
    file.seek(0)
    return detect(head)
