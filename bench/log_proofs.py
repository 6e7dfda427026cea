"""Proofs and receipts at the full length of a log: to make, to check, and how long they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from audit.merkle import leaf_hash
from audit.proofs import check_consistency, check_inclusion
from audit.receipt import Receipt
from bench.log_corpus import opened
from bench.machine import spread

SAMPLE = 500
STRIDE = 15_485_863  #: a prime, so that the sample is spread over the whole log


def measure(folder: Path) -> None:
    """Print what proofs of random entries and sizes take, each through a transaction of its own."""
    with opened(folder) as log:
        head = log.checkpoint()
        indexes = [number * STRIDE % head.size for number in range(SAMPLE)]
        entries = {index: log.entry(index) for index in indexes}
        inclusion = {index: log.inclusion_proof(index, head.size) for index in indexes}
        kept = {index: log.checkpoint_covering(index) for index in indexes}
        growth = {index: log.consistency_proof(kept[index].size, head.size) for index in indexes}
        receipts = {index: Receipt.parse(log.receipt(index)) for index in indexes}
        _print("inclusion proof at the head", indexes, lambda index: log.inclusion_proof(index, head.size))
        _print(
            "consistency proof to the head", indexes, lambda index: log.consistency_proof(kept[index].size, head.size)
        )
        _print("receipt", indexes, log.receipt)
        _print("newest checkpoint", indexes, lambda _: log.checkpoint())

        def included(index: int) -> None:
            check_inclusion(leaf_hash(entries[index]), index, head.size, inclusion[index], head.root)

        def grown(index: int) -> None:
            check_consistency(kept[index].size, head.size, kept[index].root, head.root, growth[index])

        _print("check an inclusion proof", indexes, included)
        _print("check a consistency proof", indexes, grown)
        _print("check a receipt, signature too", indexes, lambda index: receipts[index].check(entries[index], log.vkey))
        print(f"  longest receipt {max(len(str(each)) for each in receipts.values())} bytes")


def _print(what: str, indexes: list[int], work: Callable[[int], object]) -> None:
    taken = []
    for index in indexes:
        start = time.perf_counter()
        work(index)
        taken.append(time.perf_counter() - start)
    print(f"  {what:<31} µs {spread(taken, 1e-6)}")
