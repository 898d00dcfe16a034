"""The file of a backup: what is public of it first, then the sealed chunks, then a signed account of all before it.

On disk, where u32 is the length of what follows, big-endian:

    "SWBACK" 0x00 0x01 | u32, header | (u32, chunk) … | u32 0 | u32, manifest | u32, signature

Header and manifest are JSON. The manifest holds the SHA-256 of the header and of every chunk, so whoever has the public
key finds a changed byte, and the place of it, without opening anything. The signer's public key is in the manifest, and
which one it must be is named by the record of the shares that open the backup.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, TypeVar

import msgspec

from seawall.crypto.backup_seal import CHUNK_BYTES, TAG_BYTES
from seawall.crypto.custodian import Signature, Signer, check_signature, fingerprint
from seawall.crypto.shares import ShareSet
from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError

MAGIC = b"SWBACK\0\1"
_LABEL = "backup manifest"
_LENGTH = 4
_MAX_HEADER = 1 << 20
_MAX_MANIFEST = 1 << 28
_T = TypeVar("_T")


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a backup before its contents. ``share_set`` is the record of the shares that open it."""

    format: Literal["seawall-backup/1"] = "seawall-backup/1"
    id: str
    set_name: str
    share_set: ShareSet
    backup_key: str
    installation: str
    created_ms: int
    expires_ms: int | None = None
    revision: str
    seal: Literal["HPKE MLKEM768-X25519 HKDF-SHA-256 AES-256-GCM"] = "HPKE MLKEM768-X25519 HKDF-SHA-256 AES-256-GCM"
    cipher: Literal["STREAM AES-256-GCM 1 MiB"] = "STREAM AES-256-GCM 1 MiB"
    data_key: bytes = b""

    def bound(self) -> bytes:
        """Hash all but the sealed data key, which is bound to it."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, data_key=b""))).digest()


class Generation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A domain's key-encryption key that is in a backup."""

    domain_id: str
    generation: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account of a backup: what it was made of, and the SHA-256 of each part.

    ``checkpoints`` are those of the ledgers of the store's nodes, ``policies`` the SHA-256 of the policies in force.
    """

    header: bytes
    chunks: list[bytes]
    plain_bytes: int
    rows: dict[str, int]
    generations: list[Generation]
    checkpoints: list[str]
    policies: str
    signer: bytes


@dataclass(slots=True)
class Read:
    """A backup's file, taken apart and not yet believed. ``places`` are the offsets and lengths of its chunks."""

    header_bytes: bytes
    header: Header
    places: list[tuple[int, int]]
    manifest_bytes: bytes
    manifest: Manifest
    signature: Signature
    size: int

    @property
    def header_hash(self) -> bytes:
        """The SHA-256 of the header."""
        return hashlib.sha256(self.header_bytes).digest()

    @property
    def signer(self) -> str:
        """The name of the key that signed it."""
        return fingerprint(self.manifest.signer)


@dataclass(slots=True)
class Writing:
    """A backup on its way to a file."""

    header_bytes: bytes
    hashes: list[bytes] = field(default_factory=list)
    written: int = 0

    def head(self) -> bytes:
        """The bytes before the first chunk."""
        return self._count(MAGIC + _framed(self.header_bytes))

    def chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Frame the chunks, and remember their hashes."""
        for chunk in chunks:
            self.hashes.append(hashlib.sha256(chunk).digest())
            yield self._count(_framed(chunk))

    def tail(self, manifest: Manifest, signer: Signer) -> bytes:
        """The bytes after the last chunk: the manifest, completed and signed."""
        header = hashlib.sha256(self.header_bytes).digest()
        whole = msgspec.json.encode(
            msgspec.structs.replace(manifest, header=header, chunks=self.hashes, signer=signer.public)
        )
        signature = msgspec.json.encode(signer.sign(_LABEL, whole))
        return self._count(bytes(_LENGTH) + _framed(whole) + _framed(signature))

    def _count(self, data: bytes) -> bytes:
        self.written += len(data)
        return data


def take_apart(stream: BinaryIO) -> Read:
    """Read the parts of a file without the chunks' contents.

    Raises:
        InvalidInput: ``backup.not_one``.
        Corrupt: ``backup.damaged``, naming the byte.
    """
    if stream.read(len(MAGIC)) != MAGIC:
        raise InvalidInput("backup.not_one", "this file is no backup that Seawall made.", field="file")
    header_bytes = _part(stream, _MAX_HEADER, "the header")
    header = _decode(header_bytes, Header, "the header", len(MAGIC))
    places: list[tuple[int, int]] = []
    while length := _length(stream, CHUNK_BYTES + TAG_BYTES, f"chunk {len(places)}"):
        places.append((stream.tell(), length))
        stream.seek(length, 1)
    at = stream.tell()
    manifest_bytes = _part(stream, _MAX_MANIFEST, "the manifest")
    manifest = _decode(manifest_bytes, Manifest, "the manifest", at)
    at = stream.tell()
    signature = _decode(_part(stream, _MAX_HEADER, "the signature"), Signature, "the signature", at)
    size = stream.tell()
    if stream.read(1):
        raise damaged("something follows the signature", size)
    return Read(header_bytes, header, places, manifest_bytes, manifest, signature, size)


def verify(stream: BinaryIO, read: Read) -> None:
    """Check signature and hashes: that every byte is what the signer wrote. Who signed is for the caller to judge.

    Raises:
        Corrupt: ``backup.damaged``, naming the part and its first byte.
    """
    try:
        check_signature(read.manifest.signer, _LABEL, read.manifest_bytes, read.signature)
    except SeawallError:
        raise damaged("the manifest does not carry its signer's signature", read.size) from None
    if read.manifest.header != read.header_hash:
        raise damaged("the header was changed", len(MAGIC))
    if len(read.manifest.chunks) != len(read.places):
        raise damaged(f"it has {len(read.places)} chunks of {len(read.manifest.chunks)}", read.size)
    for number, ((offset, _), digest) in enumerate(zip(read.places, read.manifest.chunks, strict=True)):
        if hashlib.sha256(chunk_at(stream, read, number)).digest() != digest:
            raise damaged(f"chunk {number} was changed", offset)


def chunk_at(stream: BinaryIO, read: Read, number: int) -> bytes:
    """Read one chunk."""
    offset, length = read.places[number]
    stream.seek(offset)
    return stream.read(length)


def all_chunks(stream: BinaryIO, read: Read) -> Iterator[bytes]:
    """Read every chunk in its order."""
    return (chunk_at(stream, read, number) for number in range(len(read.places)))


def damaged(what: str, offset: int) -> Corrupt:
    """Make the error of a file that is not what was written."""
    return Corrupt(
        "backup.damaged", f"{what} (at byte {offset} of the file).", remedy="Use another copy, or another backup."
    )


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH) + data


def _length(stream: BinaryIO, most: int, what: str) -> int:
    at = stream.tell()
    raw = stream.read(_LENGTH)
    length = int.from_bytes(raw)
    if len(raw) < _LENGTH or length > most:
        raise damaged(f"{what} is missing or has no possible length", at)
    return length


def _part(stream: BinaryIO, most: int, what: str) -> bytes:
    at = stream.tell()
    length = _length(stream, most, what)
    data = stream.read(length)
    if len(data) < length:
        raise damaged(f"{what} is cut short", at)
    return data


def _decode(data: bytes, kind: type[_T], what: str, at: int) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise damaged(f"{what} cannot be read", at) from None
