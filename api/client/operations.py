"""The operations of the service. Made by ``python -m tests.client``: do not edit."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from api.client import models
from api.client.transport import Call, Reply, Transport


class AppealsOperations:
    """Operations under `/appeals`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def file(self, body: models.AppealRequest, *, idempotency_key: str | None = None) -> Reply[models.AppealReceived]:
        """File an appeal with a statement and, if facts were wrong, the right ones; it is acknowledged at once."""
        call = Call("POST", "/appeals", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True)
        return self._transport.send(call, {201: models.AppealReceived})

    def find(
        self,
        *,
        state: models.State | None = None,
        kind: models.CaseKind | None = None,
        whose: Literal["all", "mine", "unclaimed"] | None = None,
        policy: str | None = None,
        decision: str | None = None,
        due_before: str | None = None,
        escalated: bool | None = None,
        recommended: bool | None = None,
        order: Literal["due", "newest", "oldest"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Reply[models.CasePage]:
        """List the appeals that are the caller's to see, as `GET /cases` lists cases."""
        call = Call(
            "GET",
            "/appeals",
            query={
                "state": state,
                "kind": kind,
                "whose": whose,
                "policy": policy,
                "decision": decision,
                "due_before": due_before,
                "escalated": escalated,
                "recommended": recommended,
                "order": order,
                "cursor": cursor,
                "limit": limit,
            },
        )
        return self._transport.send(call, {200: models.CasePage})

    def show(self, case_id: str) -> Reply[models.CaseView]:
        """Give how an appeal stands, as `GET /cases/{id}` does."""
        call = Call("GET", f"/appeals/{quote(str(case_id), safe='')}")
        return self._transport.send(call, {200: models.CaseView})


class CasesOperations:
    """Operations under `/cases`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def answer(
        self, case_id: str, body: models.Reply, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Answer what was asked; facts that are put right are decided on again, and the reviewer sees the verdict."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/answer",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def approve(self, case_id: str, *, if_match: str, idempotency_key: str | None = None) -> Reply[models.CaseState]:
        """Conclude a case exactly as another person recommended."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/approve",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def ask(
        self, case_id: str, body: models.Question, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Ask the applicant for information; the case waits until it is answered, or the day for the answer is over."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/ask",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def attach(
        self, case_id: str, body: models.File, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Attach a document.

        Add a document to the file, as base64; its type is recognised by its first bytes, its content and name sealed.
        """
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/attachments",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def attachment(self, case_id: str, index: int, *, purpose: models.Purpose | None = None) -> Reply[bytes]:
        """Give a document to be saved, never to be shown; that somebody read it is an entry of the log."""
        call = Call(
            "GET",
            f"/cases/{quote(str(case_id), safe='')}/attachments/{quote(str(index), safe='')}",
            query={"purpose": purpose},
        )
        return self._transport.send(call, {200: bytes})

    def claim(self, case_id: str, *, if_match: str, idempotency_key: str | None = None) -> Reply[models.CaseState]:
        """Take a case on; the claim is a lease that expires unless it is renewed."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/claim",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def conclude(
        self, case_id: str, body: models.Conclusion, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Conclude a case.

        End a case with result, reasons, grounds and the applicant's answer; where it decides, a new decision follows.
        """
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/conclude",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def decline(
        self, case_id: str, body: models.Written, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Say why a case should not end as another person recommended."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/decline",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def dossier(self, case_id: str, *, purpose: models.Purpose | None = None) -> Reply[models.Dossier]:
        """Give facts, statements, questions, answers and notes; that somebody read them is an entry of the log."""
        call = Call("GET", f"/cases/{quote(str(case_id), safe='')}/file", query={"purpose": purpose})
        return self._transport.send(call, {200: models.Dossier})

    def escalate(
        self, case_id: str, body: models.Written, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Hand a case to the supervisors."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/escalate",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def extend(
        self, case_id: str, body: models.Written, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Approve that a case takes longer, for a reason, by as much as the jurisdiction grants."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/extend",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def find(
        self,
        *,
        state: models.State | None = None,
        kind: models.CaseKind | None = None,
        whose: Literal["all", "mine", "unclaimed"] | None = None,
        policy: str | None = None,
        decision: str | None = None,
        due_before: str | None = None,
        escalated: bool | None = None,
        recommended: bool | None = None,
        order: Literal["due", "newest", "oldest"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Reply[models.CasePage]:
        """List cases as they stand now, the most urgent first unless asked otherwise."""
        call = Call(
            "GET",
            "/cases",
            query={
                "state": state,
                "kind": kind,
                "whose": whose,
                "policy": policy,
                "decision": decision,
                "due_before": due_before,
                "escalated": escalated,
                "recommended": recommended,
                "order": order,
                "cursor": cursor,
                "limit": limit,
            },
        )
        return self._transport.send(call, {200: models.CasePage})

    def letter(
        self, case_id: str, *, language: models.Language | None = None, format_: models.Format | None = None
    ) -> Reply[str]:
        """Write what the applicant is told of a concluded case; that it was read is an entry."""
        call = Call(
            "GET", f"/cases/{quote(str(case_id), safe='')}/letter", query={"language": language, "format": format_}
        )
        return self._transport.send(call, {200: str})

    def note(
        self, case_id: str, body: models.Written, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Write something down for the file; the applicant is not shown it."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/note",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def recommend(
        self, case_id: str, body: models.Conclusion, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """Propose how a case should end, for a second person to approve; the claim ends with it."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/recommend",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def release(self, case_id: str, *, if_match: str, idempotency_key: str | None = None) -> Reply[models.CaseState]:
        """Let go of a case; a supervisor may release what another has claimed."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/release",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def renew(self, case_id: str, *, if_match: str, idempotency_key: str | None = None) -> Reply[models.CaseState]:
        """Begin the lease anew."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/renew",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})

    def show(self, case_id: str) -> Reply[models.CaseView]:
        """Show a case.

        Give how a case stands, its history, and what the caller may do with it or why not; its ETag is for If-Match.
        """
        call = Call("GET", f"/cases/{quote(str(case_id), safe='')}")
        return self._transport.send(call, {200: models.CaseView})

    def withdraw(
        self, case_id: str, body: models.Written, *, if_match: str, idempotency_key: str | None = None
    ) -> Reply[models.CaseState]:
        """End a case because the applicant wants it no more; the decision stands as it stood."""
        call = Call(
            "POST",
            f"/cases/{quote(str(case_id), safe='')}/withdraw",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {200: models.CaseState})


class DecisionsOperations:
    """Operations under `/decisions`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(
        self, body: models.DecisionRequest, *, idempotency_key: str | None = None
    ) -> Reply[models.DecisionPreview | models.DecisionAnswer]:
        """Decide about a subject under a policy, record it in the log and answer once it is durable there."""
        call = Call("POST", "/decisions", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True)
        return self._transport.send(call, {200: models.DecisionPreview, 201: models.DecisionAnswer})

    def clocks(self, decision_id: str) -> Reply[models.DecisionClocks]:
        """Give the periods the decision began under the law of the jurisdiction, and whether they were kept."""
        call = Call("GET", f"/decisions/{quote(str(decision_id), safe='')}/clocks")
        return self._transport.send(call, {200: models.DecisionClocks})

    def decide_all(self, body: models.BulkRequest) -> Reply[models.BulkAnswers]:
        """Ask for many decisions.

        Decide every item as POST /decisions would, each durable before it is answered; one refused keeps none back.
        """
        call = Call("POST", "/decisions/bulk", body=body)
        return self._transport.send(call, {200: models.BulkAnswers})

    def explanation(
        self, decision_id: str, *, purpose: models.Purpose | None = None
    ) -> Reply[models.DecisionExplanation]:
        """Explain a decision.

        Give reasons and trace as recorded, the derivation graph, and recourse; that somebody read them is an entry.
        """
        call = Call("GET", f"/decisions/{quote(str(decision_id), safe='')}/explanation", query={"purpose": purpose})
        return self._transport.send(call, {200: models.DecisionExplanation})

    def fetch(self, decision_id: str, *, purpose: models.Purpose | None = None) -> Reply[models.DecisionAnswer]:
        """Serve the bytes the decision was answered with; that somebody read them is an entry of the log."""
        call = Call("GET", f"/decisions/{quote(str(decision_id), safe='')}", query={"purpose": purpose})
        return self._transport.send(call, {200: models.DecisionAnswer})

    def find(
        self,
        *,
        subject: str | None = None,
        outcome: models.Outcome | None = None,
        reason: str | None = None,
        rule: str | None = None,
        policy: str | None = None,
        version: int | None = None,
        actor: str | None = None,
        since: str | None = None,
        until: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        count: bool | None = None,
    ) -> Reply[models.DecisionPage]:
        """List decisions, a page at a time; an integrator sees the ones made with its own key."""
        call = Call(
            "GET",
            "/decisions",
            query={
                "subject": subject,
                "outcome": outcome,
                "reason": reason,
                "rule": rule,
                "policy": policy,
                "version": version,
                "actor": actor,
                "since": since,
                "until": until,
                "order": order,
                "cursor": cursor,
                "limit": limit,
                "count": count,
            },
        )
        return self._transport.send(call, {200: models.DecisionPage})

    def issue(self, decision_id: str, body: models.Issue) -> Reply[models.Issued]:
        """Record how and when it was issued: that ends the clock it was due by. A repetition gives the first entry."""
        call = Call("POST", f"/decisions/{quote(str(decision_id), safe='')}/notice", body=body)
        return self._transport.send(call, {201: models.Issued})

    def notice(
        self, decision_id: str, *, language: models.Language | None = None, format_: models.Format | None = None
    ) -> Reply[str]:
        """Write the notice of a decision, always the same for the same decision; that it was read is an entry."""
        call = Call(
            "GET",
            f"/decisions/{quote(str(decision_id), safe='')}/notice",
            query={"language": language, "format": format_},
        )
        return self._transport.send(call, {200: str})

    def receipt(self, decision_id: str) -> Reply[str]:
        """Fetch the receipt.

        Give the proof that the decision stands in the log (C2SP tlog-proof): checkable offline, by anybody, for ever.
        """
        call = Call("GET", f"/decisions/{quote(str(decision_id), safe='')}/receipt")
        return self._transport.send(call, {200: str})

    def replay(self, decision_id: str, body: models.ReplayRequest) -> Reply[models.Replayed]:
        """Decide again from what the log holds; the recorded decision stays what it is, and the replay is an entry."""
        call = Call("POST", f"/decisions/{quote(str(decision_id), safe='')}/replay", body=body)
        return self._transport.send(call, {201: models.Replayed})


class ExportsOperations:
    """Operations under `/exports`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def export(self, body: models.ExportRequest) -> Reply[bytes]:
        """Export decisions.

        Carry decisions out as one file, each row with its leaf, and record who did, with which filter and how many.
        """
        call = Call("POST", "/exports", body=body)
        return self._transport.send(call, {201: bytes})


class FactsOperations:
    """Operations under `/facts`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def facts(self) -> Reply[models.FactList]:
        """List every fact with its type, unit and range as they go over the wire."""
        call = Call("GET", "/facts")
        return self._transport.send(call, {200: models.FactList})


class HealthOperations:
    """Operations under `/health`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def live(self) -> Reply[models.Health]:
        """Answer at all."""
        call = Call("GET", "/health/live")
        return self._transport.send(call, {200: models.Health})

    def ready(self) -> Reply[models.Health]:
        """Check the database, the head of the log and the policies."""
        call = Call("GET", "/health/ready")
        return self._transport.send(call, {200: models.Health})


class KeysOperations:
    """Operations under `/keys`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def keys(self) -> Reply[models.KeyList]:
        """List keys with what they may, how they stand and the day they were last used."""
        call = Call("GET", "/keys")
        return self._transport.send(call, {200: models.KeyList})

    def revoke(self, key_id: str, body: models.RevocationRequest) -> Reply[models.KeyDescription]:
        """End a key for good, here at once and in other processes within seconds; again it changes nothing."""
        call = Call("POST", f"/keys/{quote(str(key_id), safe='')}/revoke", body=body)
        return self._transport.send(call, {200: models.KeyDescription})

    def rotate(self, key_id: str, body: models.RotationRequest) -> Reply[models.RotatedKey]:
        """Give one's own key a new secret.

        Exchange the secret of the key this is asked with; the old one works for a while, but exchanges nothing more.
        """
        call = Call("POST", f"/keys/{quote(str(key_id), safe='')}/rotate", body=body)
        return self._transport.send(call, {200: models.RotatedKey})


class LinesOperations:
    """Operations under `/lines`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def repay(
        self, subject: str, body: models.RepaymentRequest, *, idempotency_key: str | None = None
    ) -> Reply[models.LineChange]:
        """Lower what is drawn by principal that came back, or that was approved and never paid out; once per key."""
        call = Call(
            "POST",
            f"/lines/{quote(str(subject), safe='')}/repayments",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            keyed=True,
        )
        return self._transport.send(call, {201: models.LineChange})

    def show(
        self,
        subject: str,
        *,
        limit: int | None = None,
        before: int | None = None,
        purpose: models.Purpose | None = None,
    ) -> Reply[models.LineView]:
        """Show a line.

        Give status and amounts, and every change with the decision, rules and reasons behind it; the newest first.
        """
        call = Call(
            "GET",
            f"/lines/{quote(str(subject), safe='')}",
            query={"limit": limit, "before": before, "purpose": purpose},
        )
        return self._transport.send(call, {200: models.LineView})


class LogOperations:
    """Operations under `/log`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def checkpoint(self) -> Reply[str]:
        """Give the newest checkpoint (C2SP tlog-checkpoint): origin, size, root hash and signature."""
        call = Call("GET", "/log/checkpoint")
        return self._transport.send(call, {200: str})

    def entry(self, index: int) -> Reply[dict[str, Any]]:
        """Give the bytes whose hash is the leaf; an integrator sees the leaves of its own decisions."""
        call = Call("GET", f"/log/entries/{quote(str(index), safe='')}")
        return self._transport.send(call, {200: dict[str, Any]})

    def find(
        self,
        *,
        kind: str | None = None,
        actor: str | None = None,
        since: str | None = None,
        until: str | None = None,
        order: Literal["newest", "oldest"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        count: bool | None = None,
    ) -> Reply[models.EntryPage]:
        """List entries by kind, actor and moment, a page at a time; `/log/entries/{index}` gives the bytes of each."""
        call = Call(
            "GET",
            "/log/entries",
            query={
                "kind": kind,
                "actor": actor,
                "since": since,
                "until": until,
                "order": order,
                "cursor": cursor,
                "limit": limit,
                "count": count,
            },
        )
        return self._transport.send(call, {200: models.EntryPage})

    def tile(self, path: str) -> Reply[bytes]:
        """Give hashes or entries by their C2SP tlog-tiles path; what is there once never changes."""
        call = Call("GET", f"/log/tile/{quote(str(path), safe='')}")
        return self._transport.send(call, {200: bytes})


class MattersOperations:
    """Operations under `/matters`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def acknowledge(self, matter_id: str, *, if_match: str) -> Reply[models.MatterView]:
        """Record that whoever is concerned was told that it came in."""
        call = Call("POST", f"/matters/{quote(str(matter_id), safe='')}/acknowledge", headers={"If-Match": if_match})
        return self._transport.send(call, {200: models.MatterView})

    def answer(self, matter_id: str, body: models.MatterAnswer, *, if_match: str) -> Reply[models.MatterView]:
        """Answer it, which ends it and its clocks; for a counter-offer this is the notice that it lapsed."""
        call = Call(
            "POST", f"/matters/{quote(str(matter_id), safe='')}/answer", headers={"If-Match": if_match}, body=body
        )
        return self._transport.send(call, {200: models.MatterView})

    def dossier(self, matter_id: str) -> Reply[models.MatterFile]:
        """Give what was written and answered; that somebody read it is an entry of the log."""
        call = Call("GET", f"/matters/{quote(str(matter_id), safe='')}/file")
        return self._transport.send(call, {200: models.MatterFile})

    def end(self, matter_id: str, body: models.MatterEnd, *, if_match: str) -> Reply[models.MatterView]:
        """Withdraw it, or say that the counter-offer was taken up."""
        call = Call("POST", f"/matters/{quote(str(matter_id), safe='')}/end", headers={"If-Match": if_match}, body=body)
        return self._transport.send(call, {200: models.MatterView})

    def extend(self, matter_id: str, body: models.MatterExtension, *, if_match: str) -> Reply[models.MatterView]:
        """Put it off once more, by as much as the jurisdiction grants, with a reason."""
        call = Call(
            "POST", f"/matters/{quote(str(matter_id), safe='')}/extend", headers={"If-Match": if_match}, body=body
        )
        return self._transport.send(call, {200: models.MatterView})

    def find(
        self,
        *,
        kind: models.MatterKind | None = None,
        open_: bool | None = None,
        overdue: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Reply[models.MatterPage]:
        """List the matters that are the caller's to see, the newest first."""
        call = Call(
            "GET", "/matters", query={"kind": kind, "open": open_, "overdue": overdue, "cursor": cursor, "limit": limit}
        )
        return self._transport.send(call, {200: models.MatterPage})

    def show(self, matter_id: str) -> Reply[models.MatterView]:
        """Give how a matter and its clocks stand; its ETag is for If-Match."""
        call = Call("GET", f"/matters/{quote(str(matter_id), safe='')}")
        return self._transport.send(call, {200: models.MatterView})

    def take_in(self, body: models.MatterRequest, *, idempotency_key: str | None = None) -> Reply[models.MatterView]:
        """Record a complaint, dispute, access request or counter-offer; the periods of the jurisdiction begin."""
        call = Call("POST", "/matters", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True)
        return self._transport.send(call, {201: models.MatterView})


class MetricsOperations:
    """Operations under `/metrics`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def metrics(self) -> Reply[str]:
        """Give what this process counted and how log, writer and engine stand (Prometheus text format)."""
        call = Call("GET", "/metrics")
        return self._transport.send(call, {200: str})


class PoliciesOperations:
    """Operations under `/policies`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def policies(self) -> Reply[models.PolicyList]:
        """List what this service decides by."""
        call = Call("GET", "/policies")
        return self._transport.send(call, {200: models.PolicyList})

    def policy(self, name: str) -> Reply[models.PolicyDescription]:
        """Give a policy with its bundle: the canonical form its digest covers."""
        call = Call("GET", f"/policies/{quote(str(name), safe='')}")
        return self._transport.send(call, {200: models.PolicyDescription})

    def reload(self) -> Reply[models.Reloaded]:
        """Reload the policies.

        Try the folder in a process of its own, record what is new in it, and let it decide from the next decision on.
        """
        call = Call("POST", "/policies/reload")
        return self._transport.send(call, {200: models.Reloaded})


class PreChecksOperations:
    """Operations under `/pre-checks`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def pre_check(self, body: models.PreCheckRequest) -> Reply[models.PreCheck]:
        """Tell the applicant what an application looks likely to come to and what would help; nothing is recorded."""
        call = Call("POST", "/pre-checks", body=body)
        return self._transport.send(call, {200: models.PreCheck})


class StatisticsOperations:
    """Operations under `/statistics`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def concluded(
        self, *, since: str | None = None, until: str | None = None, policy: str | None = None
    ) -> Reply[models.Conclusions]:
        """Count the cases that were concluded by result, with how long they took and how many were answered in time."""
        call = Call("GET", "/statistics/conclusions", query={"since": since, "until": until, "policy": policy})
        return self._transport.send(call, {200: models.Conclusions})

    def overturned(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        policy: str | None = None,
        by: models.By | None = None,
    ) -> Reply[models.Overturns]:
        """Tell how many appeals were concluded and how many overturned; by people it takes a role that leads them."""
        call = Call("GET", "/statistics/overturns", query={"since": since, "until": until, "policy": policy, "by": by})
        return self._transport.send(call, {200: models.Overturns})

    def reasons(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        policy: str | None = None,
        by: models.Period | None = None,
        outcome: models.Outcome | None = None,
    ) -> Reply[models.Mix]:
        """Count outcomes and reasons of decisions, day by day, week by week or month by month."""
        call = Call(
            "GET",
            "/statistics/reasons",
            query={"since": since, "until": until, "policy": policy, "by": by, "outcome": outcome},
        )
        return self._transport.send(call, {200: models.Mix})

    def waiting(self) -> Reply[models.Backlog]:
        """Count the cases that are not concluded at this moment, by kind, state and age."""
        call = Call("GET", "/statistics/backlog")
        return self._transport.send(call, {200: models.Backlog})


class SubjectsOperations:
    """Operations under `/subjects`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def allow(self, subject: str) -> Reply[models.AutomationRefusal]:
        """Record that somebody took their refusal back; whoever recorded it may, and staff who see all decisions."""
        call = Call("DELETE", f"/subjects/{quote(str(subject), safe='')}/automation-refusal")
        return self._transport.send(call, {200: models.AutomationRefusal})

    def erase(self, subject: str, body: models.ErasureRequest) -> Reply[models.Erasure]:
        """Erase somebody, or record that it waits and until when; who is not known, or not any more, is `unknown`."""
        call = Call("POST", f"/subjects/{quote(str(subject), safe='')}/erase", body=body)
        return self._transport.send(call, {200: models.Erasure})

    def export(self, subject: str) -> Reply[dict[str, Any]]:
        """All that is known about a subject.

        Answer an access request: facts, decisions, reads, retention, each entry with its receipt; recorded as given.
        """
        call = Call("GET", f"/subjects/{quote(str(subject), safe='')}")
        return self._transport.send(call, {200: dict[str, Any]})

    def hold(self, subject: str, body: models.HoldRequest) -> Reply[models.Held]:
        """Place a hold: until its day nothing of the subject is erased or removed."""
        call = Call("POST", f"/subjects/{quote(str(subject), safe='')}/hold", body=body)
        return self._transport.send(call, {201: models.Held})

    def refuse(self, subject: str) -> Reply[models.AutomationRefusal]:
        """Record that somebody refuses decisions made only automatically: from then on a person decides about them."""
        call = Call("POST", f"/subjects/{quote(str(subject), safe='')}/automation-refusal")
        return self._transport.send(call, {200: models.AutomationRefusal})

    def release(self, subject: str, body: models.ReleaseRequest) -> Reply[models.Released]:
        """End all holds that are in force."""
        call = Call("DELETE", f"/subjects/{quote(str(subject), safe='')}/hold", body=body)
        return self._transport.send(call, {200: models.Released})

    def retention(self, subject: str) -> Reply[models.Standing]:
        """How long it is kept.

        Tell how long what is sealed must and will be kept, which holds are in force, and whether an erasure waits.
        """
        call = Call("GET", f"/subjects/{quote(str(subject), safe='')}/retention")
        return self._transport.send(call, {200: models.Standing})

    def standing(self, subject: str) -> Reply[models.AutomationRefusal]:
        """Tell whether a person decides about somebody; who is not known has refused nothing."""
        call = Call("GET", f"/subjects/{quote(str(subject), safe='')}/automation-refusal")
        return self._transport.send(call, {200: models.AutomationRefusal})


class UsersOperations:
    """Operations under `/users`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def confirm(self, user_id: str, body: models.Confirmation) -> Reply[models.UserDescription]:
        """Let what another administrator did about a user count."""
        call = Call("POST", f"/users/{quote(str(user_id), safe='')}/confirm", body=body)
        return self._transport.send(call, {200: models.UserDescription})

    def create(self, body: models.NewUser) -> Reply[models.Handed]:
        """Make a user with a password to hand over, shown this one time; another administrator confirms them."""
        call = Call("POST", "/users", body=body)
        return self._transport.send(call, {201: models.Handed})

    def disable(self, user_id: str, body: models.Disabling) -> Reply[models.UserDescription]:
        """Let a user in no more, for good; their sessions end at once."""
        call = Call("POST", f"/users/{quote(str(user_id), safe='')}/disable", body=body)
        return self._transport.send(call, {200: models.UserDescription})

    def forget(self, user_id: str) -> Reply[models.UserDescription]:
        """Erase a user's name and password, for good; the log keeps the id they acted under."""
        call = Call("POST", f"/users/{quote(str(user_id), safe='')}/forget")
        return self._transport.send(call, {200: models.UserDescription})

    def password(self, user_id: str) -> Reply[models.Handed]:
        """Give a user a new password to hand over, shown this one time; another administrator confirms it."""
        call = Call("POST", f"/users/{quote(str(user_id), safe='')}/password")
        return self._transport.send(call, {200: models.Handed})

    def role(self, user_id: str, body: models.RoleChange) -> Reply[models.UserDescription]:
        """Give a user another role, which counts once another administrator confirms it; nobody changes their own."""
        call = Call("POST", f"/users/{quote(str(user_id), safe='')}/role", body=body)
        return self._transport.send(call, {200: models.UserDescription})

    def users(self) -> Reply[models.UserList]:
        """List the users with their role and how they stand."""
        call = Call("GET", "/users")
        return self._transport.send(call, {200: models.UserList})


class WebhooksOperations:
    """Operations under `/webhooks`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def change(self, webhook_id: str, body: models.SubscriptionChange, *, if_match: str) -> Reply[models.Subscription]:
        """Change address or types, or pause it: what happens while it is not active is sent when it is again."""
        call = Call("PATCH", f"/webhooks/{quote(str(webhook_id), safe='')}", headers={"If-Match": if_match}, body=body)
        return self._transport.send(call, {200: models.Subscription})

    def deliveries(
        self,
        webhook_id: str,
        *,
        only: Literal["waiting", "delivered", "dead"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Reply[models.DeliveryPage]:
        """List deliveries, newest first: how often each was tried, what the receiver said, when it is tried next."""
        call = Call(
            "GET",
            f"/webhooks/{quote(str(webhook_id), safe='')}/deliveries",
            query={"only": only, "cursor": cursor, "limit": limit},
        )
        return self._transport.send(call, {200: models.DeliveryPage})

    def renew(self, webhook_id: str) -> Reply[models.Subscribed]:
        """Give a new secret; for 24 hours events carry a signature by the former one too."""
        call = Call("POST", f"/webhooks/{quote(str(webhook_id), safe='')}/secret")
        return self._transport.send(call, {201: models.Subscribed})

    def replay(self, webhook_id: str, body: models.ReplayFrom) -> Reply[models.Replaying]:
        """Send once more.

        Send every event from an entry or a moment on again, what was given up included; a few before may come too.
        """
        call = Call("POST", f"/webhooks/{quote(str(webhook_id), safe='')}/replay", body=body)
        return self._transport.send(call, {202: models.Replaying})

    def subscribe(
        self, body: models.SubscriptionRequest, *, idempotency_key: str | None = None
    ) -> Reply[models.Subscribed]:
        """Begin to send events about your own decisions; the secret that signs them is told in this answer only."""
        call = Call("POST", "/webhooks", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True)
        return self._transport.send(call, {201: models.Subscribed})

    def subscription(self, webhook_id: str) -> Reply[models.Subscription]:
        """Give a subscription, without its secret."""
        call = Call("GET", f"/webhooks/{quote(str(webhook_id), safe='')}")
        return self._transport.send(call, {200: models.Subscription})

    def subscriptions(self) -> Reply[models.SubscriptionList]:
        """List your subscriptions, oldest first."""
        call = Call("GET", "/webhooks")
        return self._transport.send(call, {200: models.SubscriptionList})

    def unsubscribe(self, webhook_id: str, *, if_match: str) -> Reply[None]:
        """Send nothing more; what was on its way is forgotten."""
        call = Call("DELETE", f"/webhooks/{quote(str(webhook_id), safe='')}", headers={"If-Match": if_match})
        return self._transport.send(call, {204: None})


class Operations:
    """All operations, by the first word of their path."""

    def __init__(self, transport: Transport) -> None:
        self.appeals = AppealsOperations(transport)
        self.cases = CasesOperations(transport)
        self.decisions = DecisionsOperations(transport)
        self.exports = ExportsOperations(transport)
        self.facts = FactsOperations(transport)
        self.health = HealthOperations(transport)
        self.keys = KeysOperations(transport)
        self.lines = LinesOperations(transport)
        self.log = LogOperations(transport)
        self.matters = MattersOperations(transport)
        self.metrics = MetricsOperations(transport)
        self.policies = PoliciesOperations(transport)
        self.pre_checks = PreChecksOperations(transport)
        self.statistics = StatisticsOperations(transport)
        self.subjects = SubjectsOperations(transport)
        self.users = UsersOperations(transport)
        self.webhooks = WebhooksOperations(transport)
