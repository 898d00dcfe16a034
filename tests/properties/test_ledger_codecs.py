"""Frames, positions and entries: whatever goes in comes out, and whatever else comes in does no harm."""

import importlib.util
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seawall.kernel.terms import Principal, Proof, Resource
from seawall.ledger.entry import shape_of, split_entry
from seawall.ledger.event import Event, EventTemplate, Outcome, encode
from seawall.ledger.frames import FRAME_HEAD, decode_frames, encode_frames
from seawall.ledger.model import Position
from seawall.ledger.position import encode_position, parse_position
from seawall.ledger.segments import SEGMENT_HEAD, decode_head, encode_head

ENTRIES = st.lists(st.binary(min_size=1, max_size=200), max_size=20)
NUMBERS = st.integers(0, 2**63 - 1)
TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.builds(
    Event,
    uid=st.uuids(version=4).map(str),
    time_ms=st.integers(0, 2**48 - 1),
    action=st.sampled_from(["data.encrypt", "keys.rotate", "access.sign_in", "access.enrol"]) | TEXT,
    activity=st.sampled_from([1, 2, 3, 4, 99]),
    principal=st.builds(Principal, id=TEXT, name=TEXT, proof=st.sampled_from(Proof), session=st.none() | TEXT),
    resource=st.builds(Resource, type=TEXT, id=TEXT, domain=TEXT),
    outcome=st.sampled_from(Outcome),
    code=TEXT,
    facts=st.dictionaries(st.text(max_size=9), JSON, max_size=4),
    source=TEXT,
    origin=st.sampled_from(["", "127.0.0.1", "2001:db8::1"]),
)


@given(ENTRIES)
def test_frames_are_read_as_they_were_written(entries):
    read: list[bytes] = []
    data = encode_frames(entries)
    assert decode_frames(data + bytes(30), read) == len(data)
    assert read == entries


@given(ENTRIES.filter(bool), st.integers(1, 10**6), st.data())
def test_frames_that_are_cut_or_changed_are_never_read_as_something_else(entries, at, data):
    raw = encode_frames(entries)
    at %= len(raw)
    if data.draw(st.booleans()):
        spoilt = raw[:at]
    else:
        spoilt = raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]
    read: list[bytes] = []
    end = decode_frames(spoilt, read)
    assert end <= at
    assert read == entries[: len(read)]
    assert end == sum(map(len, read)) + FRAME_HEAD * len(read)
    if len(read) < len(entries):
        assert end + FRAME_HEAD + len(entries[len(read)]) > at


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_a_journal(data):
    fuzz = _fuzz()
    fuzz(data)
    fuzz(encode_frames([b"x", b"yy"]) + data)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_position_is_read_as_it_was_written(segment, offset, index):
    position = Position(segment=segment, offset=offset, index=index)
    assert parse_position(encode_position(position)) == position


@given(st.binary(max_size=90))
def test_any_bytes_are_read_as_a_position_or_refused(data):
    position = parse_position(data)
    assert position is None or encode_position(position) == data


@given(NUMBERS, NUMBERS, st.integers(0, SEGMENT_HEAD - 1), st.integers(1, 255))
def test_a_segments_head_is_read_as_it_was_written_or_not_at_all(number, first, at, flip):
    head = encode_head(number, first)
    assert decode_head(head) == (number, first)
    assert decode_head(head[:at]) is None
    assert decode_head(head[:at] + bytes([head[at] ^ flip]) + head[at + 1 :]) is None


@given(EVENTS)
def test_every_event_is_json_that_says_what_happened(event):
    raw = encode(event)
    read = json.loads(raw)
    assert len(raw) <= 65_535
    assert (read["metadata"]["uid"], read["time"]) == (event.uid, event.time_ms)
    assert read["unmapped"]["outcome"] == event.outcome.value
    time_ms, uid, rest = split_entry(raw)
    assert (time_ms, uid) == (event.time_ms, event.uid)
    shape = shape_of(rest)
    assert (shape.action, shape.code, shape.outcome) == (event.action, event.code, event.outcome.value)
    assert (shape.principal, shape.principal_name) == (event.principal.id, event.principal.name)
    assert (shape.resource, shape.domain) == (event.resource.id, event.resource.domain)


@given(EVENTS)
def test_a_template_is_encode_byte_for_byte(event):
    success = Event(
        uid=event.uid,
        time_ms=event.time_ms,
        action=event.action,
        activity=event.activity,
        principal=event.principal,
        resource=event.resource,
        outcome=Outcome.SUCCESS,
        facts=event.facts,
        source=event.source,
        origin=event.origin,
    )
    template = EventTemplate(
        principal=event.principal,
        action=event.action,
        activity=event.activity,
        resource=event.resource,
        source=event.source,
        origin=event.origin,
        facts=event.facts,
    )
    assert template.stamp(event.time_ms, event.uid) == encode(success)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_an_entry(data):
    for raw in (data, encode_entry_beginning() + data):
        _, _, rest = split_entry(raw)
        shape_of(rest)


def encode_entry_beginning() -> bytes:
    event = Event(
        uid="01900000-0000-7000-8000-000000000000",
        time_ms=1,
        action="a",
        activity=1,
        principal=Principal(id="p", name="n"),
        resource=Resource(type="t", id="i"),
        outcome=Outcome.SUCCESS,
        source="cli",
    )
    return encode(event)[:150]


def _fuzz():
    path = Path(__file__).parents[2] / "fuzz/journal.py"
    spec = importlib.util.spec_from_file_location("fuzz_journal", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.target
