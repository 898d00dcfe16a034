import json
from functools import cache
from hashlib import sha256

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from seawall.kernel.terms import ANONYMOUS, Principal, Proof, Resource
from seawall.ledger.entry import shape_of, split_entry
from seawall.ledger.event import EventTemplate, Outcome, encode
from support.ledgers import APP, KEY, make_event


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0")).get_class_schema(name)
    return jsonschema.Draft202012Validator(schema)


ACTIONS = [
    ("keys.create", 1, "api_activity"),
    ("keys.rotate", 3, "api_activity"),
    ("data.encrypt", 99, "api_activity"),
    ("ledger.cut", 3, "api_activity"),
    ("access.sign_in", 99, "authentication"),
    ("access.sign_out", 99, "authentication"),
    ("access.enrol", 99, "authentication"),
    ("access.authenticate", 99, "authentication"),
]


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize(("action", "activity", "schema"), ACTIONS)
def test_every_entry_validates_against_the_published_ocsf_schema(action, activity, schema, outcome):
    for principal in (APP, ANONYMOUS, Principal(id="p", name="n", proof=Proof.SESSION, session="s3cret")):
        event = make_event(
            action=action,
            activity=activity,
            outcome=outcome,
            principal=principal,
            code="" if outcome == "success" else "a.b",
        )
        _validator(schema).validate(json.loads(encode(event)))


def test_a_schema_that_is_not_met_is_noticed():
    entry = json.loads(encode(make_event()))
    del entry["src_endpoint"]
    with pytest.raises(jsonschema.ValidationError, match="src_endpoint"):
        _validator("api_activity").validate(entry)


def test_an_act_is_api_activity():
    entry = json.loads(encode(make_event(action="keys.rotate", activity=3, time_ms=5, facts={"version": 2})))
    assert (entry["class_uid"], entry["category_uid"], entry["activity_id"], entry["type_uid"]) == (6003, 6, 3, 600303)
    assert entry["time"] == 5
    assert entry["api"] == {"operation": "keys.rotate"}
    assert entry["actor"]["user"] == {"name": "payments", "uid": "app-1"}
    assert entry["resources"] == [{"type": "key", "uid": "cards/pan", "namespace": "cards"}]
    assert (entry["status_id"], entry["severity_id"]) == (1, 1)
    assert "status_code" not in entry
    assert entry["unmapped"] == {"outcome": "success", "proof": "token", "facts": {"version": 2}}


def test_a_denial_is_a_failure_with_its_reason():
    entry = json.loads(encode(make_event(outcome=Outcome.DENIED, code="access.no_role")))
    assert (entry["status_id"], entry["status_code"]) == (2, "access.no_role")
    assert entry["status_detail"] == "denied by policy"
    assert entry["unmapped"]["outcome"] == "denied"


def test_an_intent_has_no_status_yet():
    entry = json.loads(encode(make_event(outcome=Outcome.INTENT)))
    assert (entry["status_id"], entry["unmapped"]["phase"]) == (0, "intent")


def test_a_proof_of_identity_is_authentication():
    entry = json.loads(encode(make_event(action="access.sign_in")))
    assert (entry["class_uid"], entry["type_uid"]) == (3002, 300201)
    assert entry["user"]["uid"] == "app-1"
    assert entry["unmapped"]["operation"] == "access.sign_in"


def test_a_session_stands_there_as_a_digest_only():
    principal = Principal(id="p", name="n", proof=Proof.SESSION, session="the-session")
    raw = encode(make_event(principal=principal))
    assert b"the-session" not in raw
    assert json.loads(raw)["actor"]["session"]["uid"] == sha256(b"the-session").hexdigest()[:16]


def test_facts_that_are_too_long_become_their_digest():
    facts = {"names": ["x" * 100] * 1000}
    raw = encode(make_event(facts=facts))
    assert len(raw) <= 65_535
    written = json.dumps(facts, separators=(",", ":")).encode()
    assert json.loads(raw)["unmapped"]["facts"] == {
        "facts_sha256": sha256(written).hexdigest(),
        "facts_bytes": len(written),
    }


def test_names_of_any_length_fit():
    long = "資" * 30_000
    raw = encode(
        make_event(
            principal=Principal(id=long, name=long, proof=Proof.TOKEN),
            resource=Resource(type=long, id=long, domain=long),
            code=long,
            source=long,
            action=long,
        )
    )
    assert len(raw) <= 65_535
    assert json.loads(raw)["resources"][0]["uid"].endswith(sha256(long.encode()).hexdigest())


def test_what_json_cannot_say_is_said_another_way():
    raw = encode(make_event(facts={"file": "a\udcff", "big": 2**70, "set": [{"n": -(2**64)}, True, None, 1.5]}))
    facts = json.loads(raw)["unmapped"]["facts"]
    assert facts == {"file": "a\\udcff", "big": str(2**70), "set": [{"n": str(-(2**64))}, True, None, 1.5]}


def test_a_template_stamps_what_encode_encodes():
    template = EventTemplate(
        principal=APP,
        action="data.encrypt",
        activity=99,
        resource=KEY,
        source="rest",
        facts={"bytes": 32, "version": 1},
    )
    event = make_event()
    assert template.stamp(event.time_ms, event.uid) == encode(event)


def test_the_trace_of_a_followed_request_stands_in_the_metadata_and_the_entry_is_read_back_as_ever():
    plain, followed = make_event(), make_event(trace="0af7651916cd43dd8448eb211c80319c")
    entry = json.loads(encode(followed))
    assert entry["metadata"]["correlation_uid"] == "0af7651916cd43dd8448eb211c80319c"
    _validator("api_activity").validate(entry)
    assert "correlation_uid" not in json.loads(encode(plain))["metadata"]
    time_ms, uid, rest = split_entry(encode(followed))
    assert (time_ms, uid) == (followed.time_ms, followed.uid)
    assert shape_of(rest) == shape_of(split_entry(encode(plain))[2])
