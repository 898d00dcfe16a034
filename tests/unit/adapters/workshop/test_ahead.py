"""RSA keys made ahead for a node's process: nothing before the first, nothing computed once full."""

import time

import pytest

from seawall.adapters.workshop.ahead import RsaAhead
from seawall.adapters.workshop.workshop import Workshop
from seawall.app.workshops import Workshops
from seawall.crypto.algorithms.material import accept
from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.errors import InvalidInput
from seawall.settings import Settings
from seawall.settings_keys import KeySettings

RSA = Algorithm.RSA_2048


def processes(workshop):
    """Count the processes of a workshop that are not at work."""
    held = [workshop._free.get(timeout=30) for _ in range(2)]
    for one in held:
        workshop._free.put(one)
    return sum(one is not None for one in held)


def until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_first_key_fills_the_pool_and_a_full_pool_computes_nothing():
    workshop = Workshop(size=2, timeout=60)
    ahead = RsaAhead(workshop, {RSA: 1})
    try:
        time.sleep(0.1)
        assert (ahead.pool.held(), processes(workshop)) == ({RSA: 0}, 0)
        first = ahead.take(RSA)
        until(lambda: ahead.pool.held() == {RSA: 1} and processes(workshop) == 0)
        started = time.monotonic()
        second = ahead.take(RSA)
        assert time.monotonic() - started < 0.1
        assert not first.matches(second)
        accept(RSA, second)
        until(lambda: ahead.pool.held() == {RSA: 1})
    finally:
        ahead.close()
    assert ahead.pool.held() == {RSA: 0}


def test_a_workshop_at_rest_starts_again():
    workshop = Workshop(size=2, timeout=60)
    ahead = RsaAhead(workshop, {})
    try:
        ahead.take(RSA)
        until(lambda: processes(workshop) == 0)
        ahead.take(RSA)
    finally:
        ahead.close()


def test_a_process_that_ends_soon_holds_none():
    one = Workshops(Settings(), stays=False)
    assert one.rsa_keys is None
    one.close()
    held = Workshops(Settings(keys=KeySettings(rsa_pool={"RSA-3072": 1})), stays=True)
    assert held.rsa_keys is not None
    assert held.rsa_keys.pool.held() == {Algorithm.RSA_3072: 0}
    held.close()


@pytest.mark.parametrize("said", ['rsa_pool = {"RSA-1024" = 1}', 'rsa_pool = {"RSA-2048" = 1000}', "pool = 1"])
def test_a_pool_that_cannot_be_is_refused(tmp_path, said):
    from seawall.settings import Home

    (tmp_path / "seawall.toml").write_text(f"[keys]\n{said}\n")
    with pytest.raises(InvalidInput, match="keys"):
        Home(tmp_path).settings()
