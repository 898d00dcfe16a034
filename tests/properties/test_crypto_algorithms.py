"""Every instrument goes round with any data, and nothing that was changed passes."""

from functools import cache

from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.nonces import CountedNonces
from seawall.crypto.algorithms.opening import (
    open_agreement,
    open_cipher,
    open_decapsulator,
    open_encapsulator,
    open_mac,
    open_signer,
    open_verifier,
    open_wrapper,
)
from seawall.crypto.algorithms.registry import (
    Algorithm,
    Form,
    Mechanism,
    NonceKind,
    Operation,
    mechanism_spec,
    spec_of,
)
from seawall.kernel.secret import Secret
from support.vectors import outcome, refused

HERE = [a for a in Algorithm if a not in {Algorithm.SLH_DSA_SHA2_128S, Algorithm.RSA_3072, Algorithm.RSA_4096}]
PAIRS = [(a, m) for a in HERE for m in spec_of(a).mechanisms]


def serving(operation):
    return [pair for pair in PAIRS if operation in mechanism_spec(pair[1]).operations]


@cache
def material(algorithm, mechanism):
    if spec_of(algorithm).form is Form.ASYMMETRIC and mechanism is not None:
        return material(algorithm, None)
    return generate(algorithm, mechanism=mechanism)


@cache
def cipher(algorithm, mechanism):
    counted = mechanism_spec(mechanism).nonce is NonceKind.COUNTED
    return open_cipher(
        algorithm, mechanism, material(algorithm, mechanism), CountedNonces(0, 1 << 60) if counted else None
    )


@cache
def signer(algorithm, mechanism):
    return open_signer(algorithm, mechanism, material(algorithm, mechanism))


def changed(data, where, flip):
    at = where % len(data)
    return data[:at] + bytes((data[at] ^ flip,)) + data[at + 1 :]


flips = st.integers(1, 255)
places = st.integers(0, 1 << 20)
short = st.binary(max_size=60)


@given(st.sampled_from(serving(Operation.ENCRYPT)), short, short)
def test_what_is_encrypted_is_decrypted(pair, data, aad):
    aad = aad if mechanism_spec(pair[1]).binds_context else b""
    assert cipher(*pair).decrypt(cipher(*pair).encrypt(data, aad), aad) == data


@given(
    st.sampled_from([p for p in serving(Operation.ENCRYPT) if mechanism_spec(p[1]).binds_context]),
    short,
    short,
    places,
    flips,
)
def test_no_changed_payload_is_decrypted(pair, data, aad, where, flip):
    payload = changed(cipher(*pair).encrypt(data, aad), where, flip)
    refused(lambda: cipher(*pair).decrypt(payload, aad), "crypto.open_failed")


@given(
    st.sampled_from([p for p in serving(Operation.ENCRYPT) if mechanism_spec(p[1]).binds_context]), short, short, short
)
def test_no_other_context_opens(pair, data, aad, other):
    assume(aad != other)
    payload = cipher(*pair).encrypt(data, aad)
    refused(lambda: cipher(*pair).decrypt(payload, other), "crypto.open_failed")


@given(st.sampled_from(serving(Operation.DECRYPT)), st.binary(max_size=1300))
def test_nothing_else_is_an_error_of_its_own(pair, payload):
    code, _ = outcome(lambda: cipher(*pair).decrypt(payload))
    assert code in {"", "crypto.open_failed", "crypto.malformed"}
    assert code or not mechanism_spec(pair[1]).binds_context


@given(st.sampled_from(serving(Operation.WRAP)), st.binary(min_size=1, max_size=60), places, flips)
def test_keys_are_unwrapped_unless_changed(pair, key, where, flip):
    wrapper = open_wrapper(*pair, material(*pair))
    wrapped = wrapper.wrap(Secret(key))
    assert wrapper.unwrap(wrapped).expose() == key
    refused(lambda: wrapper.unwrap(changed(wrapped, where, flip)), "crypto.open_failed")


@given(st.sampled_from(serving(Operation.SIGN)), short, places, flips, st.sampled_from(SignatureForm))
def test_signatures_verify_unless_changed(pair, data, where, flip, form):
    form = form if pair[1].startswith("ECDSA") else SignatureForm.DER
    signature = signer(*pair).sign(data, form=form)
    public = open_verifier(*pair, public_key(pair[0], material(*pair)))
    public.verify(data, signature, form=form)
    refused(lambda: public.verify(data, changed(signature, where, flip), form=form), "crypto.bad_signature")
    refused(lambda: public.verify(data + b"\0", signature, form=form), "crypto.bad_signature")


@given(
    st.sampled_from(serving(Operation.VERIFY)),
    short,
    st.binary(max_size=600),
    st.sampled_from(SignatureForm),
)
def test_nothing_else_verifies(pair, data, signature, form):
    form = form if pair[1].startswith("ECDSA") else SignatureForm.DER
    refused(lambda: signer(*pair).verify(data, signature, form=form), "crypto.bad_signature")


@given(
    st.sampled_from(
        [(a, Mechanism.ML_DSA) for a in (Algorithm.ML_DSA_44, Algorithm.ML_DSA_65)]
        + [(Algorithm.ED25519_ML_DSA_65, Mechanism.COMPOSITE)]
    ),
    short,
    st.binary(max_size=255),
    st.binary(max_size=255),
)
def test_a_context_separates_signatures(pair, data, context, other):
    signature = signer(*pair).sign(data, context=context)
    signer(*pair).verify(data, signature, context=context)
    if other != context:
        refused(lambda: signer(*pair).verify(data, signature, context=other), "crypto.bad_signature")


@given(st.sampled_from(serving(Operation.MAC)), short, places, flips)
def test_codes_verify_unless_changed(pair, data, where, flip):
    mac = open_mac(pair[0], material(*pair))
    mac.verify_mac(data, mac.mac(data))
    refused(lambda: mac.verify_mac(data, changed(mac.mac(data), where, flip)), "crypto.bad_mac")


@given(st.sampled_from(serving(Operation.DERIVE)), st.integers(16, 100), short, short)
def test_both_parties_derive_the_same(pair, length, info, salt):
    other = generate(pair[0])
    mine, theirs = open_agreement(*pair, material(*pair)), open_agreement(*pair, other)
    derived = mine.derive(public_key(pair[0], other), length, info, salt)
    assert derived.matches(theirs.derive(public_key(pair[0], material(*pair)), length, info, salt))
    assert len(derived) == length
    assert not derived.matches(mine.derive(public_key(pair[0], other), length, info + b"\0", salt))


@given(st.sampled_from(serving(Operation.ENCAPSULATE)), places, flips)
def test_a_changed_encapsulation_gives_another_secret(pair, where, flip):
    opened = open_decapsulator(*pair, material(*pair))
    made = open_encapsulator(*pair, public_key(pair[0], material(*pair))).encapsulate()
    assert opened.decapsulate(made.ciphertext).matches(made.secret)
    code, other = outcome(lambda: opened.decapsulate(changed(made.ciphertext, where, flip)))
    assert code in {"", "crypto.malformed"}
    assert other is None or not other.matches(made.secret)


@given(st.sampled_from([a for a in HERE if spec_of(a).form is Form.ASYMMETRIC]), st.binary(max_size=200))
def test_nothing_else_is_a_key(algorithm, data):
    refused(lambda: accept(algorithm, Secret(data)), "crypto.private_key")


@given(st.sampled_from(serving(Operation.VERIFY)), st.sampled_from(Given), st.binary(max_size=80))
def test_whatever_is_given_is_signed_or_refused(pair, given_as, data):
    code, signature = outcome(lambda: signer(*pair).sign(data, given=given_as))
    assert code in {"", "crypto.given", "crypto.digest_length"}
    if signature is not None:
        signer(*pair).verify(data, signature, given=given_as)
    else:
        refused(lambda: signer(*pair).verify(data, bytes(64), given=given_as), code)
