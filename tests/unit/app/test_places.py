"""How places are named alike."""

import pytest

from seawall.app.bridges.places import lies_under, name_under, place_of, shown


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/data/bank.db", "/data/bank.db"),
        ("/data/./old/../bank.db", "/data/bank.db"),
        ("/data/exports/", "/data/exports"),
        ("sqlite:////data/bank.db", "/data/bank.db"),
        ("sqlite:////data/my%20bank.db", "/data/my bank.db"),
        ("sqlite:///bank.db", None),
        ("bank.db", None),
        ("postgresql://user@host/bank", None),
    ],
)
def test_a_target_s_place(target, place):
    assert place_of(target) == place
    assert shown(target) == (place or target)


@pytest.mark.parametrize(
    ("place", "folder", "lies"),
    [
        ("/data", "/data", True),
        ("/data/a.csv", "/data", True),
        ("/data/a.csv", "/", True),
        ("/database", "/data", False),
        ("/data", "/data/a.csv", False),
    ],
)
def test_what_lies_under_what(place, folder, lies):
    assert lies_under(place, folder) is lies


def test_a_file_s_name_in_a_scan():
    assert name_under("/data/a.csv", "/data/a.csv") == "a.csv"
    assert name_under("/data/old/a.csv", "/data") == "old/a.csv"
    assert name_under("/database/a.csv", "/data") is None
