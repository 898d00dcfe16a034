"""The errors that all instruments share. None tells why something did not open: that would help whoever changed it."""

from typing import NoReturn

from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.errors import Corrupt, InvalidInput, TooLarge

MAX_CONTEXT_BYTES = 255


def open_failed() -> Corrupt:
    """What was encrypted does not open."""
    return Corrupt(
        "crypto.open_failed",
        "the ciphertext was changed, or was made for another key or context.",
        remedy="Check the key and the context that it was encrypted with.",
    )


def malformed(field: str = "ciphertext") -> InvalidInput:
    """What was given has a length that the mechanism never makes."""
    return InvalidInput(
        "crypto.malformed",
        "this has a length that this mechanism never makes.",
        field=field,
        remedy="Pass it whole, as it was returned.",
    )


def bad_signature() -> InvalidInput:
    """A signature does not verify."""
    return InvalidInput(
        "crypto.bad_signature",
        "the signature is not of this key over this data.",
        field="signature",
        remedy="Check the data, the key and its version, the context and the signature's form.",
    )


def public_key(algorithm: Algorithm, field: str = "public_key") -> InvalidInput:
    """A public key is none of this algorithm."""
    return InvalidInput(
        "crypto.public_key",
        f"this is no public key of {algorithm}.",
        field=field,
        remedy="Pass the SubjectPublicKeyInfo in DER.",
    )


def private_key(algorithm: Algorithm) -> InvalidInput:
    """Key material is none of this algorithm."""
    return InvalidInput(
        "crypto.private_key",
        f"this is no private key of {algorithm}.",
        field="material",
        remedy="Pass PKCS#8 in DER, not encrypted; post-quantum keys in seed form.",
    )


def key_length(what: str, *sizes: int) -> InvalidInput:
    """A symmetric key has a wrong length."""
    return InvalidInput(
        "crypto.key_length", f"{what} takes a key of {' or '.join(map(str, sizes))} bytes.", field="material"
    )


def too_large(most: int) -> TooLarge:
    """Data is over what one call can encrypt; ``most`` in bytes."""
    return TooLarge(
        "crypto.too_large",
        f"this key encrypts up to {most:,} bytes at once.",
        field="data",
        remedy="Encrypt the data under a data key, and wrap that with this key.",
    )


def not_served(algorithm: Algorithm, mechanism: Mechanism, doing: str) -> InvalidInput:
    """An instrument is asked of a key that is for something else."""
    return InvalidInput("crypto.mechanism", f"{algorithm} with {mechanism} does not {doing}.", field="mechanism")


def refuse_context(aad: bytes, mechanism: Mechanism) -> None:
    """Refuse a context where none can be bound.

    Raises:
        InvalidInput: ``crypto.no_context``.
    """
    if aad:
        raise InvalidInput(
            "crypto.no_context",
            f"{mechanism} cannot bind a context.",
            field="context",
            remedy="Leave the context out, or use a mechanism that authenticates.",
        )


def check_context(context: bytes) -> None:
    """Refuse a context that is too long for a signature.

    Raises:
        InvalidInput: ``crypto.context_length``.
    """
    if len(context) > MAX_CONTEXT_BYTES:
        raise InvalidInput("crypto.context_length", f"a context has up to {MAX_CONTEXT_BYTES} bytes.", field="context")


def refuse_given(given: str, mechanism: Mechanism) -> NoReturn:
    """Refuse a digest or mu where it cannot be signed.

    Raises:
        InvalidInput: ``crypto.given``.
    """
    raise InvalidInput(
        "crypto.given",
        f"{mechanism} does not sign a {given}.",
        field="given",
        remedy="Pass the message itself.",
    )


def refuse_form(form: str, mechanism: Mechanism) -> None:
    """Refuse a form of signature other than the one that there is.

    Raises:
        InvalidInput: ``crypto.form``.
    """
    if form != "der":
        raise InvalidInput(
            "crypto.form", f"{mechanism} has one form of signature.", field="form", remedy="Leave the form out."
        )


def check_digest(digest: bytes, size: int) -> None:
    """Refuse a digest of another length.

    Raises:
        InvalidInput: ``crypto.digest_length``.
    """
    if len(digest) != size:
        raise InvalidInput(
            "crypto.digest_length", f"this takes {size} bytes, made by the mechanism's own hash.", field="data"
        )
