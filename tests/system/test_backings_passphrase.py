"""A home with a passphrase of its own: from a file, from a descriptor, and typed at a terminal."""

import os
import pty
import re
import select
import sys
import time
from pathlib import Path

import pytest

from support.backing import CUSTODIAN, OwnHome, check, doctor, settle, turn
from support.node import TrialHome, environment

WORDS = "correct horse battery staple"
WRONG = "correct horse battery stable"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(WORDS + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def home(tmp_path: Path) -> TrialHome:
    return TrialHome(tmp_path / "home")


def at_terminal(home: TrialHome, *given: str, answers: tuple[str, ...]) -> tuple[int, str]:
    """Run a command on a terminal and type one answer at each prompt; return its exit code and all that was seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            arguments = [sys.executable, "-m", "seawall", *home.arguments(*given)]
            os.execve(sys.executable, arguments, environment(TERM="dumb"))
        finally:
            os._exit(127)
    seen, waiting = "", list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([terminal], [], [], 60)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        seen += piece.decode()
        if waiting and seen.count("Passphrase of the root of trust: ") > len(answers) - len(waiting):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert not waiting, seen
    return code, seen


def test_a_passphrase_in_a_file(home: TrialHome, file: Path, tmp_path: Path) -> None:
    own = OwnHome(home.path, SEAWALL_PASSPHRASE_FILE=str(file))
    settle(own, own.do("init")["enrolment_code"])
    turn(own, tmp_path / "log")
    assert "trial" not in doctor(own)
    assert not (own.path / "passphrase").exists()
    kept = [path for path in own.path.rglob("*") if path.is_file() and WORDS.encode() in path.read_bytes()]
    assert not kept
    # The option goes before the environment, and a service's environment file will do.
    other = tmp_path / "environment"
    other.write_text(f"SEAWALL_PASSPHRASE={WORDS}\n")
    wrong = tmp_path / "wrong"
    wrong.write_text(WRONG)
    right = OwnHome(own.path, SEAWALL_PASSPHRASE_FILE=str(wrong))
    assert right.call("keys", "list", "--passphrase-file", str(other), who=CUSTODIAN).code == 0
    refused = right.call("keys", "list", "--json", who=CUSTODIAN)
    assert (refused.code, refused.error["error"]) == (4, "root.passphrase_wrong")
    assert WRONG not in refused.err
    up = right.call("up", "--port", "0", "--json")
    assert (up.code, up.error["error"]) == (4, "root.passphrase_wrong")
    assert doctor(right)["root of trust"]["level"] == "error"
    check(own)


def test_a_passphrase_from_a_descriptor(home: TrialHome) -> None:
    def given(words: str, *command: str) -> tuple[int, str, str]:
        reader, writer = os.pipe()
        os.write(writer, words.encode() + b"\n")
        os.close(writer)
        try:
            ran = home.run(*command, "--passphrase-fd", str(reader), pass_fds=(reader,))
        finally:
            os.close(reader)
        return ran.code, ran.out, ran.err

    assert given(WORDS, "init", "--json")[0] == 0
    code, out, _ = given(WORDS, "doctor", "--json")
    assert (code, WORDS in out) == (0, False)
    code, out, err = given(WRONG, "doctor", "--json")
    assert code == 1
    assert "root.passphrase_wrong" in out
    assert WRONG not in out + err
    assert given("", "doctor", "--json")[0] == 1


def test_a_passphrase_typed_at_a_terminal(home: TrialHome) -> None:
    code, seen = at_terminal(home, "init", answers=(WORDS, WORDS))
    assert code == 0, seen
    assert WORDS not in seen
    link = re.search(r"people enrol (swe_\S+)", seen)
    assert link, seen
    token = home.path / "tokens" / "admin.token"
    code, seen = at_terminal(home, "people", "enrol", link[1], "--out", str(token), answers=(WORDS,))
    assert code == 0, seen
    code, seen = at_terminal(home, "people", "list", "--as", "admin", answers=(WORDS,))
    assert code == 0
    assert "administrator" in seen
    code, seen = at_terminal(home, "people", "list", "--as", "admin", answers=(WRONG,))
    assert code == 4
    assert "root.passphrase_wrong" in seen
    assert WORDS not in seen
    assert WRONG not in seen


@pytest.mark.parametrize(
    ("answers", "code"), [(("too short",), "cli.passphrase_short"), ((WORDS, WRONG), "cli.passphrase_differs")]
)
def test_a_new_passphrase_is_long_and_typed_twice(home: TrialHome, answers: tuple[str, ...], code: str) -> None:
    ended, seen = at_terminal(home, "init", answers=answers)
    assert ended == 2
    assert code in seen
    assert not (home.path / "seawall.toml").exists()


def test_where_nobody_can_be_asked_it_says_what_to_give(home: TrialHome, file: Path, tmp_path: Path) -> None:
    refused = home.call("init", "--json")
    assert (refused.code, refused.error["error"]) == (2, "passphrase.missing")
    assert "--passphrase-file" in refused.error["remedy"]
    empty = tmp_path / "empty"
    empty.touch()
    for path, code in ((empty, "cli.passphrase_empty"), (tmp_path / "none", "cli.file_unreadable")):
        refused = home.call("init", "--passphrase-file", path, "--json")
        assert (refused.code, refused.error["error"]) == (2, code)
    empty.write_text("short\n")
    refused = home.call("init", "--passphrase-file", empty, "--json")
    assert (refused.code, refused.error["error"]) == (2, "passphrase.short")
    assert home.call("init", "--passphrase-file", file, "--json").code == 0
