"""Merkle trees over SHA-256 (RFC 6962 section 2.1, RFC 9162 section 2.1): roots, proofs and their verification.

Functions that make roots and proofs take leaf hashes, or a :data:`NodeReader` where the leaves are too many to hold.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from seawall.kernel.errors import Corrupt, InvalidInput

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
NodeReader = Callable[[int, int], bytes]
"""Gives, for a level and an index, the hash over the leaves from ``index << level`` up to ``(index + 1) << level``."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root, 32 bytes a level.

    Args:
        size: leaves already in the tree.
        peaks: roots of its perfect subtrees, the largest (leftmost) first, as :meth:`peaks` gave them.

    Raises:
        InvalidInput: when ``peaks`` do not fit ``size``, with code ``merkle.peaks``.
    """

    __slots__ = ("_levels", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
            raise InvalidInput("merkle.peaks", "these peaks do not belong to a tree of that size.", field="peaks")
        waiting = list(peaks)
        self._size = size
        self._levels = [waiting.pop() if size >> level & 1 else None for level in range(size.bit_length())]

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.append_many((leaf,))

    def append_many(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaf hashes in their order; many at a time are cheaper than one by one."""
        nodes = list(leaf_hashes)
        self._size += len(nodes)
        level = 0
        while nodes:
            if level == len(self._levels):
                self._levels.append(None)
            waiting = self._levels[level]
            if waiting is not None:
                nodes.insert(0, waiting)
            self._levels[level] = nodes.pop() if len(nodes) & 1 else None
            nodes = parents(nodes)
            level += 1

    def peaks(self) -> tuple[bytes, ...]:
        """Return the roots of the perfect subtrees, the largest (leftmost) first."""
        return tuple(peak for peak in reversed(self._levels) if peak is not None)

    def root(self) -> bytes:
        """Return the tree's root; of no leaves, the hash of nothing."""
        return fold_peaks(self.peaks())


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """Hash an even number of neighbours, pair by pair."""
    pairs = iter(nodes)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """Join perfect subtrees, the largest first, into one root."""
    if not peaks:
        return EMPTY_ROOT
    joined = peaks[-1]
    for peak in reversed(peaks[:-1]):
        joined = node_hash(peak, joined)
    return joined


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    frontier.append_many(leaf_hashes)
    return frontier.root()


def reader(leaf_hashes: Sequence[bytes]) -> NodeReader:
    """Hash all perfect subtrees over leaf hashes and return the reader of them."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append(parents(level[: len(level) & ~1]))
    return lambda level, index: levels[level][index]


def root_at(read: NodeReader, size: int) -> bytes:
    """Return the root of the tree of the first ``size`` leaves."""
    return _range_hash(read, 0, size) if size else EMPTY_ROOT


def inclusion_proof(leaves: Sequence[bytes] | NodeReader, index: int, size: int | None = None) -> list[bytes]:
    """Prove that leaf ``index`` is in the tree of the first ``size`` leaves (RFC 9162 section 2.1.3.1).

    Raises:
        InvalidInput: when there is no such leaf, with code ``merkle.range``.
    """
    read, size = _readable(leaves, size)
    _check_range(0 <= index < size)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes] | NodeReader, old_size: int, size: int | None = None) -> list[bytes]:
    """Prove that the tree of ``old_size`` leaves is the beginning of that of ``size`` (RFC 9162 section 2.1.4.1).

    Raises:
        InvalidInput: unless 0 <= ``old_size`` <= ``size``, with code ``merkle.range``.
    """
    read, size = _readable(leaves, size)
    _check_range(0 <= old_size <= size)
    if old_size in (0, size):
        return []
    start, end, path = 0, size, []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    if start:
        path.append(_range_hash(read, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Check that a leaf hash stands at ``index`` in the tree of that size and root (RFC 9162 section 2.1.3.2).

    Raises:
        Corrupt: when the proof does not show it, with code ``merkle.not_included``.
    """
    failure = Corrupt("merkle.not_included", "the proof does not show that this entry is in the tree.")
    if not 0 <= index < size:
        raise failure
    at, last, joined = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise failure
        if at & 1 or at == last:
            joined = node_hash(sibling, joined)
            at, last = _climb_left_edge(at, last)
        else:
            joined = node_hash(joined, sibling)
        at, last = at >> 1, last >> 1
    if last or joined != expected_root:
        raise failure


def verify_consistency(old_size: int, old_root: bytes, size: int, expected_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``size`` begins with the tree of ``old_size`` (RFC 9162 section 2.1.4.2).

    Raises:
        Corrupt: when the proof does not show it, with code ``merkle.not_consistent``.
    """
    failure = Corrupt("merkle.not_consistent", "the proof does not show that the newer tree begins with the older.")
    if not 0 <= old_size <= size:
        raise failure
    if old_size in (0, size):
        if proof or old_root != (expected_root if old_size else EMPTY_ROOT):
            raise failure
        return
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not path:
        raise failure
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise failure
        if at & 1 or at == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            at, last = _climb_left_edge(at, last)
        else:
            newer = node_hash(newer, sibling)
        at, last = at >> 1, last >> 1
    if last or older != old_root or newer != expected_root:
        raise failure


def _climb_left_edge(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _range_hash(read: NodeReader, start: int, end: int) -> bytes:
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(read(level, start >> level))
        start += 1 << level
    return fold_peaks(peaks)


def _readable(leaves: Sequence[bytes] | NodeReader, size: int | None) -> tuple[NodeReader, int]:
    if callable(leaves):
        if size is None:
            raise InvalidInput("merkle.range", "a reader of nodes needs the size of its tree.", field="size")
        return leaves, size
    _check_range(size is None or 0 <= size <= len(leaves))
    return reader(leaves), len(leaves) if size is None else size


def _check_range(condition: bool) -> None:
    if not condition:
        raise InvalidInput("merkle.range", "the tree has no such leaf or size.", field="index")
