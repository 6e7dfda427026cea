"""``grounds decide``: one application from a file, purely; or a whole file of them, into the log."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from api import strictjson
from api.commands.explained import Decided, Explained
from api.commands.failures import USAGE, CommandFailed
from api.commands.options import Data, Database, Policies, settings
from api.errors import ApiError, InvalidBody, Mistake
from api.settings import Settings
from engine import Engine, FactsError, load_policies
from engine.explaining.drawing import graph

_File = Annotated[
    Path | None, typer.Argument(metavar="[FACTS.json]", help="the facts as a JSON object; - reads standard input")
]


def decide(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="the policy to decide by")],
    facts: _File = None,
    as_of: Annotated[str | None, typer.Option(help="the moment it stands for, e.g. 2026-11-22T00:00:00Z [now]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the decision document")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="also how it was derived, and what would change it")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--input", metavar="FILE.csv[.gz]", help="decide every row, recorded")
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--map", metavar="MAP.yaml", help="how a row becomes facts")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="where bad rows go [DIR/FILE.rejects.csv]", show_default=False)
    ] = None,
    data: Data = None,
    database: Database = None,
    policies: Policies = None,
) -> None:
    """Decide on FACTS.json and record nothing, or with --input and --map decide every row of a file into the log."""
    chosen = settings(data=data, url=database, policies=policies)
    if source is None:
        if facts is None or mapping is not None:
            raise CommandFailed("give FACTS.json, or --input FILE.csv with --map MAP.yaml", USAGE)
        typer.echo(_one(chosen, policy, facts, as_of, explain).text(as_json))
    elif mapping is None or facts is not None or as_of is not None or as_json or explain:
        raise CommandFailed("--input goes with --map and without FACTS.json, --as-of, --json or --explain", USAGE)
    else:
        from api.commands.population import decide_population

        decide_population(chosen, policy, source, mapping, rejects)


def _one(chosen: Settings, policy: str, path: Path, as_of: str | None, explain: bool) -> Decided:
    moment = _moment(as_of)
    engine = Engine(load_policies(chosen.policies), chosen.verify, chosen.executor)
    try:
        facts = read_facts(path, chosen)
        decision = engine.decide(policy, facts, moment)
        if not explain:
            return Decided(decision)
        return Explained(decision, graph(engine.policies[policy], decision), engine.recourse(policy, facts, moment))
    except (ApiError, FactsError) as error:
        raise CommandFailed("\n".join(f"{path}: {line}" for line in str(error).splitlines()), USAGE) from None


def read_facts(path: Path, chosen: Settings) -> dict[str, object]:
    """Read facts as a JSON object from a file, `-` for standard input; raise CommandFailed or ApiError."""
    limit = chosen.body_limit_bytes
    try:
        if str(path) == "-":
            body = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as stream:
                body = stream.read(limit + 1)
    except OSError as error:
        raise CommandFailed(f"`{path}` cannot be read: {(error.strerror or '').lower()}", USAGE) from None
    if len(body) > limit:
        raise CommandFailed(f"`{path}` is larger than {limit} bytes (GROUNDS_BODY_LIMIT_BYTES)", USAGE)
    facts = strictjson.decode(body, root="facts", depth=chosen.json_depth)
    if not isinstance(facts, dict):
        message = f"`{path}` holds {type(facts).__name__}, not an object"
        raise InvalidBody(mistakes=[Mistake("facts", message, 'write {"fact": value, ..}')])
    return facts


def _moment(as_of: str | None) -> dt.datetime:
    if as_of is None:
        return dt.datetime.now(dt.UTC)
    try:
        moment = dt.datetime.fromisoformat(as_of)
        if moment.tzinfo is None:
            raise CommandFailed(f"--as-of `{as_of}` has no offset (write {moment.isoformat()}Z for UTC)", USAGE)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(f"--as-of `{as_of}` is not an instant (write e.g. 2026-11-22T00:00:00Z)", USAGE) from None
