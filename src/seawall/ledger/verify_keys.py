"""The first entry of a ledger vouches for its keys: their public parts, and the digests of the files they lie in.

Where the private parts were sealed again under another root key, a later entry vouches for their new files as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from seawall.kernel.errors import SeawallError
from seawall.ledger.keys import KEYS, Verifiers, key_digests
from seawall.ledger.ports import Files

CREATED = "ledger.create"
REWRAPPED = "ledger.rewrap_keys"
_REWRAPPED = REWRAPPED.encode()
_SEALED = ".sealed"
_MOST = 1000


class _Facts(msgspec.Struct, frozen=True):
    vkeys: list[str] = []
    files: dict[str, str] = {}


class _Unmapped(msgspec.Struct, frozen=True):
    operation: str = ""
    outcome: str = ""
    facts: _Facts = _Facts()


class _Api(msgspec.Struct, frozen=True):
    operation: str = ""


class _Entry(msgspec.Struct, frozen=True):
    api: _Api = _Api()
    unmapped: _Unmapped = _Unmapped()


class Vouchers:
    """Gathers the entries that vouch for files of keys that were sealed again."""

    def __init__(self) -> None:
        self._digests: set[tuple[str, str]] = set()

    def look(self, entries: Iterable[bytes]) -> None:
        """Look at entries of the log."""
        for entry in entries:
            if _REWRAPPED not in entry or len(self._digests) >= _MOST:
                continue
            try:
                found = msgspec.json.decode(entry, type=_Entry)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            if REWRAPPED in {found.api.operation, found.unmapped.operation} and found.unmapped.outcome == "success":
                self._digests |= {item for item in found.unmapped.facts.files.items() if item[0].endswith(_SEALED)}

    def vouch(self, name: str, digest: str) -> bool:
        """Whether an entry vouches for a file."""
        return (name, digest) in self._digests


def key_facts(verifiers: Verifiers, digests: Mapping[str, str]) -> dict[str, Any]:
    """Make the facts of a ledger's first entry."""
    return {"origin": verifiers.origin, "vkeys": verifiers.encode().split(), "files": dict(digests)}


def check_keys(
    directory: str,
    files: Files,
    bundle: Sequence[bytes] | None,
    verifiers: Verifiers,
    fault: Callable[..., None],
    *,
    later: Vouchers,
) -> None:
    """Compare the keys and their files with what the first entry says of them."""
    if not bundle:
        return
    try:
        facts = msgspec.json.decode(bundle[0], type=_Entry).unmapped.facts
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
        elif found[name] != facts.files[name] and not later.vouch(name, found[name]):
            fault(f"{KEYS}/{name}", "changed since the ledger was made")
