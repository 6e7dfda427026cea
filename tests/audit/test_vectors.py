"""Vectors that others published: proofs to accept and proofs to refuse, the same as every other implementation."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from audit.errors import ProofInvalid
from audit.proofs import check_consistency, check_inclusion

VECTORS = Path(__file__).parent / "vectors"

#: A vector whose roots are the words "don't care 2"; a hash that has not 32 bytes is refused here.
STRICTER = {"consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"}


def vectors(name: str) -> list[dict[str, Any]]:
    """Read the vectors of a file."""
    return [json.loads(line) for line in (VECTORS / name).read_text("utf-8").splitlines()]


def hashes(vector: dict[str, Any]) -> list[bytes]:
    """Give the hashes of a vector's proof."""
    return [b64decode(each) for each in vector["proof"] or ()]


def accepts_inclusion(vector: dict[str, Any]) -> bool:
    """Tell whether the inclusion proof of a vector is accepted."""
    leaf, root = b64decode(vector["leafHash"]), b64decode(vector["root"])
    try:
        check_inclusion(leaf, vector["leafIdx"], vector["treeSize"], hashes(vector), root)
    except ProofInvalid:
        return False
    return True


def accepts_consistency(vector: dict[str, Any]) -> bool:
    """Tell whether the consistency proof of a vector is accepted."""
    roots = b64decode(vector["root1"]), b64decode(vector["root2"])
    try:
        check_consistency(vector["size1"], vector["size2"], *roots, hashes(vector))
    except ProofInvalid:
        return False
    return True


@pytest.mark.parametrize("vector", vectors("inclusion.jsonl"), ids=lambda vector: vector["file"])
def test_inclusion(vector: dict[str, Any]) -> None:
    """Each published inclusion proof is accepted or refused as its author says."""
    assert accepts_inclusion(vector) is not vector["wantErr"]


@pytest.mark.parametrize("vector", vectors("consistency.jsonl"), ids=lambda vector: vector["file"])
def test_consistency(vector: dict[str, Any]) -> None:
    """Each published consistency proof is accepted or refused as its author says; one is refused on purpose."""
    assert accepts_consistency(vector) is (not vector["wantErr"] and vector["file"] not in STRICTER)


def test_the_vectors_are_all_there() -> None:
    """There are 98 of each kind, and both answers among them."""
    for name in ("inclusion.jsonl", "consistency.jsonl"):
        answers = [vector["wantErr"] for vector in vectors(name)]
        assert (len(answers), set(answers)) == (98, {True, False})
