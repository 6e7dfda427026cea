"""Grounds' engine: facts in, an explained decision out. Pure: no clock, no randomness, no I/O but reading policies.

policies = load_policies(Path("policies"))
decision = Engine(policies).decide("opening", {"age": 30, ...}, as_of)
"""

from engine.deciding import Engine
from engine.decision import Decision
from engine.errors import EngineError, FactsError, PolicyError, UnknownPolicy
from engine.policy import Outcome
from engine.reading.loading import PolicySet, load_bundle, load_policies

__all__ = [
    "Decision",
    "Engine",
    "EngineError",
    "FactsError",
    "Outcome",
    "PolicyError",
    "PolicySet",
    "UnknownPolicy",
    "load_bundle",
    "load_policies",
]
