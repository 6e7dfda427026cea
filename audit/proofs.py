"""Inclusion and consistency proofs of RFC 9162, sections 2.1.3 and 2.1.4: made from subtree roots, checked from hashes.

Making a proof needs a way to look up perfect subtrees (`Subtree`); checking one needs nothing but the proof. Every
length and size is checked before a hash is computed, since a proof comes from whom it convicts or clears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hmac import compare_digest

from audit.errors import NoSuchEntry, ProofInvalid
from audit.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, split

Subtree = Callable[[int, int], bytes]
"""`(level, n)` -> root of the perfect subtree over leaves `n * 2**level` up to, not including, `(n + 1) * 2**level`."""


def range_root(start: int, stop: int, subtree: Subtree) -> bytes:
    """Return the tree hash over leaves `start` to `stop` (exclusive) of a range as RFC 9162 splits trees into."""
    parts = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        parts.append(subtree(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def inclusion_path(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the proof that leaf `index` is in the tree of `size` leaves, from the leaf's sibling upwards.

    Raises NoSuchEntry unless `0 <= index < size`.
    """
    if not 0 <= index < size:
        raise NoSuchEntry(f"a proof for entry {index}", size)
    path, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + split(stop - start)
        if index < middle:
            path.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            path.append(range_root(start, middle, subtree))
            start = middle
    return tuple(reversed(path))


def consistency_path(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves.

    The proof is empty for equal sizes and from the empty tree. Raises NoSuchEntry unless `0 <= old <= new`.
    """
    if not 0 <= old <= new:
        raise NoSuchEntry(f"a proof from size {old}", new)
    if old == 0:
        return ()
    path, start, stop = [], 0, new
    while old != stop:
        middle = start + split(stop - start)
        if old <= middle:
            path.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            path.append(range_root(start, middle, subtree))
            start = middle
    if start > 0:
        path.append(range_root(start, stop, subtree))
    return tuple(reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Accept if `path` proves that `leaf` (a leaf hash) stands at `index` of the tree of `size` with `root`.

    RFC 9162, section 2.1.3.2. Raises ProofInvalid.
    """
    _check_hashes(leaf, root, *path)
    if not 0 <= index < size:
        raise ProofInvalid(f"index {index} is outside a tree of {size}")
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofInvalid(f"the proof has {len(path)} hashes, more than a tree of {size} needs")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(f"the proof has {len(path)} hashes, fewer than a tree of {size} needs")
    _check_equal(found, root, "the proof leads to another root")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Accept if `path` proves that the tree of `new` with `new_root` begins with the tree of `old` with `old_root`.

    RFC 9162, section 2.1.4.2; from size 0 the proof is empty and the old root must be that of the empty tree.
    Raises ProofInvalid.
    """
    _check_hashes(old_root, new_root, *path)
    if not 0 <= old <= new:
        raise ProofInvalid(f"a tree of {new} cannot begin with a tree of {old}")
    if old in (0, new):
        if path:
            raise ProofInvalid(f"the proof from {old} to {new} must be empty, it has {len(path)} hashes")
        _check_equal(old_root, new_root if old == new else EMPTY_ROOT, "the roots differ")
        if new == 0:
            _check_equal(new_root, EMPTY_ROOT, "the empty tree has one root")
        return
    if not path:
        raise ProofInvalid(f"the proof from {old} to {new} is empty")
    _climb(old, new, old_root, new_root, path)


def _climb(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofInvalid(f"the proof has {len(path)} hashes, more than {old} to {new} needs")
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid(f"the proof has {len(path)} hashes, fewer than {old} to {new} needs")
    _check_equal(before, old_root, "the proof leads to another old root")
    _check_equal(after, new_root, "the proof leads to another new root")


def _check_hashes(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise ProofInvalid(f"a hash has {len(each)} bytes instead of {HASH_BYTES}")


def _check_equal(found: bytes, expected: bytes, complaint: str) -> None:
    if not compare_digest(found, expected):
        raise ProofInvalid(f"{complaint}: `{found.hex()}` instead of `{expected.hex()}`")
