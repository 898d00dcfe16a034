import json
from hashlib import sha256
from pathlib import Path

import pytest

from seawall.crypto import merkle
from seawall.crypto.merkle import Frontier, leaf_hash, node_hash
from seawall.kernel.errors import Corrupt, InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "merkle_rfc6962.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == ROOTS[size]
    assert merkle.root_at(merkle.reader(LEAVES), size) == ROOTS[size]
    one_by_one = Frontier()
    for leaf in LEAVES[:size]:
        one_by_one.append(leaf)
    assert (one_by_one.size, one_by_one.root()) == (size, ROOTS[size])


def test_leaves_and_nodes_are_hashed_apart() -> None:
    assert leaf_hash(b"entry") == sha256(b"\x00entry").digest()
    assert node_hash(LEAVES[0], LEAVES[1]) == sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest()


def test_the_proofs_that_rfc_9162_shows() -> None:
    """Section 2.1.5 draws the tree of seven leaves and names the nodes of its proofs."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, m = node_hash(g, h), node_hash(i, j)  # m is the l of the drawing
    assert merkle.root(LEAVES[:7]) == node_hash(k, m)
    assert merkle.inclusion_proof(LEAVES, 0, 7) == [b, h, m]
    assert merkle.inclusion_proof(LEAVES, 3, 7) == [c, g, m]
    assert merkle.inclusion_proof(LEAVES, 4, 7) == [f, j, k]
    assert merkle.inclusion_proof(LEAVES, 6, 7) == [i, k]
    assert merkle.consistency_proof(LEAVES, 3, 7) == [c, d, g, m]
    assert merkle.consistency_proof(LEAVES, 4, 7) == [m]
    assert merkle.consistency_proof(LEAVES, 6, 7) == [i, j, k]


def test_every_inclusion_proof_verifies_in_its_own_place_alone() -> None:
    for size in range(1, 9):
        for index in range(size):
            proof = merkle.inclusion_proof(LEAVES, index, size)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
            others = [
                (LEAVES[index - 1] if size > 1 else LEAVES[1], index, size, proof, ROOTS[size]),
                (LEAVES[index], size, size, proof, ROOTS[size]),
                (LEAVES[index], -1, size, proof, ROOTS[size]),
                (LEAVES[index], index, size, proof, ROOTS[size - 1]),
                (LEAVES[index], index, size, [*proof, proof[-1] if proof else ROOTS[0]], ROOTS[size]),
                *((LEAVES[index], place, size, proof, ROOTS[size]) for place in range(size) if place != index),
                *([(LEAVES[index], index, size, proof[:-1], ROOTS[size])] if proof else []),
            ]
            for other in others:
                with pytest.raises(Corrupt) as error:
                    merkle.verify_inclusion(*other)
                assert error.value.code == "merkle.not_included"


def test_every_consistency_proof_verifies_between_its_own_roots_alone() -> None:
    for size in range(9):
        for old in range(size + 1):
            proof = merkle.consistency_proof(LEAVES, old, size)
            merkle.verify_consistency(old, ROOTS[old], size, ROOTS[size], proof)
            others = [
                (old, LEAVES[7], size, ROOTS[size], proof),
                (size + 1, ROOTS[old], size, ROOTS[size], proof),
                (-1, ROOTS[old], size, ROOTS[size], proof),
                (old, ROOTS[old], size, ROOTS[size], [*proof, ROOTS[0]]),
                *([(old, ROOTS[old], size, LEAVES[7], proof)] if old else []),
                *([(old, ROOTS[old], size, ROOTS[size], proof[:-1])] if proof else []),
                *([(old, ROOTS[old], size, ROOTS[size], [LEAVES[7], *proof[1:]])] if proof else []),
            ]
            for other in others:
                with pytest.raises(Corrupt) as error:
                    merkle.verify_consistency(*other)
                assert error.value.code == "merkle.not_consistent"


def test_a_rewritten_past_has_no_consistency_proof() -> None:
    rewritten = [*LEAVES[:2], LEAVES[4], *LEAVES[3:]]
    with pytest.raises(Corrupt):
        merkle.verify_consistency(5, ROOTS[5], 8, merkle.root(rewritten), merkle.consistency_proof(rewritten, 5, 8))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 9)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(InvalidInput) as error:
        merkle.inclusion_proof(LEAVES, index, size)
    assert error.value.code == "merkle.range"


@pytest.mark.parametrize(("old", "size"), [(4, 3), (-1, 3), (9, 9)])
def test_there_is_no_way_back_to_a_tree_that_was_never(old: int, size: int) -> None:
    with pytest.raises(InvalidInput) as error:
        merkle.consistency_proof(LEAVES, old, size)
    assert error.value.code == "merkle.range"


def test_a_reader_needs_its_size() -> None:
    with pytest.raises(InvalidInput) as error:
        merkle.inclusion_proof(merkle.reader(LEAVES), 0)
    assert error.value.code == "merkle.range"


def test_a_frontier_goes_on_from_its_peaks() -> None:
    for size in range(9):
        frontier = Frontier()
        frontier.append_many(LEAVES[:size])
        resumed = Frontier(size, frontier.peaks())
        assert resumed.root() == ROOTS[size]
        resumed.append_many(LEAVES[size:])
        assert resumed.root() == ROOTS[8]


@pytest.mark.parametrize(("size", "peaks"), [(0, LEAVES[:1]), (3, LEAVES[:1]), (2, [b"short"]), (-1, [])])
def test_peaks_that_do_not_fit_are_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(InvalidInput) as error:
        Frontier(size, peaks)
    assert error.value.code == "merkle.peaks"
