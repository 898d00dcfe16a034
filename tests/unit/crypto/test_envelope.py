import gc
import os
import weakref
from uuid import UUID

import pytest

from seawall.crypto.envelope import HEADER_BYTES, OVERHEAD_BYTES, Binding, Header, Opener, Sealer, parse
from seawall.crypto.suites import SUITES, QuantumStatus, Suite
from seawall.crypto.xaes import Xaes256Gcm
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

KEY_ID = UUID("01942f3a-0000-7000-8000-00000000002a")
KEY = bytes(range(32))


def sealer(**changes: object) -> Sealer:
    return Sealer(**{"key": Secret(KEY), "domain": "payments", "key_id": KEY_ID, "version": 3, **changes})


def opener(**changes: object) -> Opener:
    return Opener(**{"key": Secret(KEY), "domain": "payments", "key_id": KEY_ID, "version": 3, **changes})


def test_the_bytes_on_the_wire() -> None:
    prefix = bytes(range(100, 112))
    envelope = sealer(entropy=lambda _: prefix).seal(b"4111111111111111", b"pan")
    nonce = prefix + bytes(12)
    aad = (
        b"seawall envelope 1\0"
        b"\x00\x01"
        b"\x00\x08payments" + KEY_ID.bytes + b"\x00\x00\x00\x03" + b"\x00\x00\x00\x00\x00\x00\x00\x03pan"
    )
    assert envelope[:HEADER_BYTES] == b"SW\x01" + b"\x00\x01" + KEY_ID.bytes + b"\x00\x00\x00\x03" + nonce
    assert envelope[HEADER_BYTES:] == Xaes256Gcm(KEY).seal(nonce, b"4111111111111111", aad)
    assert len(envelope) == 16 + OVERHEAD_BYTES == 16 + 65
    assert Binding(domain="payments", key_id=KEY_ID, version=3, context=b"pan").aad(Suite.XAES_256_GCM) == aad


def test_what_is_sealed_opens() -> None:
    seal, opens = sealer(), opener()
    for plaintext in (b"", b"a", bytes(100_000)):
        assert opens.open(seal.seal(plaintext)) == plaintext
        assert opens.open(seal.seal(plaintext, b"context"), b"context") == plaintext


def test_many_at_once_open_one_by_one_and_the_other_way_round() -> None:
    seal, opens = sealer(), opener()
    values = [str(i).encode() for i in range(100)]
    sealed = seal.seal_many(values, b"c")
    assert [opens.open(envelope, b"c") for envelope in sealed] == values
    assert opens.open_many([seal.seal(value, b"c") for value in values], b"c") == values
    assert len({parse(envelope).nonce for envelope in sealed}) == 100
    assert len({parse(envelope).nonce[:12] for envelope in sealed}) == 1
    assert seal.seal_many([]) == opens.open_many([]) == []


@pytest.mark.parametrize(
    ("changes", "context"),
    [({"domain": "payment"}, b"pan"), ({"key": Secret(bytes(32))}, b"pan"), ({}, b""), ({}, b"pan ")],
)
def test_a_value_that_was_moved_does_not_open(changes: dict[str, object], context: bytes) -> None:
    with pytest.raises(Corrupt) as error:
        opener(**changes).open(sealer().seal(b"value", b"pan"), context)
    assert error.value.code == "crypto.open_failed"


@pytest.mark.parametrize("changes", [{"version": 2}, {"key_id": UUID(int=1)}])
def test_an_envelope_of_another_key_or_version_says_so(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        opener(**changes).open(sealer().seal(b"value"))
    assert error.value.code == "envelope.other_key"


def test_a_version_rewritten_in_the_header_does_not_open() -> None:
    envelope = bytearray(sealer().seal(b"value"))
    envelope[24] = 4
    with pytest.raises(Corrupt):
        opener(version=4).open(bytes(envelope))


def test_every_flipped_bit_is_found() -> None:
    envelope, opens = sealer().seal(b"value"), opener()
    for bit in range(len(envelope) * 8):
        changed = bytearray(envelope)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((InvalidInput, Corrupt)):
            opens.open(bytes(changed))


def test_parse_reads_the_header() -> None:
    envelope = sealer(entropy=lambda _: b"p" * 12).seal(b"value")
    assert parse(envelope) == Header(suite=Suite.XAES_256_GCM, key_id=KEY_ID, version=3, nonce=b"p" * 12 + bytes(12))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: b"",
        lambda e: e[: OVERHEAD_BYTES - 1],
        lambda e: b"SX" + e[2:],
        lambda e: e[:2] + b"\x02" + e[3:],
        lambda e: e[:3] + b"\x00\x02" + e[5:],
        lambda e: e[:21] + bytes(4) + e[25:],
    ],
    ids=["empty", "cut off", "other magic", "other format", "unknown suite", "version 0"],
)
def test_what_is_no_envelope_is_malformed(change: object) -> None:
    malformed = change(sealer().seal(b""))
    for read in (parse, opener().open):
        with pytest.raises(InvalidInput) as error:
            read(malformed)
        assert error.value.code == "envelope.malformed"


@pytest.mark.parametrize("version", [0, -1, 1 << 32])
def test_a_version_that_does_not_fit_is_refused(version: int) -> None:
    with pytest.raises(InvalidInput) as error:
        sealer(version=version)
    assert error.value.code == "envelope.version"


def test_a_sealer_outlives_its_secret_and_takes_its_keys_with_it() -> None:
    class Watched(Sealer):
        __slots__ = ("__weakref__",)

    with Secret(KEY) as key:
        seal = Watched(key, "payments", KEY_ID, 3)
    assert opener().open(seal.seal(b"value")) == b"value"
    gc.disable()
    try:
        gone = weakref.ref(seal)
        del seal
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_parent_and_forked_child_seal_under_different_prefixes() -> None:
    seal = sealer()
    seal.seal(b"before")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, seal.seal(b"value"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    theirs, ours = os.read(read, 1000), seal.seal(b"value")
    os.close(read)
    os.close(write)
    assert opener().open(theirs) == b"value"
    assert parse(theirs).nonce[:12] != parse(ours).nonce[:12]


def test_the_registry_agrees_with_the_primitive() -> None:
    info = SUITES[Suite.XAES_256_GCM]
    assert set(SUITES) == set(Suite)
    assert (info.key_bytes, info.nonce_bytes, info.tag_bytes) == (32, 24, 16)
    assert len(Xaes256Gcm(bytes(info.key_bytes)).seal(bytes(info.nonce_bytes), b"", b"")) == info.tag_bytes
    assert info.quantum_status is QuantumStatus.RESISTANT
