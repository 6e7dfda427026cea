"""The log's side of witnessing: cosignatures, trust policies, asking witnesses that answer, lag, lie or are dead."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit import Log
from audit.cosignature import CosignerKey, time_of
from audit.errors import NoSuchEntry, NoteInvalid
from audit.note import signatures_of
from audit.receipt import Receipt
from audit.trust import TrustPolicy
from audit.verify import verify_database
from audit.witness import Witness, server
from audit.witnessing import TRUST, AheadOfUs, Asking, Witnesses
from tests.audit.cases import behind_the_guards, one_by_one, opened, plain
from tests.audit.test_stranger import stranger
from tests.audit.test_witness import NOW

# The example of https://c2sp.org/tlog-cosignature
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """Serve a witness on this machine and give its address."""
    with server(witness, "127.0.0.1", 0) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def made(folder: Path, log: Log, number: int = 1, now: int = NOW) -> Witness:
    """Make a witness of a log."""
    state = folder / f"witness-{number}"
    Witness.new(state, f"witness.test/w{number}")
    return Witness(state, [str(log.vkey)], lambda: now)


def trusting(folder: Path, quorum: str, **urls: tuple[Witness, str]) -> Witnesses:
    """Write a trust policy into a log's folder and read it back."""
    lines = [f"witness {name} {witness.vkey} {url}" for name, (witness, url) in urls.items()]
    (folder / TRUST).write_text("\n".join([*lines, *quorum.split("; "), ""]), "utf-8")
    witnesses = Witnesses.of(folder)
    assert witnesses is not None
    return witnesses


def test_the_example_of_the_specification_reads() -> None:
    """The published cosignature has the time that stands in its message, under a key that only its name tells."""
    text, signatures = signatures_of(COSIGNED)

    assert text == COSIGNED.partition("\n\n")[0] + "\n"
    assert [name for name, _ in signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(signatures[1][1][4:12], "big") == 1_679_315_147


def test_a_cosigned_checkpoint_is_kept_and_carried(tmp_path: Path) -> None:
    """After a round the newest checkpoint is kept with the cosignature, receipts carry it, and a stranger checks it."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, number) for number in range(5)])
        witness = made(tmp_path, log)
        with serving(witness) as url:
            witnesses = trusting(tmp_path, "quorum w1", w1=(witness, url))
            assert witnesses.last("w1") is None
            assert witnesses.ask(log) == {"w1": None}
            one_by_one(log, [plain(log, number) for number in range(5, 9)])
            assert witnesses.ask(log) == {"w1": None}
        seen = witnesses.last("w1")
        receipt, entry = witnesses.receipt(log, 6), log.entry(6)
        with pytest.raises(NoSuchEntry):
            witnesses.receipt(log, 9)
    (tmp_path / "receipt").write_text(receipt, "utf-8")
    (tmp_path / "entry").write_bytes(entry)

    assert seen is not None
    assert (seen.size, seen.time, witnesses.age_seconds(NOW + 60)) == (9, NOW, 60)
    assert Receipt.parse(receipt).check(entry, log.vkey).size == 9
    assert time_of(Receipt.parse(receipt).checkpoint, CosignerKey.parse(witness.vkey)) == NOW
    keys = "--vkey", log.vkey, "--witness", witness.vkey
    assert stranger("receipt", tmp_path / "receipt", tmp_path / "entry", *keys).returncode == 0


def test_a_witness_that_remembers_more_than_we_do_is_asked_from_there(tmp_path: Path) -> None:
    """When our memory of a witness is lost it says what it has, and the proof goes on from that."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, number) for number in range(5)])
        witness = made(tmp_path, log)
        with serving(witness) as url:
            witnesses = trusting(tmp_path, "quorum w1", w1=(witness, url))
            witnesses.ask(log)
            next((tmp_path / "witnessed").iterdir()).unlink()
            one_by_one(log, [plain(log, 5)])
            answers = witnesses.ask(log)

    assert answers == {"w1": None}


def test_a_log_that_lost_its_tail_is_told_by_the_witness(tmp_path: Path) -> None:
    """A restored backup is found by the next round and by the next audit, though database and keys agree."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, number) for number in range(5)])
        witness, vkey = made(tmp_path, log), str(log.vkey)
        with serving(witness) as url:
            witnesses = trusting(tmp_path, "quorum w1", w1=(witness, url))
            witnesses.ask(log)
    restored = "DELETE FROM audit_entry WHERE idx > 2", "DELETE FROM audit_checkpoint WHERE size > 3"
    behind_the_guards(tmp_path / "grounds.db", *restored)
    alone = verify_database(tmp_path / "grounds.db", vkey)
    with_witness = verify_database(tmp_path / "grounds.db", vkey, known=witnesses.notes())
    with opened(tmp_path) as log, serving(witness) as url:
        answer = trusting(tmp_path, "quorum w1", w1=(witness, url)).ask(log)["w1"]

    assert alone.ok
    assert [finding.where for finding in with_witness.findings] == ["known checkpoint of size 5"]
    assert isinstance(answer, AheadOfUs)
    assert (answer.theirs, answer.ours) == (5, 3)


def test_a_dead_or_slow_witness_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one witness is dead and one says nothing, entries are appended, the third cosigns, and the age grows."""
    monkeypatch.setattr("audit.witnessing.TIMEOUT_SECONDS", 0.3)
    with opened(tmp_path) as log, socket.create_server(("127.0.0.1", 0)) as silent:
        one_by_one(log, [plain(log, 0)])
        living, dead, mute = (made(tmp_path, log, number) for number in (1, 2, 3))
        with serving(living) as url:
            nowhere, nothing = "http://127.0.0.1:9", f"http://127.0.0.1:{silent.getsockname()[1]}"
            third = {"living": (living, url), "dead": (dead, nowhere), "mute": (mute, nothing)}
            witnesses = trusting(tmp_path, "group most 2 living dead mute; quorum most", **third)
            heard = threading.Event()
            asking = Asking(log, witnesses, lambda _answers: heard.set(), every_seconds=0.05)
            assert one_by_one(log, [plain(log, number) for number in range(1, 20)]) == list(range(1, 20))
            assert heard.wait(30)
            asking.close()
            answers = witnesses.ask(log)

    assert answers["living"] is None
    assert all(isinstance(answers[name], OSError) for name in ("dead", "mute"))
    assert witnesses.age_seconds(NOW) is None


def test_what_is_no_cosignature_is_not_kept(tmp_path: Path) -> None:
    """A witness that answers with another key, or somebody who answers nonsense, is an error and leaves no file."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, 0)])
        ours, theirs = made(tmp_path, log, 1), made(tmp_path, log, 2)
        with serving(theirs) as url:
            answers = trusting(tmp_path, "quorum none", w1=(ours, url)).ask(log)
        nothing = trusting(tmp_path, "quorum none", w1=(ours, "file:///etc/passwd")).ask(log)

    assert isinstance(answers["w1"], NoteInvalid)
    assert isinstance(nothing["w1"], NoteInvalid)
    assert not list(tmp_path.glob("witnessed/*.checkpoint"))


def test_a_quorum_is_as_old_as_its_youngest_member_that_matters(tmp_path: Path) -> None:
    """The age is that of the moment since which enough witnesses have cosigned."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, 0)])
        first, second = made(tmp_path, log, 1, NOW - 100), made(tmp_path, log, 2, NOW - 10)
        with serving(first) as one, serving(second) as two:
            members = {"w1": (first, one), "w2": (second, two)}
            trusting(tmp_path, "quorum none", **members).ask(log)
            ages = {
                rule: trusting(tmp_path, f"group g {rule} w1 w2; quorum g", **members).age_seconds(NOW)
                for rule in ("any", "all", "1", "2")
            }
            receipt = Receipt.parse(trusting(tmp_path, "quorum none", **members).receipt(log, 0))

    assert ages == {"any": 10, "all": 100, "1": 10, "2": 100}
    assert len(signatures_of(receipt.checkpoint)[1]) == 3


VKEY = "witness.test/w1+8a7c3d0b+BA=="
REFUSED = {
    "no quorum": "",
    "two quorums": "quorum none\nquorum none\n",
    "an unknown quorum": "quorum w1\n",
    "a malformed key": f"witness w1 {VKEY}\nquorum none\n",
    "a log's key": "witness w1 example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n",
    "an unknown line": "wintess w1\nquorum none\n",
    "a group of nothing": "group g all\nquorum g\n",
    "a group of somebody unknown": "group g all w1\nquorum g\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_malformed_trust_policy_is_refused(name: str) -> None:
    """What the format does not allow is refused, and the line is named."""
    with pytest.raises(NoteInvalid):
        TrustPolicy.parse(REFUSED[name])


def test_groups_nest(tmp_path: Path, log: Log) -> None:
    """Groups of groups count as the specification's example says: two of three here and any of two there."""
    keys = {name: made(tmp_path, log, number).vkey for number, name in enumerate(("x1", "x2", "x3", "y1", "y2"))}
    lines = [f"# who\n log {log.vkey}", *(f"witness {name} {key}" for name, key in keys.items())]
    rules = ["group x 2 x1 x2 x3", "group y any y1 y2", "group both all x y", "quorum both", ""]
    policy = TrustPolicy.parse("\n".join([*lines, *rules]))

    assert policy.satisfied({"x1", "x3", "y2"})
    assert not policy.satisfied({"x1", "y1", "y2"})
    assert not policy.satisfied({"x1", "x2", "x3"})
    with pytest.raises(NoteInvalid, match="taken"):
        TrustPolicy.parse("\n".join([*lines, "group x1 any x2", "quorum x1"]))
    with pytest.raises(NoteInvalid, match="cannot be asked for"):
        TrustPolicy.parse("\n".join([*lines, "group g 3 x1 x2", "quorum g"]))
