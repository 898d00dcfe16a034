"""Whatever is sent, the fast lane answers with the bytes of the slow one (save the date)."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.rest import TOKEN, SmallDesk, running, without_date
from support.rest import request as one
from support.tls import running_tls

names = st.sampled_from(["bank", "a", "shut", "none", "asleep", "x.y-z_1", "A", "-", "a%2Fb", "é", "", "a" * 65])
actions = st.sampled_from(["encrypt", "decrypt", "encrypt/", "rewrap", "encrypt?x=1", "encrypt?", "encrypt#f"])
values = st.one_of(
    st.binary(max_size=64).map(lambda raw: base64.b64encode(raw).decode()),
    st.text(max_size=12),
    st.integers(),
    st.none(),
)
fields = st.sampled_from(["plaintext", "ciphertext", "context", "colour", "domain"])
bodies = st.one_of(
    st.dictionaries(fields, values, max_size=4).map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda name, value, context: json.dumps({name: value, "context": context}).encode(),
        st.sampled_from(["plaintext", "ciphertext"]),
        st.binary(max_size=64).map(lambda raw: base64.b64encode(raw).decode()),
        st.text(max_size=8),
    ),
    st.binary(max_size=40),
    st.sampled_from([b"", b"{}", b"[]", b"null", b'{"plaintext":"' + b"A" * 90_100 + b'"}']),
)
extras = st.dictionaries(
    st.sampled_from(
        [
            "host",
            "authorization",
            "content_type",
            "content_encoding",
            "expect",
            "connection",
            "accept",
            "cookie",
            "user_agent",
        ]
    ),
    st.sampled_from(
        [
            "",
            "127.0.0.1:80",
            "evil.example",
            f"Bearer {TOKEN}",
            f"bearer {TOKEN}",
            f"Bearer  {TOKEN}",
            "Bearer nobody",
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
            "gzip",
            "100-continue",
            "close",
            "keep-alive",
        ]
    ),
    max_size=2,
)


@st.composite
def requests(draw) -> bytes:
    path = f"/v1/domains/{draw(names)}/keys/{draw(names)}/{draw(actions)}"
    method = draw(st.sampled_from(["POST", "POST", "POST", "GET", "PUT"]))
    body = draw(bodies)
    if draw(st.booleans()):
        return one(method, path, body, **draw(extras))
    return one(method, path, body)


@pytest.fixture(scope="module", params=[running, running_tls], ids=["plain", "tls"])
def lanes(request):
    run = request.param
    with run(SmallDesk()) as fast, run(SmallDesk(), fast=False) as slow:
        assert fast.talk(one()).startswith(b"HTTP/1.1 200")
        yield fast, slow


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(requests(), min_size=1, max_size=5).map(b"".join))
def test_both_lanes_give_the_same_bytes(lanes, sent):
    fast, slow = lanes
    assert without_date(fast.talk(sent)) == without_date(slow.talk(sent))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.binary(max_size=200), place=st.integers(0, 400))
def test_both_lanes_refuse_damaged_messages_alike(lanes, sent, place):
    fast, slow = lanes
    whole = one() + one("GET", "/v1/domains?limit=5", b"")
    damaged = whole[:place] + sent + whole[place:]
    assert without_date(fast.talk(damaged)) == without_date(slow.talk(damaged))


def test_the_comparison_meets_both_lanes(lanes):
    """The properties would say nothing if every request took the slow lane."""
    before = [(lane.desk.handled, len(lane.desk.commands)) for lane in lanes]
    for lane in lanes:
        lane.talk(one() * 10)
    after = [(lane.desk.handled, len(lane.desk.commands)) for lane in lanes]
    taken = [(handled - was, ran - had) for (handled, ran), (was, had) in zip(after, before, strict=True)]
    assert taken == [(0, 10), (10, 10)]
