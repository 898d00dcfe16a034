"""The Practice Guide as data: what is shipped is whole, and what is wrong is refused with the field that is wrong."""

from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.capabilities.evidence.catalogue.load import (
    load_catalogue,
    load_instruments,
    shipped_catalogue,
    shipped_instruments,
)
from seawall.capabilities.evidence.catalogue.model import Answer, EntryStatus, Layer
from seawall.capabilities.evidence.checks.awaited import AWAITED
from seawall.capabilities.evidence.checks.shipped import shipped_checks
from seawall.kernel.errors import InvalidInput

GUIDE = """
status: reconstructed
hkma_ref: null
source: {document: "Practice Guide on Cloud Adoption", issuer: HKMA, date: 2026-01-08, doc_id: 20260108-3-EN}
domains:
  - {id: gov, title: "Governance"}
  - {id: sec, title: "Security", sections: {5a: "Duties"}}
controls:
  - {id: gov-1, domain: gov, layer: principle, statement: "A", basis: "d22", evidence: [document],
     nist_800_53: "PM-9", csa_ccm: "GRC"}
  - {id: sec-5a-1, domain: sec, layer: good-practice, statement: "B", basis: "spm OR-2", evidence: [automatic],
     nist_800_53: "AC-5", csa_ccm: "CEK"}
"""


def load(text: str):
    return load_catalogue(text.encode(), shipped_instruments())


def test_the_shipped_guide_is_whole():
    guide = shipped_catalogue()
    assert len(guide.controls) == 46
    assert [domain.id for domain in guide.domains] == ["gov", "csp", "res", "exit", "sec", "mon", "asr", "cap"]
    assert sum(control.layer is Layer.PRINCIPLE for control in guide.controls) == 23
    assert all(guide.reconstructed(control) for control in guide.controls)
    assert {control.id for domain in guide.domains for control in guide.within(domain.id)} == {
        control.id for control in guide.controls
    }


def test_every_section_of_cloud_security_is_named():
    guide = shipped_catalogue()
    sections = {guide.section(control) for control in guide.within("sec")}
    assert len(sections) == 5
    assert None not in sections
    assert all(guide.section(control) is None for control in guide.within("gov"))


def test_references_are_resolved_against_the_register():
    guide = shipped_catalogue()
    by_id = {control.id: control for control in guide.controls}
    assert by_id["res-1"].refs == ("HKMA-OR-2", "NIST-800-53", "CSA-CCM-4")
    assert by_id["res-3"].refs == ("HKAB-STDB", "NIST-800-53", "CSA-CCM-4")
    assert by_id["sec-5b-1"].refs[0] == "HKMA-PG-CLOUD-2026"
    assert {ref for control in guide.controls for ref in control.refs} <= {one.id for one in shipped_instruments()}


def test_every_control_is_answered_or_says_what_is_awaited():
    guide, checks = shipped_catalogue(), shipped_checks()
    ids = {control.id for control in guide.controls}
    for control in guide.controls:
        if Answer.AUTOMATIC in control.evidence:
            assert checks.of(control.id) or control.id in AWAITED, control.id
        else:
            assert not checks.of(control.id), control.id
            assert control.id not in AWAITED, control.id
    assert AWAITED.keys() <= ids
    assert {control for check in checks.all() for control in check.controls} <= ids
    assert all(name.startswith("C") and name[1:].isdigit() for one in AWAITED.values() for name in one.capabilities)


def test_a_small_catalogue_loads():
    guide = load(GUIDE)
    assert [control.refs for control in guide.controls] == [
        ("HKMA-CLOUD-2022", "NIST-800-53", "CSA-CCM-4"),
        ("HKMA-OR-2", "NIST-800-53", "CSA-CCM-4"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("domain: gov,", "domain: cap,", "controls[0].domain"),
        ("id: sec-5a-1", "id: gov-1", "controls[1].id"),
        ("id: sec-5a-1", "id: gov-2", "controls[1].id"),
        ("id: sec-5a-1", "id: sec-5z-1", "controls[1].id"),
        ("id: gov-1,", "id: 'Gov 1',", "controls[0].id"),
        ("id: gov, title", "id: sec, title", "domains[1].id"),
        ('basis: "d22"', 'basis: "d23"', "controls[0].basis"),
        ("layer: principle", "layer: rule", "controls[0].layer"),
        ("evidence: [document]", "evidence: [guess]", "controls[0].evidence[0]"),
        ("evidence: [document]", "evidence: []", "controls[0].evidence"),
        ("evidence: [document]", "evidence: [document, document]", "controls[0].evidence"),
        ('statement: "A"', 'statement: " "', "controls[0].statement"),
        ('statement: "A", ', "", "controls[0]"),
        ('statement: "A"', 'statement: "A", owner: me', "controls[0]"),
        ("date: 2026-01-08", "date: soon", "source.date"),
        ("20260108-3-EN", "20260108-9-EN", "source.doc_id"),
        ("status: reconstructed", "status: certain", "status"),
        ("status: reconstructed", "status: verified", "controls[0].hkma_ref"),
        ('statement: "A"', 'statement: "A", status: verified', "controls[0].status"),
    ],
)
def test_what_is_wrong_is_named(old, new, field):
    assert old in GUIDE
    with pytest.raises(InvalidInput) as caught:
        load(GUIDE.replace(old, new))
    assert caught.value.code == "catalogue.invalid"
    assert caught.value.field == field


def test_an_unknown_instrument_is_an_error():
    fewer = [one for one in shipped_instruments() if one.id != "HKMA-OR-2"]
    with pytest.raises(InvalidInput, match="HKMA-OR-2") as caught:
        load_catalogue(GUIDE.encode(), fewer)
    assert caught.value.field == "controls[1].basis"


def test_a_verified_entry_is_not_reconstructed():
    guide = load(GUIDE.replace('statement: "A"', 'statement: "A", status: verified, hkma_ref: "1.2"'))
    assert [guide.reconstructed(control) for control in guide.controls] == [False, True]
    assert guide.controls[0].status is EntryStatus.VERIFIED


def test_an_instrument_cannot_be_named_twice():
    text = resources.files("seawall.capabilities.evidence.catalogue").joinpath("instruments.yaml").read_bytes()
    again = b"  - {id: HK-PDPO, title: Again, issuer: Nobody, seen: recheck}\n"
    with pytest.raises(InvalidInput, match="HK-PDPO") as caught:
        load_instruments(text + again)
    assert caught.value.field == "instruments[23].id"


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system ['true']",
        "a: !!int ''",
        "a: 1\na: 2",
        "? [1]\n: 2",
        "[" * 40,
        "[" * 4000 + "]" * 4000,
        "a: 2026-13-45",
        "a: 0b_",
        "- <<: 1",
        "a: [",
        "\x00",
        "a: 1\n---\nb: 2",
    ],
)
def test_yaml_that_is_not_plain_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        load(text)
    assert caught.value.code == "catalogue.malformed"


def test_a_huge_file_is_refused_before_it_is_read():
    with pytest.raises(InvalidInput, match="1048576"):
        load("#" * 1_048_577)


PIECES = st.sampled_from(
    ["controls", ":", " ", "\n", "- ", "{", "}", "[", "]", '"', "id", "gov-1", "&a", "*a", "!", "1"]
)


@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
@example(b"\xff\xfe")
@example(b"instruments: 1")
@example(b"=: =")
def test_any_bytes_are_read_or_refused(data):
    for call in (load_instruments, lambda text: load_catalogue(text, shipped_instruments())):
        refusal = None
        try:
            call(data)
        except InvalidInput as error:
            refusal = error
        assert refusal is None or (refusal.code in {"catalogue.malformed", "catalogue.invalid"} and refusal.field)
