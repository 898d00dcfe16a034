"""What a projection answers, over every adapter."""

import pytest

from seawall.adapters.ledger.projection import SqliteProjection
from seawall.kernel.errors import Corrupt
from seawall.kernel.terms import Principal, Proof, Resource
from seawall.ledger.event import Outcome
from seawall.ledger.model import Query
from support.ledgers import MemoryProjection, make_entry, make_event


@pytest.fixture(params=["memory", "sqlite"])
def projection(request, tmp_path):
    made = MemoryProjection() if request.param == "memory" else SqliteProjection(tmp_path / "projection.sqlite")
    yield made
    made.close()


def _fill(projection, number=10):
    actions = ["data.encrypt", "keys.rotate", "access.sign_in"]
    entries = [
        make_entry(
            uid=f"01900000-0000-7000-8000-{at:012d}",
            time_ms=1000 + at,
            action=actions[at % 3],
            principal=Principal(id=f"p{at % 2}", name="n", proof=Proof.TOKEN),
            resource=Resource(type="key", id=f"d/k{at % 4}", domain="d"),
            outcome=Outcome.DENIED if at % 5 == 0 else Outcome.SUCCESS,
            code="policy.no" if at % 5 == 0 else "",
        )
        for at in range(number)
    ]
    projection.feed(0, entries)
    return entries


def _indexes(projection, **query):
    return [row.index for row in projection.query(Query(**query), None, 100).items]


def test_it_starts_empty(projection):
    assert projection.size() == 0
    page = projection.query(Query(), None, 10)
    assert (list(page.items), page.next_cursor) == ([], None)


def test_a_row_says_who_did_what_to_what(projection):
    projection.feed(0, [make_entry(uid="01900000-0000-7000-8000-0000000000ff", time_ms=7, source="cli")])
    row = projection.query(Query(), None, 10).items[0]
    assert (row.index, row.uid, row.time_ms) == (0, "01900000-0000-7000-8000-0000000000ff", 7)
    assert (row.action, row.principal, row.principal_name) == ("data.encrypt", "app-1", "payments")
    assert (row.resource_type, row.resource, row.domain) == ("key", "cards/pan", "cards")
    assert (row.outcome, row.code, row.source) == ("success", "", "cli")


def test_filters_narrow_and_newest_comes_first(projection):
    _fill(projection)
    assert _indexes(projection) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert _indexes(projection, action="keys.rotate") == [7, 4, 1]
    assert _indexes(projection, action="access.sign_in", principal="p0") == [8, 2]
    assert _indexes(projection, resource="d/k3") == [7, 3]
    assert _indexes(projection, outcome="denied") == [5, 0]
    assert _indexes(projection, since_ms=1003, until_ms=1006) == [5, 4, 3]
    assert _indexes(projection, action="keys.rotate", until_ms=1007) == [4, 1]
    assert _indexes(projection, principal="nobody") == []


def test_pages_follow_each_other_without_gap_or_overlap(projection):
    _fill(projection, 23)
    for query in (Query(), Query(principal="p1"), Query(action="keys.rotate")):
        whole = [row.index for row in projection.query(query, None, 100).items]
        seen, cursor = [], None
        while True:
            page = projection.query(query, cursor, 3)
            seen += [row.index for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == whole


def test_many_shapes_are_found_too(projection):
    entries = [make_entry(resource=Resource(type="scan", id=f"s{at}"), facts={"at": at}) for at in range(200)]
    projection.feed(0, entries)
    assert _indexes(projection, action="data.encrypt")[:3] == [199, 198, 197]
    assert len(_indexes(projection, principal="app-1")) == 100


def test_what_is_there_already_is_passed_over_and_a_gap_is_refused(projection):
    entries = _fill(projection, 6)
    more = [make_entry(time_ms=5000)]
    projection.feed(4, [*entries[4:], *more])
    assert projection.size() == 7
    projection.feed(0, entries)
    assert projection.size() == 7
    with pytest.raises(Corrupt):
        projection.feed(8, more)


def test_an_entry_is_found_by_its_uid(projection):
    event = make_event()
    _fill(projection)
    assert projection.index_of("01900000-0000-7000-8000-000000000004") == 4
    assert projection.has_uid("01900000-0000-7000-8000-000000000004")
    assert not projection.has_uid(event.uid)
    assert projection.index_of("no uid at all") is None


def test_it_can_be_made_again(projection):
    entries = _fill(projection)
    projection.rebuild(iter(entries[:4]))
    assert projection.size() == 4
    assert _indexes(projection, action="keys.rotate") == [1]


def test_bytes_that_are_no_event_do_not_stop_it(projection):
    projection.feed(0, [b"\xff\x00", b"{}", b'{"time":"x"}', b'{"time":5,"metadata":{"uid":"q"}}'])
    assert projection.size() == 4
    assert [row.time_ms for row in projection.query(Query(), None, 9).items] == [5, 0, 0, 0]


def test_entries_are_counted_by_action_outcome_and_code(projection):
    _fill(projection)
    seen = [(t.action, t.outcome, t.code, t.count, t.last_ms) for t in projection.tally(0)]
    assert seen == [
        ("access.sign_in", "denied", "policy.no", 1, 1005),
        ("access.sign_in", "success", "", 2, 1008),
        ("data.encrypt", "denied", "policy.no", 1, 1000),
        ("data.encrypt", "success", "", 3, 1009),
        ("keys.rotate", "success", "", 3, 1007),
    ]


def test_who_did_what_with_a_thing_is_counted(projection):
    entries = [
        make_entry(
            uid=f"01900000-0000-7000-8000-{at:012d}",
            time_ms=at,
            action=action,
            resource=Resource(type=kind, id=name, domain="bank"),
        )
        for at, (action, kind, name) in enumerate(
            [
                ("data.encrypt", "key", "bank/pan"),
                ("data.decrypt", "key", "bank/pan"),
                ("data.encrypt", "key", "bank/other"),
                ("data.encrypt", "key", "bank/pan"),
                ("data.encrypt", "scan", "bank/pan"),
            ]
        )
    ]
    projection.feed(0, entries)
    found = projection.actors("bank/pan", "key")
    seen = [(one.action, one.outcome, one.count, one.first_ms, one.last_ms) for one in found]
    assert seen == [("data.decrypt", "success", 1, 1, 1), ("data.encrypt", "success", 2, 0, 3)]
    assert len({(one.principal, one.principal_name) for one in found}) == 1
    assert list(projection.actors("bank/none", "key")) == []


def test_a_count_begins_at_the_time_that_is_asked_for(projection):
    _fill(projection)
    assert [(t.action, t.count) for t in projection.tally(1008)] == [("access.sign_in", 1), ("data.encrypt", 1)]
    assert list(projection.tally(1010)) == []


def test_domains_narrow_what_is_found(projection):
    places = ["bank", "shop", "", "bank"]
    entries = [
        make_entry(
            uid=f"01900000-0000-7000-8000-{at:012d}",
            resource=Resource(type="key", id=f"{place}/k", domain=place),
            action=("keys.rotate", "data.encrypt")[at % 2],
        )
        for at, place in enumerate(places)
    ]
    projection.feed(0, entries)
    assert _indexes(projection, domains=None) == [3, 2, 1, 0]
    assert _indexes(projection, domains=frozenset({"bank"})) == [3, 0]
    assert _indexes(projection, domains=frozenset({"bank", "shop"}), action="data.encrypt") == [3, 1]
    assert _indexes(projection, domains=frozenset()) == []
