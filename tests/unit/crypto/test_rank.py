import numpy as np
import pytest

from seawall.crypto.ff1 import Ff1, Shape
from seawall.crypto.rank import RankedDomain, smallest_space
from seawall.kernel.errors import InvalidInput

KEY = bytes(range(32))
HKID_SIZE = (26 + 26 * 26) * 10**6


@pytest.mark.parametrize("size", [1_000_000, 1_000_003, 1_048_576, 1_048_577])
def test_every_rank_of_a_small_range_has_its_own_token(size: int) -> None:
    domain, ranks = RankedDomain(KEY, size), np.arange(size, dtype=np.uint64)
    tokens = domain.encrypt_ranks(ranks, b"tweak")
    assert np.array_equal(np.sort(tokens), ranks)
    assert np.array_equal(domain.decrypt_ranks(tokens, b"tweak"), ranks)
    assert not np.array_equal(domain.encrypt_ranks(ranks, b"other"), tokens)


@pytest.mark.parametrize("size", [HKID_SIZE, 10**18, 2**62, 2**63 + 1, 2**64 - 1, 2**64, 2**64 + 1, 10**30], ids=hex)
def test_arrays_and_sequences_walk_as_the_scalar_does(size: int) -> None:
    domain, shape = RankedDomain(KEY, size), smallest_space(size)
    ff1, ranks, expected = Ff1(KEY, shape.radix), [0, 1, size // 3, size - 2, size - 1], []
    for rank in ranks:
        at = ff1.encrypt_number(rank, shape.length, b"t")
        while at >= size:
            at = ff1.encrypt_number(at, shape.length, b"t")
        expected.append(at)
    tokens = domain.encrypt_ranks(ranks, b"t")
    assert tokens == expected
    assert all(type(token) is int for token in tokens)
    assert domain.decrypt_ranks(tokens, b"t") == ranks
    if size <= 2**64:
        array = domain.encrypt_ranks(np.array(ranks, np.uint64), b"t")
        assert array.dtype == np.uint64
        assert array.tolist() == expected
        assert domain.decrypt_ranks(array, b"t").tolist() == ranks


def test_a_range_past_an_array_still_takes_one() -> None:
    domain, ranks = RankedDomain(KEY, 10**19), np.array([0, 1, 2**63], np.uint64)
    assert domain.encrypt_ranks(ranks).tolist() == domain.encrypt_ranks(ranks.tolist())


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (1_000_000, Shape(10, 6)),
        (1_000_001, Shape(2, 20)),
        (HKID_SIZE, Shape(10, 9)),
        (2**30, Shape(2, 30)),
        (10**9, Shape(10, 9)),
        (2**64, Shape(2, 64)),
    ],
)
def test_the_smallest_space_is_taken(size: int, shape: Shape) -> None:
    assert smallest_space(size) == shape


@pytest.mark.parametrize("size", [999_999, 1, 0, -1])
def test_a_range_below_a_million_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput) as error:
        RankedDomain(KEY, size)
    assert error.value.code == "ff1.domain_too_small"


def test_a_range_past_all_lengths_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        RankedDomain(KEY, 10**5000)
    assert error.value.code == "ff1.length"


@pytest.mark.parametrize("rank", [-1, HKID_SIZE, 2**64])
def test_a_rank_outside_the_range_is_refused(rank: int) -> None:
    domain = RankedDomain(KEY, HKID_SIZE)
    with pytest.raises(InvalidInput) as error:
        domain.encrypt_ranks([0, rank])
    assert error.value.code == "ff1.rank"
    if 0 <= rank < 2**64:
        with pytest.raises(InvalidInput) as error:
            domain.decrypt_ranks(np.array([rank], np.uint64))
        assert error.value.code == "ff1.rank"


@pytest.mark.parametrize("ranks", [np.zeros(2, np.int64), np.zeros((2, 2), np.uint64)])
def test_an_array_of_another_kind_is_refused(ranks: np.ndarray) -> None:
    with pytest.raises(InvalidInput) as error:
        RankedDomain(KEY, HKID_SIZE).encrypt_ranks(ranks)
    assert error.value.code == "ff1.array"


def test_no_ranks_give_no_tokens() -> None:
    domain = RankedDomain(KEY, HKID_SIZE)
    assert domain.encrypt_ranks([]) == []
    assert domain.encrypt_ranks(np.empty(0, np.uint64)).size == 0
