from seawall.ledger.entry import shape_of, split_entry, uid_of
from support.ledgers import make_entry, make_event


def test_entries_that_differ_in_time_and_uid_alone_have_the_same_rest():
    one, other = split_entry(make_entry(time_ms=1)), split_entry(make_entry(time_ms=1_767_830_400_000))
    assert one[0] == 1
    assert other[0] == 1_767_830_400_000
    assert one[1] != other[1]
    assert one[2] == other[2]


def test_a_shape_says_what_is_asked_for():
    shape = shape_of(split_entry(make_entry(code="x.y"))[2])
    assert (shape.action, shape.principal, shape.resource, shape.domain) == (
        "data.encrypt",
        "app-1",
        "cards/pan",
        "cards",
    )
    assert (shape.outcome, shape.code, shape.source, shape.resource_type) == ("success", "x.y", "rest", "key")


def test_the_shape_of_a_sign_in_has_its_action_and_resource():
    shape = shape_of(split_entry(make_entry(action="access.sign_in"))[2])
    assert (shape.action, shape.resource) == ("access.sign_in", "cards/pan")


def test_another_layout_of_the_same_event_is_read_too():
    event = make_event()
    raw = b'{"metadata":{"uid":"%s","version":"1.4.0"},"time":17,"api":{"operation":"x.y"}}' % event.uid.encode()
    time_ms, uid, rest = split_entry(raw)
    assert (time_ms, uid, shape_of(rest).action) == (17, event.uid, "x.y")


def test_a_uid_is_found_and_nothing_in_nothing():
    event = make_event()
    assert uid_of(make_entry(uid=event.uid)) == event.uid
    assert uid_of(b"") == ""
    assert uid_of(b'{"time":') == ""
