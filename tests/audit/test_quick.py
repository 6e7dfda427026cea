"""The quick reading of entries by the auditor means what the plain functions mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import decode, encode
from audit.errors import EntryRefused, NoteInvalid
from audit.leaf import Leaf
from audit.merkle import Frontier, leaf_hash
from audit.tiles import WIDTH, Tile, join_bundle, split_bundle
from audit.verify import quick
from audit.verify.stretch import Milestones
from audit.verify.tree import Sprout
from tests.audit.cases import entry, event

_HASHES = {"sha256": "a" * 64, "key_commit": "b" * 64}
_GOOD = [
    encode(entry(1)),
    encode(entry(2, subject="person", sealed=_HASHES)),
    encode(entry(3, subject="person", sealed=None, amounts=[1, -2, [3]], more={"of": {"it": ["x"]}})),
    encode(entry(4, name="上海")),
    encode(entry(5, text='"quoted"')),
]
_BAD = [
    b'{"a":1},{"b":2}',
    b'{"a":1',
    b'"b":2}',
    b"",
    encode(entry(6)).replace(b'"v":1', b'"v":1.0'),
    encode(entry(6)).replace(b'"v":1', b'"v":1,"v":1'),
    encode(entry(6)).replace(b'"v":1', b'"v":9007199254740992'),
    encode(entry(6)).replace(b'"v":1', b'"":1'),
    encode(entry(6)).replace(b'"at":', b'"at": '),
    encode(entry(6, id=5)),
    encode(entry(6, id=event(6) + "\n" + event(7))),
    encode(entry(6, id=event(6)[:-1])),
    encode(entry(6, id="-" * 36)),
    encode(entry(6, kind="")),
    encode(entry(6, kind=None)),
    encode(entry(6, subject="")),
    encode(entry(6, subject=7)),
    encode(entry(6, sealed=_HASHES)),
    encode(entry(6, subject="person", sealed="ab")),
    encode(entry(6, subject="person", sealed={**_HASHES, "more": "c"})),
    encode(entry(6, subject="person", sealed={"sha256": "a" * 63, "key_commit": "b" * 65})),
    encode(entry(6, subject="person", sealed={"sha256": "a" * 64, "key_commit": "G" * 64})),
    encode(entry(6, subject="person", sealed={"sha256": ["a"] * 64, "key_commit": "b" * 64})),
]


def _plainly(encoded: bytes) -> Leaf | None:
    try:
        return Leaf.read(decode(encoded))
    except EntryRefused:
        return None


@given(st.lists(st.sampled_from(_GOOD + _BAD), max_size=6))
def test_many_at_once_are_read_as_each_by_itself(entries: list[bytes]) -> None:
    """Whatever stands side by side: all are read as the plain functions read them, or none is."""
    found = quick.read_all(entries)

    assert found is None or found == [_plainly(each) for each in entries]


@pytest.mark.parametrize("encoded", _GOOD + _BAD)
def test_one_by_itself_is_read_as_plainly(encoded: bytes) -> None:
    """A good entry gives its leaf; a bad one is refused, alone or among good ones."""
    expected = _plainly(encoded)
    if expected is None:
        assert quick.read_all([_GOOD[0], encoded, _GOOD[1]]) is None
        with pytest.raises(EntryRefused):
            quick.read(encoded)
    else:
        assert quick.read(encoded) == expected


def test_the_common_shape_takes_no_closer_look() -> None:
    """Entries as the service writes them are read at once."""
    assert quick.read_all(_GOOD[:3]) == [_plainly(each) for each in _GOOD[:3]]
    assert quick.read_all([]) == []


@given(st.lists(st.integers(1, WIDTH + 3), max_size=5), st.sets(st.integers(0, 4 * WIDTH), max_size=6))
def test_a_tree_grows_the_same_by_tiles_and_by_leaves(steps: list[int], wanted: set[int]) -> None:
    """Roots, tiles and their hashes do not depend on how many leaves come at once."""
    leaves = [leaf_hash(b"%d" % number) for number in range(sum(steps))]
    seen: list[tuple[Tile, bytes, bytes]] = []
    sprout, milestones, at = Sprout(0, lambda *tile: seen.append(tile)), Milestones([*wanted]), 0
    milestones.pass_by(sprout)
    for step in steps:
        milestones.grow(sprout, leaves[at : at + step])
        at += step

    assert milestones.roots == {size: Frontier().extend(leaves[:size]).root() for size in wanted if size <= at}
    assert sprout.root() == Frontier().extend(leaves).root()
    assert [(tile.n, data) for tile, data, _ in seen] == [
        (n, b"".join(leaves[n * WIDTH : (n + 1) * WIDTH])) for n in range(at // WIDTH)
    ]


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(0, 4))
def test_a_bundle_is_split_whole_or_refused(entries: list[bytes], cut: int) -> None:
    """What was joined comes apart again; a bundle that lacks its last bytes does not."""
    bundle = join_bundle(entries)
    assert split_bundle(bundle) == entries
    if entries and 0 < cut < len(entries[-1]) + 2:
        with pytest.raises(NoteInvalid, match=f"in the middle of entry {len(entries) - 1}"):
            split_bundle(bundle[:-cut])
