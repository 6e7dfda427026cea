"""What this process counted, in the text format of Prometheus.

Every label is a word from a short list of ours: path templates, classes of status, outcomes. Nothing a caller sends
becomes one, so the number of series is bounded and nobody stands in them.
"""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """The counters of one process, in a registry of their own; safe to share between threads."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "grounds_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "grounds_request_seconds", "How long requests took", ["route"], buckets=_SECONDS, registry=registry
        )
        self._decisions = Counter(
            "grounds_decisions",
            "Decisions this process recorded, counted before the commit",
            ["outcome", "executor"],
            registry=registry,
        )
        self._refusals = Counter(
            "grounds_refusals", "Requests that were not admitted, by problem type", ["why"], registry=registry
        )
        self._served: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # children, found in one step
        self._decided: dict[tuple[str, str], Counter] = {}  # as above

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered; status 0 is a caller who left before."""
        kind = (method, route, status // 100)
        found = self._served.get(kind)
        if found is None:
            labelled = self._requests.labels(method, route, f"{status // 100}xx" if status else "none")
            found = self._served[kind] = labelled, self._seconds.labels(route)
        found[0].inc()
        found[1].observe(seconds)

    def decided(self, outcome: str, executor: str) -> None:
        """Count a decision."""
        kind = (outcome, executor)
        found = self._decided.get(kind)
        if found is None:
            found = self._decided[kind] = self._decisions.labels(*kind)
        found.inc()

    def refused(self, why: str) -> None:
        """Count a request that was not admitted."""
        self._refusals.labels(why).inc()

    def add(self, collector: Collector) -> None:
        """Ask `collector` too whenever figures are wanted."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """Write all figures."""
        return generate_latest(self.registry)
