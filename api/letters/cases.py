"""The letter that ends a case, for whoever may see the case: opened and recorded as one read."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from api import answers, queries
from api.casework import queries as casework
from api.casework import texts
from api.casework.desk import Desk, Loaded
from api.casework.rulebook import Rulebook
from api.casework.states import Case, Result, State
from api.clocks import Clocks
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.letters.answering import Concluded, compose_answer
from api.letters.letter import Letter
from api.letters.letterhead import Letterhead
from api.letters.words import words
from api.reads import Reading, Reads
from api.roles import Principal
from engine import Decision
from engine.vocabulary import Language, Text


class _Said(msgspec.Struct, frozen=True):
    """What a recorded conclusion tells the applicant, in texts as they were taken then."""

    because: tuple[str, ...]
    answer: Text


class CaseLetters:
    """Writes them."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, clocks: Clocks, letterhead: Letterhead) -> None:
        self._ledger, self._rulebook, self._clocks, self._letterhead = ledger, rulebook, clocks, letterhead
        self._desk = Desk(ledger)

    def letter(self, case_id: str, language: Language, principal: Principal, reading: Reading) -> Letter:
        """Write the answer; raise NotFound if the case is not the caller's to see, or not concluded, or Erased."""
        with self._ledger.log.engine.connect() as connection:
            loaded = self._desk.load(connection, case_id, principal)
            if loaded.case.state is not State.CONCLUDED:
                remedy = f"it is answered by {loaded.case.due_on}; GET /cases/{{case_id}} shows how it stands"
                raise NotFound(
                    mistakes=[Mistake("case_id", "the case is not concluded, so there is no letter", remedy)]
                )
            indexes = self._indexes(connection, loaded.case)
        read = dict(zip(indexes, Reads(self._ledger).open_all(list(indexes.values()), reading), strict=True))
        return compose_answer(self._concluded(loaded, read), words(language))

    def _indexes(self, connection: sa.Connection, case: Case) -> dict[str, int]:
        """Find what the letter is made of: the first decision, the conclusion, and the decision it led to."""
        found = {"first": _index(connection, case.decision)}
        if case.result is not Result.WITHDRAWN:
            found["conclusion"] = casework.steps(connection, case.id)[-1].index
        if case.new_decision is not None:
            found["new"] = _index(connection, case.new_decision)
        return found

    def _concluded(self, loaded: Loaded, read: dict[str, bytes]) -> Concluded:
        said = msgspec.json.decode(texts.read(read["conclusion"]).body, type=_Said) if "conclusion" in read else None
        new = msgspec.json.decode(answers.read(read["new"]).answer, type=Decision) if "new" in read else None
        titles = {each.code: each.title for each in self._rulebook.reasons}
        return Concluded(
            case=loaded.case,
            index=loaded.found.log_index,
            origin=self._ledger.log.origin,
            subject=answers.read(read["first"]).asked.subject,
            answer=said.answer if said is not None else None,
            because=tuple(titles[code] for code in (said.because if said is not None else ()) if code in titles),
            decision=new,
            letterhead=self._letterhead,
            clocks=self._clocks,
        )


def _index(connection: sa.Connection, decision: str) -> int:
    found = queries.decision(connection, decision)
    assert found is not None  # the case's own leaf names it
    return found.index
