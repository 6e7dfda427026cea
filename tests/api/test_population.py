"""A file of applications into the log: nothing twice, bad rows set aside, and a run that was killed goes on."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.lines import FileRefused
from api.population import Plan, Run
from api.service import Service
from api.settings import Settings
from api.tally import Tally
from audit import Keys
from audit.verify import verify_database

MAP = """subject: person-{id}
as_of: 2026-01-01T00:00:00Z
columns: [id, score, income, gone]
facts:
  score: score
  income: income
  loans:
    - {overdue_days: "max(score - 700, 0)", balance: income}
observed: {defaulted: gone, district: where}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """Write the mapping."""
    path = tmp_path / "map.yaml"
    path.write_text(MAP)
    return path


def rows(count: int) -> str:
    """Write a file of good rows: every third is rejected for its score, and every sixth of all was gone."""
    lines = ["id,score,income,gone,where"]
    lines += [f"{n},{500 if n % 3 == 0 else 650},{2_000 + n},{int(n % 6 == 0)},east" for n in range(count)]
    return "\n".join(lines) + "\n"


def decide(settings: Settings, source: Path, mapping: Path, rejects: Path) -> Tally:
    """Run a file through a service of its own."""
    service = Service.open(settings)
    try:
        return Run(service, Plan.read(service, "tiny", source, mapping), rejects, lambda _: None).all()
    finally:
        service.close()


def test_every_row_is_decided_once(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """A second run decides nothing and reports the same; a row that is added is the only one decided then."""
    source, rejects = tmp_path / "rows.csv", tmp_path / "rejects.csv"
    source.write_text(rows(900))
    first = decide(settings, source, mapping, rejects)
    assert (first.decided, first.before, first.rejected) == (900, 0, 0)
    assert first.outcomes == {"approve": 600, "reject": 300}
    again = decide(settings, source, mapping, rejects)
    assert (again.decided, again.before, again.outcomes, again.reasons) == (900, 900, first.outcomes, first.reasons)
    source.write_text(rows(901))
    assert decide(settings, source, mapping, rejects).before == 900
    assert recorded(settings) == 901
    assert not rejects.exists()


def recorded(settings: Settings) -> int:
    """Count the decisions that are in the log."""
    with sqlite3.connect(settings.data / "grounds.db") as connection:
        found: int = connection.execute("select count(*) from decision").fetchone()[0]
    connection.close()
    return found


def test_outcomes_are_held_against_what_was_observed(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """The report gives the rate of an observed event per outcome; a column that is no event is left out."""
    source = tmp_path / "rows.csv"
    source.write_text(rows(600))
    tally = decide(settings, source, mapping, tmp_path / "rejects.csv")
    assert tally.events() == ("defaulted",)
    assert tally.rate("defaulted", "reject") == 0.5
    assert tally.rate("defaulted", "approve") == 0.0
    text = "\n".join(tally.lines())
    assert "reject" in text
    assert "50.0%" in text
    assert "score_low" in text


def test_bad_rows_are_set_aside_with_line_and_reason(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """Each bad row stands in the rejects file with its number and what is wrong; the others are decided."""
    source, rejects = tmp_path / "rows.csv", tmp_path / "rejects.csv"
    good = rows(3)
    bad = ["7,abc,1,0,x", "8,,1,0,x", "9,650,1", "10,99999,1,0,x", '11,"650,1,0,x', "12,650,-5,0,x", "13,1e3,1,0,x"]
    source.write_text(good + "\n".join(bad) + "\n20,650,3000,0,west\n")
    tally = decide(settings, source, mapping, rejects)
    assert (tally.decided, tally.rejected) == (4, 7)
    with rejects.open(newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [int(row["line"]) for row in found] == [5, 6, 7, 8, 9, 10, 11]
    for row, word in zip(
        found,
        ("column `score`", "column `score`", "3 cells", "facts.score", "quote", "facts.income", "score"),
        strict=True,
    ):
        assert word in row["reason"], row
    assert [row["row"] for row in found] == bad
    assert rejects.stat().st_mode & 0o077 == 0
    assert decide(settings, source, mapping, rejects).decided == 4


def test_the_same_line_twice_is_one_application(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """Lines that are equal in every cell are the same row; one cell's difference makes another."""
    source = tmp_path / "rows.csv"
    source.write_text("id,score,income,gone,where\n" + "1,650,2000,0,x\n" * 3 + "1,650,2000,0,y\n")
    tally = decide(settings, source, mapping, tmp_path / "rejects.csv")
    assert (tally.decided, tally.before, recorded(settings)) == (4, 2, 2)


def test_another_policy_or_mapping_decides_anew(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """The identity of a row covers how it was read and under what it was decided."""
    source = tmp_path / "rows.csv"
    source.write_text(rows(10))
    decide(settings, source, mapping, tmp_path / "rejects.csv")
    mapping.write_text(MAP.replace("score: score", "score: score + 1"))
    assert decide(settings, source, mapping, tmp_path / "rejects.csv").before == 0
    assert recorded(settings) == 20
    source.write_text(rows(10).replace("id,score,income,gone,where", "id,score,gone,income,where"))
    assert decide(settings, source, mapping, tmp_path / "rejects.csv").before == 0
    assert recorded(settings) == 30


def test_a_file_that_lacks_a_mapped_column_is_refused(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """What the mapping reads must be there; the missing columns are named before anything is decided."""
    source = tmp_path / "rows.csv"
    source.write_text("id,score\n1,650\n")
    with pytest.raises(FileRefused, match="no column `income`, `gone`"):
        decide(settings, source, mapping, tmp_path / "rejects.csv")
    assert recorded(settings) == 0


def test_a_killed_run_goes_on_where_it_stopped(settings: Settings, mapping: Path, tmp_path: Path) -> None:
    """Killed in the middle and run again, the file comes to the total of an undisturbed run, and the log verifies."""
    source = tmp_path / "rows.csv"
    source.write_text(rows(1_500))
    command = [sys.executable, "-m", "api", "decide", "tiny", "--input", str(source), "--map", str(mapping)]
    command += ["--data", str(settings.data), "--policies", str(settings.policies)]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while killed.poll() is None and not _some_recorded(settings, 300):
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    part = recorded(settings)
    assert 300 <= part < 1_500
    again = decide(settings, source, mapping, tmp_path / "rejects.csv")
    assert (again.decided, again.before, recorded(settings)) == (1_500, part, 1_500)
    report = verify_database(settings.database, Keys.load(settings.data))
    assert (report.ok, report.entries) == (True, 1_501)


def _some_recorded(settings: Settings, least: int) -> bool:
    try:
        return recorded(settings) >= least
    except sqlite3.OperationalError:  # not begun yet
        return False
