"""Growth: a consistency proof and its checkpoint, as a witness is asked: `add-checkpoint` of c2sp.org/tlog-witness."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from audit.checkpoint import Checkpoint, parse_size
from audit.errors import NoteInvalid
from audit.log import Log
from audit.note import VerifierKey
from audit.proofs import check_consistency
from audit.receipt import MOST_HASHES, parse_hash


class Growth(NamedTuple):
    """That the log of a checkpoint begins with the first `old` entries of before."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: str  #: the note

    @classmethod
    def of(cls, log: Log, old: int) -> Growth:
        """Return the proof from size `old` to the newest checkpoint; raises NoSuchEntry."""
        checkpoint = log.checkpoint()
        return cls(old, log.consistency_proof(old, checkpoint.size), checkpoint.text)

    def __str__(self) -> str:
        """Return the text: `old SIZE`, one hash a line, a blank line, the checkpoint."""
        hashes = "".join(f"{b64encode(each).decode()}\n" for each in self.path)
        return f"old {self.old}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> Growth:
        """Read such a text; raises NoteInvalid when it is malformed."""
        proof, blank, checkpoint = text.partition("\n\n")
        first, *lines = proof.split("\n")
        if not blank or not first.startswith("old ") or len(lines) > MOST_HASHES:
            raise NoteInvalid(f"expected `old SIZE`, at most {MOST_HASHES} hashes, a blank line and a checkpoint")
        old = parse_size(first.removeprefix("old "), "old size")
        return cls(old, tuple(parse_hash(line) for line in lines), checkpoint)

    def check(self, old_root: bytes, key: VerifierKey) -> Checkpoint:
        """Accept if the tree of `old_root` is the beginning of the checkpoint that `key` signed, and return that.

        Raises NoteInvalid for the checkpoint, ProofInvalid for the proof.
        """
        checkpoint = Checkpoint.verify(self.checkpoint, key)
        check_consistency(self.old, checkpoint.size, old_root, checkpoint.root, self.path)
        return checkpoint
