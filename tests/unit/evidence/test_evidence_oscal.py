"""OSCAL output validates against NIST's schema, says what the assessment says, and is the same for the same input."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, validators

from seawall.capabilities.evidence.commands import Assess
from seawall.capabilities.evidence.model import Status
from seawall.capabilities.evidence.oscal.parts import markup, prop
from seawall.capabilities.evidence.oscal.write import render_oscal
from seawall.capabilities.evidence.summary import summary
from seawall.kernel.errors import Unavailable
from support import evidence as bank
from support.evidence import Bank, Desk, FakeTurn

VECTORS = Path(__file__).parents[2] / "vectors" / "oscal"
SCHEMA = VECTORS / "oscal_complete_schema.json"


def _pattern(_, pattern, instance, __):
    # The schema's patterns are of ECMA-262, which has property escapes; Python's re has not.
    python = pattern.replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d").replace(r"[.\-_]", r"[.\-_]")
    if isinstance(instance, str) and not re.search(python, instance):
        from jsonschema import ValidationError

        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@pytest.fixture(scope="module")
def validate():
    schema = json.loads(SCHEMA.read_bytes())
    validator = validators.extend(Draft7Validator, {"pattern": _pattern})(
        schema, format_checker=Draft7Validator.FORMAT_CHECKER
    )

    def check(body):
        errors = sorted(validator.iter_errors(json.loads(body)), key=lambda error: list(error.absolute_path))
        assert not errors, [(list(error.absolute_path), error.message[:200]) for error in errors[:5]]

    return check


def assess(**changes):
    return Desk(bank=Bank(**changes)).handler()(FakeTurn(), Assess(formats=())).assessment


NOTHING = dict.fromkeys(
    [
        "the_keys",
        "the_shreds",
        "the_root",
        "the_scans",
        "the_protections",
        "the_ledger",
        "the_coverage",
        "the_actions",
        "the_principals",
        "the_node",
    ],
    Unavailable("room.closed", "closed & <quiet>."),
)
BANKS = {
    "best": {},
    "trial": {
        "the_root": bank.hsm(kind="sealed_file", trial=True, hardware=False),
        "the_scans": [bank.scan(target="a *b* <c> {{ d }}|`e`")],
    },
    "faulty": {"the_ledger": bank.ledger(sound=False, place="entry 9"), "the_keys": []},
    "closed": NOTHING,
}


def test_the_schema_is_the_published_one():
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() in (VECTORS / "README.md").read_text()


@pytest.mark.parametrize("name", BANKS)
def test_all_three_documents_validate(validate, name):
    for body in render_oscal(assess(**BANKS[name])).values():
        validate(body)


def test_the_validation_can_fail(validate):
    body = json.loads(render_oscal(assess())["assessment-results.json"])
    body["assessment-results"]["results"][0]["findings"][0]["uuid"] = "not-a-uuid"
    with pytest.raises(AssertionError):
        validate(json.dumps(body))
    body["assessment-results"].pop("import-ap")
    with pytest.raises(AssertionError):
        validate(json.dumps(body))


@pytest.mark.parametrize("name", BANKS)
def test_findings_say_what_the_controls_say(name):
    assessment = assess(**BANKS[name])
    (result,) = json.loads(render_oscal(assessment)["assessment-results.json"])["assessment-results"]["results"]
    findings = {one["target"]["target-id"]: one for one in result.get("findings", [])}
    for control in assessment.controls():
        found = findings.pop(f"{control.id}_obj", None)
        if control.status is Status.NOT_ASSESSED:
            assert found is None
            continue
        good = control.status is Status.SATISFIED
        assert found["target"]["status"]["state"] == ("satisfied" if good else "not-satisfied")
        props = {one["name"]: one["value"] for one in found["props"]}
        assert props["seawall-status"] == control.status.value.replace("_", "-")
        assert props["text-status"] == "reconstructed"
        assert found["title"].endswith("(reconstructed)")
    assert not findings
    totals = {one["name"]: int(one["value"]) for one in result["props"]}
    assert totals == {
        status.value.replace("_", "-"): getattr(summary(assessment).totals, status.value) for status in Status
    }


def test_observations_cite_the_ledger():
    assessment = assess()
    (result,) = json.loads(render_oscal(assessment)["assessment-results.json"])["assessment-results"]["results"]
    observations = {one["uuid"]: one for one in result["observations"]}
    uids = {}
    for one in observations.values():
        (evidence,) = one["relevant-evidence"]
        (entry,) = [item["value"] for item in evidence["props"] if item["name"] == "ledger-entry"]
        assert evidence["href"] == f"urn:uuid:{entry}"
        uids[one["uuid"]] = f"ledger:{entry}"
    by_objective = {one["target"]["target-id"]: one for one in result["findings"]}
    for control in assessment.controls():
        if control.status is not Status.NOT_ASSESSED:
            related = by_objective[f"{control.id}_obj"]["related-observations"]
            cited = {uids[one["observation-uuid"]] for one in related}
            assert cited == {one.source for one in control.evidence}


def test_the_documents_refer_to_each_other():
    documents = {name: json.loads(body) for name, body in render_oscal(assess()).items()}
    results = documents["assessment-results.json"]["assessment-results"]
    plan = documents["assessment-plan.json"]["assessment-plan"]
    catalog = documents["catalog.json"]["catalog"]
    assert results["import-ap"]["href"] == "assessment-plan.json"
    resources = {one["uuid"]: one for one in plan["back-matter"]["resources"]}
    assert plan["import-ssp"]["href"].removeprefix("#") in resources
    assert "catalog.json" in {link["href"] for one in resources.values() for link in one.get("rlinks", [])}
    objectives = {part["id"] for group in catalog["groups"] for one in group["controls"] for part in one["parts"]}
    targets = {one["target"]["target-id"] for one in results["results"][0]["findings"]}
    planned = {
        one["objective-id"]
        for one in plan["reviewed-controls"]["control-objective-selections"][0]["include-objectives"]
    }
    assert targets <= planned <= objectives
    assert len(planned) == 46
    used = {one["actors"][0]["actor-uuid"] for item in results["results"][0]["observations"] for one in item["origins"]}
    assert used == {plan["assessment-assets"]["components"][0]["uuid"]}


def test_every_uuid_is_used_for_one_thing_and_differs_between_assessments():
    desk = Desk()
    seen = []
    for _ in range(2):
        assessment = desk.handler()(FakeTurn(), Assess(formats=())).assessment
        desk.clock.advance(1)
        text = b"".join(render_oscal(assessment).values()).decode()
        declared = re.findall(r'"uuid": "([0-9a-f-]{36})"', text)
        shared = {text_uuid for text_uuid in declared if declared.count(text_uuid) > 1}
        # The tool and its platform stand in plan and results alike.
        assert len(shared) == 2
        seen.append(set(declared))
    assert not seen[0] & seen[1]


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_markup_keeps_text_and_disarms_it(text):
    escaped = markup(text)
    assert re.sub(r"\\(.)", r"\1", escaped) == " ".join(text.split())
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>`*{}]", escaped)


@given(st.text(max_size=60))
def test_a_property_is_never_empty_nor_padded(text):
    value = prop("x", text)["value"]
    assert value
    assert value == value.strip()
