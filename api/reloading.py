"""Changing the policies of a running service: tried elsewhere, loaded here, recorded, and only then in force.

Whatever fails on the way leaves the policies that decide in force; it is logged and counted.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from api.errors import TrialFailed
from api.logs import log
from api.settings import Settings
from api.trial import try_policies
from api.workflow import Workflow
from engine import Engine, PolicySet, load_policies
from engine.reload import LiveEngine


class Reloaded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reload came to."""

    digests: Mapping[str, str]  #: of the policies now in force, by name
    published: int  #: how many of them are new to the log
    done: int  #: reloads since the service started, this one included
    failed: int  #: reloads that left things as they were


class Reloading:
    """Reloads the policies of one service, one time after the other."""

    def __init__(self, settings: Settings, engine: LiveEngine, workflow: Workflow) -> None:
        self._settings, self._engine, self._workflow = settings, engine, workflow
        self._turn = threading.Lock()
        self.done = self.failed = 0

    def run(self, actor: str) -> Reloaded:
        """Put what stands in the policy folder in force.

        Raise PolicyError, TrialFailed or AuditError and change nothing.
        """
        with self._turn:
            try:
                policies, published = self._replace(actor)
            except Exception as error:
                self.failed += 1
                log.error("policies not reloaded", error=type(error).__name__, why=str(error)[:2_000], **self._counts())
                raise
            self.done += 1
            digests = {policy.name: policy.digest for policy in policies}
            log.info("policies reloaded", published=published, **self._counts())
            return Reloaded(digests, published, **self._counts())

    def in_background(self, actor: str) -> None:
        """Reload on a thread of its own; what fails is in the log lines."""

        def quietly() -> None:
            try:
                self.run(actor)
            except Exception:  # noqa: BLE001  # logged and counted
                return

        threading.Thread(target=quietly, name="reload", daemon=True).start()

    def _replace(self, actor: str) -> tuple[PolicySet, int]:
        chosen = self._settings
        tried = try_policies(chosen.policies, chosen.trial_mib, chosen.trial_seconds)
        policies = load_policies(chosen.policies)
        if tried != {policy.name: policy.digest for policy in policies}:
            raise TrialFailed(f"the policies in `{chosen.policies}` changed while they were tried (reload again)")
        engine = Engine(policies, chosen.verify, chosen.executor)
        try:
            published = self._workflow.publish(policies, actor)
        except BaseException:
            engine.close()
            raise
        self._engine.replace(engine)
        return policies, published

    def _counts(self) -> dict[str, int]:
        return {"done": self.done, "failed": self.failed}
