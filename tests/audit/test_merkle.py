"""The tree hash and its proofs: known values, the naive definition, another implementation, and broken proofs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.errors import NoSuchEntry, ProofInvalid
from audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of, split
from audit.proofs import Subtree, check_consistency, check_inclusion, consistency_path, inclusion_path, range_root

# The eight leaves, inner nodes and roots that Certificate Transparency's own tests use since RFC 6962.
LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
LEAF_HASHES = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NODE_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_0_3 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"

SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 256, 257, 511, 513]


def hashes(count: int) -> list[bytes]:
    """Give distinct leaf hashes."""
    return [leaf_hash(b"%d" % number) for number in range(count)]


def subtrees(leaves: Sequence[bytes]) -> Subtree:
    """Look subtrees up in plain leaf hashes."""
    return lambda level, n: naive_root(leaves[n << level : (n + 1) << level])


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Compute the tree hash as RFC 9162, section 2.1.1 defines it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    middle = split(len(leaves))
    return node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Compute an inclusion proof as RFC 9162, section 2.1.3.1 defines it."""
    if len(leaves) <= 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*naive_path(index, leaves[:middle]), naive_root(leaves[middle:])]
    return [*naive_path(index - middle, leaves[middle:]), naive_root(leaves[:middle])]


def naive_consistency(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """Compute a consistency proof as RFC 9162, section 2.1.4.1 defines it."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*naive_consistency(old, leaves[:middle], whole=whole), naive_root(leaves[middle:])]
    return [*naive_consistency(old - middle, leaves[middle:], whole=False), naive_root(leaves[:middle])]


def test_known_leaf_hashes_and_roots() -> None:
    """The eight known leaves have the known hashes, and their trees of size 0 to 8 the known roots."""
    found = [leaf_hash(each) for each in LEAVES]

    assert [each.hex() for each in found] == LEAF_HASHES
    assert [root_of(found[:size]).hex() for size in range(9)] == ROOTS


def test_known_proofs() -> None:
    """Proofs over the eight known leaves are made of the known nodes."""
    at = subtrees([leaf_hash(each) for each in LEAVES])

    assert [each.hex() for each in inclusion_path(5, 8, at)] == [LEAF_HASHES[4], NODE_6_7, NODE_0_3]
    assert [each.hex() for each in inclusion_path(6, 7, at)] == [NODE_4_5, NODE_0_3]
    assert [each.hex() for each in consistency_path(6, 8, at)] == [NODE_4_5, NODE_6_7, NODE_0_3]


@pytest.mark.parametrize("size", SIZES)
def test_the_frontier_has_the_root_of_the_definition(size: int) -> None:
    """Appending leaf by leaf gives the root that the recursive definition gives."""
    leaves = hashes(size)
    frontier = Frontier().extend(leaves)

    assert frontier.size == size
    assert frontier.root() == root_of(leaves) == naive_root(leaves)
    assert len(frontier.nodes) == size.bit_count()


def test_a_frontier_is_a_value() -> None:
    """Appending leaves the frontier it was done to as it was."""
    before = Frontier().extend(hashes(7))
    before.append(leaf_hash(b"x"))

    assert before == Frontier().extend(hashes(7))


@pytest.mark.parametrize("size", SIZES)
def test_every_proof_of_a_tree_is_the_defined_one_and_is_accepted(size: int) -> None:
    """Each inclusion and consistency proof equals the recursive definition's and passes its check."""
    leaves = hashes(size)
    at, root = subtrees(leaves), naive_root(leaves)
    step = max(1, size // 24)
    for index in range(0, size, step):
        path = inclusion_path(index, size, at)
        assert list(path) == naive_path(index, leaves)
        check_inclusion(leaves[index], index, size, path, root)
    for old in range(0, size + 1, step):
        path = consistency_path(old, size, at)
        assert list(path) == (naive_consistency(old, leaves) if old else [])
        check_consistency(old, size, naive_root(leaves[:old]), root, path)


@given(st.integers(1, 300), st.data())
def test_another_implementation_agrees(size: int, data: st.DataObject) -> None:
    """pymerkle gives the same roots and inclusion proofs at any size."""
    index = data.draw(st.integers(0, size - 1))
    other = InmemoryTree.init_from_entries([b"%d" % number for number in range(size)])
    leaves = hashes(size)

    assert other.get_root(size) == root_of(leaves)
    proof = other.prove_inclusion(index + 1, size)
    assert tuple(proof.path[1:]) == inclusion_path(index, size, subtrees(leaves))


@given(st.integers(1, 130), st.data())
def test_a_changed_proof_is_refused(size: int, data: st.DataObject) -> None:
    """Flipping a bit, dropping or adding a hash, or shifting index or size makes an inclusion proof invalid."""
    leaves = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(index, size, subtrees(leaves)), root_of(leaves)
    bent = [*path, root]
    at, bit = data.draw(st.integers(0, len(bent) - 1)), data.draw(st.integers(0, 255))
    bent[at] = (int.from_bytes(bent[at]) ^ 1 << bit).to_bytes(32)

    broken = [
        (leaves[index], index, size, bent[:-1], bent[-1]),
        (leaves[index], index, size, [*path, root], root),
        (leaves[index], index, size, [root, *path], root),
        (leaf_hash(b"another"), index, size, path, root),
        (leaves[index], size, size, path, root),
        (leaves[index], -1, size, path, root),
    ]
    if path:
        broken += [
            (leaves[index], index, size, path[:-1], root),
            (leaves[index], index, size, [path[0][:31], *path[1:]], root),
            (leaves[index], index ^ 1, size, path, root),
        ]
    for case in broken:
        with pytest.raises(ProofInvalid):
            check_inclusion(*case)


@given(st.integers(1, 130), st.data())
def test_a_changed_consistency_proof_is_refused(size: int, data: st.DataObject) -> None:
    """Flipping a bit, dropping or adding a hash, or claiming other sizes makes a consistency proof invalid."""
    leaves = hashes(size)
    old = data.draw(st.integers(1, size))
    path = consistency_path(old, size, subtrees(leaves))
    before, after = root_of(leaves[:old]), root_of(leaves)
    broken = [
        (old, size, leaf_hash(b"x"), after, path),
        (old, size, before, leaf_hash(b"x"), path),
        (old, size, before, after, [*path, after]),
        (size + 1, size, before, after, path),
        (old, size, before[:31], after, path),
    ]
    if path:
        bent = [leaf_hash(b"x"), *path[1:]]
        broken += [(old, size, before, after, path[:-1]), (old, size, before, after, bent)]
        broken += [(old, size, before, after, []), (0, size, before, after, path)]
    for case in broken:
        with pytest.raises(ProofInvalid):
            check_consistency(*case)


def test_the_empty_tree_is_a_beginning_of_every_tree() -> None:
    """From size 0 the proof is empty, and the old root must be that of the empty tree."""
    root = root_of(hashes(3))
    check_consistency(0, 3, EMPTY_ROOT, root, [])
    check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])

    for case in [(0, 3, root, root, []), (0, 3, EMPTY_ROOT, root, [root]), (0, 0, EMPTY_ROOT, root, [])]:
        with pytest.raises(ProofInvalid):
            check_consistency(*case)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_is_made_of_what_is_not_there(index: int, size: int) -> None:
    """Asking for a proof outside the tree raises NoSuchEntry."""
    with pytest.raises(NoSuchEntry):
        inclusion_path(index, size, subtrees(hashes(size)))


def test_a_range_is_hashed_as_its_tree() -> None:
    """A range that RFC 9162 splits off hashes to the root of its leaves alone."""
    leaves = hashes(13)

    assert range_root(8, 13, subtrees(leaves)) == naive_root(leaves[8:13])
