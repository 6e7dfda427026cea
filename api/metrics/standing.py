"""How log, writer, engine and policies stand, asked only when somebody wants the figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from api.service import Service  # which holds the meters that this is added to


class Standing(Collector):
    """Collects from a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand, so that registering reads no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Give the figures of this moment."""
        yield from self._log()
        yield from self._writer()
        yield from self._engine()
        yield from self._policies()
        ready = GaugeMetricFamily("grounds_ready", "Whether what readiness rests on passes", labels=["check"])
        for name, found in self._service.checks().items():
            ready.add_metric([name], found == "pass")
        yield ready

    def _log(self) -> Iterator[Metric]:
        log = self._service.log
        size, signed = log.size(), log.checkpoint().size
        yield GaugeMetricFamily("grounds_log_entries", "Entries of the log", size)
        yield GaugeMetricFamily("grounds_log_unsigned_entries", "Entries no checkpoint covers yet", size - signed)
        if signed:
            newest = dt.datetime.fromisoformat(msgspec.json.decode(log.entry(signed - 1))["at"])
            age = (self._service.ledger.now() - newest).total_seconds()
            yield GaugeMetricFamily(
                "grounds_checkpoint_age_seconds", "Since the newest entry under the newest checkpoint", max(0.0, age)
            )

    def _writer(self) -> Iterator[Metric]:
        writer, apart = self._service.ledger.writer, self._service.workflow.apart
        waiting, batches, works = writer.waiting, writer.batches, writer.works
        if apart is not None:
            waiting, batches, works = waiting + apart.waiting, batches + apart.batches, works + apart.works
            yield GaugeMetricFamily("grounds_recorder_up", "Whether the process that records takes decisions", apart.up)
        yield GaugeMetricFamily("grounds_writer_waiting", "Works that wait to be recorded", waiting)
        yield CounterMetricFamily("grounds_writer_batches", "Transactions of the log", batches)
        yield CounterMetricFamily("grounds_writer_works", "Works in them; by batches: the size of one", works)

    def _engine(self) -> Iterator[Metric]:
        faults = self._service.engine.faults
        yield CounterMetricFamily(
            "grounds_engine_fallbacks", "Decisions the reference evaluator took over", faults.executor
        )
        yield CounterMetricFamily(
            "grounds_engine_disagreements", "Decisions two executors disagreed about", faults.disagreement
        )

    def _policies(self) -> Iterator[Metric]:
        reloads = CounterMetricFamily("grounds_policy_reloads", "Reloads of the policies", labels=["result"])
        reloads.add_metric(["done"], self._service.reloading.done)
        reloads.add_metric(["failed"], self._service.reloading.failed)
        yield reloads
        versions = GaugeMetricFamily("grounds_policy_version", "The version in force", labels=["policy"])
        for policy in self._service.policies:
            versions.add_metric([policy.name], policy.version)
        yield versions
