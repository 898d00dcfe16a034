"""The demo's second and third run on one home: they go on with it, tell people, serve, and stop."""

import json
import re
from unicodedata import east_asian_width

from support.demo import COLUMNS, Demo, ran, rows

__all__ = ["ran"]
SLOW = 60


def test_a_second_run_goes_on_with_the_home_and_tells_it_in_eight_steps(ran: Demo) -> None:
    said = ran.said("two")
    assert said["code"] == 0, said["err"]
    assert said["seconds"] < SLOW
    assert re.findall(r"^([1-8])\. [A-Z]", said["out"].replace("\r", ""), re.MULTILINE) == list("12345678")
    flat = " ".join(said["out"].split())
    assert f"found {ran.home}" in flat
    assert "FOR TRIAL ONLY" in flat
    assert "enrol" not in flat, "the link is shown once, when the home is made"
    assert "domain trial-2 shredded" in flat
    assert f"seawall up --home {ran.home}" in flat
    totals = ran.figures["scan"]["totals"]
    assert f"in all {totals['values']:,} sensitive values, {totals['invalid']:,} of them" in flat
    one = ran.figures["assess"]["domains"]["res"]
    assert f"Resilience {one['satisfied']} {one['partial']} {one['not_satisfied']} {one['not_assessed']}" in flat


def test_nothing_but_a_path_is_wider_than_the_terminal(ran: Demo) -> None:
    def wide(line: str) -> int:
        return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)

    lines = ran.said("two")["out"].replace("\r", "").split("\n")
    assert len(lines) > 120
    assert not [line for line in lines if wide(line) > COLUMNS and "/" not in line]
    assert "Traceback" not in "\n".join(lines)
    # A table's cell that is folded shows as a row whose first cell alone is filled, or is empty.
    tables = [line for line in lines if line.startswith(" ") and not line.startswith("   ") and line.strip()]
    assert len(tables) > 50
    assert not [line for line in tables if len(line.split("  ")) < 2 and "─" not in line]


def test_a_third_run_answers_in_one_document_that_names_the_console(ran: Demo) -> None:
    served = ran.served
    figures = json.loads(served.out)
    assert figures["console"]["serving"] is True
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", figures["console"]["address"])
    assert figures["home"]["made"] is False
    assert figures["home"]["enrolment_url"] is None
    assert served.seconds < SLOW
    before, after = ran.figures["rotation"], figures["rotation"]
    assert after["before"] == {name: version + before["rotations"] for name, version in before["after"].items()}
    assert figures["shred"]["domain"] == "trial-3"
    assert figures["protect"]["result"]["protection"] != ran.figures["protect"]["result"]["protection"]
    assert figures["ledger"]["size"] > ran.figures["ledger"]["size"]
    assert figures["scan"]["totals"] == ran.figures["scan"]["totals"]


def test_the_store_counts_three_runs(ran: Demo) -> None:
    store = ran.home / "store.sqlite"
    assert rows(store, "SELECT name, state FROM domains ORDER BY name") == [
        ("harbour", "active"), ("trial-1", "destroyed"), ("trial-2", "destroyed"), ("trial-3", "destroyed"),
    ]  # fmt: skip
    assert rows(store, "SELECT state, count(*) FROM protections GROUP BY state ORDER BY state") == [
        ("current", 1), ("superseded", 2),
    ]  # fmt: skip
    assert rows(store, "SELECT count(*) FROM scans WHERE status = 'finished'") == [(3,)]
    assert rows(store, "SELECT count(*) FROM principals") == [(ran.figures["home"]["principals"],)]


def test_a_stranger_gets_the_sign_in_page_and_the_openapi_document_and_nothing_more(ran: Demo) -> None:
    pages = ran.served.pages
    status, headers, body = pages["/"]
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Sign in" in body
    assert "harbour" not in body
    status, headers, body = pages["/openapi.json"]
    assert (status, json.loads(body)["openapi"]) == (200, "3.1.0")
    status, headers, body = pages["/v1/domains"]
    assert (status, headers["content-type"]) == (401, "application/problem+json")


def test_a_home_in_use_says_so_before_any_work(ran: Demo) -> None:
    code, err = ran.served.in_use
    told = json.loads(err.splitlines()[-1])
    assert (code, told["error"]) == (6, "home.in_use")
    assert str(json.loads(ran.served.out)["console"]["pid"]) in told["text"]
    assert told["remedy"]


def test_ctrl_c_stops_it_cleanly(ran: Demo) -> None:
    assert ran.served.code == 0, ran.served.err
    assert "Traceback" not in ran.served.err
    assert "killed" not in ran.served.err
    assert "for trial only" in ran.served.err
