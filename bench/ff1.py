"""FF1 over Arrow columns of 16-digit values, one thread, AES-256: this house, fastfpe, and the AES that bounds both.

``value``, ``peer_value`` and ``limit`` are values a second over whole runs; ``p50``, ``p99`` and ``peer_p99`` are
microseconds a value, over batches. ``limit`` is what one core encrypts of the blocks that FF1 cannot do without: ten of
16 bytes a value. The three are measured in turns, so that a busy moment meets them all. The peer takes one value a
call; it offers nothing for many.
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from seawall.crypto.ff1_batch import Ff1Batch

DIGITS = 16
BATCH = 100_000
PEER_BATCH = 2_000
AES_CHUNK = 16_384
TURNS = 20
TURN_SECONDS = 0.2
TWEAK = b"payments/pan"
ALPHABET = "0123456789"


def run() -> list[dict[str, Any]]:
    from fastfpe import ff1 as peer

    key = os.urandom(32)
    column = digits(BATCH)
    values = column.slice(0, PEER_BATCH).to_pylist()
    batch, hex_key, hex_tweak = Ff1Batch(key), key.hex(), TWEAK.hex()
    tokens = batch.encrypt_column(column, TWEAK)
    theirs = [peer.encrypt(hex_key, hex_tweak, ALPHABET, value) for value in values[:100]]
    if theirs != tokens.slice(0, 100).to_pylist() or not batch.decrypt_column(tokens, TWEAK).equals(column):
        raise AssertionError("the two implementations disagree")

    def ours() -> None:
        batch.encrypt_column(column, TWEAK)

    def other() -> None:
        for value in values:
            peer.encrypt(hex_key, hex_tweak, ALPHABET, value)

    contenders = {"ours": (ours, BATCH), "peer": (other, PEER_BATCH), "limit": (bare_aes(key), AES_CHUNK)}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(TURNS):
        for name, (work, size) in contenders.items():
            seconds[name] += timed(work, size)
    rates = {name: 1 / float(np.mean(samples)) for name, samples in seconds.items()}
    micros = {name: np.percentile(samples, (50, 99)) * 1e6 for name, samples in seconds.items()}
    return [
        {
            "name": "ff1.digits16.core",
            "value": round(rates["ours"]),
            "unit": "values/s",
            "p50": round(float(micros["ours"][0]), 4),
            "p99": round(float(micros["ours"][1]), 4),
            "peer": "fastfpe 0.2.1",
            "peer_value": round(rates["peer"]),
            "peer_p99": round(float(micros["peer"][1]), 4),
            "ratio": round(rates["ours"] / rates["peer"], 2),
            "limit": round(rates["limit"]),
            "share": round(rates["ours"] / rates["limit"], 3),
        }
    ]


def digits(count: int) -> pa.StringArray:
    text = np.random.default_rng(16).integers(ord("0"), ord("9") + 1, count * DIGITS, dtype=np.uint8)
    offsets = np.arange(0, count * DIGITS + 1, DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def bare_aes(key: bytes) -> Callable[[], None]:
    encrypt_into = Cipher(AES(key), ECB()).encryptor().update_into
    blocks = bytes(AES_CHUNK * 16)
    out = bytearray(len(blocks) + 15)

    def work() -> None:
        for _ in range(10):
            encrypt_into(blocks, out)

    return work


def timed(work: Callable[[], None], size: int) -> list[float]:
    """Repeat work on ``size`` values for one turn; return the seconds a value of each repetition."""
    samples, end = [], time.perf_counter() + TURN_SECONDS
    while not samples or time.perf_counter() < end:
        started = time.perf_counter()
        work()
        samples.append((time.perf_counter() - started) / size)
    return samples


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
