"""What the command line says to what it does not take: a code of its own, what is wrong and what to do."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.access.commands import IssueToken, RevokeToken
from seawall.kernel.clock import FixedClock, SystemClock
from support.node import TrialHome, entries_of, environment, open_rooms

DAY_MS = 86_400_000
DENIED, STATE, INPUT, NOW = 4, 5, 2, 6


def refused(ran, code, name):
    """Assert that a command asked for JSON failed so, and return its error."""
    assert (ran.code, ran.error["error"]) == (code, name), ran.err
    assert ran.error["text"]
    assert not ran.out
    return ran.error


@pytest.fixture
def token_file(tmp_path):
    def write(token):
        path = tmp_path / "token"
        path.write_text(token + "\n")
        return path

    return write


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A home for earnest: its passphrase lies elsewhere."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "right").write_text("the right passphrase of this test\n")
    (folder / "wrong").write_text("some other passphrase of this test\n")
    home = TrialHome(folder / "home")
    made = home.call("init", "--json", "--passphrase-file", folder / "right")
    assert made.code == 0, made.err
    token = home.call("people", "enrol", made.json["enrolment_code"], "--json", "--passphrase-file", folder / "right")
    (folder / "token").write_text(token.json["token"])
    return home, folder


def test_a_wrong_passphrase(sealed):
    home, folder = sealed
    wrong = ("--json", "--passphrase-file", folder / "wrong")
    asked = home.call("people", "list", "--token-file", folder / "token", *wrong)
    assert refused(asked, DENIED, "root.passphrase_wrong")["remedy"]
    refused(home.run("up", "--port", "0", *wrong), DENIED, "root.passphrase_wrong")


def test_the_right_passphrase_from_file_descriptor_and_environment(sealed):
    home, folder = sealed
    given = {"SEAWALL_TOKEN_FILE": str(folder / "token")}
    assert (
        home.call(
            "people", "list", "--json", "--token-file", folder / "token", "--passphrase-file", folder / "right"
        ).code
        == 0
    )
    with (folder / "right").open() as stream:
        os.set_inheritable(stream.fileno(), True)
        ran = home.run(
            "people", "list", "--json", "--passphrase-fd", str(stream.fileno()),
            env=environment(**given), pass_fds=[stream.fileno()],
        )  # fmt: skip
    assert ran.code == 0, ran.err
    ran = home.run("people", "list", "--json", env=environment(**given, SEAWALL_PASSPHRASE_FILE=str(folder / "right")))
    assert ran.code == 0, ran.err


def test_without_a_terminal_nothing_is_asked(sealed):
    home, folder = sealed
    ran = home.run("people", "list", "--token-file", folder / "token", stdin=b"the right passphrase of this test\n")
    assert ran.code == INPUT
    assert "--passphrase-file" in ran.err
    assert not ran.out


def test_with_json_nothing_is_asked_on_a_terminal_either(sealed):
    home, folder = sealed
    ours, theirs = os.openpty()
    try:
        with home.spawn(
            "people", "list", "--json", "--token-file", folder / "token", stdin=theirs, start_new_session=True
        ) as ran:
            out, err = ran.communicate(timeout=60)
        assert ran.returncode == INPUT
        assert json.loads(err)["error"] == "passphrase.missing"
        assert not out
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_home_with_open_doors_is_found_by_the_doctor(sealed):
    home, folder = sealed
    config = home.path / "seawall.toml"
    config.chmod(0o644)
    ran = home.call("doctor", "--json", "--passphrase-file", folder / "wrong")
    config.chmod(0o600)
    assert ran.code == 1
    wrong = {finding["subject"]: finding for finding in ran.json if finding["level"] == "error"}
    assert wrong.keys() == {"file modes", "root of trust"}
    assert str(config) in wrong["file modes"]["remedy"]
    assert "root.passphrase_wrong" in wrong["root of trust"]["text"]


def test_tokens_that_prove_nothing(home, token_file):
    with open_rooms(home) as rooms:
        admin = rooms.authenticator.bearer(home.token("admin"))
        revoked = rooms.desk.perform(admin, IssueToken(principal="custodian"), source="cli")
        rooms.desk.perform(admin, RevokeToken(id=revoked.id), source="cli")
        custodian = home.token("custodian")
    past = FixedClock(SystemClock().now_ms() - 2 * DAY_MS)
    with open_rooms(home, past) as rooms:
        admin = rooms.authenticator.bearer(home.token("admin"))
        expired = rooms.desk.perform(admin, IssueToken(principal="custodian", days=1), source="cli").token
    changed = custodian[:-4] + ("AAAA" if custodian[-4:] != "AAAA" else "BBBB")
    for token, code in (
        ("not a token", "access.token_unknown"),
        (changed, "access.token_unknown"),
        (expired, "access.token_expired"),
        (revoked.token, "access.token_revoked"),
    ):
        error = refused(home.call("keys", "list", "--json", "--token-file", token_file(token)), DENIED, code)
        assert error["remedy"]
        assert token not in str(error)
    error = refused(home.call("keys", "list", "--json"), DENIED, "cli.token_missing")
    assert "--as" in error["remedy"]
    denied = [entry for entry in entries_of(home) if entry.action == "access.authenticate"]
    assert len(denied) == 4


def test_what_is_not_there_or_not_allowed(home, tmp_path):
    refused(home.call("keys", "rotate", "harbour", "nosuch", "--json", who="custodian"), STATE, "keys.unknown")
    refused(home.call("keys", "create", "nosuch", "key", "--json", who="custodian"), STATE, "keys.domain_unknown")
    refused(home.call("keys", "create", "harbour", "fields", "--json", who="custodian"), STATE, "keys.exists")
    refused(home.call("keys", "rotate", "harbour", "fields", "--json", who="auditor"), DENIED, "access.forbidden")
    refused(home.call("keys", "list", "--json", who="nobody"), INPUT, "cli.file_unreadable")
    refused(home.call("keys", "list", "--json", who="../admin"), INPUT, "name.invalid")
    refused(home.call("scan", "--json", who="engineer"), INPUT, "cli.target_missing")
    refused(home.call("init", "--json", "--trial"), STATE, "home.exists")
    missing = TrialHome(tmp_path / "nothing")
    refused(missing.call("ledger", "verify", "--json"), INPUT, "home.missing")
    refused(missing.call("up", "--json"), INPUT, "home.missing")
    full = TrialHome(tmp_path / "full")
    full.path.mkdir()
    (full.path / "something").touch()
    refused(full.call("init", "--json", "--trial"), INPUT, "home.not_empty")
    assert [path.name for path in full.path.iterdir()] == ["something"]


def test_a_role_that_would_join_keys_with_data_is_refused(home):
    error = refused(
        home.call("people", "grant", "custodian", "application", "--json", who="admin"),
        STATE,
        "access.separation_of_duties",
    )
    assert "custodian" in error["text"]
    ran = home.call("people", "create", "both", "--role", "custodian", "--role", "data_owner", "--json", who="admin")
    refused(ran, STATE, "access.separation_of_duties")
    listed = home.call("people", "list", "--json", who="admin").json["items"]
    assert {one["name"]: one["roles"] for one in listed}["custodian"] == ["custodian"]
    assert "both" not in {one["name"] for one in listed}


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["keys", "create"], ["keys", "create", "harbour", "x", "--purpose", "fun"], ["up", "--port", "x"]],
)
def test_what_is_no_command(home, arguments):
    assert refused(home.call(*arguments, "--json"), INPUT, "cli.usage")["remedy"]
    ran = home.call(*arguments)
    assert (ran.code, ran.out) == (INPUT, "")
    assert "Error" in ran.err


def test_a_failure_inside_has_a_code_of_its_own_and_quotes_nothing(home, monkeypatch):
    from seawall.app.composition import Composition

    def fail(*_, **__):
        raise ValueError("A123456(3)")

    monkeypatch.setattr(Composition, "diagnose", fail)
    ran = home.call("doctor", "--json")
    assert refused(ran, 70, "internal.error")
    assert "ValueError" in ran.err
    assert "A123456" not in ran.err


def test_a_token_is_not_issued_where_it_cannot_be_written(home, tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    refused(
        home.call("people", "token", "custodian", "--out", there, "--json", who="admin"), INPUT, "cli.file_unwritable"
    )
    assert there.read_text() == "mine"
    new = tmp_path / "new"
    refused(
        home.call("people", "token", "nobody", "--out", new, "--json", who="admin"), STATE, "access.principal_unknown"
    )
    assert not new.exists()
    assert home.call("people", "token", "custodian", "--out", new, "--json", who="admin").code == 0
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    issued = [entry for entry in entries_of(home) if (entry.action, entry.outcome) == ("access.token.issue", "success")]
    assert len(issued) == 5 + 1


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_leaves_early_is_no_failure(home, form):
    with home.spawn("ledger", "show", "--limit", "1000", *form, who="auditor") as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline()
        writer.stdout.close()
        assert writer.stderr is not None
        said = writer.stderr.read()
        assert writer.wait(60) == 0
    assert said == b""


def test_output_that_cannot_be_written_is_a_failure(home):
    with (
        Path("/dev/full").open("wb") as full,
        home.spawn("keys", "list", "--json", who="auditor", stdout=full) as process,
    ):
        _, said = process.communicate(timeout=60)
    assert process.returncode == NOW
    assert json.loads(said)["error"] == "cli.disk_full"


def test_help_needs_no_home():
    ran = subprocess.run(
        [sys.executable, "-m", "seawall", "--help"],
        capture_output=True,
        env=environment(HOME="/nonexistent"),
        check=True,
    )
    assert b"Find sensitive data" in ran.stdout
