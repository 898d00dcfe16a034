import pytest

from seawall.crypto import merkle
from seawall.crypto.merkle import leaf_hash
from seawall.crypto.tlog import (
    TILE_WIDTH,
    TileBuilder,
    decode_bundle,
    encode_bundle,
    entries_path,
    tile_path,
    tile_reader,
    tile_width,
)
from seawall.kernel.errors import Corrupt, InvalidInput

LEAVES = [leaf_hash(str(number).encode()) for number in range(70_000)]


def build(size: int, step: int) -> tuple[TileBuilder, dict[str, bytes]]:
    builder, tiles = TileBuilder(), {}
    for start in range(0, size, step):
        for tile in builder.append_many(LEAVES[start : min(start + step, size)]):
            assert tile.path not in tiles
            tiles[tile.path] = tile.hashes
    tiles.update((tile.path, tile.hashes) for tile in builder.partials())
    return builder, tiles


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (1, 999, 17, "tile/1/999.p/17"),
        (63, 1000, 1, "tile/63/x001/000.p/1"),
    ],
)
def test_tile_paths(level: int, index: int, width: int, path: str) -> None:
    assert tile_path(level, index, width) == path


def test_entry_bundle_paths() -> None:
    assert entries_path(1_234_067) == "tile/entries/x001/x234/067"
    assert entries_path(5, 255) == "tile/entries/005.p/255"


@pytest.mark.parametrize(("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_has_no_path(level: int, index: int, width: int) -> None:
    with pytest.raises(InvalidInput) as error:
        tile_path(level, index, width)
    assert error.value.code == "tlog.tile"


def test_the_tiles_of_the_tree_of_70_000_leaves_that_the_specification_counts() -> None:
    builder, tiles = build(70_000, 9_999)
    full = {0: 273, 1: 1, 2: 0}
    partial = {0: 112, 1: 17, 2: 1}
    for level in range(3):
        mine = {path: tile for path, tile in tiles.items() if path.startswith(f"tile/{level}/")}
        assert sum(len(tile) == 32 * TILE_WIDTH and ".p/" not in path for path, tile in mine.items()) == full[level]
        assert [path.rpartition("/")[2] for path in mine if ".p/" in path] == [str(partial[level])]
    assert len(tiles) == 273 + 1 + 3
    assert builder.root() == merkle.root(LEAVES)


def test_the_tiles_of_the_tree_of_256_leaves() -> None:
    _, tiles = build(256, 256)
    assert sorted(tiles) == ["tile/0/000", "tile/1/000.p/1"]
    assert tiles["tile/1/000.p/1"] == merkle.root(LEAVES[:256])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537])
def test_tiles_do_not_depend_on_how_the_leaves_came(size: int) -> None:
    builder, tiles = build(size, 1_000)
    _, at_once = build(size, max(size, 1))
    assert {path: tile for path, tile in tiles.items() if ".p/" not in path} == {
        path: tile for path, tile in at_once.items() if ".p/" not in path
    }
    assert builder.size == size
    assert builder.root() == merkle.root(LEAVES[:size])
    for path, tile in tiles.items():
        level, _, rest = path.removeprefix("tile/").partition("/")
        index = int(rest.partition(".")[0].replace("x", "").replace("/", ""))
        assert len(tile) == 32 * tile_width(int(level), index, size)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 300, 65_536, 66_000])
def test_a_builder_goes_on_from_its_partial_tiles(size: int) -> None:
    _, tiles = build(size, 5_000)
    resumed = TileBuilder.resume(size, tiles.__getitem__)
    assert (resumed.size, resumed.root()) == (size, merkle.root(LEAVES[:size]))
    added = resumed.append_many(LEAVES[size:])
    _, whole = build(70_000, 70_000)
    assert resumed.root() == merkle.root(LEAVES)
    assert all(whole[tile.path] == tile.hashes for tile in [*added, *resumed.partials()])


def test_proofs_are_read_from_tiles() -> None:
    size = 66_001
    _, tiles = build(size, 10_000)
    read, root = tile_reader(tiles.__getitem__, size), merkle.root(LEAVES[:size])
    assert merkle.root_at(read, size) == root
    for index in (0, 255, 256, 65_535, 65_536, 66_000):
        proof = merkle.inclusion_proof(read, index, size)
        merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    for old in (1, 255, 256, 300, 65_536, 65_999):
        proof = merkle.consistency_proof(read, old, size)
        merkle.verify_consistency(old, merkle.root(LEAVES[:old]), size, root, proof)


def test_a_tile_of_another_length_is_corrupt() -> None:
    for fetch in (lambda _: b"", lambda _: bytes(31), lambda _: bytes(8192)):
        with pytest.raises(Corrupt) as error:
            TileBuilder.resume(3, fetch)
        assert error.value.code == "tlog.tile_length"
        with pytest.raises(Corrupt) as error:
            tile_reader(fetch, 3)(0, 0)
        assert error.value.code == "tlog.tile_length"


def test_nothing_is_read_past_the_tree() -> None:
    _, tiles = build(300, 300)
    read = tile_reader(tiles.__getitem__, 300)
    for level, index in ((0, 300), (3, 37), (8, 1), (0, 512)):
        with pytest.raises(InvalidInput) as error:
            read(level, index)
        assert error.value.code == "merkle.range"


def test_bundles() -> None:
    entries = [b"", b"a", bytes(65_535)]
    bundle = encode_bundle(entries)
    assert bundle[:5] == b"\x00\x00\x00\x01a"
    assert bundle[5:7] == b"\xff\xff"
    assert decode_bundle(bundle) == entries
    assert decode_bundle(b"") == []
    assert decode_bundle(bytes(2 * 256)) == [b""] * 256


def test_an_entry_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        encode_bundle([bytes(65_536)])
    assert error.value.code == "tlog.entry_too_long"


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x00\x05abcd", bytes(2 * 257)])
def test_a_bundle_that_is_cut_off_or_too_long_is_corrupt(bundle: bytes) -> None:
    with pytest.raises(Corrupt) as error:
        decode_bundle(bundle)
    assert error.value.code == "tlog.bundle"
