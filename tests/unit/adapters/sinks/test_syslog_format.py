import re

from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.sinks.syslog_format import SyslogFormat
from seawall.crypto.merkle import leaf_hash
from seawall.ledger.event import Outcome
from seawall.ledger.ship_ports import Batch
from support.ledgers import make_entry
from support.syslog import _parse


def frames(stream: bytes) -> list[bytes]:
    found = []
    while stream:
        length = re.match(rb"([1-9]\d*) ", stream)
        assert length
        end = length.end() + int(length[1])
        assert len(stream) >= end
        found.append(stream[length.end() : end])
        stream = stream[end:]
    return found


def test_a_message_has_priority_time_and_place():
    entry = make_entry(outcome=Outcome.DENIED, code="access.denied", time_ms=1_767_830_400_123)
    (raw,) = frames(SyslogFormat("node 1", 4711).entry("log/one", 9, leaf_hash(entry), entry))
    message = _parse(raw)
    # 13, log audit, times 8, and 5, notice, for what failed.
    assert message.head == "<109>1 2026-01-08T00:00:00.123Z node-1 seawall - ocsf"
    assert message.data == {"id": "seawall@4711", "origin": "log/one", "index": "9", "leafHash": leaf_hash(entry).hex()}
    assert message.text == entry


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.text(min_size=1, max_size=40))
def test_frames_come_apart_again_whatever_is_in_them(entries, origin):
    batch = Batch(
        origin=origin, first=3, entries=tuple(entries), hashes=tuple(map(leaf_hash, entries)), checkpoint="a\nb\n"
    )
    found = frames(SyslogFormat("h", 1).batch(batch, 5))
    assert len(found) == len(entries) + 1
    for at, (raw, entry) in enumerate(zip(found, entries, strict=False)):
        assert raw.endswith(b"\xef\xbb\xbf" + entry)
        assert f'index="{at + 3}"'.encode() in raw
    assert found[-1].endswith(b"a\nb\n")
