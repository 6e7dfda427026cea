"""Small sets of numbers as the bits of one integer: joined, cut and compared in one step each."""

from __future__ import annotations

from collections.abc import Iterable


def bits_of(numbers: Iterable[int]) -> int:
    """The integer with a bit for each number."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def numbers_in(mask: int) -> list[int]:
    """The numbers whose bits are set, in order."""
    numbers: list[int] = []
    while mask:
        low = mask & -mask
        mask ^= low
        numbers.append(low.bit_length() - 1)
    return numbers
