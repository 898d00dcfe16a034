import json
from pathlib import Path

import numpy as np
import pytest

from seawall.crypto.ff1 import MAX_LENGTH, Ff1
from seawall.crypto.ff1_batch import Ff1Batch
from seawall.kernel.errors import InvalidInput

SAMPLES = json.loads((Path(__file__).parents[2] / "vectors" / "ff1_nist.json").read_text())["vectors"]
DECIMAL_SAMPLES = [sample for sample in SAMPLES if sample["radix"] == 10]
KEY = bytes(range(32))


def numerals(text: str) -> list[int]:
    return [int(letter, 36) for letter in text]


def case(sample: dict[str, str | int]) -> str:
    return f"sample {sample['sample']}, {sample['cipher']}, radix {sample['radix']}"


def test_all_nine_nist_samples_are_there() -> None:
    assert [sample["sample"] for sample in SAMPLES] == list(range(1, 10))


@pytest.mark.parametrize("sample", SAMPLES, ids=case)
def test_nist_sample(sample: dict[str, str]) -> None:
    ff1, tweak = Ff1(bytes.fromhex(sample["key"]), sample["radix"]), bytes.fromhex(sample["tweak"])
    assert ff1.encrypt(numerals(sample["plaintext"]), tweak) == numerals(sample["ciphertext"])
    assert ff1.decrypt(numerals(sample["ciphertext"]), tweak) == numerals(sample["plaintext"])
    with_default = Ff1(bytes.fromhex(sample["key"]), sample["radix"], tweak)
    assert with_default.encrypt(numerals(sample["plaintext"])) == numerals(sample["ciphertext"])


@pytest.mark.parametrize("sample", SAMPLES, ids=case)
def test_nist_sample_in_a_batch(sample: dict[str, str]) -> None:
    ff1, tweak = Ff1Batch(bytes.fromhex(sample["key"]), sample["radix"]), bytes.fromhex(sample["tweak"])
    plain = np.array([numerals(sample["plaintext"])] * 3, np.uint8)
    sealed = np.array([numerals(sample["ciphertext"])] * 3, np.uint8)
    assert np.array_equal(ff1.encrypt_digits(plain, tweak), sealed)
    assert np.array_equal(ff1.decrypt_digits(sealed, tweak), plain)


@pytest.mark.parametrize(("radix", "length"), [(10, 5), (10, 0), (2, 19), (36, 3), (999, 2), (65536, 1), (65535, 1)])
def test_a_domain_below_a_million_is_refused(radix: int, length: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Ff1(KEY, radix).encrypt([0] * length)
    assert error.value.code == "ff1.domain_too_small"
    with pytest.raises(InvalidInput) as error:
        Ff1(KEY, radix).decrypt_number(0, length)
    assert error.value.code == "ff1.domain_too_small"


@pytest.mark.parametrize(("radix", "length"), [(10, 6), (2, 20), (36, 4), (1000, 2), (65536, 2)])
def test_a_domain_of_a_million_is_not(radix: int, length: int) -> None:
    ff1, value = Ff1(KEY, radix), [radix - 1] * length
    assert ff1.decrypt(ff1.encrypt(value)) == value != ff1.encrypt(value)


def test_every_value_of_the_smallest_domain_has_its_own_token() -> None:
    values = np.arange(1_000_000)
    digits = np.stack([values // 10**place % 10 for place in reversed(range(6))], axis=1).astype(np.uint8)
    tokens = Ff1Batch(KEY).encrypt_digits(digits)
    numbers = tokens.astype(np.int64) @ (10 ** np.arange(6)[::-1])
    assert np.array_equal(np.sort(numbers), values)


@pytest.mark.parametrize("radix", [0, 1, 65537, -10])
def test_a_radix_out_of_range_is_refused(radix: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Ff1(KEY, radix)
    assert error.value.code == "ff1.radix"


@pytest.mark.parametrize("length", [0, 8, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    for make in (lambda key: Ff1(key, 10), Ff1Batch):
        with pytest.raises(InvalidInput) as error:
            make(bytes(length))
        assert error.value.code == "crypto.key_length"


@pytest.mark.parametrize("numeral", [10, -1, 1 << 80])
def test_a_numeral_outside_the_radix_is_refused_and_not_shown(numeral: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Ff1(KEY, 10).encrypt([1, 2, 3, 4, 5, 6, numeral])
    assert error.value.code == "ff1.numeral"
    assert str(numeral) not in str(error.value)


@pytest.mark.parametrize("number", [-1, 10**6])
def test_a_number_outside_the_domain_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Ff1(KEY, 10).encrypt_number(number, 6)
    assert error.value.code == "ff1.numeral"


def test_the_limits_of_tweak_and_length() -> None:
    ff1, value = Ff1(KEY, 10), [1] * 16
    assert ff1.decrypt(ff1.encrypt(value, bytes(65_535)), bytes(65_535)) == value
    with pytest.raises(InvalidInput) as error:
        ff1.encrypt(value, bytes(65_536))
    assert error.value.code == "ff1.tweak_too_long"
    longest = [7] * MAX_LENGTH
    assert ff1.decrypt(ff1.encrypt(longest)) == longest
    with pytest.raises(InvalidInput) as error:
        ff1.encrypt([7] * (MAX_LENGTH + 1))
    assert error.value.code == "ff1.length"


def test_tweaks_give_other_tokens_and_nothing_else_undoes_them() -> None:
    ff1, value = Ff1(KEY, 10), [4, 1] * 8
    tokens = [tuple(ff1.encrypt(value, tweak)) for tweak in (b"", b"\0", b"\0\0", b"pan", bytes(16), bytes(17))]
    assert len(set(tokens)) == len(tokens)
    assert ff1.decrypt(tokens[3], b"name") != value
