"""SLH-DSA-SHA2-128s (FIPS 205): signatures that rest on a hash function alone, 7,856 bytes, about half a second each.

The computation is somebody else's: whoever opens an instrument brings an engine. Keys are encoded as RFC 9909 says.
"""

from typing import Final, Protocol

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.encodings import SLH_DSA_SHA2_128S_OID, RawKeys
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.errors import Unavailable
from seawall.kernel.secret import Secret

PRIVATE_BYTES: Final = 64
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 7856
KEYS: Final = RawKeys(Algorithm.SLH_DSA_SHA2_128S, SLH_DSA_SHA2_128S_OID, PRIVATE_BYTES, PUBLIC_BYTES)


class SlhDsaEngine(Protocol):
    """Computes pure SLH-DSA-SHA2-128s with an empty context (FIPS 205, sections 10.1 to 10.3).

    Each method raises ``Unavailable``: ``crypto.slh_dsa_missing`` where the software for it is not installed,
    ``crypto.worker_lost`` when it did not answer in time or died, and the next call starts afresh;
    ``crypto.worker_failed`` when it answered that it could not.
    """

    def generate(self) -> Secret:
        """Make a raw private key of 64 bytes, the last 32 of them the public key."""
        ...

    def sign(self, private: Secret, message: bytes) -> bytes:
        """Sign with a raw private key; the signature has 7,856 bytes."""
        ...

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is good, under a raw public key."""
        ...


def missing() -> Unavailable:
    """The software for SLH-DSA is not there."""
    return Unavailable(
        "crypto.slh_dsa_missing",
        "SLH-DSA is not installed on this node.",
        remedy="Install seawall with its extra slh-dsa: pip install 'seawall[slh-dsa]'.",
    )


def generate(engine: SlhDsaEngine | None) -> Secret:
    """Make a private key.

    Raises:
        Unavailable: as the engine; ``crypto.slh_dsa_missing`` without one.
    """
    if engine is None:
        raise missing()
    with engine.generate() as raw:
        return KEYS.pkcs8(raw.expose())


def public_of(material: Secret) -> bytes:
    """Return the raw public key, which a private key ends with (FIPS 205, section 9.1).

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    return KEYS.private(material)[-PUBLIC_BYTES:]


class SlhDsaVerifier:
    """Verifies with an engine."""

    __slots__ = ("_engine", "_public")

    def __init__(self, public: bytes, engine: SlhDsaEngine | None) -> None:
        if engine is None:
            raise missing()
        self._public = public
        self._engine = engine

    def verify(
        self,
        data: bytes,
        signature: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> None:
        """Return when the signature is good."""
        _check(context, given, form)
        if len(signature) != SIGNATURE_BYTES or not self._engine.verify(self._public, data, signature):
            raise failures.bad_signature()


class SlhDsaSigner(SlhDsaVerifier):
    """Signs with an engine, and verifies with the public half."""

    __slots__ = ("_private",)

    def __init__(self, material: Secret, engine: SlhDsaEngine | None) -> None:
        super().__init__(public_of(material), engine)
        self._private = Secret(KEYS.private(material))

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature of 7,856 bytes."""
        _check(context, given, form)
        return self._engine.sign(self._private, data)


def _check(context: bytes, given: Given, form: SignatureForm) -> None:
    failures.refuse_context(context, Mechanism.SLH_DSA)
    failures.refuse_form(form, Mechanism.SLH_DSA)
    if given is not Given.MESSAGE:
        failures.refuse_given(given, Mechanism.SLH_DSA)
