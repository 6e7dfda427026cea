"""The engine: policies compiled, faults kept in, decisions explained.

A decision is a pure function of the policy's digest, the facts and `as_of`. When the executor faults, the reference
evaluator decides and the decision says so; when both are run and disagree, the decision is a referral.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Literal

import msgspec

from engine import reference
from engine.decision import Decision, EngineRef, Offer
from engine.errors import ExecutorFault
from engine.evaluation import Evaluation
from engine.explaining.explain import Explainer
from engine.given import Checker, Given
from engine.policy import Outcome, Policy
from engine.promises import broken
from engine.reading.loading import PolicySet
from engine.recourse import Recourse, find_recourse
from engine.running.executor import Executor
from engine.running.matching import MATCHERS, ExecutorName

Verify = Literal["off", "sample", "always"]
SAMPLE = 64  #: with `sample`, one decision in so many is checked
_REFERENCE = EngineRef("reference", "1")


class Faults(msgspec.Struct):
    """How often the executor faulted, and how often two executors disagreed, since the engine was made."""

    executor: int = 0
    disagreement: int = 0
    last: str = ""


class _Point(msgspec.Struct, frozen=True):
    """A decision point, ready."""

    policy: Policy
    executor: Executor
    explainer: Explainer


class Engine:
    """All policies of a set, ready to decide; safe to share between threads."""

    def __init__(self, policies: PolicySet, verify: Verify = "off", executor: ExecutorName = "durable-rules") -> None:
        self.policies = policies
        self.verify = verify
        self.faults = Faults()
        self._check = Checker(policies.vocabulary)
        self._count = itertools.count()
        match = MATCHERS[executor]
        self._points = {
            policy.name: _Point(policy, Executor(policy, match(policy)), Explainer(policy)) for policy in policies
        }

    def decide(self, name: str, facts: Mapping[str, object], as_of: dt.datetime) -> Decision:
        """Decide one application under the named policy.

        `facts` are JSON values: money in integer fen, rates in integer basis points, dates as YYYY-MM-DD. `as_of` is an
        aware instant. Raises UnknownPolicy, FactsError (all problems at once) and ValueError for a naive `as_of`.
        """
        point = self._points.get(name) or self._points[self.policies[name].name]  # which raises UnknownPolicy
        if as_of.tzinfo is None:
            raise ValueError("as_of has no time zone")
        evaluation, engine, dispute = self._evaluate(point, self._check(facts), as_of)
        return point.explainer.decision(evaluation, engine, as_of, dispute)

    def decide_given(self, policy: Policy, given: Given, as_of: dt.datetime) -> Decision:
        """Decide on facts that are checked already."""
        point = self._points[policy.name]
        evaluation, engine, dispute = self._evaluate(point, given, as_of)
        return point.explainer.decision(evaluation, engine, as_of, dispute)

    def recourse(self, name: str, facts: Mapping[str, object], as_of: dt.datetime) -> Recourse:
        """Find what would have changed the decision (see recourse.py); same arguments and errors as `decide`."""
        point = self._points[self.policies[name].name]
        given = self._check(facts)
        return find_recourse(point.policy, lambda given, as_of: self._evaluate(point, given, as_of)[0], given, as_of)

    def broken(
        self, name: str, facts: Mapping[str, object], as_of: dt.datetime, outcome: Outcome, offer: Offer | None
    ) -> tuple[str, ...]:
        """Give the invariants of a policy that a decision of somebody else would break; errors as of `decide`."""
        return broken(self.policies[name], self._check(facts), as_of, outcome, offer)

    def close(self) -> None:
        """Give back the memory of the executors."""
        for point in self._points.values():
            point.executor.close()

    def _checked(self) -> bool:
        """Whether this decision is taken by two executors."""
        return self.verify == "always" or next(self._count) % SAMPLE == 0

    def _evaluate(self, point: _Point, given: Given, as_of: dt.datetime) -> tuple[Evaluation, EngineRef, str | None]:
        executor = point.executor
        try:
            evaluation = executor.evaluate(given, as_of)
        except ExecutorFault as fault:
            self.faults.executor += 1
            self.faults.last = type(fault.__cause__ or fault).__name__
            return reference.evaluate(point.policy, given, as_of), _REFERENCE, None
        engine = executor.matcher.ref
        if self.verify == "off":
            return evaluation, engine, None
        if self._checked() and evaluation != reference.evaluate(point.policy, given, as_of):
            self.faults.disagreement += 1
            executor.matcher.forget()  # so that what was wrong once is not said again from memory
            return evaluation, engine, "two executors disagree"
        return evaluation, engine, None
