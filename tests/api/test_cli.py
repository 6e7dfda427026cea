"""The command line as users meet it: what is printed, which exit code, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from api.cli import run
from api.settings import SHIPPED_POLICIES
from tests.api.conftest import GOOD, TINY

ROOT = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Ended]


@pytest.fixture
def grounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in a folder of the test's own, on the tiny policies: in this process, because it is quicker."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, policies: Path = TINY, given: str = "", **environment: str) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in {"GROUNDS_POLICIES": str(policies), **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            code = run(words)
        return Ended(code, *capsys.readouterr())

    return call


def process(folder: Path, *words: str, policies: Path = TINY) -> Ended:
    """Run a command as a process of its own, as users do."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GROUNDS_POLICIES": str(policies)}
    command = [sys.executable, "-m", "api", *words]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Write the facts of an application that is approved."""
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(GOOD))
    return path


def test_a_decision_is_printed_in_both_languages(grounds: Command, facts: Path, tmp_path: Path) -> None:
    """Outcome, offer, rules and statement; nothing is recorded."""
    ended = grounds("decide", "tiny", str(facts))
    assert ended.returncode == 0
    for word in ("通过 APPROVE", "CNY 50,000.00", "APR 12.00%", "open → approve", "您的申请已通过。", "is approved"):
        assert word in ended.stdout
    assert not (tmp_path / "var").exists()


def test_a_decision_as_json_is_the_document(grounds: Command, facts: Path) -> None:
    """The document, and the same bytes for the same moment, from a file or from standard input."""
    words = ("--json", "--as-of", "2026-11-22T08:00:00+08:00")
    ended = grounds("decide", "tiny", str(facts), *words)
    document = json.loads(ended.stdout)
    assert (document["outcome"], document["as_of"]) == ("approve", "2026-11-22T00:00:00Z")
    assert grounds("decide", "tiny", "-", *words, given=facts.read_text()).stdout == ended.stdout


FACTS: dict[str, tuple[str, str]] = {
    "misspelt": ('{"scor": 700}', "facts.scor: unknown fact `scor` (did you mean `score`?)"),
    "a float": ('{"income": 5000.00}', "facts.income: `5000.00` is not a whole number"),
    "NaN": ('{"score": NaN}', "facts.score: `NaN` is not JSON"),
    "2^63": ('{"income": 9223372036854775808}', "facts.income: `9223372036854775808` is beyond"),
    "null": ('{"score": null}', "facts.score"),
    "duplicate": ('{"score": 1, "score": 2}', "facts.score: key `score` is given twice"),
    "broken": ('{\n"score": ,}', "facts: not JSON at line 2, column 10"),
    "a list": ("[]", "facts: `bad.json` holds list, not an object"),
    "empty": ("", "facts: nothing was sent"),
    "10 MB": ('{"job": "' + "x" * 10_000_000 + '"}', "larger than 1048576 bytes"),
}


@pytest.mark.parametrize("case", FACTS)
def test_bad_facts_are_named_with_path_and_remedy(grounds: Command, tmp_path: Path, case: str) -> None:
    """One line on standard error with the file, the path and what is wrong; exit 2."""
    body, word = FACTS[case]
    (tmp_path / "bad.json").write_text(body)
    ended = grounds("decide", "tiny", "bad.json")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert word in ended.stderr
    assert "bad.json" in ended.stderr
    assert ended.stderr.count("\n") == 1


USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown command": (("dcide",), "no such command"),
    "unknown option": (("decide", "tiny", "--nope"), "no such option"),
    "unknown policy": (("decide", "tinny", "facts.json"), "unknown policy `tinny` (known: tiny)"),
    "no such file": (("decide", "tiny", "none.json"), "`none.json` cannot be read"),
    "a folder": (("decide", "tiny", "."), "cannot be read"),
    "neither facts nor input": (("decide", "tiny"), "give FACTS.json, or --input"),
    "input without map": (("decide", "tiny", "--input", "x.csv"), "--input goes with --map"),
    "facts and input": (("decide", "tiny", "facts.json", "--input", "x.csv", "--map", "m"), "without FACTS.json"),
    "input not there": (("decide", "tiny", "--input", "x.csv", "--map", "map.yaml"), "`map.yaml` cannot be read"),
    "a naive moment": (("decide", "tiny", "facts.json", "--as-of", "2026-01-01"), "write 2026-01-01T00:00:00Z"),
    "not a moment": (("decide", "tiny", "facts.json", "--as-of", "soon"), "not an instant"),
    "an impossible moment": (
        ("decide", "tiny", "facts.json", "--as-of", "0001-01-01T00:00:00+14:00"),
        "not an instant",
    ),
    "no role": (("key", "new"), "missing option '--role'"),
    "an unknown role": (("key", "new", "--role", "king"), "integrator"),
    "no policies there": (("decide", "tiny", "facts.json", "--policies", "none"), "no such folder"),
    "no log there": (("audit", "verify", "--data", "none"), "no log at"),
    "no log to export": (("audit", "export", "out", "--data", "none"), "no log at"),
    "a port out of range": (("serve", "--port", "70000"), "--port"),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_one_line_and_exit_2(grounds: Command, facts: Path, tmp_path: Path, case: str) -> None:
    """What the caller can put right is said in one line, without a traceback, and nothing is made on the way."""
    words, said = USAGE[case]
    ended = grounds(*words)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} <= {"facts.json", "var"}


def test_a_wrong_setting_is_named(grounds: Command, facts: Path) -> None:
    """A value of the environment that cannot be taken is said by name."""
    ended = grounds("decide", "tiny", str(facts), GROUNDS_PORT="many")
    assert (ended.returncode, ended.stderr.split(":")[1].strip()) == (2, "GROUNDS_PORT=`many`")


def test_a_taken_address_is_one_line(grounds: Command, tmp_path: Path) -> None:
    """A port that somebody else has is said so, before anything is made in the data directory."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = grounds("serve", "--port", str(taken.getsockname()[1]))
    assert ended.returncode == 1
    assert "cannot listen on 127.0.0.1:" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "var").exists()


def test_a_key_is_printed_alone(tmp_path: Path) -> None:
    """Standard output is the key and nothing else, so that a script can take it; folders are the owner's only."""
    ended = process(tmp_path, "key", "new", "--role", "reviewer")
    assert ended.stderr == ""
    assert ended.stdout.startswith("gk_")
    assert len(ended.stdout.split()) == 1
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_policies_are_checked_with_file_and_line(grounds: Command, tmp_path: Path) -> None:
    """A sound folder is summed up; in a broken one every finding comes with its line, exit 1."""
    sound = grounds("policy", "check")
    assert (sound.returncode, "no findings" in sound.stdout) == (0, True)
    folder = tmp_path / "broken"
    shutil.copytree(TINY, folder)
    text = (folder / "tiny.yaml").read_text().replace("score < 600", "scor < 600").replace("then: refer", "then: no")
    (folder / "tiny.yaml").write_text(text)
    for words in (
        ("policy", "check", "broken"),
        ("policy", "check", "--policies", "broken"),
        ("policy", "test", "broken"),
    ):
        ended = grounds(*words)
        assert ended.returncode == 1
        assert "tiny.yaml:13" in ended.stderr
    (folder / "tiny.yaml").write_text("policy: [")
    broken = grounds("policy", "check", "broken")
    assert (broken.returncode, "tiny.yaml:" in broken.stderr) == (1, True)


def test_examples_are_run(grounds: Command, tmp_path: Path) -> None:
    """Examples that hold are counted; one that does not is named with its line, exit 1."""
    assert grounds("policy", "test").stdout == "1 of 1 examples hold\n"
    folder = tmp_path / "wrong"
    shutil.copytree(TINY, folder)
    text = (folder / "tiny.yaml").read_text().replace("limit: 50_000.00}\n", "limit: 50_000.01}\n", 2)
    (folder / "tiny.yaml").write_text(text.replace("offer: {limit: 50_000.01", "offer: {limit: 50_000.00"))
    ended = grounds("policy", "test", "wrong")
    assert ended.returncode == 1
    assert "a good one" in ended.stderr


def test_the_shipped_policies_hold(grounds: Command) -> None:
    """The folder we ship has no findings and keeps every promise it makes."""
    assert grounds("policy", "check", policies=SHIPPED_POLICIES).returncode == 0
    assert grounds("policy", "test", policies=SHIPPED_POLICIES).returncode == 0


@pytest.mark.parametrize(
    ("sample", "outcome"), [("approval", "approve"), ("referral", "refer"), ("rejection", "reject")]
)
def test_the_samples_are_what_they_are_called(grounds: Command, sample: str, outcome: str) -> None:
    """The three shipped applications come to an approval, a referral and a rejection."""
    ended = grounds("decide", "opening", str(ROOT / f"api/samples/{sample}.json"), "--json", policies=SHIPPED_POLICIES)
    assert json.loads(ended.stdout)["outcome"] == outcome


def test_a_flipped_byte_is_found(grounds: Command, tmp_path: Path) -> None:
    """A log verifies with its size and root; one altered byte of an entry is found and named, exit 1."""
    for _ in range(3):
        grounds("key", "new", "--role", "admin")
    sound = grounds("audit", "verify")
    assert (sound.returncode, sound.stdout.startswith("3 entries, root ")) == (0, True)
    database = tmp_path / "var" / "grounds.db"
    with sqlite3.connect(database) as connection:  # let all of it stand in the one file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(database.read_bytes())
    place = content.index(b'"role":"admin"', content.index(b'"kind":"key_created"')) + 9
    content[place] ^= 1
    database.write_bytes(content)
    ended = grounds("audit", "verify")
    assert ended.returncode == 1
    assert "entry " in ended.stderr


def test_an_export_is_made_once(grounds: Command, tmp_path: Path) -> None:
    """The log is copied out with its entries as JSON lines; a folder that is there is not written into."""
    grounds("key", "new", "--role", "admin")
    ended = grounds("audit", "export", "out")
    assert (ended.returncode, ended.stdout) == (0, "1 entries in out\n")
    assert len((tmp_path / "out" / "entries.jsonl").read_text().splitlines()) == 1
    assert (tmp_path / "out" / "checkpoint").exists()
    again = grounds("audit", "export", "out")
    assert (again.returncode, "exists already" in again.stderr) == (1, True)


def test_keys_open_to_others_are_refused(grounds: Command, tmp_path: Path) -> None:
    """A key file that others may read stops every command that needs it, with the remedy."""
    grounds("key", "new", "--role", "admin")
    (tmp_path / "var" / "keys" / "log.key").chmod(0o644)
    ended = grounds("key", "new", "--role", "admin")
    assert ended.returncode == 1
    assert "chmod" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_demo_goes_the_whole_way(tmp_path: Path) -> None:
    """One command serves, decides three applications over HTTP, verifies the log and stops in good order."""
    ended = process(tmp_path, "demo", "--no-stay", "--port", "0", policies=SHIPPED_POLICIES)
    assert ended.returncode == 0, ended.stderr
    for word in ("通过 APPROVE", "转人工 REFER", "拒绝 REJECT", " entries, root ", "/schema", "gk_"):
        assert word in ended.stdout
    assert '"stopped"' in (tmp_path / "var" / "serve.log").read_text()


def test_a_process_says_it_in_one_line(tmp_path: Path) -> None:
    """As a process of its own: exit code 2, one line on standard error, nothing on standard output."""
    ended = process(tmp_path, "decide", "tinny", "none.json")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_a_reader_that_leaves_is_no_fault(tmp_path: Path, facts: Path) -> None:
    """Piped into something that stops reading, a command ends quietly."""
    command = f"{sys.executable} -m api decide tiny {facts} --policies {TINY} | true"
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert ended.stderr == b""
