import copy
import pickle

import pytest

from seawall.kernel.secret import Secret


def test_never_shows_itself():
    secret = Secret(b"open sesame")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}"]
    assert not any("sesame" in text for text in shown)


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_cannot_be_copied_out(copier):
    with pytest.raises(TypeError, match="pickled or copied"):
        copier(Secret(b"x"))


def test_compares_only_by_matches():
    with pytest.raises(TypeError, match="matches"):
        assert Secret(b"x") == Secret(b"x")
    assert Secret(b"x").matches(Secret(b"x"))
    assert not Secret(b"x").matches(Secret(b"y"))


def test_close_overwrites_the_buffer_in_place():
    secret = Secret(b"open sesame")
    buffer = secret._buffer
    secret.close()
    secret.close()
    assert buffer == bytearray(11)
    assert secret.closed
    assert len(secret) == 0
    with pytest.raises(ValueError, match="closed"):
        secret.expose()


def test_closes_at_the_end_of_a_with_block():
    with Secret(b"x") as secret:
        assert secret.expose() == b"x"
    assert secret.closed
