"""A count and the whole it is of; the rate only where the whole is large enough to say something."""

from __future__ import annotations

from typing import Self

import msgspec

from engine.vocabulary import Text

LEAST = 10
"""Below so many cases a rate says more about single cases than about what it is the rate of."""

NOTE = Text(
    f"分母不足 {LEAST} 件时不给出比率（null）：此时比率反映的是个案，而不是规则、原因或人员的情况；件数照常给出。",
    f"Where fewer than {LEAST} stand behind a rate it is withheld (null): it would speak of single cases, and not of a "
    "rule, a reason or a person. The counts are always there.",
)


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of so many."""

    count: int
    of: int
    rate_bp: int | None  #: in basis points, half to even; null if `of` is below LEAST

    @classmethod
    def among(cls, count: int, of: int) -> Self:
        """Give `count` of `of`."""
        return cls(count, of, None if of < LEAST else _half_even(count * 10_000, of))


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
