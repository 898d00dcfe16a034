"""A home whose store is a PostgreSQL database."""

import re
from pathlib import Path

import pytest

from support import postgres
from support.backing import APP, OwnHome, check, doctor, encrypt_at_desk, encrypt_over_rest, settle, turn
from support.node import running

pytestmark = pytest.mark.postgresql


def make(tmp_path: Path, url: str) -> OwnHome:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    home = OwnHome(tmp_path / "home", SEAWALL_PASSPHRASE_FILE=str(passphrase))
    settle(home, home.do("init", "--store", url)["enrolment_code"])
    return home


def test_one_turn_of_the_loop_on_postgresql(tmp_path: Path) -> None:
    with postgres.database() as url:
        home = make(tmp_path, url)
        assert not (home.path / "store.sqlite").exists()
        turn(home, tmp_path / "log")
        assert doctor(home)["store"]["text"].startswith("postgresql, installation ")
        assert [found for found in doctor(home).values() if found["level"] != "ok"] == []


def test_a_database_that_is_another_homes_is_not_taken(tmp_path: Path) -> None:
    with postgres.database() as url:
        make(tmp_path, url)
        second = OwnHome(tmp_path / "second", SEAWALL_PASSPHRASE_FILE=str(tmp_path / "passphrase"))
        refused = second.call("init", "--store", url, "--json")
        assert (refused.code, refused.error["error"]) == (5, "store.founded")
        assert refused.error["remedy"]
        assert not (second.path / "seawall.toml").exists()


def test_a_database_that_goes_away_is_said_and_comes_back(tmp_path: Path) -> None:
    with postgres.database() as url:
        home = make(tmp_path, url)
        nowhere = re.sub(r"host=[^&]+", f"host={tmp_path / 'nowhere'}", url)
        gone = OwnHome(home.path, **home.env, SEAWALL_STORE=nowhere)
        for given in (("keys", "list"), ("up", "--port", "0")):
            refused = gone.call(*given, "--json", who="custodian")
            assert (refused.code, refused.error["error"]) == (6, "store.unreachable")
            assert "correct horse" not in refused.err
        assert doctor(gone)["store"]["level"] == "error"
        with running(home, tmp_path / "log", workers=1) as node:
            app = node.client(APP)
            encrypt_over_rest(app)
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            # Connections that died are opened again; what is held in memory needs none.
            encrypt_over_rest(app)
            assert app.ask("GET", "/readyz").status in {200, 503}
            node.wait_ready()
            app.close()
        encrypt_at_desk(home)
        check(home)
