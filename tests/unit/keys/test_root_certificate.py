"""What follows from a module's validation on a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.capabilities.keys.certificate import (
    FIPS_140_2_ENDS,
    ModuleCertificate,
    Standing,
    Status,
    assess,
    read_certificate,
)

DAY = date(2026, 11, 22)


def _ms(day, hours=12):
    return round((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)).timestamp() * 1000)


def _recorded(**parts):
    given = {"number": 4811, "standard": "FIPS 140-3", "level": 3, "status": Status.ACTIVE}
    return ModuleCertificate(**{**given, **parts})


@pytest.mark.parametrize(
    ("parts", "standing", "days"),
    [
        ({"sunset": DAY + timedelta(days=181)}, Standing.ACTIVE, 181),
        ({"sunset": DAY + timedelta(days=180)}, Standing.ENDING, 180),
        ({"sunset": DAY}, Standing.ENDING, 0),
        ({"sunset": DAY - timedelta(days=1)}, Standing.HISTORICAL, -1),
        ({"sunset": None}, Standing.ACTIVE, None),
        ({"sunset": None, "status": None}, Standing.UNKNOWN, None),
        ({"sunset": date(2030, 1, 1), "status": Status.HISTORICAL}, Standing.HISTORICAL, 1136),
        ({"sunset": date(2030, 1, 1), "status": Status.REVOKED}, Standing.REVOKED, 1136),
        ({"sunset": DAY - timedelta(days=1), "status": Status.REVOKED}, Standing.REVOKED, -1),
        # Every certificate under FIPS 140-2 has gone to the historical list, whatever was recorded.
        ({"standard": "FIPS 140-2", "sunset": date(2030, 1, 1)}, Standing.HISTORICAL, -62),
        ({"standard": "FIPS 140-2", "sunset": None}, Standing.HISTORICAL, -62),
    ],
)
def test_a_standing_by_what_was_recorded(parts, standing, days):
    found = assess(_recorded(**parts), _ms(DAY))
    assert (found.standing, found.days_left) == (standing, days)
    assert found.alarm == (standing in {Standing.ENDING, Standing.HISTORICAL, Standing.REVOKED})
    assert "4811" in found.text


def test_fips_140_2_was_active_on_its_last_day_and_historical_on_the_next():
    recorded = _recorded(standard="FIPS 140-2", sunset=date(2030, 1, 1))
    assert assess(recorded, _ms(FIPS_140_2_ENDS, hours=23)).standing is Standing.ENDING
    assert assess(recorded, _ms(FIPS_140_2_ENDS + timedelta(days=1), hours=0)).standing is Standing.HISTORICAL


def test_software_has_none_and_none_is_no_alarm():
    found = assess(None, _ms(DAY))
    assert (found.standing, found.alarm) == (Standing.NONE, False)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("FIPS 140-3 #4811 level 3, active, sunset 2030-01-31", (4811, "FIPS 140-3", 3, "active", date(2030, 1, 31))),
        ("FIPS 140-2 #3, Historical", (3, "FIPS 140-2", None, "historical", None)),
        ("CC EAL4+", (None, "", None, None, None)),
        ("#4811 sunset 2030-02-31", (4811, "", None, None, None)),
    ],
)
def test_a_text_is_read_as_far_as_it_can_be(text, parts):
    found = read_certificate(text)
    assert (found.number, found.standard, found.level, found.status, found.sunset) == parts
    assert found.line() == text


@given(
    st.builds(
        ModuleCertificate,
        number=st.integers(1, 999_999),
        standard=st.sampled_from(["FIPS 140-2", "FIPS 140-3"]),
        level=st.integers(1, 4),
        status=st.sampled_from(Status),
        sunset=st.none() | st.dates(date(1000, 1, 1)),
    )
)
def test_what_is_written_in_one_line_is_read_again(recorded):
    read = read_certificate(recorded.line())
    same = ("number", "standard", "level", "status", "sunset", "reference")
    assert [getattr(read, name) for name in same] == [getattr(recorded, name) for name in same]


@given(st.text(max_size=200), st.integers(0, 4_000_000_000_000))
def test_no_text_and_no_time_stops_an_assessment(text, now_ms):
    assert assess(read_certificate(text), now_ms).text
