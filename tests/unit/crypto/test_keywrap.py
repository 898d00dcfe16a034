import json
from pathlib import Path

import cryptography_vectors
import pytest

from seawall.crypto.keywrap import unwrap_kwp, wrap_kwp
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

RFC = json.loads((Path(__file__).parents[2] / "vectors" / "rfc5649_kwp.json").read_text())["vectors"]
NIST = "keywrap/kwtestvectors/KWP_{}_{}.txt"


def nist_vectors(operation: str) -> list[dict[str, str]]:
    """Read NIST's CAVS 21.4 files for one of AE (wrap) and AD (unwrap) with the three key lengths."""
    found: list[dict[str, str]] = []
    for bits in (128, 192, 256):
        with cryptography_vectors.open_vector_file(NIST.format(operation, bits), "r") as file:
            for line in file:
                name, equals, value = line.strip().partition(" = ")
                if name == "COUNT":
                    found.append({})
                elif line.strip() == "FAIL":
                    found[-1]["FAIL"] = ""
                elif equals and found and name in "KCP":
                    found[-1][name] = value
    return found


@pytest.mark.parametrize("vector", RFC, ids=lambda vector: vector["name"])
def test_rfc_5649_vector(vector: dict[str, str]) -> None:
    kek, key, wrapped = Secret(bytes.fromhex(vector["kek"])), bytes.fromhex(vector["key"]), vector["wrapped"]
    assert wrap_kwp(kek, Secret(key)).hex() == wrapped
    assert unwrap_kwp(kek, bytes.fromhex(wrapped)).expose() == key


def test_both_rfc_5649_vectors_are_there() -> None:
    assert len(RFC) == 2


def test_nist_wraps() -> None:
    vectors = nist_vectors("AE")
    for vector in vectors:
        kek, key = Secret(bytes.fromhex(vector["K"])), Secret(bytes.fromhex(vector["P"]))
        assert wrap_kwp(kek, key).hex() == vector["C"]
    assert len(vectors) == 1500


def test_nist_unwraps() -> None:
    vectors, failed = nist_vectors("AD"), 0
    for vector in vectors:
        kek, wrapped = Secret(bytes.fromhex(vector["K"])), bytes.fromhex(vector["C"])
        if "FAIL" in vector:
            failed += 1
            with pytest.raises(Corrupt) as error:
                unwrap_kwp(kek, wrapped)
            assert error.value.code == "crypto.unwrap_failed"
        else:
            assert unwrap_kwp(kek, wrapped).expose().hex() == vector["P"]
    assert (len(vectors), failed) == (1500, 300)


@pytest.mark.parametrize("length", [0, 15, 33])
def test_a_wrapping_key_of_another_length_is_refused(length: int) -> None:
    for use in (lambda kek: wrap_kwp(kek, Secret(b"key")), lambda kek: unwrap_kwp(kek, bytes(16))):
        with pytest.raises(InvalidInput) as error:
            use(Secret(bytes(length)))
        assert error.value.code == "crypto.key_length"


def test_empty_material_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        wrap_kwp(Secret(bytes(32)), Secret(b""))
    assert error.value.code == "crypto.empty_key"


@pytest.mark.parametrize("wrapped", [b"", bytes(8), bytes(17), bytes(16)])
def test_what_is_no_wrapped_key_is_corrupt(wrapped: bytes) -> None:
    with pytest.raises(Corrupt) as error:
        unwrap_kwp(Secret(bytes(32)), wrapped)
    assert error.value.code == "crypto.unwrap_failed"
