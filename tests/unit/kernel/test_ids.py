import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.desk.uids import EventUids
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import check_name, uuid7


def test_uuid7_has_the_layout_of_rfc_9562_appendix_a6():
    # The RFC's example: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F at 2022-02-22T14:22:22-05:00.
    tail = (0xCC3 << 68) | (0x18C4DC0C0C07398F & (1 << 62) - 1)
    assert str(uuid7(0x017F22E279B0, tail.to_bytes)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.integers(0, (1 << 48) - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_keeps_version_variant_and_time(now_ms, random):
    value = uuid7(now_ms, lambda _: random)
    assert (value.version, value.int >> 80) == (7, now_ms)
    assert value.variant == "specified in RFC 4122"


def test_event_uids_are_unique_and_grow_within_a_millisecond():
    uids = EventUids(lambda n: bytes([0xFF] * n))
    made = [uids.next(5) for _ in range(1000)]
    assert made == sorted(set(made))


def test_event_uids_stay_unique_when_the_clock_goes_back():
    uids = EventUids()
    made = [uids.next(ms) for ms in (9, 8, 9, 8)]
    assert len(set(made)) == 4


def test_two_processes_do_not_share_identifiers():
    one, other = EventUids(), EventUids()
    assert not {one.next(5) for _ in range(100)} & {other.next(5) for _ in range(100)}


@pytest.mark.parametrize("name", ["a", "harbour", "a.b-c_d9", "x" * 64])
def test_good_names_pass(name):
    assert check_name(name, field="name") == name


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a/b", "a b", "x" * 65, "é", "a\n"])
def test_bad_names_are_refused_by_field(name):
    with pytest.raises(InvalidInput) as caught:
        check_name(name, field="domain")
    assert (caught.value.code, caught.value.field) == ("name.invalid", "domain")
