"""Envelopes of every suite: whole, bound where the mechanism can, refused where anything differs."""

from functools import partial
from uuid import UUID

import pytest

from seawall.crypto import envelope as wire
from seawall.crypto.algorithms.material import generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Form, Mechanism
from seawall.crypto.algorithms.nonces import CountedNonces
from seawall.crypto.algorithms.opening import (
    open_cipher,
    open_encryptor,
    open_public_wrapper,
    open_wrapper,
)
from seawall.crypto.algorithms.registry import NonceKind, Operation, mechanism_spec, spec_of
from seawall.crypto.suite_envelope import SuiteOpener, SuiteSealer, SuiteUnwrapper, SuiteWrapper
from seawall.crypto.suites import SUITES, Suite
from seawall.kernel.secret import Secret
from support.vectors import refused

KEY = UUID(int=0xABCDEF)
ENVELOPES = [suite for suite, info in SUITES.items() if info.in_envelope]
ENCRYPTING = [s for s in ENVELOPES if Operation.ENCRYPT in mechanism_spec(SUITES[s].mechanism).operations]
WRAPPING = [s for s in ENVELOPES if Operation.WRAP in mechanism_spec(SUITES[s].mechanism).operations]
PAIRS: dict[Algorithm, Secret] = {}


def key_of(suite):
    info = SUITES[suite]
    if spec_of(info.algorithm).form is Form.SYMMETRIC:
        return generate(info.algorithm, mechanism=info.mechanism)
    if info.algorithm not in PAIRS:
        PAIRS[info.algorithm] = generate(info.algorithm)
    return PAIRS[info.algorithm]


def cipher_of(suite, material):
    info = SUITES[suite]
    counted = mechanism_spec(info.mechanism).nonce is NonceKind.COUNTED
    return open_cipher(info.algorithm, info.mechanism, material, CountedNonces(0, 9) if counted else None)


@pytest.mark.parametrize("suite", ENCRYPTING, ids=lambda suite: suite.name)
def test_a_value_goes_round_and_says_where_it_belongs(suite):
    cipher = cipher_of(suite, key_of(suite))
    bound = mechanism_spec(SUITES[suite].mechanism).binds_context
    context = b"context" if bound else b""
    sealed = SuiteSealer(suite, cipher, "payments", KEY, 3).seal(b"a value", context)
    header = wire.parse(sealed)
    assert (header.suite, header.key_id, header.version) == (suite, KEY, 3)
    assert header.nonce == sealed[25 : 25 + SUITES[suite].nonce_bytes]
    opener = SuiteOpener(suite, cipher, "payments", KEY, 3)
    assert opener.open(sealed, context) == b"a value"
    refused(partial(SuiteOpener(suite, cipher, "payments", KEY, 4).open, sealed, context), "envelope.other_key")
    refused(partial(SuiteOpener(suite, cipher, "payments", UUID(int=1), 3).open, sealed, context), "envelope.other_key")
    refused(partial(opener.open, sealed[:25], context), "envelope.malformed")
    refused(partial(opener.open, b"", context), "envelope.malformed")
    if bound:
        for other in (b"", b"contexts"):
            refused(partial(opener.open, sealed, other), "crypto.open_failed")
        refused(partial(SuiteOpener(suite, cipher, "trading", KEY, 3).open, sealed, context), "crypto.open_failed")
        changed = bytearray(sealed)
        changed[-1] ^= 1
        refused(partial(opener.open, bytes(changed), context), "crypto.open_failed")
    else:
        refused(partial(opener.open, sealed, b"context"), "crypto.no_context")
        refused(partial(SuiteSealer(suite, cipher, "payments", KEY, 3).seal, b"v", b"c"), "crypto.no_context")


@pytest.mark.parametrize("suite", WRAPPING, ids=lambda suite: suite.name)
def test_a_key_goes_round(suite):
    info, material = SUITES[suite], key_of(suite)
    wrapper = open_wrapper(info.algorithm, info.mechanism, material)
    context = b"context" if mechanism_spec(info.mechanism).binds_context else b""
    wrapped = SuiteWrapper(suite, wrapper, "payments", KEY, 1).wrap(Secret(bytes(range(32))), context)
    unwrapper = SuiteUnwrapper(suite, wrapper, "payments", KEY, 1)
    assert unwrapper.unwrap(wrapped, context).expose() == bytes(range(32))
    refused(partial(unwrapper.unwrap, wrapped[:-1] + bytes((wrapped[-1] ^ 1,)), context), "crypto.open_failed")
    refused(partial(unwrapper.unwrap, wrapped + b"\0", context), "envelope.malformed", "crypto.open_failed")
    refused(partial(SuiteWrapper(suite, wrapper, "payments", KEY, 1).wrap, Secret(b""), context), "crypto.empty_key")
    if spec_of(info.algorithm).form is Form.ASYMMETRIC:
        alone = open_public_wrapper(info.algorithm, info.mechanism, public_key(info.algorithm, material))
        sealed = SuiteWrapper(suite, alone, "payments", KEY, 1).wrap(Secret(b"k" * 32), context)
        assert unwrapper.unwrap(sealed, context).expose() == b"k" * 32


@pytest.mark.parametrize("suite", ENVELOPES, ids=lambda suite: suite.name)
def test_lengths_that_a_suite_never_makes_do_not_parse(suite):
    info = SUITES[suite]
    head = wire.header_of(suite, KEY, 1)
    least = info.nonce_bytes + (info.fixed_bytes if info.fixed_bytes is not None else info.overhead_bytes)
    assert wire.parse(head + bytes(least)).suite is suite
    if least:
        refused(partial(wire.parse, head + bytes(least - 1)), "envelope.malformed")
    if info.fixed_bytes is not None or info.block_bytes > 1:
        refused(partial(wire.parse, head + bytes(least + 1)), "envelope.malformed")


@pytest.mark.parametrize("suite", [s for s in Suite if not SUITES[s].in_envelope], ids=lambda suite: suite.name)
def test_signatures_and_encapsulations_stand_in_no_envelope(suite):
    refused(partial(wire.parse, wire.header_of(suite, KEY, 1) + bytes(2000)), "envelope.malformed")
    refused(
        partial(SuiteSealer, suite, cipher_of(Suite.AES_256_SIV, Secret(bytes(64))), "d", KEY, 1), "envelope.malformed"
    )


@pytest.mark.parametrize("number", [0, 2, 0x14, 0x22, 0x104, 0x202, 0xFFFF])
def test_a_suite_that_is_not_known_does_not_parse(number):
    refused(
        partial(wire.parse, b"SW\x01" + number.to_bytes(2) + KEY.bytes + bytes((0, 0, 0, 1)) + bytes(2048)),
        "envelope.malformed",
    )


def test_the_same_cipher_under_another_suite_does_not_open_it():
    key = bytes(range(32))
    siv = open_cipher(Algorithm.AES_128, Mechanism.SIV, Secret(key))
    sealed = SuiteSealer(Suite.AES_128_SIV, siv, "d", KEY, 1).seal(b"v")
    swapped = wire.header_of(Suite.AES_256_SIV, KEY, 1) + sealed[25:]
    refused(partial(SuiteOpener(Suite.AES_256_SIV, siv, "d", KEY, 1).open, swapped), "crypto.open_failed")


def test_the_default_suite_has_the_bytes_of_its_own_sealer():
    key = Secret(bytes(range(32)))
    cipher = open_cipher(Algorithm.AES_256, Mechanism.XAES_256_GCM, key)
    sealed = SuiteSealer(Suite.XAES_256_GCM, cipher, "payments", KEY, 1).seal(b"a value", b"context")
    assert wire.Opener(key, "payments", KEY, 1).open(sealed, b"context") == b"a value"
    other = wire.Sealer(key, "payments", KEY, 1).seal(b"a value", b"context")
    assert SuiteOpener(Suite.XAES_256_GCM, cipher, "payments", KEY, 1).open(other, b"context") == b"a value"


def test_deterministic_envelopes_are_equal_for_equal_values():
    siv = open_cipher(Algorithm.AES_256, Mechanism.SIV, Secret(bytes(64)))
    sealer = SuiteSealer(Suite.AES_256_SIV, siv, "payments", KEY, 1)
    assert sealer.seal(b"v", b"c") == sealer.seal(b"v", b"c") != sealer.seal(b"v", b"d")


def test_a_public_key_seals_envelopes():
    suite = Suite.X25519_ML_KEM_768_HPKE
    material = key_of(suite)
    spki = public_key(Algorithm.X25519_ML_KEM_768, material)
    alone = open_encryptor(Algorithm.X25519_ML_KEM_768, Mechanism.HPKE_X_WING, spki)
    sealed = SuiteSealer(suite, alone, "payments", KEY, 1).seal(b"a value", b"context")
    assert SuiteOpener(suite, cipher_of(suite, material), "payments", KEY, 1).open(sealed, b"context") == b"a value"
