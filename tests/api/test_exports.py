"""Exports: all that was asked for and nothing else, each row from its leaf, under a signed size, recorded, provable."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from httpx import Client, Response

from api.cli import run
from api.errors import InvalidParameter, LogDiffers
from api.exports import COLUMNS, PERSONAL, Export, Manifest, check, choosing, make
from api.exports.files import guarded, sink
from api.ledger import Ledger
from api.roles import Role
from api.schemas import DecisionRequest
from api.search import Where
from api.service import Service
from api.settings import Settings
from audit.entry import decode
from audit.merkle import leaf_hash
from tests.api.conftest import NewKey, application, as_role, ask
from tests.repository import ROOT, text

REJECTED: dict[str, Any] = {"score": 400, "income": 1_000}
EXPORTERS = {Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN}


def decided(settings: Settings, count: int) -> None:
    """Record decisions, every third of them a rejection."""
    service = Service.open(settings)
    for number in range(count):
        facts = REJECTED if number % 3 == 0 else {"score": 700, "income": 2_000_000}
        service.workflow.decide(DecisionRequest("tiny", f"person-{number}", facts), "cli", str(number))
    service.close()


def exported(settings: Settings, out: Path, *words: str) -> tuple[bytes, Manifest]:
    """Export by the command line, and read what it wrote."""
    assert run(["decisions", "export", "--out", str(out), *words, "--data", str(settings.data)]) == 0
    return out.read_bytes(), msgspec.json.decode(Path(f"{out}.manifest.json").read_bytes(), type=Manifest)


def test_each_row_is_what_its_leaf_says(settings: Settings, tmp_path: Path) -> None:
    """JSONL and CSV hold the same rows, in the order of the log; hash and fields are those of the bytes in the log."""
    decided(settings, 7)
    lines, _ = exported(settings, tmp_path / "all.jsonl")
    rows = [json.loads(line) for line in lines.splitlines()]
    table, _ = exported(settings, tmp_path / "all.csv")
    cells = list(csv.DictReader(io.StringIO(table.decode())))
    assert len(rows) == len(cells) == 7
    ledger = Ledger.open(settings)
    for row, cell in zip(rows, cells, strict=True):
        entry = ledger.log.entry(row["idx"])
        assert row["leaf_hash"] == leaf_hash(entry).hex()
        fields: dict[str, Any] = decode(entry)
        for name in ("id", "subject", "outcome", "reasons", "rules", "actor"):
            assert row[name] == fields[name]
        assert list(row) == list(cell) == [column.name for column in COLUMNS]
        assert cell["rules"].split(";") == row["rules"]
        assert cell["idx"] == str(row["idx"])
    ledger.close()


def test_the_manifest_ties_file_and_count_to_a_signed_size(settings: Settings, tmp_path: Path) -> None:
    """Rows, hash, filter and head stand in the manifest and in the entry; the entry is proven by its receipt."""
    decided(settings, 6)
    content, manifest = exported(
        settings, tmp_path / "no.csv", "--outcome", "reject", "--since", "2026-01-01T00:00:00Z"
    )
    assert manifest.file.rows == content.count(b"\r\n") - 1 == 2
    assert manifest.filter == {"outcome": "reject", "since": "2026-01-01T00:00:00.000Z"}
    entry = json.loads(manifest.entry.leaf)
    assert (entry["kind"], entry["actor"]) == ("export_made", "cli")
    assert (entry["export"]["rows"], entry["export"]["size"]) == (2, manifest.log.size) == (2, manifest.entry.index)
    assert run(["decisions", "check", str(tmp_path / "no.csv"), "--data", str(settings.data)]) == 0
    assert (tmp_path / "no.csv").stat().st_mode & 0o077 == 0


FORGERIES: dict[str, Any] = {
    "a row": (lambda file, manifest: (file.replace(b"reject", b"accept", 1), manifest), "is not the file"),
    "a row less": (lambda file, manifest: (file[: file.rindex(b"\r\n", 0, -2) + 2], manifest), "is not the file"),
    "the count": (lambda file, manifest: (file, changed(manifest, "file", rows=5)), "as rows, the manifest says `5`"),
    "the filter": (lambda file, manifest: (file, msgspec.structs.replace(manifest, filter={})), "as filter"),
    "the size": (lambda file, manifest: (file, changed(manifest, "log", size=3)), "the signed head is of size"),
    "the root": (lambda file, manifest: (file, changed(manifest, "log", root="0" * 64)), "the signed head"),
    "the head": (lambda file, manifest: (file, changed(manifest, "log", checkpoint="x\n1\nx\n")), ""),
    "the leaf": (lambda file, manifest: (file, changed(manifest, "entry", leaf="{}")), ""),
}


def key_of(settings: Settings) -> str:
    """Give the public key of a log."""
    ledger = Ledger.open(settings)
    ledger.close()
    return str(ledger.log.vkey)


def changed(manifest: Manifest, part: str, **fields: Any) -> Manifest:
    """Give a manifest with other fields in one of its parts."""
    return msgspec.structs.replace(manifest, **{part: msgspec.structs.replace(getattr(manifest, part), **fields)})


@pytest.mark.parametrize("case", FORGERIES)
def test_whatever_is_forged_is_found(settings: Settings, tmp_path: Path, case: str) -> None:
    """A file or a manifest that was changed does not pass, under nothing but the log's public key."""
    decided(settings, 6)
    file, out = FORGERIES[case], tmp_path / "no.csv"
    content, manifest = exported(settings, out, "--outcome", "reject")
    vkey = key_of(settings)
    assert list(check(out, manifest, vkey)) == []
    forge, word = file
    content, manifest = forge(content, manifest)
    out.write_bytes(content)
    found = list(check(out, manifest, vkey))
    assert found
    assert any(word in finding for finding in found), found


def test_an_altered_table_cannot_slip_a_decision_into_an_export(settings: Settings) -> None:
    """A row that the tables offer and its leaf denies stops the export, and the export is not recorded."""
    decided(settings, 4)
    ledger = Ledger.open(settings)
    ledger.writer.submit(
        lambda connection: connection.execute(sa.text("UPDATE decision SET outcome = 'close'"))
    ).result()
    size = ledger.log.size()
    with pytest.raises(LogDiffers, match="grounds audit verify"):
        make(ledger, Export("csv", Where(outcome="close"), "cli"), io.BytesIO(), "x")
    assert ledger.log.size() == size
    ledger.close()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝x", "＠x", "'quoted", "plain", "", "a=b"])
def test_no_cell_is_a_formula(text: str) -> None:
    """What a spreadsheet would run gets an apostrophe in front, and taking one away gives the text back."""
    cell = guarded(text)
    assert not cell.startswith(tuple("=+-@\t\r＝＋－＠"))
    assert (cell.removeprefix("'") if cell.startswith("'") else cell) == text


def test_a_csv_cell_is_guarded_where_it_is_written() -> None:
    """The guard stands in the way of every text cell, lists included, and of no number."""
    stream = io.BytesIO()
    target = sink("csv", stream, COLUMNS)
    target.write(
        [tuple(-1 if column.type == "int" else ["=cmd"] if column.type == "list" else "=cmd" for column in COLUMNS)]
    )
    target.close()
    line = stream.getvalue().decode().splitlines()[1].split(",")
    assert [cell for column, cell in zip(COLUMNS, line, strict=True) if column.type == "int"] == ["-1", "-1"]
    assert {cell for column, cell in zip(COLUMNS, line, strict=True) if column.type != "int"} == {"'=cmd"}


def test_memory_stays_flat(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the rows take no more memory than a few batches of them."""
    monkeypatch.setattr(choosing, "_AT_ONCE", 20)
    decided(settings, 1_000)
    ledger, peaks = Ledger.open(settings), []
    last = ledger.log.entry(100)
    for where in (Where(), Where(until=json.loads(last)["at"]), Where()):
        tracemalloc.start()
        make(ledger, Export("csv", where, "cli"), Nowhere(), "x")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    ledger.close()
    assert peaks[2] < peaks[1] * 2


class Nowhere(io.BytesIO):
    """Takes bytes and keeps none."""

    def write(self, content: Any) -> int:
        """Forget."""
        return len(content)


def test_parquet_holds_typed_columns(settings: Settings, tmp_path: Path) -> None:
    """Numbers, moments and lists are such, and say what the other forms say."""
    pq = pytest.importorskip("pyarrow.parquet")
    decided(settings, 5)
    out = tmp_path / "all.parquet"
    exported(settings, out)
    table = pq.read_table(out)
    assert table.column_names == [column.name for column in COLUMNS]
    lines, _ = exported(settings, tmp_path / "all.jsonl")
    expected = [json.loads(line) for line in lines.splitlines()]
    for found, row in zip(table.to_pylist(), expected, strict=True):
        assert found["decided_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == row["decided_at"]
        assert {name: found[name] for name in ("idx", "rules", "outcome")} == {
            name: row[name] for name in ("idx", "rules", "outcome")
        }


def test_without_pyarrow_the_extra_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the library is not installed the error says how to get it, and no file is left behind."""
    decided(settings, 1)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "api.exports.parquet", raising=False)
    out = tmp_path / "all.parquet"
    assert run(["decisions", "export", "--out", str(out), "--data", str(settings.data)]) == 2
    assert "grounds[batch]" in capsys.readouterr().err
    assert list(tmp_path.glob("all*")) == []


def test_personal_columns_come_with_a_record_of_every_read(settings: Settings, tmp_path: Path) -> None:
    """References, facts and offers come only if asked for, after an entry of who read which; the erased stay so."""
    decided(settings, 4)
    plain, _ = exported(settings, tmp_path / "plain.jsonl")
    assert b"person-1" not in plain
    assert b"2000000" not in plain
    later = Service.open(settings, lambda: dt.datetime(2090, 1, 1, tzinfo=dt.UTC))
    assert later.subjects.erase("person-2", "case 7", "tests").state == "erased"
    later.close()
    lines, manifest = exported(settings, tmp_path / "all.jsonl", "--personal")
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [row["reference"] for row in rows] == ["person-0", "person-1", "", "person-3"]
    assert json.loads(rows[1]["facts"]) == {"score": 700, "income": 2_000_000}
    assert (json.loads(rows[1]["offer"])["limit_fen"], rows[2]["facts"], rows[0]["offer"]) == (5_000_000, "", "")
    assert list(manifest.columns) == [column.name for column in (*COLUMNS, *PERSONAL)]
    assert json.loads(manifest.entry.leaf)["export"]["personal"] is True
    assert list(check(tmp_path / "all.jsonl", manifest, key_of(settings))) == []
    ledger = Ledger.open(settings)
    read: Any = decode(ledger.log.entry(manifest.entry.index - 1))
    ledger.close()
    assert (read["kind"], read["purpose"], read["actor"]) == ("sealed_read", "export", "cli")
    assert read["entries"] == [row["idx"] for row in rows if row["reference"]]


def test_the_columns_are_documented() -> None:
    """The page on exports says of each column what the manifest says."""
    page = text(ROOT / "docs/queries.md") or ""
    for column in (*COLUMNS, *PERSONAL):
        assert f"| `{column.name}` | {column.type} | {column.meaning} |" in page


@pytest.mark.parametrize("role", sorted(EXPORTERS))
def test_only_compliance_exports_what_is_sealed(http: Client, new_key: NewKey, role: Role) -> None:
    """Who may export decisions may not therefore export what is known about people."""
    ask(http)
    answer = post(http, {"personal": True}, as_role(http, new_key(role)))
    assert answer.status_code == (201 if role is Role.COMPLIANCE else 403)


USES = {
    "a file that is there": (["--out", "there.csv"], "is there already"),
    "no format": (["--out", "x.xlsx"], "is no format"),
    "nobody": (["--out", "x.csv", "--subject", "nobody"], "nobody has the reference"),
    "free text": (["--out", "x.csv", "--policy", "Zhang San"], "is not a code"),
    "no instant": (["--out", "x.csv", "--since", "2026-01-01"], "is not an instant"),
}


@pytest.mark.parametrize("case", USES)
def test_wrong_use_leaves_nothing_behind(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """It is said what is wrong, no file is written or overwritten, and nothing is recorded."""
    decided(settings, 1)
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_text("mine")
    words, problem = USES[case]
    assert run(["decisions", "export", *words, "--data", str(settings.data)]) == 2
    assert problem in capsys.readouterr().err
    assert (Path("there.csv").read_text(), sorted(path.name for path in tmp_path.glob("*.*"))) == (
        "mine",
        ["there.csv"],
    )
    assert run(["audit", "search", "--kind", "export_made", "--data", str(settings.data)]) == 0
    assert "0 of 0" in capsys.readouterr().err


def post(client: Client, body: dict[str, Any], headers: dict[str, str]) -> Response:
    """Ask for an export."""
    return client.post("/exports", json=body, headers=headers)


@pytest.mark.parametrize("role", Role)
def test_only_some_may_export(http: Client, new_key: NewKey, role: Role) -> None:
    """Supervisors, compliance and admins; others are told who may."""
    answer = post(http, {}, as_role(http, new_key(role)))
    assert answer.status_code == (201 if role in EXPORTERS else 403)


def test_an_export_over_http_is_one_archive(http: Client, settings: Settings, new_key: NewKey, tmp_path: Path) -> None:
    """File and manifest come together, hold under the log's key, and the log says who exported what."""
    for number in range(4):
        ask(http, application(facts=REJECTED) if number else None)
    headers = as_role(http, new_key(Role.COMPLIANCE))
    answer = post(http, {"format": "jsonl", "filter": {"reason": "score_low", "subject": "customer-1"}}, headers)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["decisions.jsonl", "manifest.json"]
        archive.extractall(tmp_path)
    manifest = msgspec.json.decode((tmp_path / "manifest.json").read_bytes(), type=Manifest)
    entry = http.get("/log/entries", params={"kind": "export_made"}, headers=headers).json()["items"][0]
    assert (manifest.file.rows, entry["index"]) == (3, manifest.entry.index)
    assert entry["actor"].startswith("key:")
    assert list(check(tmp_path / "decisions.jsonl", manifest, key_of(settings))) == []
    assert b"customer-1" not in answer.content + manifest.entry.leaf.encode()


WRONG: dict[str, tuple[dict[str, Any], int]] = {
    "format": ({"format": "xlsx"}, 422),
    "member": ({"filters": {}}, 422),
    "subject": ({"filter": {"subject": "nobody"}}, 404),
    "text": ({"filter": {"reason": "Zhang San"}}, 422),
    "no outcome": ({"filter": {"outcome": "rejected"}}, 422),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_exported_is_refused(http: Client, new_key: NewKey, case: str) -> None:
    """The mistake is named, and no entry says that anything was exported."""
    body, status = WRONG[case]
    headers = as_role(http, new_key(Role.COMPLIANCE))
    answer = post(http, body, headers)
    assert (answer.status_code, bool(answer.json()["errors"])) == (status, True)
    found = http.get("/log/entries", params={"kind": "export_made", "count": "true"}, headers=headers).json()
    assert found["count"] == 0


def test_too_many_rows_are_refused_before_they_are_read(settings: Settings) -> None:
    """Over HTTP a limit stands; the error says how to narrow or where there is none."""
    decided(settings, 4)
    ledger = Ledger.open(settings)
    with pytest.raises(InvalidParameter, match="4 rows; at most 3"):
        make(ledger, Export("csv", Where(), "cli", most=3), io.BytesIO(), "x")
    assert make(ledger, Export("csv", Where(), "cli", most=4), io.BytesIO(), "x").file.rows == 4
    ledger.close()
