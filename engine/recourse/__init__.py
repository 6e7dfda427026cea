"""What would have changed a decision: the nearest changes to facts the applicant can change (docs/adr/0009)."""

from engine.recourse.recourse import EVALUATIONS, MAX_ALTERNATIVES, Alternative, Recourse, find_recourse

__all__ = ["EVALUATIONS", "MAX_ALTERNATIVES", "Alternative", "Recourse", "find_recourse"]
