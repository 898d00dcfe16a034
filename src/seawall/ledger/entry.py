"""Reading entries back: quickly where they are laid out as ours are, and without an error whatever they hold."""

import msgspec

from seawall.ledger.event import BEFORE_UID

_TIME = b'{"time":'
_UID = 36
_AFTER_UID = b'"},'


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What is queried of an entry but for its time and uid; alike in many."""

    action: str = ""
    principal: str = ""
    principal_name: str = ""
    resource_type: str = ""
    resource: str = ""
    domain: str = ""
    outcome: str = ""
    code: str = ""
    source: str = ""


class _Named(msgspec.Struct, frozen=True):
    name: str = ""
    uid: str = ""
    type: str = ""
    namespace: str = ""
    version: str = ""


class _Actor(msgspec.Struct, frozen=True):
    user: _Named = _Named()


class _Api(msgspec.Struct, frozen=True):
    operation: str = ""


class _Unmapped(msgspec.Struct, frozen=True):
    outcome: str = ""
    operation: str = ""
    resource: _Named = _Named()


class _Entry(msgspec.Struct, frozen=True):
    time: int = 0
    metadata: _Named = _Named()
    actor: _Actor = _Actor()
    api: _Api = _Api()
    resources: list[_Named] = []
    status_code: str = ""
    src_endpoint: _Named = _Named()
    unmapped: _Unmapped = _Unmapped()


_decoder = msgspec.json.Decoder(_Entry)


def split_entry(entry: bytes) -> tuple[int, str, bytes]:
    """Take time, uid and the rest out of an entry; entries of one shape with the same facts have the same rest."""
    middle = entry.find(b",", len(_TIME), 32)
    begin = middle + len(BEFORE_UID)
    end = begin + _UID
    if entry.startswith(_TIME) and entry[middle:begin] == BEFORE_UID and entry.startswith(_AFTER_UID, end):
        return int(entry[len(_TIME) : middle]), entry[begin:end].decode("ascii", "replace"), entry[end:]
    read = _read(entry)
    return read.time, read.metadata.uid, entry


def shape_of(rest: bytes) -> Shape:
    """Decode the rest that :func:`split_entry` gave; empty where it is no event."""
    read = _read(b"{" + rest[len(_AFTER_UID) :] if rest.startswith(_AFTER_UID) else rest)
    thing = read.resources[0] if read.resources else read.unmapped.resource
    return Shape(
        action=read.api.operation or read.unmapped.operation,
        principal=read.actor.user.uid,
        principal_name=read.actor.user.name,
        resource_type=thing.type,
        resource=thing.uid,
        domain=thing.namespace,
        outcome=read.unmapped.outcome,
        code=read.status_code,
        source=read.src_endpoint.name,
    )


def uid_of(entry: bytes) -> str:
    """Read the uid of an entry."""
    return split_entry(entry)[1]


def domain_of(entry: bytes) -> str:
    """Read the domain of what an entry was done to; empty where that belongs to none."""
    return shape_of(split_entry(entry)[2]).domain


def _read(entry: bytes) -> _Entry:
    try:
        return _decoder.decode(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Entry()
