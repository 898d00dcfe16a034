"""What custodians do on machines of their own: keys, shares, answers to challenges, signatures; files in, files out.

A custodian's key file holds a seed under a passphrase, and the public file the keys that it makes. A share file holds
one share, sealed to one custodian's public key.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from seawall.crypto import transcript
from seawall.crypto.custodian import SEED_BYTES, PublicKeys, Signer, open_sealed, seal_to
from seawall.crypto.passphrase import DEFAULT_LOG_N, Locked, lock, unlock
from seawall.crypto.shares import Holder, Share, ShareSet, check_share
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy, check_name
from seawall.kernel.secret import Secret

_MAX_FILE = 1 << 16
_T = TypeVar("_T")


class PublicFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custodian's public keys under the custodian's name."""

    format: Literal["seawall-custodian/1"] = "seawall-custodian/1"
    name: str
    sealing: bytes
    signing: bytes

    @property
    def fingerprint(self) -> str:
        """The keys' name, to be compared by voice or on paper."""
        return PublicKeys(sealing=self.sealing, signing=self.signing).fingerprint


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["seawall-custodian-key/1"] = "seawall-custodian-key/1"
    public: PublicFile
    locked: Locked


class ShareFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share, sealed to its custodian, with the record of its set."""

    format: Literal["seawall-share/1"] = "seawall-share/1"
    set: ShareSet
    index: int
    sealed: bytes


class ChallengeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A challenge to the holder of a share."""

    format: Literal["seawall-challenge/1"] = "seawall-challenge/1"
    set_id: str
    index: int
    challenge: bytes


class AnswerFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to a challenge."""

    format: Literal["seawall-answer/1"] = "seawall-answer/1"
    set_id: str
    index: int
    challenge: bytes
    answer: bytes


def make_key(name: str, passphrase: Secret, entropy: Entropy, *, log_n: int = DEFAULT_LOG_N) -> tuple[bytes, bytes]:
    """Make a custodian's keys: the key file, and the public file.

    Raises:
        InvalidInput: ``name.invalid`` or ``passphrase.empty``.
    """
    check_name(name, field="name")
    with Secret(entropy(SEED_BYTES)) as seed:
        keys = PublicKeys.of(seed)
        public = PublicFile(name=name, sealing=keys.sealing, signing=keys.signing)
        locked = lock(seed, passphrase, _bound(public), entropy, log_n=log_n)
    return write(_KeyFile(public=public, locked=locked)), write(public)


def open_key(data: bytes, passphrase: Callable[[str], Secret]) -> tuple[PublicFile, Secret]:
    """Open a key file; ``passphrase`` is asked with the custodian's name.

    Raises:
        InvalidInput: ``custody.file``.
        Unauthenticated: ``passphrase.wrong``.
    """
    file = read(data, _KeyFile)
    with passphrase(file.public.name) as words:
        return file.public, unlock(file.locked, words, _bound(file.public))


def seal_share(record: ShareSet, share: Share, to: PublicFile) -> bytes:
    """Seal a share to its custodian.

    Raises:
        InvalidInput: ``custodian.public_key``.
    """
    with share.text() as text:
        return write(
            ShareFile(set=record, index=share.index, sealed=seal_to(to.sealing, text, _info(record, share.index)))
        )


def open_share(data: bytes, seed: Secret) -> Share:
    """Open a share file with the custodian's seed, and check it against the record beside it.

    Raises:
        InvalidInput: ``custody.file``, or as the share.
        Corrupt: ``custodian.open_failed`` or ``share.wrong``.
    """
    file = read(data, ShareFile)
    with open_sealed(seed, file.sealed, _info(file.set, file.index)) as text:
        share = Share.parse(text)
    check_share(file.set, share)
    return share


def read_share(text: Secret) -> Share:
    """Read a share as its custodian wrote it down.

    Raises:
        InvalidInput: ``share.typo`` naming the place, ``share.malformed``, or ``custody.sealed_share`` for a file that
            only its custodian's key opens.
    """
    if text.expose().lstrip().startswith(b"{"):
        raise InvalidInput(
            "custody.sealed_share",
            "this share is sealed to its custodian.",
            field="share",
            remedy="Its custodian opens it with: seawall ceremony open-share",
        )
    return Share.parse(text)


def holder_of(data: bytes) -> tuple[ShareSet, Holder]:
    """Say whose share a file holds.

    Raises:
        InvalidInput: ``custody.file``.
    """
    file = read(data, ShareFile)
    return file.set, file.set.holder(file.index)


def answer(challenge: bytes, share: Share) -> bytes:
    """Answer a challenge with a share.

    Raises:
        InvalidInput: ``custody.file``, or ``custody.other_share`` when it asks for another one.
    """
    file = read(challenge, ChallengeFile)
    if (file.set_id, file.index) != (share.set_id, share.index):
        raise InvalidInput(
            "custody.other_share",
            f"the challenge asks for share {file.index} of set {file.set_id}, and this is {share.index} of "
            f"{share.set_id}.",
            field="share",
        )
    return write(
        AnswerFile(
            set_id=share.set_id, index=share.index, challenge=file.challenge, answer=share.answer(file.challenge)
        )
    )


def sign_transcript(text: bytes, public: PublicFile, seed: Secret, now_ms: int) -> bytes:
    """Add a custodian's signature to a transcript.

    Raises:
        InvalidInput, Corrupt: as :func:`seawall.crypto.transcript.sign`.
    """
    return transcript.sign(text, public.name, Signer(seed), now_ms)


def write(value: msgspec.Struct) -> bytes:
    """Write a file."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def read(data: bytes, kind: type[_T]) -> _T:
    """Read a file of one kind.

    Raises:
        InvalidInput: ``custody.file``.
    """
    try:
        if len(data) > _MAX_FILE:
            raise _other_file(kind)
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _other_file(kind) from None


def _bound(public: PublicFile) -> bytes:
    return msgspec.json.encode(public)


def _info(record: ShareSet, index: int) -> bytes:
    return b"seawall share 1\0" + bytes.fromhex(record.id) + bytes((index,))


def _other_file(kind: type[object]) -> InvalidInput:
    names: dict[type, str] = {
        PublicFile: "public file of a custodian",
        _KeyFile: "key file of a custodian",
        ShareFile: "file with a share",
        ChallengeFile: "challenge",
        AnswerFile: "answer to a challenge",
    }
    return InvalidInput("custody.file", f"this is no {names.get(kind, 'file of a ceremony')}.", field="file")
