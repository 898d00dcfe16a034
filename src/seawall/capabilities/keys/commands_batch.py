"""Every operation of the data plane on many values at once: one request, one decision, one record.

A batch takes up to 500 items, each what the single command takes beside its key. An item that fails, such as a
ciphertext that was changed, leaves the others standing; whatever holds for the key itself fails the batch.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec

from seawall.capabilities.keys import commands as k
from seawall.capabilities.keys import commands_use as c
from seawall.kernel.command import Command

MOST_ITEMS: Final = 500
_PLACE = frozenset({"domain", "key"})
# What takes long enough for others to notice runs off the event loop.
_QUICK = frozenset({k.Encrypt, k.Decrypt, k.Rewrap, c.MakeMac, c.VerifyMac})


class ItemFailure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why one item of a batch failed."""

    code: str
    text: str
    field: str | None = None


class OfKeyMany(k.OfKey, frozen=True, kw_only=True):
    """What is asked of one key many times."""

    items: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]


def _batch(single: type[k.OfKey], result: type[msgspec.Struct]) -> tuple[type[OfKeyMany], type[msgspec.Struct]]:
    """Make the batch of a command, and what comes back."""
    name = f"{single.__name__}Many"
    module = __name__
    fields = [
        (info.name, info.type) if info.required else (info.name, info.type, info.default)
        for info in msgspec.structs.fields(single)
        if info.name not in _PLACE
    ]
    item = msgspec.defstruct(
        f"{single.__name__}Item", fields, frozen=True, kw_only=True, forbid_unknown_fields=True, module=module
    )
    command: Any = msgspec.defstruct(
        name,
        [("items", Annotated[list[item], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)])],  # type: ignore[valid-type]
        bases=(OfKeyMany,),
        namespace={
            "__doc__": f"{(single.__doc__ or '').partition('.')[0].partition(';')[0]}: up to {MOST_ITEMS} at once.",
            "action": single.action,
            "activity": single.activity,
            "inline": single in _QUICK,
        },
        frozen=True,
        kw_only=True,
        module=module,
    )
    one = msgspec.defstruct(
        f"{single.__name__}Outcome",
        [("ok", result | None, None), ("error", ItemFailure | None, None)],
        namespace={"__doc__": "What came of one item: a result, or why there is none."},
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        module=module,
    )
    outcomes = msgspec.defstruct(
        f"{single.__name__}Outcomes",
        [("items", list[one])],  # type: ignore[valid-type]
        namespace={"__doc__": "What came of each item, in the order in which they were given."},
        frozen=True,
        kw_only=True,
        module=module,
    )
    return command, outcomes


_RESULTS: Mapping[type[k.OfKey], type[msgspec.Struct]] = {
    k.Encrypt: k.Encrypted,
    k.Decrypt: k.Decrypted,
    k.Rewrap: k.Encrypted,
    c.Sign: c.Signed,
    c.Verify: c.Verified,
    c.MakeMac: c.MadeMac,
    c.VerifyMac: c.Verified,
    c.WrapMaterial: c.Wrapped,
    c.MakeDataKey: c.Wrapped,
    c.UnwrapMaterial: c.Unwrapped,
    c.Derive: c.Derived,
    c.Encapsulate: c.EncapsulatedSecret,
    c.Decapsulate: c.DecapsulatedSecret,
}
_MADE = {single: _batch(single, result) for single, result in _RESULTS.items()}

#: The batch of each single command, and what comes back from it.
BATCHES: Mapping[type[k.OfKey], tuple[type[OfKeyMany], type[msgspec.Struct]]] = MappingProxyType(_MADE)
#: The single command that each item of a batch stands for.
SINGLES: Mapping[type[Command], type[k.OfKey]] = MappingProxyType({made[0]: one for one, made in _MADE.items()})
#: What comes back from a batch.
OUTCOMES: Mapping[type[Command], type[msgspec.Struct]] = MappingProxyType(dict(_MADE.values()))
EncryptMany, DecryptMany, RewrapMany = (BATCHES[one][0] for one in (k.Encrypt, k.Decrypt, k.Rewrap))
