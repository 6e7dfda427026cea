"""What a person's decision may not leave, and what it moves: the policy's promises, and the line that follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.reconcile import differences
from api.settings import Settings
from tests.api.casework.conftest import Office, conclusion, refused
from tests.api.conftest import TINY

LINES = Path(__file__).parent.parent / "line_policies"
PROMISE = "invariants:\n  - never: outcome == approve and overdue_loans > 0\n"


class Promising:
    """The tiny policy, which promises something."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        """Write the policy with its promise."""
        shutil.copytree(TINY, tmp_path / "policies")
        with (tmp_path / "policies" / "tiny.yaml").open("a", encoding="utf-8") as file:
            file.write(PROMISE)
        return Settings(data=tmp_path / "data", policies=tmp_path / "policies", port=0, key_memory_seconds=0)


class TestPromises(Promising):
    """What a policy promises holds whoever decides."""

    def test_nobody_breaks_a_promise_of_the_policy(self, office: Office) -> None:
        """Not alone and not by two; once the fact is put right, the promise stands in nobody's way."""
        facts = {"score": 700, "income": 2_000_000, "loans": [{"overdue_days": 3, "balance": 1}]}
        decision = office.decide(facts=facts)
        assert decision["outcome"] == "reject"
        case = office.appeal(decision["id"]).json()["id"]
        office.done("ada", case, "claim")
        for action in ("conclude", "recommend"):
            answer = office.act("ada", case, action, conclusion("overturn", "approve"))
            assert answer.status_code == 422
            problem = answer.json()["errors"][0]
            assert problem["message"] == "the policy promises `never: outcome == approve and overdue_loans > 0`"
        office.done("ada", case, "ask", {"question": {"zh": "？", "en": "?"}, "facts": ["loans"]})
        office.done("integrator", case, "answer", {"text": "Paid.", "facts": {"loans": []}})

        assert office.done("ada", case, "conclude", conclusion("overturn", "approve"))["result"] == "overturn"


class TestLines:
    """A line follows a person's decision as it follows any other."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        """Decide at the decision points of a line."""
        return Settings(data=tmp_path / "data", policies=LINES, port=0, key_memory_seconds=0)

    def test_an_overturned_refusal_opens_the_line(self, office: Office, settings: Settings) -> None:
        """After the appeal there is an account, owned by who asked first, that names the new decision."""
        decision = office.decide(policy="opening", subject="s", facts={"income": 50_000})
        assert office.get("integrator", "/lines/s").status_code == 404
        case = office.appeal(decision["id"], facts={"income": 2_000_000}).json()["id"]
        office.done("ada", case, "claim")
        decided = {"outcome": "approve", "offer": {"limit_fen": 1_500_000, "apr_bp": 1_200}}
        body = conclusion("overturn", because=["facts_corrected"], decision=decided)
        new = office.done("ada", case, "conclude", body)["new_decision"]

        line = office.get("integrator", "/lines/s").json()
        assert (line["status"], line["amounts"]["limit_fen"]) == ("pending", 1_500_000)
        assert line["changes"][0]["decision"]["id"] == new
        assert list(differences(settings.database)) == []

    def test_what_the_line_does_not_allow_is_not_concluded(self, office: Office) -> None:
        """Meanwhile another application opened the line: the appeal cannot open it twice, and stays as it was."""
        refusal = office.decide(policy="opening", subject="s", facts={"income": 50_000})
        case = office.appeal(refusal["id"]).json()["id"]
        office.done("ada", case, "claim")
        office.decide(policy="opening", subject="s", facts={"income": 2_000_000})
        office.decide(policy="activation", subject="s", facts={})
        decided = {"outcome": "approve", "offer": {"limit_fen": 1_500_000, "apr_bp": 1_200}}
        answer = office.act("ada", case, "conclude", conclusion("overturn", decision=decided))

        assert refused(answer) == "line-refuses"
        assert office.case(case)["case"]["state"] == "claimed"
        assert len(office.get("integrator", "/decisions").json()["items"]) == 3
