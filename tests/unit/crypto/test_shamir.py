"""Shamir's scheme: published vectors, what fewer shares say, and what is refused."""

import hashlib
import hmac
import json
from collections import Counter
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.crypto.shamir import Point, combine, interpolate, invert, multiply, split
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "shamir.json").read_text())


def _points(shares: dict[str, str]) -> list[Point]:
    return [Point(index=int(index), value=Secret(bytes.fromhex(value))) for index, value in shares.items()]


@pytest.mark.parametrize("vector", VECTORS["tss"])
def test_published_shares_give_the_published_secret(vector):
    assert combine(_points(vector["shares"])).expose().hex() == vector["secret"]


@pytest.mark.parametrize("vector", VECTORS["slip39"], ids=lambda vector: vector["name"])
def test_the_same_field_and_interpolation_open_slip39(vector):
    values = {int(index): Secret(bytes.fromhex(value)) for index, value in vector["shares"].items()}
    secret, digest = interpolate(values, 255).expose(), interpolate(values, 254).expose()
    assert hmac.digest(digest[4:], secret, "sha256")[:4] == digest[:4]
    assert _slip39_decrypt(secret, vector).hex() == vector["master_secret"]


def _slip39_decrypt(data: bytes, vector: dict[str, int]) -> bytes:
    half = len(data) // 2
    left, right = data[:half], data[half:]
    salt = b"" if vector["extendable"] else b"shamir" + vector["identifier"].to_bytes(2, "big")
    rounds = (10_000 << vector["iteration_exponent"]) // 4
    for number in reversed(range(4)):
        made = hashlib.pbkdf2_hmac("sha256", bytes([number]) + b"TREZOR", salt + right, rounds, half)
        left, right = right, bytes(a ^ b for a, b in zip(left, made, strict=True))
    return right + left


def test_the_field_is_that_of_aes():
    # FIPS 197 section 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}; section 4.2.1 gives {57} x {10} = {07}.
    assert [multiply(0x57, b) for b in (0x83, 0x13, 0x10)] == [0xC1, 0xFE, 0x07]
    assert all(multiply(a, invert(a)) == 1 for a in range(1, 256))


@given(data=st.data(), secret=st.binary(min_size=32, max_size=80), random=st.randoms(use_true_random=False))
def test_any_threshold_of_shares_gives_the_secret(data, secret, random):
    shares = data.draw(st.integers(2, 16))
    threshold = data.draw(st.integers(2, shares))
    points = split(Secret(secret), threshold=threshold, shares=shares, entropy=random.randbytes)
    chosen = data.draw(st.permutations(points))[:threshold]
    assert combine(chosen).expose() == secret
    fewer = combine(chosen[:-1]).expose()
    assert len(fewer) == len(secret)


def _lane(value: int) -> bytes:
    return bytes([value]) * 32


@pytest.mark.parametrize("pair", list(combinations(range(1, 5), 2)))
def test_two_shares_of_three_fit_every_secret(pair):
    # For each value of the secret there is exactly one polynomial through two given shares: nothing is excluded.
    points = split(Secret(bytes(range(32))), threshold=3, shares=4, entropy=lambda n: bytes(range(100, 100 + n)))
    known = {index: points[index - 1].value for index in pair}
    others = {interpolate({0: Secret(_lane(secret)), **known}, 9).expose()[:1] for secret in range(256)}
    assert len(others) == 256


def test_one_share_is_uniform_over_its_bytes():
    # Degree 1, one byte: over all 256 coefficients each value of the share comes up once, for every secret.
    for secret, index in product((0, 5, 255), (1, 2)):
        seen = Counter(
            split(Secret(_lane(secret)), threshold=2, shares=2, entropy=lambda _, c=c: _lane(c))[
                index - 1
            ].value.expose()[0]
            for c in range(256)
        )
        assert set(seen.values()) == {1}
        assert len(seen) == 256


@pytest.mark.parametrize(
    ("threshold", "shares", "code"),
    [(1, 1, "shamir.shares"), (1, 2, "shamir.threshold"), (3, 2, "shamir.threshold"), (2, 17, "shamir.shares")],
)
def test_numbers_that_share_nothing_are_refused(threshold, shares, code):
    with pytest.raises(InvalidInput) as caught:
        split(Secret(bytes(32)), threshold=threshold, shares=shares, entropy=bytes)
    assert caught.value.code == code


def test_one_of_one_is_for_trials():
    (only,) = split(Secret(bytes(range(32))), threshold=1, shares=1, entropy=bytes, trial=True)
    assert combine([only]).expose() == bytes(range(32))


@pytest.mark.parametrize("length", [0, 31, 1025])
def test_a_secret_of_another_length_is_refused(length):
    with pytest.raises(InvalidInput, match="32 to 1024"):
        split(Secret(bytes(length)), threshold=2, shares=2, entropy=bytes)


@pytest.mark.parametrize(
    "indices", [(1, 1), (0, 1), (256, 1), ()], ids=["twice", "at the secret", "outside the field", "none"]
)
def test_points_that_cannot_be_shares_are_refused(indices):
    with pytest.raises(InvalidInput) as caught:
        combine([Point(index=index, value=Secret(bytes(32))) for index in indices])
    assert caught.value.code == "shamir.points"
