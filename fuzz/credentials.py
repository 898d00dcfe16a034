"""Fuzz what strangers present as a credential: it names nothing, or the id within it."""

from seawall.access.model import CredentialKind
from seawall.access.tokens import csrf_token, digest, mint, name_of


def seeds() -> list[bytes]:
    return [mint(kind, bytes).text.encode() for kind in CredentialKind] + [b"", b"swl_", b"swl_" + bytes(60)]


def target(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    for kind in CredentialKind:
        name = name_of(kind, text)
        if name is not None and (len(text) != 64 or text[4:20] != name):
            raise AssertionError("a name was found where none stands")
    if len(digest(text)) != 32 or len(csrf_token(text)) != 43:
        raise AssertionError("a digest has another size")
