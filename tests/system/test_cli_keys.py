"""Keys on the command line: every kind, what is said of them, the kill switch, the archive, dates, many at once."""

import json

DENIED, STATE, INPUT = 4, 5, 2


def asked(home, *command, who="custodian"):
    """Run a command for JSON, which succeeds."""
    ran = home.call(*command, "--json", who=who)
    assert ran.code == 0, ran.err
    return ran.json


def refused(home, *command, who="custodian"):
    ran = home.call(*command, "--json", who=who)
    assert not ran.out
    return ran.code, ran.error["error"]


def test_a_key_says_what_it_is_and_is_found_by_it(home):
    made = asked(
        home, "keys", "create", "harbour", "seals", "--purpose", "sign", "--algorithm", "EC-P256",
        "--mechanism", "ECDSA-SHA-256", "--label", "team=custody", "--owner", "ops", "--rotation-days", "30",
        "--deactivation", "2090-01-31", "--undeletable",
    )  # fmt: skip
    assert (made["purpose"], made["algorithm"], made["mechanisms"]) == ("sign", "EC-P256", ["ECDSA-SHA-256"])
    assert made["versions"][0]["public"]
    assert made["attributes"]["labels"] == {"team": "custody"}
    assert made["attributes"]["rotation"] == {"age_days": 30}
    for found in (("--label", "team=custody"), ("--owner", "ops"), ("--prefix", "sea"), ("--algorithm", "EC-P256")):
        assert [key["name"] for key in asked(home, "keys", "list", "harbour", *found)["items"]] == ["seals"]
    assert asked(home, "keys", "list", "harbour", "--rotation-due")["items"] == []
    shown = home.call("keys", "show", "harbour", "seals", who="custodian").out
    assert "ECDSA-SHA-256" in shown
    assert "2090-01-31" in shown
    assert refused(home, "keys", "destroy", "harbour", "seals") == (STATE, "keys.undeletable")
    assert refused(home, "keys", "create", "harbour", "x", "--algorithm", "DES") == (INPUT, "cli.choice")
    assert refused(home, "keys", "create", "harbour", "x", "--activation", "soon") == (INPUT, "cli.date")
    assert refused(home, "keys", "create", "harbour", "x", "--purpose", "mac", "--algorithm", "AES-256")[0] == INPUT


def test_what_is_said_changes_by_name_and_by_revision(home):
    asked(home, "keys", "create", "harbour", "notes", "--rotation-days", "30", "--owner", "ops")
    changed = asked(
        home, "keys", "update", "harbour", "notes", "--rotation-uses", "5", "--label", "a=b", "--clear", "owner"
    )
    assert changed["attributes"] == {"labels": {"a": "b"}, "rotation": {"age_days": 30, "max_uses": 5}}
    assert changed["revision"] == 2
    stale = ("keys", "update", "harbour", "notes", "--owner", "x", "--if-revision", "1")
    assert refused(home, *stale) == (STATE, "keys.revision")
    assert refused(home, "keys", "update", "harbour", "notes") == (INPUT, "keys.nothing_changed")
    assert refused(home, *stale, who="engineer")[0] == DENIED
    assert asked(home, "keys", "rotate", "harbour", "notes", "--algorithm", "AES-128")["algorithm"] == "AES-128"
    policy = asked(home, "keys", "update-domain", "harbour", "--minimum-strength", "192", "--jurisdiction", "CH")
    assert (policy["minimum_strength"], policy["jurisdictions"]) == (192, ["CH"])
    assert refused(home, "keys", "rotate", "harbour", "notes") == (STATE, "keys.algorithm_forbidden")
    assert refused(home, "keys", "create", "harbour", "more") == (DENIED, "keys.jurisdiction")
    assert asked(home, "keys", "update-domain", "harbour", "--clear", "jurisdictions")["jurisdictions"] == []


def test_the_kill_switch_the_archive_and_dates(home, tmp_path):
    many = [{"name": f"k{n}", "attributes": {"activation_ms": 4_000_000_000_000}} for n in range(3)]
    (tmp_path / "many.json").write_text(json.dumps(many))
    made = asked(home, "keys", "create-many", "harbour", str(tmp_path / "many.json"))
    assert [one["name"] for one in made["items"]] == ["k0", "k1", "k2"]
    assert asked(home, "keys", "apply-dates") == {"activated": [], "deactivated": []}
    asked(home, "keys", "update", "harbour", "k0", "--activation", "2020-01-01")
    assert asked(home, "keys", "apply-dates", "harbour")["activated"] == ["harbour/k0"]
    blocked = asked(home, "keys", "block", "harbour", "k0", "--reason", "a laptop was stolen")
    assert (blocked["blocked"], blocked["state"]) == (True, "active")
    assert "active, blocked" in home.call("keys", "list", "harbour", who="custodian").out
    assert refused(home, "keys", "rotate", "harbour", "k0") == (STATE, "keys.blocked")
    asked(home, "keys", "unblock", "harbour", "k0")
    assert refused(home, "keys", "archive", "harbour", "k0") == (STATE, "keys.illegal_transition")
    asked(home, "keys", "deactivate", "harbour", "k0")
    assert asked(home, "keys", "archive", "harbour", "k0")["archived"]
    assert "k0" not in {key["name"] for key in asked(home, "keys", "list", "harbour")["items"]}
    assert "k0" in {key["name"] for key in asked(home, "keys", "list", "harbour", "--archived")["items"]}
    assert not asked(home, "keys", "recover", "harbour", "k0")["archived"]
    (tmp_path / "bad.json").write_text('[{"name": "a", "colour": "red"}]')
    assert refused(home, "keys", "create-many", "harbour", str(tmp_path / "bad.json")) == (INPUT, "cli.file")
