"""The Merkle tree hash of RFC 6962 and RFC 9162, section 2.1.1, over SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: `SHA-256(0x00 || entry)`."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: `SHA-256(0x01 || left || right)`."""
    return sha256(b"\x01" + left + right).digest()


class Frontier(NamedTuple):
    """The right edge of a tree: all that is needed to append to it and to know its root.

    A value: appending returns the next frontier, so a rolled-back append is forgotten by dropping it.
    """

    size: int = 0  #: how many leaves the tree has
    #: Roots of the perfect subtrees the leaves fall into, largest and leftmost first: one per set bit of `size`.
    nodes: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """Return the frontier with all of `leaves` appended in order."""
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node = sha256(b"\x01" + nodes.pop() + node).digest()  # `node_hash`, without the call
                carry >>= 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """Return the Merkle tree hash; of an empty tree, the hash of the empty string."""
        return fold(self.nodes)


def fold(nodes: Sequence[bytes]) -> bytes:
    """Return the tree hash over roots of perfect subtrees that stand side by side, larger ones first."""
    if not nodes:
        return EMPTY_ROOT
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes (not over entries)."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        # A node without a sibling rises unchanged: the same tree as splitting at powers of two from the top.
        alone = level[-1:] if len(level) % 2 else []
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)] + alone
    return level[0]


def split(size: int) -> int:
    """Return the largest power of two smaller than `size` (which is at least 2): where RFC 6962 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)
