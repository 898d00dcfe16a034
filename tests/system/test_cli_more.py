"""What REST can be asked, the command line can be asked too: people, policies, scans, protected copies, shredding."""

import pytest

DENIED, STATE, INPUT = 4, 5, 2


def asked(home, *command, who):
    """Run a command for JSON, which succeeds."""
    ran = home.call(*command, "--json", who=who)
    assert ran.code == 0, ran.err
    return ran.json


def told(home, *command, who):
    """Run a command for people, which succeeds."""
    ran = home.call(*command, who=who)
    assert ran.code == 0, ran.err
    return ran.out


def refused(home, *command, who):
    ran = home.call(*command, "--json", who=who)
    assert not ran.out
    return ran.code, ran.error["error"]


def test_a_shredding_is_seen_and_taken_back(home):
    asked(home, "keys", "create-domain", "branch", who="custodian")
    assert "shred pending until" in told(home, "keys", "shred", "branch", who="custodian")
    (row,) = [line for line in told(home, "keys", "domains", who="custodian").splitlines() if "branch" in line]
    assert "shred pending until" in row
    assert refused(home, "keys", "cancel-shred", "branch", who="engineer")[0] == DENIED
    restored = asked(home, "keys", "cancel-shred", "branch", who="custodian")
    assert (restored["name"], restored["shred_after_ms"]) == ("branch", None)
    assert "shred pending" not in told(home, "keys", "domains", who="custodian")
    assert refused(home, "keys", "cancel-shred", "branch", who="custodian")[0] == STATE


def test_domains_are_assigned_in_place_of_those_before(home):
    assert asked(home, "people", "assign", "engineer", "branch", "harbour", who="admin")["domains"] == [
        "branch",
        "harbour",
    ]
    assert "branch" in told(home, "people", "assign", "engineer", "branch", who="admin")
    assert asked(home, "people", "show", "engineer", who="admin")["domains"] == ["branch"]
    assert refused(home, "people", "assign", "engineer", who="admin") == (INPUT, "cli.domain_missing")
    assert refused(home, "people", "assign", "engineer", "a", "--none", who="admin") == (INPUT, "cli.domain_missing")
    assert asked(home, "people", "assign", "engineer", "--none", who="admin")["domains"] == []
    assert refused(home, "people", "assign", "nobody", "*", who="admin") == (STATE, "access.principal_unknown")


def test_a_token_is_found_and_ended(home):
    issued = asked(home, "people", "token", "owner", "--days", "3", who="admin")
    had = {one["id"]: one for one in asked(home, "people", "show", "owner", who="admin")["credentials"]}
    assert had[issued["id"]]["ended_ms"] is None
    shown = told(home, "people", "show", "owner", who="admin")
    assert issued["id"] in shown
    assert issued["token"] not in shown
    # A token that somebody pastes whole stands for its id, and is not said again.
    assert asked(home, "people", "revoke-token", issued["token"], who="admin") == {"ended": issued["id"]}
    had = {one["id"]: one for one in asked(home, "people", "show", "owner", who="admin")["credentials"]}
    assert had[issued["id"]]["ended_ms"]
    assert refused(home, "people", "revoke-token", issued["id"], who="admin") == (STATE, "access.credential_ended")
    assert refused(home, "people", "revoke-token", "nosuch", who="admin") == (STATE, "access.credential_unknown")


def test_policies_are_shown_and_put_in_force(home):
    shown = asked(home, "policies", "show", who="admin")
    assert ([one["builtin"] for one in shown["policies"]], shown["pending"]) == ([True], False)
    assert "permit" not in told(home, "policies", "show", who="admin")
    assert "permit" in told(home, "policies", "show", "--text", who="admin")
    file = home.path / "policies" / "owners.cedar"
    file.write_text(
        '@id("house.owners") forbid(principal in Role::"data_owner", action == Action::"protect.show", resource);\n'
    )
    file.chmod(0o600)
    assert "seawall policies load" in told(home, "policies", "show", who="admin")
    asked(home, "protections", who="owner")
    assert refused(home, "policies", "load", who="custodian")[0] == DENIED
    assert "owners.cedar" in told(home, "policies", "load", who="admin")
    assert refused(home, "protections", who="owner") == (DENIED, "access.forbidden")
    file.write_text("permit(everybody);\n")
    assert refused(home, "policies", "load", who="admin") == (INPUT, "access.policy_invalid")
    assert [one["name"] for one in asked(home, "policies", "show", who="admin")["policies"]][1:] == ["owners.cedar"]


def test_scans_are_listed_and_shown_again(home, tmp_path):
    source = tmp_path / "people.csv"
    source.write_text("id,hkid\n1,A123456(3)\n2,C668668(9)\n")
    made = asked(home, "scan", source, who="engineer")
    page = asked(home, "scans", "--limit", "1", who="engineer")
    assert [one["scan_id"] for one in page["items"]] == [made["scan_id"]]
    more = told(home, "scans", "--limit", "1", who="engineer")
    assert made["scan_id"] in more
    assert f"more: --cursor {page['next_cursor']}" in more
    assert made["scan_id"] not in told(home, "scans", "--cursor", page["next_cursor"], who="engineer")
    assert asked(home, "scans", made["scan_id"], who="auditor") == made
    assert f"{source}" in told(home, "scans", made["scan_id"], who="auditor")
    assert refused(home, "scans", "nosuch", who="engineer")[0] == STATE
    assert refused(home, "scans", who="payments-app")[0] == DENIED


@pytest.fixture
def copy(home, tmp_path):
    """A protected copy of a table of two columns, under two keys."""
    source, policy, out = tmp_path / "people.csv", tmp_path / "policy.yaml", tmp_path / "copy.csv"
    source.write_text("id,hkid,email\n1,A123456(3),a@example.org\n2,C668668(1),b@example.org\n")
    policy.write_text(
        "version: 1\ndomain: harbour\ninvalid_key: fields\nrules:\n"
        "  - {class: hkid, technique: tokenise, key: tokens}\n  - {class: email, technique: encrypt, key: fields}\n"
    )
    made = asked(home, "protect", source, "--policy", policy, "--out", out, who="engineer")
    return out, made


def test_protected_copies_are_listed_and_shown(home, copy):
    out, made = copy
    newest = asked(home, "protections", "--domain", "harbour", "--limit", "1", who="auditor")["items"][0]
    assert (newest["protection"], newest["out"], newest["state"]) == (made["protection"], str(out), "current")
    listed = told(home, "protections", who="auditor")
    assert made["protection"] in listed
    assert str(out) in listed
    for name in (out, made["protection"]):
        shown = told(home, "protections", name, who="auditor")
        assert "hkid: 1 invalid values were encrypted, not tokenised." in shown
        assert "people.csv" in shown
    assert refused(home, "protections", "nosuch", who="auditor") == (STATE, "protect.unknown")
    assert refused(home, "protections", who="payments-app")[0] == DENIED


def test_a_copy_is_protected_anew(home, copy, tmp_path):
    out, made = copy
    before = out.read_text()
    assert refused(home, "retokenise", out, who="engineer") == (STATE, "protect.newest")
    asked(home, "keys", "rotate", "harbour", "tokens", who="custodian")
    other = tmp_path / "other.csv"
    anew = asked(home, "retokenise", out, "--column", "hkid", "--out", other, who="engineer")
    versions = {column["name"]: column["version"] for column in anew["columns"]}
    old = {column["name"]: column["version"] for column in made["columns"]}
    assert versions == {"hkid": old["hkid"] + 1, "email": old["email"]}
    assert out.read_text() == before
    assert refused(home, "retokenise", out, "--out", other, who="engineer") == (STATE, "targets.out_exists")
    assert "protection " in told(home, "retokenise", out, "--out", other, "--overwrite", who="engineer")
    told(home, "retokenise", made["protection"], who="engineer")
    assert out.read_text() != before
    token = out.read_text().splitlines()[1].split(",")[1]
    assert asked(home, "reveal", out, token, "--column", "hkid", who="owner")["values"] == ["A123456(3)"]
    assert refused(home, "retokenise", out, "--column", "nosuch", who="engineer") == (INPUT, "protect.column")
    assert refused(home, "retokenise", out, who="owner")[0] == DENIED


def test_options_may_stand_before_the_command(home):
    from support.node import TrialHome

    class Before(TrialHome):
        def arguments(self, *given, who=None):
            return ["--home", str(self.path), *(("--as", who) if who else ()), *map(str, given)]

    before = Before(home.path)
    assert asked(before, "people", "list", who="admin") == asked(home, "people", "list", who="admin")
    alone = before.call()
    assert (alone.code, alone.out) == (INPUT, "")
    assert "no command" in alone.err
