"""How a root key seals in a token that cannot do AES-GCM, and what a token that can do nothing is told."""

import pytest

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import wrapped
from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress
from seawall.adapters.roots.token_record import TokenRecord
from seawall.adapters.roots.token_roots import create, schemes
from seawall.adapters.roots.token_session import Borrower, OpenToken, Refusal
from seawall.adapters.roots.worker_messages import CreateRoot, Scheme
from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret
from support import softhsm

GENERATES = {t.CKM_AES_KEY_GEN: t.CKF_GENERATE}
BOTH = t.CKF_ENCRYPT | t.CKF_DECRYPT


@pytest.fixture
def root(tmp_path, monkeypatch):
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("t")
    address = TokenAddress(module=hsm.library, token_label="t")
    record = TokenRecord(tmp_path / "record")
    made = Pkcs11Root.create(address, pin=lambda: Secret(softhsm.PIN), record=record, scheme=Scheme.CBC_CMAC)
    yield made
    made.close()


@pytest.mark.softhsm
def test_encrypt_then_authenticate_where_there_is_no_gcm(root):
    assert root.describe().generations[0].scheme == "AES-CBC-CMAC"
    for length in (0, 1, 15, 16, 32, 4096):
        value = root.wrap(Secret(bytes(length)), b"c")
        assert len(wrapped.unpack(value).nonce) == 16
        assert root.unwrap(value, b"c").expose() == bytes(length)
    value = root.wrap(Secret(b"k" * 32), b"c")
    for i in range(len(value)):
        changed = bytearray(value)
        changed[i] ^= 1
        with pytest.raises(Corrupt):
            root.unwrap(bytes(changed), b"c")
    # The boundary between context and ciphertext is bound.
    with pytest.raises(Corrupt):
        root.unwrap(value, b"c" + value[37:38])


@pytest.mark.softhsm
def test_a_later_generation_of_another_scheme_leaves_the_older_one_as_it_is(root):
    older = root.wrap(Secret(b"k" * 32), b"c")
    assert root.create_generation(2).scheme == "AES-GCM"
    newer = root.wrap(Secret(b"k" * 32), b"c")
    assert len(wrapped.unpack(newer).nonce) == 12
    assert root.unwrap(older, b"c").expose() == root.unwrap(newer, b"c").expose() == b"k" * 32


class Able(OpenToken):
    """A token that can do what a test says."""

    def __init__(self, mechanisms):
        self.mechanisms = mechanisms
        self.module = None


@pytest.mark.parametrize(
    ("mechanisms", "able"),
    [
        ({**GENERATES, t.CKM_AES_GCM: BOTH}, [Scheme.GCM]),
        ({**GENERATES, t.CKM_AES_GCM: t.CKF_ENCRYPT}, []),
        ({**GENERATES, t.CKM_AES_CBC_PAD: BOTH, t.CKM_AES_CMAC: t.CKF_SIGN}, [Scheme.CBC_CMAC]),
        ({**GENERATES, t.CKM_AES_CBC_PAD: BOTH}, []),
        ({t.CKM_AES_GCM: BOTH}, []),
        ({}, []),
    ],
)
def test_the_scheme_is_chosen_by_what_the_token_says_it_can(mechanisms, able):
    token = Able(mechanisms)
    assert schemes(token) == able
    if not able:
        with pytest.raises(Refusal) as caught:
            create(Borrower(token), CreateRoot(label="l", key_id=bytes(16)))
        assert caught.value.code == "mechanism_missing"
