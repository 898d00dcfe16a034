"""Fuzz policy files: each is taken, or refused by name, and none changes what the built-in ones forbid."""

from seawall.access.cedar import Compiled
from seawall.access.model import PolicyFile
from seawall.access.vocabulary import builtin_text
from seawall.kernel.errors import InvalidInput, TooLarge
from seawall.kernel.terms import Principal, Proof, Resource, Role

_KEY = Resource(type="key", id="retail/pan", domain="retail")
_CUSTODIAN = Principal(id="p", name="p", roles=frozenset({Role.CUSTODIAN}), domains=frozenset({"*"}), proof=Proof.TOKEN)


def seeds() -> list[bytes]:
    return [
        b"",
        b'@id("a") permit(principal, action, resource);',
        b'@id("a") forbid(principal in Role::"auditor", action, resource) when { context has source };',
        builtin_text().encode(),
    ]


def target(data: bytes) -> None:
    try:
        compiled = Compiled([PolicyFile(name="own.cedar", text=data.decode(errors="replace"))])
    except (InvalidInput, TooLarge) as error:
        if error.field != "own.cedar":
            raise AssertionError("the file is not named") from None
        return
    if compiled.decide(_CUSTODIAN, "data.decrypt", _KEY).allow:
        raise AssertionError("a custodian reads data")
