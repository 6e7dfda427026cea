"""Long logs: what is checked in stretches and by several processes is what is checked in one go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import Keys
from audit.entry import decode, encode
from audit.errors import EntryRefused
from audit.export import LINES, export
from audit.leaf import Leaf
from audit.merkle import Frontier, leaf_hash
from audit.tiles import Tile, tiles_of
from audit.verify import quick, verify_database, verify_export
from audit.verify.stretch import BEFORE_ALL, Stretch, planned
from audit.verify.tree import STRETCH, Crown, Sprout
from tests.audit.cases import behind_the_guards, copy_of, entry, event, opened, plain, sealing

ENTRIES = STRETCH + 700


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give a log of more than one stretch with checkpoints on both sides, its export beside it, and its key."""
    folder = tmp_path_factory.mktemp("long")
    with opened(folder / "log") as log:
        for start, stop in [(0, 1), (1, 5000), (5000, STRETCH), (STRETCH, STRETCH + 1), (STRETCH + 1, ENTRIES)]:
            with log.write_engine.begin() as connection:
                for number in range(start, stop):
                    (sealing(log, number, "person") if number % 4000 == 7 else plain(log, number))(connection)
            with log.write_engine.begin() as connection:
                log.sign(connection)
        export(log, folder / "out")
    return folder, str(log.vkey)


@pytest.fixture
def database(long: tuple[Path, str], tmp_path: Path) -> Path:
    """Give a copy of the log to do as one pleases with."""
    return copy_of(long[0] / "log", tmp_path / "copy")


@pytest.fixture(params=[1, 2])
def processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Check in one process and in two."""
    monkeypatch.setattr("audit.verify.stretch.WORTH_A_PROCESS", 1)
    return int(request.param)


def test_a_long_log_in_order_passes(long: tuple[Path, str], processes: int) -> None:
    """Database and export have the same root, and nothing is found, however many look at them."""
    folder, vkey = long
    keys, note = Keys.load(folder / "log"), (folder / "out" / "checkpoint").read_text("utf-8")
    seen: list[tuple[int, int]] = []
    stored = verify_database(
        folder / "log" / "grounds.db", keys, known=[note], processes=processes, progress=lambda *done: seen.append(done)
    )
    exported = verify_export(folder / "out", vkey, known=[note], processes=processes)

    assert (stored.findings, stored.entries, stored.sealed, stored.checkpoints) == ((), ENTRIES, 5, 6)
    assert (exported.findings, exported.root_hex) == ((), stored.root_hex)
    assert seen == [(STRETCH, ENTRIES), (ENTRIES, ENTRIES)]


AT = {  # what is done -> where it is found, beside the checkpoints that differ
    f"UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = {STRETCH - 1}": f"entry {STRETCH - 1}",
    f"UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = {STRETCH}": f"entry {STRETCH}",
    f"DELETE FROM audit_entry WHERE idx = {STRETCH - 1}": f"entry {STRETCH - 1}",
    f"DELETE FROM audit_entry WHERE idx = {STRETCH}": f"entry {STRETCH + 1}",
    f"DELETE FROM audit_entry WHERE idx < {STRETCH}": "tiles of level 0",
    "UPDATE audit_entry SET idx = 4611686018427387904 WHERE idx = 100": "entry 101",
    "DELETE FROM audit_tile WHERE n = 63": "tile 0/63",
    "DELETE FROM audit_tile WHERE n = 64": "tile 0/64",
    f"DELETE FROM audit_sealed WHERE idx = {STRETCH - STRETCH % 4000 + 7}": (
        f"sealed part of entry {STRETCH - STRETCH % 4000 + 7}"
    ),
    f"INSERT INTO audit_erased VALUES ({ENTRIES + 5}, {ENTRIES + 6})": f"erasure of entry {ENTRIES + 5}",
    f"UPDATE audit_checkpoint SET size = {STRETCH - 1} WHERE size = {STRETCH}": f"checkpoint of size {STRETCH - 1}",
}


@pytest.mark.parametrize("statement", AT)
def test_tampering_at_a_stretch_s_edge_is_found(database: Path, long: tuple[Path, str], statement: str) -> None:
    """What is wrong beside the edge of a stretch is found at its place."""
    behind_the_guards(database, statement)
    report = verify_database(database, long[1])

    assert AT[statement] in {finding.where for finding in report.findings}, report


def test_two_processes_find_what_one_finds(database: Path, long: tuple[Path, str], processes: int) -> None:
    """Findings of another process come back whole, in the order of the entries."""
    behind_the_guards(database, f"UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE idx IN (1, {STRETCH + 1})")
    report = verify_database(database, long[1], processes=processes)

    assert [finding.where for finding in report.findings] == ["entry 1", f"entry {STRETCH + 1}"]


def _line(path: Path, number: int) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] += b" "
    path.write_bytes(b"\n".join(lines))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


HARMS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a line of the first stretch": (lambda out: _line(out / LINES, 5), f"{LINES} line 5"),
    "a line of the second stretch": (lambda out: _line(out / LINES, STRETCH + 5), f"{LINES} line {STRETCH + 5}"),
    "a bundle of the second stretch": (
        lambda out: _flip(out / Tile(None, STRETCH // 256).path),
        f"{LINES} line {STRETCH + 1}",
    ),
    "a tile of the second stretch": (lambda out: _flip(out / "tile/0/064"), "tile/0/064"),
    "a tile of level 1": (lambda out: _flip(out / "tile/1/000.p/66"), "tile/1/000.p/66"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_changed_long_export_is_found(long: tuple[Path, str], tmp_path: Path, name: str) -> None:
    """Whatever file of a long export was changed is found at its place."""
    out = Path(shutil.copytree(long[0] / "out", tmp_path / "out"))
    harm, place = HARMS[name]
    harm(out)
    report = verify_export(out, long[1])

    assert place in {finding.where for finding in report.findings}, report


def test_a_log_is_cut_where_its_entries_are() -> None:
    """Stretches follow each other without a gap between their bounds, and where nothing is there is no stretch."""
    rows = [5, 6, 3 * STRETCH, 2**50]
    cut = list(planned(2**50 + 1, lambda since: next((row for row in rows if row >= since), None)))

    assert [(each.start, each.stop) for each in cut] == [
        (0, STRETCH),
        (3 * STRETCH, 4 * STRETCH),
        (2**50, 2**50 + 1),
    ]
    assert [each.since for each in cut] == [BEFORE_ALL, STRETCH, 4 * STRETCH]
    assert list(planned(0, lambda _: None)) == [Stretch(BEFORE_ALL, 0, 0)]


@given(st.integers(0, 700), st.integers(0, 700))
def test_a_tree_grown_in_stretches_is_the_tree(first: int, second: int) -> None:
    """Leaves taken stretch by stretch give the root and the tiles of the whole at every size."""
    leaves = [leaf_hash(b"%d" % number) for number in range(first + second)]
    shown: dict[str, bytes] = {}
    crown = Crown(lambda tile, data, _: shown.update({tile.path: data}))
    frontier = Frontier()
    sprout = Sprout(0, lambda tile, data, _: shown.update({tile.path: data}))
    for leaf in leaves:
        sprout.add(leaf)
        frontier = frontier.append(leaf)
        assert crown.root(sprout.root()) == frontier.root()
    sprout.finish()
    crown.add(sprout.root(), sprout.tiles)
    crown.finish()

    assert shown.keys() == {tile.path for tile in tiles_of(len(leaves))}


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT.filter(str.isascii), inner, max_size=3),
    max_leaves=12,
)


def plainly(encoded: bytes) -> Leaf | str:
    """Read an entry without haste."""
    try:
        return Leaf.read(decode(encoded))
    except EntryRefused as error:
        return str(error)


def quickly(encoded: bytes) -> Leaf | str:
    """Read an entry in haste."""
    try:
        return quick.read(encoded)
    except EntryRefused as error:
        return str(error)


@given(st.dictionaries(st.sampled_from(["kind", "more", "subject", "sealed", "id"]), VALUES), st.data())
def test_a_quick_reading_is_the_plain_one(fields: dict[str, object], data: st.DataObject) -> None:
    """Entries in order, of any shape and bent in any byte are read or refused alike."""
    try:
        encoded = encode({**entry(7), **fields})
    except EntryRefused:
        encoded = b"{}"
    at, bit = data.draw(st.integers(0, len(encoded) - 1)), data.draw(st.integers(0, 7))
    bent = bytearray(encoded)
    bent[at] ^= 1 << bit

    assert quickly(encoded) == plainly(encoded)
    assert quickly(bytes(bent)) == plainly(bytes(bent))


HEX = "0" * 64
SHAPES = [
    encode(entry(1)),
    encode(entry(1, subject="s", sealed={"key_commit": HEX, "sha256": HEX})),
    encode(entry(1, sealed={"key_commit": HEX, "sha256": HEX})),
    encode(entry(1, subject="s", sealed={"key_commit": HEX, "sha256": HEX[1:]})),
    encode(entry(1, subject="s", sealed={"key_commit": HEX, "sha256": HEX, "more": 1})),
    encode(entry(1, subject="", kind="")),
    encode(entry(1, subject=None, sealed=None)),
    encode(entry(1, deep=[[[[[[[[1]]]]]]]])),
    encode(entry(1, text="\u00e9\n\x7f")),
    encode(entry(1)).replace(b'"v":1', b'"v":1.0'),
    encode(entry(1)).replace(b'"v":1', b'"v":-0'),
    encode(entry(1)).replace(b'"v":1', b'"v":9007199254740992'),
    encode(entry(1)).replace(b'"v":1', b'"v":1,"v":1'),
    encode(entry(1)).replace(b'"v":1', b'"":1'),
    encode(entry(1)).replace(b'"v":1', b'"v" :1'),
    encode(entry(1)).replace(event(1).encode(), event(1).encode().replace(b"0", b"A", 1)),
    b"[]",
    b"",
    b"\xff",
    b'{"a":' * 40,
]


@pytest.mark.parametrize("encoded", SHAPES)
def test_each_shape_is_read_alike(encoded: bytes) -> None:
    """The shapes on both sides of every rule are read or refused alike, with the same words."""
    assert quickly(encoded) == plainly(encoded)
