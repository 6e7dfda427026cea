"""What casework refuses, over `api.errors`; what each becomes over HTTP stands in `api.problems`."""

from __future__ import annotations

from api.casework.refusals import Why, refusal
from api.casework.states import Action
from api.errors import ApiError, Mistake


class ActionRefused(ApiError):
    """the case does not allow this, or not to you"""

    def __init__(self, action: Action, why: Why) -> None:
        self.why = why
        told = refusal(why)
        super().__init__(mistakes=[Mistake(str(action), told.message, told.remedy, str(why))])


class AppealOpen(ApiError):
    """an appeal against this decision is open already"""


class Replaced(ApiError):
    """the decision stands no more"""


class AttachmentRefused(ApiError):
    """the file cannot be attached"""
