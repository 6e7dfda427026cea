"""Tile paths, widths and bundles of C2SP tlog-tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import NoteInvalid
from audit.tiles import Tile, bundles_of, join_bundle, split_bundle, tiles_of

tiles = st.builds(Tile, st.none() | st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),  # the example of the specification
        (Tile(1, 0, 17), "tile/1/000.p/17"),
        (Tile(None, 999, 255), "tile/entries/999.p/255"),
        (Tile(63, 1000), "tile/63/x001/000"),
    ],
)
def test_paths_are_those_of_the_format(tile: Tile, path: str) -> None:
    """A tile's number stands in groups of three digits, all but the last after an x."""
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(tiles)
def test_paths_round_trip(tile: Tile) -> None:
    """Every tile's path parses to the tile."""
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/data/000",
        "tile/0/../000",
        "/tile/0/000",
    ],
)
def test_other_spellings_are_no_paths(path: str) -> None:
    """Each tile has one path; every other spelling is refused."""
    with pytest.raises(NoteInvalid):
        Tile.parse(path)


def test_tiles_of_the_sizes_the_specification_spells_out() -> None:
    """Trees of 70,000 and 256 entries have exactly the tiles the specification lists; an empty one has none."""
    of_70_000 = list(tiles_of(70_000))

    assert of_70_000 == [
        *(Tile(0, n) for n in range(273)),
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert list(bundles_of(257)) == [Tile(None, 0), Tile(None, 1, 1)]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    """A bundle gives its entries back."""
    assert split_bundle(join_bundle(entries)) == entries


def test_the_largest_entry_fits_a_bundle() -> None:
    """An entry of 65,535 bytes survives its length prefix."""
    assert split_bundle(join_bundle([bytes(65_535)])) == [bytes(65_535)]


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5), st.integers(1, 30))
def test_a_cut_bundle_is_refused(entries: list[bytes], cut: int) -> None:
    """A bundle that ends within an entry or its length is refused."""
    bundle = join_bundle(entries)
    cut = min(cut, len(entries[-1]) + 1)

    with pytest.raises(NoteInvalid):
        split_bundle(bundle[:-cut])
