"""The witness: the rules of c2sp.org/tlog-witness, one answer each, over HTTP, from a folder and from a shell."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import Log
from audit.checkpoint import Checkpoint
from audit.export import export
from audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from audit.note import Signer
from audit.proofs import consistency_path
from audit.receipt import Receipt
from audit.witness import Refused, Witness, server
from tests.audit.cases import one_by_one, opened, plain
from tests.audit.test_merkle import subtrees
from tests.audit.test_stranger import stranger

ROOT = Path(__file__).parents[2]
NOW = 1_763_800_000
LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]
SIGNER = Signer("grounds.test/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("grounds.test/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def head(size: int, signer: Signer = SIGNER, root: bytes | None = None) -> str:
    """Give the checkpoint of the first so many leaves."""
    return Checkpoint.sign(size, root_of(LEAVES[:size]) if root is None else root, signer).text


def request(old: int, new: int, note: str | None = None, path: tuple[bytes, ...] | None = None) -> str:
    """Give an `add-checkpoint` request with the proof from one size to another."""
    hashes = consistency_path(old, new, subtrees(LEAVES[:new])) if path is None else path
    proof = str(Receipt(0, hashes, "")).split("\n")[2:-2]
    return "\n".join([f"old {old}", *proof, "", note or head(new)])


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Give the folder of a witness."""
    Witness.new(tmp_path / "witness", "witness.test/w1")
    return tmp_path / "witness"


@pytest.fixture
def witness(state: Path) -> Witness:
    """Give a witness that watches the log of these tests."""
    return Witness(state, [str(SIGNER.vkey)], lambda: NOW)


def refusal(witness: Witness, body: str) -> tuple[int, int | None]:
    """Give status and size with which a request is refused."""
    with pytest.raises(Refused) as refused:
        witness.add_checkpoint(body)
    return refused.value.status, refused.value.size


def test_a_growing_log_is_cosigned(witness: Witness) -> None:
    """From nothing, from a smaller size and at the same size again the witness cosigns, with its time."""
    for old, new in [(0, 1), (1, 5), (5, 256), (256, 256), (256, 300)]:
        line = witness.add_checkpoint(request(old, new))
        assert line.startswith("— witness.test/w1 ")
        kept = witness.last(sha256(b"grounds.test/log").hexdigest())
        assert kept == head(new) + line


REFUSED = {
    "unknown origin": (request(100, 200, head(200, Signer("other.test/log", OTHER._private))), (404, None)),
    "another key": (request(100, 200, head(200, OTHER)), (403, None)),
    "a signature that does not verify": (request(100, 200, head(200).replace("\n200\n", "\n201\n")), (403, None)),
    "old larger than new": (request(100, 100, head(50)), (400, None)),
    "a stale old size": (request(50, 200), (409, 100)),
    "an old size from the future": (request(150, 200), (409, 100)),
    "no proof": (request(100, 200, path=()), (422, None)),
    "another proof": (request(100, 200, path=consistency_path(99, 200, subtrees(LEAVES[:200]))), (422, None)),
    "another history": (request(100, 200, head(200, root=leaf_hash(b"x"))), (422, None)),
    "another root at the same size": (request(100, 100, head(100, root=leaf_hash(b"x"))), (422, None)),
    "a proof at the same size": (request(100, 100, path=(LEAVES[0],)), (422, None)),
    "no old line": (request(100, 200).replace("old", "new"), (400, None)),
    "a number with a zero before": (request(100, 200).replace("old 100", "old 0100"), (400, None)),
    "64 hashes": (request(100, 200, path=tuple(LEAVES[:64])), (400, None)),
    "no checkpoint": ("old 100\n\n", (400, None)),
    "nothing": ("", (400, None)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_rule_has_its_answer(witness: Witness, name: str) -> None:
    """After size 100 was cosigned each bad request gets its status, and the witness remembers what it did."""
    witness.add_checkpoint(request(0, 100))
    body, expected = REFUSED[name]

    assert refusal(witness, body) == expected
    assert witness.add_checkpoint(request(100, 200))


def test_the_empty_tree_has_one_root(witness: Witness) -> None:
    """A checkpoint of size 0 is cosigned with the root of the empty tree only, and a proof from 0 is empty."""
    assert refusal(witness, request(0, 0, head(0, root=LEAVES[0]))) == (422, None)
    assert refusal(witness, request(0, 5, path=(LEAVES[0],))) == (422, None)
    assert witness.add_checkpoint(request(0, 0, head(0, root=EMPTY_ROOT)))


def test_a_witness_remembers_across_restarts(witness: Witness, state: Path) -> None:
    """What was cosigned is on disk before the answer: the next process refuses to go back."""
    witness.add_checkpoint(request(0, 200))
    again = Witness(state, [str(SIGNER.vkey)], lambda: NOW)

    assert refusal(again, request(0, 100)) == (409, 200)
    assert again.vkey == witness.vkey


def test_of_requests_at_once_one_wins(state: Path) -> None:
    """Of many requests from the same size each for another one, one is cosigned and the state is its checkpoint."""
    witnesses = [Witness(state, [str(SIGNER.vkey)], lambda: NOW) for _ in range(8)]
    witnesses[0].add_checkpoint(request(0, 10))

    def ask(number: int) -> int | None:
        try:
            witnesses[number].add_checkpoint(request(10, 20 + number))
        except Refused as refused:
            assert refused.status == 409
            return None
        return 20 + number

    with ThreadPoolExecutor(8) as pool:
        won = [size for size in pool.map(ask, range(8)) if size is not None]
    kept = witnesses[0].last(sha256(b"grounds.test/log").hexdigest())

    assert len(won) == 1
    assert kept is not None
    assert kept.startswith(head(won[0]))


@pytest.fixture
def url(witness: Witness) -> Iterator[str]:
    """Serve the witness on this machine."""
    with server(witness, "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def ask(url: str, body: str | None = None) -> tuple[int, str, str]:
    """Give status, media type and body of an answer."""
    try:
        with urllib.request.urlopen(url, None if body is None else body.encode(), timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_it_speaks_http(url: str) -> None:
    """Cosignatures, conflicts and the last checkpoint are served as the specification says."""
    place = f"{url}/{sha256(b'grounds.test/log').hexdigest()}/checkpoint"
    assert ask(place)[0] == 404
    cosigned = ask(f"{url}/add-checkpoint", request(0, 100))

    assert cosigned[0] == 200
    assert ask(f"{url}/add-checkpoint", request(0, 100)) == (409, "text/x.tlog.size", "100\n")
    assert ask(place) == (200, "text/plain; charset=utf-8", head(100) + cosigned[2])
    assert ask(f"{url}/other", request(0, 100))[0] == 404
    assert ask(f"{url}/add-checkpoint", "x" * 200_000)[0] == 413


def test_a_copied_export_is_enough(tmp_path: Path, state: Path) -> None:
    """Without any connection a witness grows the tree of an export anew, and refuses one that lost its tail."""
    with opened(tmp_path / "log") as log:
        vkey = str(log.vkey)
        for number, size in enumerate((3, 300)):
            one_by_one(log, [plain(log, each) for each in range(log.size(), size)])
            export(log, tmp_path / f"out-{number}")
    witness = Witness(state, [vkey], lambda: NOW)
    lines = [witness.look(tmp_path / f"out-{number}") for number in range(2)]
    with pytest.raises(Refused) as refused:
        witness.look(tmp_path / "out-0")

    assert (refused.value.status, refused.value.size) == (409, 300)
    note = tmp_path / "out-1" / "checkpoint"
    note.write_text(note.read_text("utf-8") + lines[1], "utf-8")
    done = stranger("export", tmp_path / "out-1", "--vkey", vkey, "--witness", witness.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("cosigned by 1 witnesses\n")
    other = Witness.new(tmp_path / "w2", "witness.test/w2"), Witness(tmp_path / "w2", []).vkey
    assert stranger("export", tmp_path / "out-1", "--vkey", vkey, "--witness", other[1]).returncode == 1


def test_tiles_of_another_history_are_refused(tmp_path: Path, state: Path) -> None:
    """An export whose tiles do not grow from what was cosigned is refused, signed or not."""
    for number in range(2):
        with opened(tmp_path / "log") as log:
            vkey = str(log.vkey)
            one_by_one(log, [plain(log, each + 100 * number) for each in range(5)])
            export(log, tmp_path / f"out-{number}")
        (tmp_path / "log" / "grounds.db").rename(tmp_path / f"was-{number}")
    witness = Witness(state, [vkey.replace(log.origin, log.origin)], lambda: NOW)
    origins = {(tmp_path / f"out-{number}" / "checkpoint").read_text("utf-8").split("\n")[0] for number in range(2)}

    assert len(origins) == 2  # a new log has a new name, so nobody mistakes it for the old one
    with pytest.raises(Refused) as refused:
        witness.look(tmp_path / "out-0")
    assert refused.value.status == 404


def test_the_program_stands_alone(tmp_path: Path) -> None:
    """The file runs isolated from everything of ours, and says what is wrong instead of a traceback."""
    program = [sys.executable, "-I", str(ROOT / "audit" / "witness.py")]
    made = subprocess.run(
        [*program, "new", str(tmp_path / "w"), "--name", "witness.test/w1"], capture_output=True, text=True, check=True
    )
    with opened(tmp_path / "log") as log:
        one_by_one(log, [plain(log, 0)])
        export(log, tmp_path / "out")
    look = [*program, "look", str(tmp_path / "out"), str(tmp_path / "w"), "--log", str(log.vkey)]
    done = subprocess.run(look, capture_output=True, text=True, check=True)
    wrong = subprocess.run([*look[:-1], "nonsense"], capture_output=True, text=True, check=False)

    assert made.stdout.startswith("witness.test/w1+")
    assert done.stdout.startswith("— witness.test/w1 ")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("refused: ")


def test_keys_are_private(state: Path) -> None:
    """The witness's key is readable by its owner only, and is never overwritten."""
    assert (state / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Witness.new(state, "witness.test/w1")


def test_a_log_of_ours_is_proven_to_a_witness(log: Log, state: Path) -> None:
    """The proofs our log gives are those a witness accepts."""
    witness = Witness(state, [str(log.vkey)], lambda: NOW)
    old = 0
    for _ in range(4):
        one_by_one(log, [plain(log, number) for number in range(old, old + 7)])
        note = log.checkpoint().text
        proof = request(old, old, note, log.consistency_proof(old, old + 7))
        assert witness.add_checkpoint(proof)
        old += 7
