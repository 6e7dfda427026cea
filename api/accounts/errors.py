"""What an account refuses, over `api.errors`; what each becomes over HTTP stands in `api.problems`."""

from __future__ import annotations

from collections.abc import Iterable

from api.accounts.account import Account
from api.errors import ApiError, Mistake


class LineBusy(ApiError):
    """the line changed while this was decided"""


class LineMoved(LineBusy):
    """the line of `subject` stands otherwise than the decision took it to stand: decide again on `account`"""

    def __init__(self, subject: str, account: Account) -> None:
        remedy = "try again with the same Idempotency-Key: nothing was recorded"
        super().__init__(mistakes=[Mistake("subject", "others are changing this line at this moment", remedy)])
        self.subject, self.account = subject, account


class LineContradicted(ApiError):
    """facts of the request are not what the line's account says"""


class LineRefuses(ApiError):
    """the line does not stand so that this could happen to it"""


class NotAvailable(LineRefuses):
    """the amount exceeds what is available on the line"""


class NotOwed(LineRefuses):
    """the amount exceeds what is owed on the line"""


def refusal(kind: type[LineRefuses], path: str, message: str, remedy: str) -> LineRefuses:
    """Make a refusal of one mistake."""
    mistakes: Iterable[Mistake] = [Mistake(path, message, remedy)]
    return kind(mistakes=mistakes)
