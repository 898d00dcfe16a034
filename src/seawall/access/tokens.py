"""Credentials that are long random text: made once, shown once, kept as a digest.

``swl_`` + 16 characters that name the credential + ``_`` + 43 characters of secret (256 bits, base64url); ``swe_`` and
``sws_`` begin enrolment codes and sessions. A fixed beginning lets secret scanners find what leaked. Plain SHA-256 is
enough at rest, because a secret of 256 random bits cannot be guessed.
"""

import hmac
import re
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from seawall.access.model import CredentialKind
from seawall.kernel.ids import Entropy

_PREFIX: Final = {CredentialKind.TOKEN: "swl", CredentialKind.ENROLMENT: "swe", CredentialKind.SESSION: "sws"}
_SHAPE: Final = {
    kind: re.compile(rf"{prefix}_([a-z2-7]{{16}})_[A-Za-z0-9_-]{{43}}", re.ASCII) for kind, prefix in _PREFIX.items()
}
_CSRF_CONTEXT: Final = b"seawall csrf token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A new credential: ``text`` goes to its holder and nowhere else."""

    id: str
    text: str = field(repr=False)
    digest: bytes = field(repr=False)


def mint(kind: CredentialKind, entropy: Entropy) -> Minted:
    """Make a credential from 42 random bytes."""
    name = b32encode(entropy(10)).decode().lower()
    secret = urlsafe_b64encode(entropy(32)).decode().rstrip("=")
    text = f"{_PREFIX[kind]}_{name}_{secret}"
    return Minted(id=name, text=text, digest=digest(text))


def digest(text: str) -> bytes:
    """Return what is kept of a credential: SHA-256 of all of it."""
    return sha256(text.encode(errors="surrogatepass")).digest()


def name_of(kind: CredentialKind, text: str) -> str | None:
    """Return the id that a credential names, or None when it has not the shape of one."""
    shaped = _SHAPE[kind].fullmatch(text) if kind in _SHAPE else None
    return shaped[1] if shaped else None


def id_of(text: str) -> str:
    """Return the id of a credential that is given by its id or whole, so that its secret goes no further."""
    return next((name for kind in CredentialKind if (name := name_of(kind, text.strip()))), text)


def csrf_token(session: str) -> str:
    """Derive the token that a session's own pages send with every change: HMAC-SHA-256 keyed by the session's secret.

    A page of another site cannot make it, since it cannot read the cookie; and it gives nothing of the cookie away.
    """
    return (
        urlsafe_b64encode(hmac.digest(session.encode(errors="surrogatepass"), _CSRF_CONTEXT, sha256))
        .decode()
        .rstrip("=")
    )
