"""What a request for approval is bound to: every parameter that was given, and that others were not."""

import json

from seawall.access.approvals.canonical import digest, document
from seawall.capabilities.keys.commands_care import AttributeChanges, UpdateDomain, UpdateKey
from seawall.kernel.terms import Principal

WHO = Principal(id="p", name="somebody")


def asked(command):
    text = document("home", WHO, command)
    return json.loads(text)["parameters"], digest(text)


def test_what_was_not_given_is_not_in_the_document():
    given, _ = asked(UpdateKey(domain="d", key="k", attributes=AttributeChanges(exportable=True)))
    assert given == {"domain": "d", "key": "k", "attributes": {"exportable": True}, "if_revision": None}
    given, _ = asked(UpdateDomain(domain="d", waiting_days=7))
    assert given == {"domain": "d", "waiting_days": 7, "if_revision": None}


def test_nothing_empty_and_null_are_three_requests():
    changes = [
        UpdateKey(domain="d", key="k"),
        UpdateKey(domain="d", key="k", usage=()),
        UpdateKey(domain="d", key="k", attributes=AttributeChanges(deactivation_ms=None)),
        UpdateKey(domain="d", key="k", attributes=AttributeChanges(labels={})),
        UpdateKey(domain="d", key="k", attributes=AttributeChanges(jurisdictions=())),
    ]
    assert len({asked(one)[1] for one in changes}) == len(changes)
