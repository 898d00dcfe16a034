"""Fuzz what instruments read: payloads, signatures, keys. Only errors of ours come out, and nothing opens by chance.

The first byte chooses what reads the rest.
"""

from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.nonces import CountedNonces
from seawall.crypto.algorithms.opening import (
    open_agreement,
    open_cipher,
    open_decapsulator,
    open_encapsulator,
    open_signer,
    open_verifier,
    open_wrapper,
)
from seawall.crypto.algorithms.registry import (
    Algorithm,
    Form,
    NonceKind,
    Operation,
    mechanism_spec,
    spec_of,
)
from seawall.kernel.errors import SeawallError
from seawall.kernel.secret import Secret

LEFT_OUT = {Algorithm.SLH_DSA_SHA2_128S, Algorithm.RSA_3072, Algorithm.RSA_4096}
SEEDS: list[bytes] = []
READERS = []


def _fill(size: int) -> bytes:
    return bytes(range(7, 7 + size)) if size < 200 else bytes(size)


def _reader(read, made: bytes, *, opens_only_made: bool) -> None:
    SEEDS.append(bytes((len(READERS),)) + made)
    READERS.append((read, made, opens_only_made))


def _build() -> None:
    for algorithm in Algorithm:
        if algorithm in LEFT_OUT:
            continue
        for mechanism in spec_of(algorithm).mechanisms:
            how = mechanism_spec(mechanism)
            key = generate(algorithm, _fill, mechanism=mechanism)
            if Operation.ENCRYPT in how.operations:
                counted = how.nonce is NonceKind.COUNTED
                cipher = open_cipher(algorithm, mechanism, key, CountedNonces(0, 9) if counted else None)
                authentic = how.binds_context and spec_of(algorithm).form is Form.SYMMETRIC
                _reader(cipher.decrypt, cipher.encrypt(b"a value"), opens_only_made=authentic)
            elif Operation.WRAP in how.operations:
                wrapper = open_wrapper(algorithm, mechanism, key)
                _reader(wrapper.unwrap, wrapper.wrap(Secret(b"a key of bytes")), opens_only_made=True)
            elif Operation.SIGN in how.operations:
                signer = open_signer(algorithm, mechanism, key)
                signature = signer.sign(b"message")
                _reader(lambda data, s=signer: s.verify(b"message", data), signature, opens_only_made=True)
            elif Operation.DECAPSULATE in how.operations:
                opened = open_decapsulator(algorithm, mechanism, key)
                _reader(opened.decapsulate, opened.encapsulate().ciphertext, opens_only_made=False)
            elif Operation.DERIVE in how.operations:
                agreement = open_agreement(algorithm, mechanism, key)
                peer = public_key(algorithm, key)
                _reader(lambda data, a=agreement: a.derive(data, 32), peer, opens_only_made=False)
        if spec_of(algorithm).form is Form.ASYMMETRIC:
            _add_keys(algorithm, key)


def _add_keys(algorithm: Algorithm, key: Secret) -> None:
    _reader(lambda data: accept(algorithm, Secret(data)), key.expose(), opens_only_made=False)
    spki = public_key(algorithm, key)
    mechanism = spec_of(algorithm).mechanisms[-1]
    if Operation.VERIFY in mechanism_spec(mechanism).operations:
        _reader(lambda data: open_verifier(algorithm, mechanism, data), spki, opens_only_made=False)
    elif Operation.ENCAPSULATE in mechanism_spec(mechanism).operations:
        _reader(lambda data: open_encapsulator(algorithm, mechanism, data), spki, opens_only_made=False)


_build()


def seeds() -> list[bytes]:
    return SEEDS


def target(data: bytes) -> None:
    if not data:
        return
    read, made, opens_only_made = READERS[data[0] % len(READERS)]
    try:
        read(data[1:])
    except SeawallError as error:
        if data[1:] == made:
            raise AssertionError("what was made is refused") from error
    else:
        if opens_only_made and data[1:] != made:
            raise AssertionError("what was never made is accepted")
