"""Events as entries of the ledger: OCSF 1.8.0 JSON, one class for acts and one for proofs of identity.

Acts are API Activity (6003), sign-in and enrolment Authentication (3002). What OCSF has no attribute for stands under
``unmapped``: how the principal proved itself, the outcome as Seawall names it, and the facts. An intent, recorded
before a command that destroys, exports or loosens, has the status Unknown and ``unmapped.phase`` "intent".

Source: OCSF schema 1.8.0, classes api_activity and authentication.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from seawall.kernel.terms import Principal, Resource
from seawall.ledger.model import MAX_ENTRY

_MAX_TEXT = 1024
_OTHER = 99
# Bytes kept for what stands before the rest of an entry: time, metadata and uid.
_ROOM = 256
# Authentication's activities: 1 logon, 2 logoff, 99 other.
_AUTHENTICATION = {"access.sign_in": 1, "access.authenticate": 1, "access.sign_out": 2, "access.enrol": _OTHER}
_json = msgspec.json.Encoder()
BEFORE_UID = b',"metadata":{"version":"1.8.0","product":{"name":"Seawall","vendor_name":"Seawall"},"uid":"'


class Outcome(StrEnum):
    """How an act went, or that it is about to begin."""

    SUCCESS = "success"
    FAILURE = "failure"
    DENIED = "denied"
    INTENT = "intent"


# status_id: 0 unknown, 1 success, 2 failure; severity_id: 1 informational, 2 low.
_STATUS = {Outcome.SUCCESS: (1, 1), Outcome.FAILURE: (2, 2), Outcome.DENIED: (2, 2), Outcome.INTENT: (0, 1)}
# What nobody should overlook: critical.
_LOUD = {"approvals.break_glass": 5}
_DETAIL = {Outcome.FAILURE: "failed", Outcome.DENIED: "denied by policy", Outcome.INTENT: "about to begin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, or is about to.

    ``uid`` is a UUID version 7, ``activity`` an OCSF activity id of API Activity, ``code`` the stable code of an error
    or a denial, ``source`` the edge it came through, ``origin`` the IP address it came from, ``trace`` the id of the
    trace that it belongs to, where somebody followed it. Facts are JSON values and never secrets.
    """

    uid: str
    time_ms: int
    action: str
    activity: int
    principal: Principal
    resource: Resource
    outcome: Outcome
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: str
    origin: str = ""
    trace: str = ""


class EventTemplate:
    """The event of a success that happens often: all but its time and uid is encoded once."""

    __slots__ = ("_rest",)

    def __init__(
        self,
        *,
        principal: Principal,
        action: str,
        activity: int,
        resource: Resource,
        source: str,
        facts: Mapping[str, Any] | None = None,
        origin: str = "",
    ) -> None:
        self._rest = _encode_rest(
            Event(
                uid="",
                time_ms=0,
                action=action,
                activity=activity,
                principal=principal,
                resource=resource,
                outcome=Outcome.SUCCESS,
                facts=facts or {},
                source=source,
                origin=origin,
            )
        )

    def stamp(self, time_ms: int, uid: str) -> bytes:
        """Encode one event, to the same bytes as :func:`encode`."""
        return b'{"time":%d%b%b%b' % (time_ms, BEFORE_UID, uid.encode(), self._rest)


def encode(event: Event) -> bytes:
    """Encode an event as an entry of at most 65,535 bytes.

    Facts that would make it longer are replaced by their SHA-256 digest and length.
    """
    return b'{"time":%d%b%b%b' % (event.time_ms, BEFORE_UID, event.uid.encode(), _encode_rest(event))


def _encode_rest(event: Event) -> bytes:
    """Encode all that follows the uid."""
    unmapped: dict[str, Any] = {"outcome": event.outcome.value, "proof": event.principal.proof.value}
    if event.outcome is Outcome.INTENT:
        unmapped["phase"] = "intent"
    if event.facts:
        unmapped["facts"] = event.facts
    action = _bounded(event.action)
    thing = _thing(event.resource)
    actor = _actor(event.principal)
    body: dict[str, Any]
    if action in _AUTHENTICATION:
        category, class_uid, activity = 3, 3002, _AUTHENTICATION[action]
        unmapped |= {"operation": action, "resource": thing}
        body = {"actor": actor, "user": actor["user"], "service": {"name": "seawall"}}
    else:
        category, class_uid, activity = 6, 6003, event.activity
        body = {"actor": actor, "api": {"operation": action}, "resources": [thing]}
    status, severity = _STATUS[event.outcome]
    severity = _LOUD.get(action, severity)
    head: dict[str, Any] = {"category_uid": category, "class_uid": class_uid, "activity_id": activity}
    if activity == _OTHER:
        head["activity_name"] = action.rpartition(".")[2]
    head |= {"type_uid": class_uid * 100 + activity, "severity_id": severity, "status_id": status}
    if event.code:
        head["status_code"] = _bounded(event.code)
    if event.outcome in _DETAIL:
        head["status_detail"] = _DETAIL[event.outcome]
    head["src_endpoint"] = {"name": _bounded(event.source) or "system"}
    if event.origin:
        head["src_endpoint"]["ip"] = _bounded(event.origin)
    whole = head | body | {"unmapped": unmapped}
    rest = _dump(whole)
    if len(rest) > MAX_ENTRY - _ROOM:
        facts = _dump(event.facts)
        unmapped["facts"] = {"facts_sha256": sha256(facts).hexdigest(), "facts_bytes": len(facts)}
        rest = _dump(whole)
    # The trace stands behind the uid, in the metadata; most entries have none, and end there.
    return b'"},' + rest[1:] if not event.trace else b'","correlation_uid":%b},%b' % (_dump(event.trace), rest[1:])


def _actor(principal: Principal) -> dict[str, Any]:
    actor: dict[str, Any] = {"user": {"name": _bounded(principal.name), "uid": _bounded(principal.id)}}
    if principal.session:
        # A digest: whatever a session's name is worth, the ledger does not give it away.
        actor["session"] = {"uid": sha256(principal.session.encode()).hexdigest()[:16]}
    return actor


def _thing(resource: Resource) -> dict[str, str]:
    thing = {"type": _bounded(resource.type), "uid": _bounded(resource.id)}
    if resource.domain:
        thing["namespace"] = _bounded(resource.domain)
    return thing


def _dump(value: Any) -> bytes:
    try:
        return _json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return _json.encode(_plain(value))


def _plain(value: Any) -> Any:
    """Make what JSON cannot say sayable: names of files that are no Unicode, integers past 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value


def _bounded(text: str) -> str:
    if len(text) <= _MAX_TEXT:
        return text
    digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{text[:256]}… sha256:{digest}"
