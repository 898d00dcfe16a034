r"""The transcript of a ceremony: JSON, one line a step, each line holding the hash of the one before it.

1. The first line says what ceremony it is, who attends with which public keys, and the installation's public key.
2. Lines follow, one a step: the record of the set, the delivery of each share. The last of them closes it.
3. Below stand signatures over the closing line's hash: the installation's, and each attendee's, in any order. All that
   was said before is under that hash.
4. Verifying needs the file alone. It says who signed and who has not yet; that the keys belong to those people is
   known only from elsewhere, as by their fingerprints.

A line's hash is the SHA-256 of its bytes without the newline.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from seawall.crypto.custodian import Signature, Signer, check_signature, fingerprint
from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError

MAX_BYTES = 1 << 20
_LABEL = "ceremony transcript"
_START = "0" * 64
INSTALLATION = "installation"


class Attendee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who takes part, and the public key of their signatures."""

    name: str
    signing: bytes


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line."""

    n: int
    previous: str
    time_ms: int
    kind: Literal["opened", "step", "closed", "signature"]
    body: dict[str, Any]


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    attendees: list[Attendee]
    installation: bytes


class _Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: str
    over: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a transcript proves: who signed it and who was there and has not; keys by their fingerprints."""

    opened: Mapping[str, Any]
    steps: Sequence[Line]
    closed_ms: int
    signed: Sequence[str]
    missing: Sequence[str]
    fingerprints: Mapping[str, str]


class Transcript:
    """Writes a transcript.

    Args:
        about: what ceremony it is, JSON values.
        attendees: who takes part.
        installation: the installation's public key for signatures.
        time_ms: when it begins.
    """

    def __init__(
        self, about: Mapping[str, Any], attendees: Sequence[Attendee], installation: bytes, time_ms: int
    ) -> None:
        self._lines: list[bytes] = []
        self._last = _START
        body = {**about, "attendees": list(attendees), "installation": installation}
        self._add("opened", body, time_ms)

    def step(self, what: str, time_ms: int, **facts: Any) -> None:
        """Say what was done; facts are JSON values and never secrets."""
        self._add("step", {"what": what, **facts}, time_ms)

    def close(self, time_ms: int, signer: Signer) -> bytes:
        """Close it, sign it as the installation, and write it."""
        self._add("closed", {}, time_ms)
        return sign(b"".join(line + b"\n" for line in self._lines), INSTALLATION, signer, time_ms)

    def _add(self, kind: Literal["opened", "step", "closed"], body: Mapping[str, Any], time_ms: int) -> None:
        line = _line(len(self._lines), self._last, time_ms, kind, body)
        self._lines.append(line)
        self._last = _hash(line)


def sign(text: bytes, name: str, signer: Signer, time_ms: int) -> bytes:
    """Add a signature to a closed transcript.

    Raises:
        InvalidInput: ``transcript.malformed``, or ``transcript.stranger`` for a key that is not of an attendee.
        Corrupt: ``transcript.damaged``.
    """
    raw, lines = _read(text)
    opened, closed = _check_chain(raw, lines)
    if _keys(opened).get(name) != signer.public:
        raise InvalidInput("transcript.stranger", f"{name} did not attend with this key.", field="key")
    over = _hash(raw[closed])
    body = msgspec.to_builtins(
        _Signed(by=name, over=over, signature=signer.sign(_LABEL, over.encode())), builtin_types=(bytes,)
    )
    return text + _line(len(raw), _hash(raw[-1]), time_ms, "signature", body) + b"\n"


def verify(text: bytes) -> Verified:
    """Check the chain and every signature; the installation's must be there.

    Raises:
        InvalidInput: ``transcript.malformed``.
        Corrupt: ``transcript.damaged`` or ``transcript.signature``, naming the line.
    """
    raw, lines = _read(text)
    opened, closed = _check_chain(raw, lines)
    keys, over = _keys(opened), _hash(raw[closed])
    signed: list[str] = []
    for line in lines[closed + 1 :]:
        try:
            found = msgspec.convert(line.body, _Signed)
            check_signature(keys[found.by], _LABEL, over.encode(), found.signature)
        except (msgspec.ValidationError, KeyError, SeawallError):
            raise Corrupt("transcript.signature", f"the signature in line {line.n + 1} does not verify.") from None
        if found.over != over:
            raise Corrupt("transcript.signature", f"the signature in line {line.n + 1} is of another transcript.")
        if found.by not in signed:
            signed.append(found.by)
    if INSTALLATION not in signed:
        raise Corrupt("transcript.signature", "the installation did not sign this transcript.")
    return Verified(
        opened=lines[0].body,
        steps=lines[1:closed],
        closed_ms=lines[closed].time_ms,
        signed=signed,
        missing=[name for name in keys if name not in signed],
        fingerprints={name: fingerprint(key) for name, key in keys.items()},
    )


def _read(text: bytes) -> tuple[list[bytes], list[Line]]:
    if len(text) > MAX_BYTES or not text.endswith(b"\n"):
        raise _malformed()
    raw = text[:-1].split(b"\n")
    try:
        return raw, [msgspec.json.decode(line, type=Line) for line in raw]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None


def _check_chain(raw: Sequence[bytes], lines: Sequence[Line]) -> tuple[_Opened, int]:
    previous = _START
    closed = 0
    for number, (written, line) in enumerate(zip(raw, lines, strict=True)):
        fits = line.kind == "opened" if number == 0 else (line.kind == "signature") == bool(closed)
        if line.n != number or line.previous != previous or not fits:
            raise Corrupt("transcript.damaged", f"line {number + 1} does not follow from the one before it.")
        if line.kind == "closed":
            closed = number
        previous = _hash(written)
    if not closed:
        raise Corrupt("transcript.damaged", "the transcript was never closed, or its end is missing.")
    try:
        return msgspec.convert(lines[0].body, _Opened), closed
    except msgspec.ValidationError:
        raise _malformed() from None


def _keys(opened: _Opened) -> dict[str, bytes]:
    keys = {attendee.name: attendee.signing for attendee in opened.attendees}
    return {**keys, INSTALLATION: opened.installation}


def _line(number: int, previous: str, time_ms: int, kind: Any, body: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(Line(n=number, previous=previous, time_ms=time_ms, kind=kind, body=dict(body)))


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _malformed() -> InvalidInput:
    return InvalidInput("transcript.malformed", "this is no transcript of a ceremony.", field="file")
