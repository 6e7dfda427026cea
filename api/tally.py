"""What a population came to: outcomes against what was observed, and the reasons most often given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from api.queries import Verdict

_BINARY = frozenset({"0", "1"})


class Tally:
    """Counts by outcome, by observed value and by reason; grows row by row, holds no row."""

    def __init__(self) -> None:
        self.before = 0  #: rows an earlier run had recorded
        self.rejected = 0
        self.outcomes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._observed: dict[str, Counter[tuple[str, str]]] = {}

    @property
    def decided(self) -> int:
        """Rows that have a decision, whenever it was made."""
        return self.outcomes.total()

    def add(self, verdict: Verdict, observed: Mapping[str, str]) -> None:
        """Count one row."""
        self.outcomes[verdict.outcome] += 1
        self.reasons.update(set(verdict.reasons))
        for name, value in observed.items():
            self._observed.setdefault(name, Counter())[verdict.outcome, value] += 1

    def events(self) -> tuple[str, ...]:
        """Name the observed columns that say whether something happened (0 or 1 in every row)."""
        return tuple(name for name, seen in self._observed.items() if {value for _, value in seen} <= _BINARY)

    def rate(self, event: str, outcome: str | None = None) -> float:
        """Give the share of rows in which `event` happened, among those of `outcome` or among all."""
        seen = self._observed[event]
        chosen = [(value, count) for (of, value), count in seen.items() if outcome in (None, of)]
        total = sum(count for _, count in chosen)
        return sum(count for value, count in chosen if value == "1") / total if total else 0.0

    def lines(self, top: int = 10) -> Iterator[str]:
        """Write the report for people."""
        events = self.events()
        yield f"{'outcome':<12}{'rows':>10}{'share':>9}" + "".join(f"{event:>14}" for event in events)
        for outcome, count in self.outcomes.most_common():
            yield self._line(outcome, count, [self.rate(event, outcome) for event in events])
        yield self._line("all", self.decided, [self.rate(event) for event in events])
        yield ""
        yield f"{'top reasons':<34}{'rows':>10}{'share':>9}"
        for code, count in self.reasons.most_common(top):
            yield f"{code:<34}{count:>10,}{count / max(self.decided, 1):>9.1%}"

    def _line(self, name: str, count: int, rates: list[float]) -> str:
        share = count / max(self.decided, 1)
        return f"{name:<12}{count:>10,}{share:>9.1%}" + "".join(f"{rate:>14.1%}" for rate in rates)
