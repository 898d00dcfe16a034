"""Keys whose material lives in a token: made, used and destroyed there, and never in this process's memory.

1. Such a key encrypts by AES-256-GCM, or signs by RSA or ECDSA; its public half is read once, and verifies here.
2. A version is named in its token by the key's id and its number; what the store holds of it is a row without material.
3. The token makes the nonces of GCM at random. Every encryption takes one of the counted ranges all the same, so that
   no key encrypts more than 2^32 times over all nodes (SP 800-38D, section 8.3).
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Protocol

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.model import Key, KeyVersion, Origin, Purpose
from seawall.capabilities.keys.purposes import ALGORITHM
from seawall.capabilities.keys.resident import (
    ResidentAlgorithm,
    ResidentKeys,
    ResidentSealed,
    ResidentSignature,
    ResidentUse,
    resident_id,
)
from seawall.crypto.algorithms import elliptic, failures, opening, registry
from seawall.crypto.algorithms.instruments import Given, NonceSource, SignatureForm
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Corrupt, InvalidInput, NotFound, SeawallError

_NONCE: Final = 12
_TAG: Final = 16
_CHECK_BYTES: Final = 8
_MADE: Final = {
    Purpose.ENCRYPT: (frozenset({Algorithm.AES_256}), frozenset({Mechanism.GCM})),
    Purpose.SIGN: (
        frozenset(Algorithm(one.value) for one in ResidentAlgorithm if one is not ResidentAlgorithm.AES_256),
        frozenset(Mechanism(one.value) for one in ResidentSignature),
    ),
}


class Token(ResidentKeys, ResidentUse, Protocol):
    """Holds resident keys."""


def is_resident(key: Key) -> bool:
    """Say whether a key's current version lives in a token."""
    return bool(key.versions) and key.current.origin is Origin.HSM


def resident_suite(
    purpose: Purpose, algorithm: Algorithm | None, mechanisms: tuple[Mechanism, ...]
) -> tuple[Algorithm, tuple[Mechanism, ...]]:
    """Return algorithm and mechanisms of a version that is to live in a token.

    Raises:
        InvalidInput: ``keys.resident``, or as :func:`seawall.crypto.algorithms.registry.check`.
    """
    algorithms, served = _MADE.get(purpose, (frozenset(), frozenset()))
    chosen = ALGORITHM[purpose] if algorithm is None else algorithm
    if algorithm is None and purpose is Purpose.SIGN:
        chosen = Algorithm.EC_P256
    if chosen not in algorithms or not served.issuperset(mechanisms):
        raise InvalidInput(
            "keys.resident",
            "a token makes AES-256 keys to encrypt by GCM, and RSA and EC keys to sign by RSA-PSS, RSA-PKCS1 or ECDSA.",
            field="algorithm" if chosen not in algorithms else "mechanisms",
            remedy="Choose one of these, or make the key without --resident.",
        )
    if not mechanisms:
        every = registry.spec_of(chosen).mechanisms
        mechanisms = (
            next((one,) for one in every if one in served)
            if purpose is Purpose.ENCRYPT
            else tuple(one for one in every if one in served)
        )
    return chosen, registry.check(chosen, mechanisms, registry.Operation(purpose.value))


class TokenKeys:
    """Makes and destroys versions in a token, where there is one."""

    def __init__(self, token: Token | None) -> None:
        self._token = token

    def make(self, key: Key, number: int, algorithm: Algorithm) -> tuple[bytes | None, str]:
        """Make a version; return its public half, where it has one, and what tells it from another.

        Raises:
            Conflict: ``keys.no_token``, ``root.resident_exists``, ``root.resident_mechanism``.
            Unavailable: the token does not answer.
        """
        name = resident_id(key.id, number)
        public = self._there().generate(name, ResidentAlgorithm(algorithm.value))
        # A secret key is told by its name: what would be computed under it, others could compare.
        return public, hashlib.sha256(public or name.bytes).digest()[:_CHECK_BYTES].hex()

    def drop(self, key: Key, version: KeyVersion) -> None:
        """Destroy a version that was made and not stored; what stays, reconciling shows."""
        if version.origin is Origin.HSM:
            with suppress(SeawallError):
                self._there().destroy(resident_id(key.id, version.number))

    def erase(self, key: Key, versions: Iterable[KeyVersion] | None = None) -> int:
        """Destroy every version in the token, or some, and look that nothing is left; return how many there were.

        Raises:
            Conflict: ``keys.no_token``.
            Unavailable: ``root.not_destroyed``, or the token does not answer.
        """
        gone = 0
        for version in key.versions if versions is None else versions:
            if version.origin is Origin.HSM:
                # What is not there was destroyed by a try before this one that ended before it was recorded.
                with suppress(NotFound):
                    gone += self._there().destroy(resident_id(key.id, version.number))
        return gone

    def _there(self) -> Token:
        if self._token is None:
            raise errors.no_token()
        return self._token


class TokenCipher:
    """AES-GCM inside a token: nonce, ciphertext and tag, as everywhere."""

    def __init__(self, token: ResidentUse, key: Key, version: KeyVersion, nonces: NonceSource | None) -> None:
        self._token = token
        self._id = resident_id(key.id, version.number)
        self._nonces = nonces

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return nonce, ciphertext and tag."""
        assert self._nonces is not None  # without a range the key has no sealer
        self._nonces.next()
        made = self._token.encrypt(self._id, data, aad)
        return made.nonce + made.sealed

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) < _NONCE + _TAG:
            raise failures.malformed()
        try:
            value = ResidentSealed(nonce=payload[:_NONCE], sealed=payload[_NONCE:])
            return self._token.decrypt(self._id, value, aad)
        except Corrupt:
            raise failures.open_failed() from None


class TokenSigner:
    """Signs inside a token; verifies here, with the public half."""

    def __init__(self, token: ResidentUse, key: Key, version: KeyVersion, mechanism: Mechanism) -> None:
        self._token = token
        self._id = resident_id(key.id, version.number)
        self._algorithm, self._mechanism = version.algorithm, mechanism
        self.verify = opening.open_verifier(version.algorithm, mechanism, version.public or b"").verify

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature; the message is hashed here."""
        failures.refuse_context(context, self._mechanism)
        scheme, _, bits = self._mechanism.partition("-SHA-")
        if scheme != "ECDSA":
            failures.refuse_form(form, self._mechanism)
        hashed = f"sha{bits}"
        if given is Given.MU:
            failures.refuse_given(given, self._mechanism)
        if given is Given.DIGEST:
            failures.check_digest(data, hashlib.new(hashed).digest_size)
            digest = data
        else:
            digest = hashlib.new(hashed, data).digest()
        made = self._token.sign(self._id, ResidentSignature(self._mechanism.value), digest)
        return elliptic.side_by_side(made, self._algorithm) if form is SignatureForm.RAW else made
