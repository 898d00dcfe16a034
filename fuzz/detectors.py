"""Fuzz the detectors: any text is read, and matches lie inside it and do not overlap."""

from itertools import pairwise

from seawall.capabilities.discover.detect.find import find, normalise
from seawall.capabilities.discover.detect.skim import skim


def seeds() -> list[bytes]:
    texts = (
        "HKID A123456(3), card 4111 1111 1111 1111, call 9123 4567, mail x@example.com\n",
        "Dear Mr CHAN Tai Man,\nFlat B, 12/F, Block 3, 88 Heron Street, Wan Chai, Hong Kong\nDOB 31/12/1949\n",
        "姓名:陳大文 身份證號碼:A123456(3) 地址 九龍觀塘燈籠道12號15樓B室 請存入戶口 588-113-074216-056\n",
        "password = hT7kq92Lw AKIAIOSFODNN7EXAMPLE GB82 WEST 1234 5698 7654 32 11010519491231002X\n",
    )
    return [text.encode() for text in texts]


def target(data: bytes) -> None:
    text = normalise(data.decode("utf-8", "replace"))
    matches = find(text)
    for left, right in pairwise(matches):
        if left.end > right.start:
            raise AssertionError("matches overlap")
    skimmed = [(at + m.start, at + m.end) for at, _, m in skim(text)]
    if skimmed != [(m.start, m.end) for m in matches]:
        raise AssertionError("skimming finds something else")
