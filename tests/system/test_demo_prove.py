"""Step 7 of the demo: the assessment, counted again from the documents that it wrote."""

import csv
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from support.demo import Demo, action, ran
from support.oscal import faults

__all__ = ["ran"]
STATUSES = ("satisfied", "partial", "not_satisfied", "not_assessed")


def _documents(ran: Demo) -> dict[str, Path]:
    """The documents as the first run left them."""
    paths = [Path(one["path"]) for one in ran.figures["assess"]["documents"]]
    return {path.name: ran.first / path.relative_to(ran.home) for path in paths}


def _read(ran: Demo, name: str) -> Any:
    return json.loads(_documents(ran)[name].read_bytes())


def _controls(ran: Demo) -> dict[str, str]:
    """Every control of the catalogue with its status, read out of the OSCAL documents alone."""
    found = {
        control["id"]: "not_assessed"
        for group in _read(ran, "catalog.json")["catalog"]["groups"]
        for control in group["controls"]
    }
    for finding in _read(ran, "assessment-results.json")["assessment-results"]["results"][0]["findings"]:
        props = {prop["name"]: prop["value"] for prop in finding["props"]}
        state = finding["target"]["status"]["state"]
        status = props["seawall-status"].replace("-", "_")
        assert state == ("satisfied" if status == "satisfied" else "not-satisfied")
        control = finding["target"]["target-id"].removesuffix("_obj")
        assert found[control] == "not_assessed", "one finding a control"
        found[control] = status
    return found


@pytest.mark.parametrize("name", ["catalog.json", "assessment-plan.json", "assessment-results.json"])
def test_oscal_documents_are_valid_by_the_published_schema(ran: Demo, name: str) -> None:
    assert not faults(_read(ran, name))


def test_documents_are_what_was_told_and_what_the_ledger_holds(ran: Demo) -> None:
    told = {Path(one["path"]).name: one for one in ran.figures["assess"]["documents"]}
    assert set(told) == {
        "catalog.json", "assessment-plan.json", "assessment-results.json", "report.html", "gap-register.csv",
    }  # fmt: skip
    digests = {}
    for name, path in _documents(ran).items():
        body = path.read_bytes()
        digests[name] = hashlib.sha256(body).hexdigest()
        assert (told[name]["size"], told[name]["sha256"]) == (len(body), digests[name])
    last = [entry for entry in ran.entries() if action(entry) == "evidence.assess"][-1]
    facts = last["unmapped"]["facts"]
    assert last["resources"] == [{"type": "assessment", "uid": ran.figures["assess"]["id"]}]
    assert (facts["documents"], facts["totals"]) == (digests, ran.figures["assess"]["totals"])


def test_the_figures_are_those_of_the_oscal_results(ran: Demo) -> None:
    figures, controls = ran.figures["assess"], _controls(ran)
    assert {name: one["status"] for name, one in figures["controls"].items()} == controls
    assert figures["totals"] == {status: list(controls.values()).count(status) for status in STATUSES}
    assert len(controls) > 40
    groups = {
        group["id"]: Counter(controls[control["id"]] for control in group["controls"])
        for group in _read(ran, "catalog.json")["catalog"]["groups"]
    }
    assert figures["domains"] == {name: {s: counts[s] for s in STATUSES} for name, counts in groups.items()}
    query = "SELECT id, satisfied, partial, not_satisfied, not_assessed FROM evidence_assessments"
    assert ran.rows(query) == [(figures["id"], *(figures["totals"][status] for status in STATUSES))]


def test_what_was_assessed_has_evidence_that_the_ledger_knows(ran: Demo) -> None:
    result = _read(ran, "assessment-results.json")["assessment-results"]["results"][0]
    entries = {entry["metadata"]["uid"]: entry for entry in ran.entries()}
    cited = {}
    for one in result["observations"]:
        named = [
            p["value"] for e in one["relevant-evidence"] for p in e.get("props", []) if p["name"] == "ledger-entry"
        ]
        assert len(named) == 1, one["title"]
        assert action(entries[named[0]]) == "evidence.assess"
        cited[one["uuid"]] = named[0]
    figures = ran.figures["assess"]["controls"]
    for finding in result["findings"]:
        related = [one["observation-uuid"] for one in finding["related-observations"]]
        assert (
            len(related)
            == len(set(related))
            == figures[finding["target"]["target-id"].removesuffix("_obj")]["evidence"]
        )
        assert set(related) <= set(cited)
        assert related


def test_the_gap_register_names_every_control_that_is_not_satisfied(ran: Demo) -> None:
    with _documents(ran)["gap-register.csv"].open(encoding="utf-8-sig", newline="") as file:
        register = list(csv.DictReader(file))
    gaps = {name: status for name, status in _controls(ran).items() if status != "satisfied"}
    assert {row["control"]: row["status"] for row in register} == gaps
    assert len(register) == len(gaps)
    titles = {
        control["id"]: group["title"]
        for group in _read(ran, "catalog.json")["catalog"]["groups"]
        for control in group["controls"]
    }
    assert all(row["domain"] == titles[row["control"]] for row in register)


class _Outside(HTMLParser):
    """Gathers what a browser would fetch, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (name in {"src", "srcset", "data", "poster"} or (name == "href" and tag != "a")) and value:
                self.fetched.append(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_report_stands_alone_and_names_every_control(ran: Demo) -> None:
    page = _documents(ran)["report.html"].read_text(encoding="utf-8")
    read = _Outside()
    read.feed(page)
    assert not [link for link in read.fetched if not link.startswith(("data:", "#"))]
    assert not re.search(r"url\((?!['\"]?(data:|#))|@import|<script", page)
    text = " ".join(read.text)
    assert not [control for control in _controls(ran) if control not in text]
