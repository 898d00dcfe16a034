"""A backup's stream and file: what goes in comes out, and no byte can be changed without its place being named."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.crypto import backup_file, backup_seal
from seawall.crypto.backup_file import Generation, Header, Manifest, Writing
from seawall.crypto.backup_seal import CHUNK_BYTES, BackupKeys
from seawall.crypto.custodian import Signer, fingerprint, sealing_key
from seawall.crypto.shares import SharePurpose, make_set
from seawall.kernel.errors import Corrupt, SeawallError
from seawall.kernel.secret import Secret

SEED, SIGNER = Secret(bytes(range(32))), Signer(Secret(bytes(32)))


def keys(data_key: bytes = bytes(32), header: bytes = bytes(32)) -> BackupKeys:
    return BackupKeys(Secret(data_key), header)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_stream_of_any_length_comes_back(size):
    data = os.urandom(size)
    chunks = list(keys().seal_stream(data[at : at + 70_000] for at in range(0, size, 70_000)))
    assert len(chunks) == max(1, -(-size // CHUNK_BYTES))
    assert b"".join(keys().open_stream(chunks)) == data


def test_chunks_cannot_be_dropped_doubled_moved_or_taken_elsewhere():
    chunks = list(keys().seal_stream([os.urandom(3 * CHUNK_BYTES - 5)]))
    for wrong in (chunks[:-1], chunks[1:], [chunks[0], *chunks], [chunks[1], chunks[0], chunks[2]], []):
        with pytest.raises(Corrupt):
            list(keys().open_stream(wrong))
    for other in (keys(data_key=b"\1" * 32), keys(header=b"\1" * 32)):
        with pytest.raises(Corrupt, match="chunk 0"):
            list(other.open_stream(chunks))


def test_a_wrapped_key_stays_in_its_place():
    wrapped = keys().wrap(Secret(b"k" * 32), b"here", os.urandom)
    assert keys().unwrap(wrapped, b"here").expose() == b"k" * 32
    for other, context in ((keys(), b"there"), (keys(header=b"\1" * 32), b"here")):
        with pytest.raises(Corrupt):
            other.unwrap(wrapped, context)


def whole() -> bytes:
    people = [("alice", "aa" * 32), ("bob", "bb" * 32)]
    record, _ = make_set(
        SEED, purpose=SharePurpose.BACKUP, name="primary", threshold=2, custodians=people, created_ms=1, entropy=bytes
    )
    header = Header(
        id="0" * 36, set_name="primary", share_set=record, backup_key=fingerprint(sealing_key(SEED)),
        installation="i", created_ms=1, revision="0001",
    )  # fmt: skip
    data_key = Secret(os.urandom(32))
    header = _with_key(header, data_key)
    writing = Writing(_encode(header))
    sealed = BackupKeys(data_key, _hash(header)).seal_stream([b"rows" * 20])
    body = writing.head() + b"".join(writing.chunks(sealed))
    manifest = Manifest(
        header=b"", chunks=[], plain_bytes=80, rows={"keys": 1}, generations=[Generation(domain_id="d", generation=1)],
        checkpoints=[], policies="", signer=b"",
    )  # fmt: skip
    return body + writing.tail(manifest, SIGNER)


def _encode(header):
    import msgspec

    return msgspec.json.encode(header)


def _hash(header):
    import hashlib

    return hashlib.sha256(_encode(header)).digest()


def _with_key(header, data_key):
    import msgspec

    sealed = backup_seal.seal_data_key(sealing_key(SEED), data_key, header.bound())
    return msgspec.structs.replace(header, data_key=sealed)


def test_a_file_is_read_verified_and_opened():
    stream = io.BytesIO(whole())
    read = backup_file.take_apart(stream)
    backup_file.verify(stream, read)
    data_key = backup_seal.open_data_key(SEED, read.header.data_key, read.header.bound())
    opened = BackupKeys(data_key, read.header_hash).open_stream(backup_file.all_chunks(stream, read))
    assert b"".join(opened) == b"rows" * 20
    assert read.signer == fingerprint(SIGNER.public)


def test_one_byte_changed_anywhere_is_refused_with_its_place():
    data = whole()
    for at in [*range(64), *range(64, len(data), 37), len(data) - 1]:
        changed = io.BytesIO(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
        with pytest.raises(SeawallError) as caught:
            backup_file.verify(changed, backup_file.take_apart(changed))
        assert at < 8 or "at byte" in caught.value.text


@given(st.integers(0, 5000))
def test_a_file_that_was_cut_or_continued_is_refused(cut):
    data = whole()
    for changed in (data[: cut % len(data)], data + bytes(cut % 7 + 1)):
        stream = io.BytesIO(changed)
        with pytest.raises(SeawallError):
            backup_file.verify(stream, backup_file.take_apart(stream))
