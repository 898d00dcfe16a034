"""Certificates of erasure from a whole node, over REST and the command line, checked where nothing else is there."""

import shutil
from base64 import b64encode

import pytest

from support.node import TrialHome

SAMPLE = b64encode(b"a value").decode()


@pytest.fixture
def shredded(node):
    """A node on which a key, and then its whole domain, were destroyed."""
    custodian = node.client("custodian")
    made = custodian.ask("POST", "/v1/domains", {"name": "gone", "trial": True, "waiting_days": 0})
    assert made.status == 201, made.body
    for key in ("one", "two"):
        assert custodian.ask("POST", "/v1/domains/gone/keys", {"name": key}).status == 201
    assert custodian.ask("POST", "/v1/domains/gone/keys/one/rotate", {}).status == 200
    assert custodian.ask("POST", "/v1/domains/gone/keys/one/destroy", {}).status == 200
    return node


def offline(home: TrialHome, tmp_path, data: bytes):
    """Check a certificate with its bytes and the public keys alone."""
    place = tmp_path / "elsewhere"
    place.mkdir(exist_ok=True)
    vkeys = "".join(path.read_text() for path in sorted((home.path / "ledger" / "keys").glob("*.vkey")))
    (place / "vkeys").write_text(vkeys)
    (place / "certificate.json").write_bytes(data)
    nobody = TrialHome(place / "no-home")
    return nobody.call(
        "ledger", "verify-certificate", place / "certificate.json", "--verifiers", place / "vkeys", "--json"
    )


def test_a_destroyed_key_is_certified_over_rest_and_the_certificate_stands_alone(shredded, tmp_path):
    auditor = shredded.client("auditor")
    path = "/v1/domains/gone/keys/one/erasure-certificate"
    answer = auditor.ask("GET", path)
    assert answer.status == 200, answer.body
    stated = answer.json["statement"]
    assert (stated["subject"], stated["key"], stated["versions"], stated["remaining"]) == ("key", "one", 2, 0)
    assert stated["asked"]["name"] == stated["done"]["name"] == "custodian"
    assert stated["read_back"]["at_ms"] >= stated["done"]["at_ms"]
    assert stated["approvals"] == []
    kcvs = {one["key_check_value"] for one in answer.json["inventory"][0]["versions"]}
    assert len(kcvs) == 2
    assert offline(shredded.home, tmp_path, answer.body).json["statement"] == stated
    assert offline(shredded.home, tmp_path, answer.body.replace(b"custodian", b"somebody1")).code == 7
    assert shredded.client("payments-app").ask("GET", path).status == 403
    assert auditor.ask("GET", "/v1/domains/gone/keys/two/erasure-certificate").problem == "keys.not_destroyed"
    assert auditor.ask("GET", "/v1/domains/gone/erasure-certificate").problem == "keys.not_destroyed"
    assert auditor.ask("GET", "/v1/domains/gone/keys/three/erasure-certificate").status == 404


def test_a_shredded_domain_is_certified_on_the_command_line_and_checked_offline(shredded, tmp_path):
    home = shredded.home
    assert shredded.client("custodian").ask("POST", "/v1/domains/gone/shred", {}).status == 200
    assert shredded.stop() == 0
    out, page = tmp_path / "certificate.json", tmp_path / "certificate.html"
    ran = home.call("keys", "erasure-certificate", "gone", "--out", out, "--html", page, who="custodian")
    assert ran.code == 0, ran.err
    assert "Not vouched for" in ran.out
    assert page.read_text().count("<tr>") == 4
    data = out.read_bytes()
    checked = offline(home, tmp_path, data)
    assert checked.code == 0, checked.err
    assert checked.json["holds"] is True
    assert (checked.json["statement"]["keys"], checked.json["statement"]["versions"]) == (2, 3)
    assert checked.json["statement"]["kek_generations"] == 1
    assert checked.json["statement"]["backups"] == "no backups recorded"
    # A key that went with its domain has a certificate of its own.
    alone = home.call("keys", "erasure-certificate", "gone/two", "--out", tmp_path / "two.json", who="auditor")
    assert alone.code == 0, alone.err
    changed = data.replace(b'"remaining": 0', b'"remaining": 1', 1)
    for wrong, code in ((changed, 7), (data + b"\n", 7), (b"{}", 2)):
        assert offline(home, tmp_path, wrong).code == code
    shutil.rmtree(tmp_path / "elsewhere")
