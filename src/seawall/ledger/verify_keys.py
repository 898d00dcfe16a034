"""The first entry of a ledger vouches for its keys: their public parts, and the digests of the files they lie in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from seawall.kernel.errors import SeawallError
from seawall.ledger.keys import KEYS, Verifiers, key_digests
from seawall.ledger.ports import Files

CREATED = "ledger.create"


class _Facts(msgspec.Struct, frozen=True):
    vkeys: list[str] = []
    files: dict[str, str] = {}


class _Unmapped(msgspec.Struct, frozen=True):
    facts: _Facts = _Facts()


class _First(msgspec.Struct, frozen=True):
    unmapped: _Unmapped = _Unmapped()


def key_facts(verifiers: Verifiers, digests: Mapping[str, str]) -> dict[str, Any]:
    """Make the facts of a ledger's first entry."""
    return {"origin": verifiers.origin, "vkeys": verifiers.encode().split(), "files": dict(digests)}


def check_keys(
    directory: str,
    files: Files,
    bundle: Sequence[bytes] | None,
    verifiers: Verifiers,
    fault: Callable[..., None],
) -> None:
    """Compare the keys and their files with what the first entry says of them."""
    if not bundle:
        return
    try:
        facts = msgspec.json.decode(bundle[0], type=_First).unmapped.facts
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        fault("tile/entries/000", "the first entry cannot be read", index=0)
        return
    if facts.vkeys != verifiers.encode().split():
        fault("tile/entries/000", "the first entry names other public keys", index=0)
    try:
        found = key_digests(files, directory)
    except SeawallError as error:
        fault(KEYS, error.text)
        return
    for name in sorted(found.keys() | facts.files.keys()):
        if name not in found:
            fault(f"{KEYS}/{name}", "missing")
        elif name not in facts.files:
            fault(f"{KEYS}/{name}", "not known to the first entry")
        elif found[name] != facts.files[name]:
            fault(f"{KEYS}/{name}", "changed since the ledger was made")
