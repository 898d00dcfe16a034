"""Merkle trees: what the incremental ways compute is what RFC 6962's recursive definition says, and proofs hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.crypto import merkle
from seawall.crypto.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash
from seawall.crypto.tlog import TileBuilder, decode_bundle, encode_bundle, tile_reader
from seawall.kernel.errors import Corrupt

LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]
sizes = st.integers(0, len(LEAVES)) | st.integers(0, 20)


def tree_hash(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


@given(st.lists(st.integers(0, 300), max_size=6))
def test_frontier_and_tiles_grow_the_tree_of_the_definition(steps: list[int]) -> None:
    frontier, builder, size = Frontier(), TileBuilder(), 0
    for step in steps:
        leaves = LEAVES[size : size + step]
        frontier.append_many(leaves)
        builder.append_many(leaves)
        size += len(leaves)
        assert frontier.size == builder.size == size
        assert frontier.root() == builder.root() == tree_hash(LEAVES[:size])
        assert Frontier(size, frontier.peaks()).root() == frontier.root()


@given(sizes.filter(bool), st.data())
def test_inclusion_holds_for_the_leaf_alone(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(LEAVES, index, size), tree_hash(LEAVES[:size])
    merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        for wrong in (
            [*proof[:at], LEAVES[0], *proof[at + 1 :]],
            proof[:at] + proof[at + 1 :],
            proof[:at] + proof[at:] * 2,
        ):
            if wrong != proof:
                with pytest.raises(Corrupt):
                    merkle.verify_inclusion(LEAVES[index], index, size, wrong, root)


@given(sizes, st.data())
def test_consistency_holds_between_a_tree_and_its_beginnings_alone(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(LEAVES, old, size)
    roots = tree_hash(LEAVES[:old]), tree_hash(LEAVES[:size])
    merkle.verify_consistency(old, roots[0], size, roots[1], proof)
    if old:
        changed = data.draw(st.integers(0, old - 1))
        forged = tree_hash([*LEAVES[:changed], leaf_hash(b"forged"), *LEAVES[changed + 1 : size]])
        with pytest.raises(Corrupt):
            merkle.verify_consistency(old, roots[0], size, forged, proof)


@given(sizes.filter(bool), st.data())
def test_tiles_give_the_proofs_that_leaves_give(size: int, data: st.DataObject) -> None:
    builder = TileBuilder()
    tiles = {tile.path: tile.hashes for tile in [*builder.append_many(LEAVES[:size]), *builder.partials()]}
    read, index = tile_reader(tiles.__getitem__, size), data.draw(st.integers(0, size - 1))
    assert merkle.inclusion_proof(read, index, size) == merkle.inclusion_proof(LEAVES, index, size)
    assert merkle.consistency_proof(read, index, size) == merkle.consistency_proof(LEAVES, index, size)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_hold_what_was_put_in(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.binary(max_size=600))
def test_any_bytes_are_a_bundle_or_corrupt(data: bytes) -> None:
    try:
        entries = decode_bundle(data)
    except Corrupt as error:
        code = error.code
        assert code == "tlog.bundle"
        return
    assert encode_bundle(entries) == data
