"""Casework: what a person looks at, from the moment it is opened until it is answered (docs/casework.md).

`states` and `transitions` are the state machine, pure. `desk` is the one way a case changes: one transaction and one
entry for each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.casework.desk import Desk
    from api.casework.rulebook import Rulebook
    from api.casework.states import Action, Case, State

__all__ = ["Action", "Case", "Desk", "Rulebook", "State"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: the tables here are part of the read models, on which the desk rests."""
    if name in {"Action", "Case", "State"}:
        from api.casework import states

        return getattr(states, name)
    if name == "Desk":
        from api.casework.desk import Desk

        return Desk
    if name == "Rulebook":
        from api.casework.rulebook import Rulebook

        return Rulebook
    raise AttributeError(name)
