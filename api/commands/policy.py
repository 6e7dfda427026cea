"""``grounds policy``: check a folder of policies, run the examples in it, and what else its authors need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import policy_files, policy_words
from api.commands.failures import FAILED
from api.commands.options import Policies, settings
from engine import PolicyError, PolicySet, load_policies
from engine.examples import run_examples

app = typer.Typer(help="Check policies, run their examples, explain and write them.", no_args_is_help=True)
Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="the folder [the shipped one]", show_default=False)
]


@app.command("check")
def check(folder: Folder = None, policies: Policies = None) -> None:
    """Read a folder of policies and report every mistake at once, with file, line and remedy."""
    found = _load(folder, policies)
    for policy in found:
        counts = f"{len(policy.rules)} rules, {len(policy.examples)} examples"
        typer.echo(f"{policy.name} v{policy.version}: {counts}, {policy.digest}")
    policies_read = f"{len(found.names)} {'policy' if len(found.names) == 1 else 'policies'}"
    typer.echo(f"{policies_read}, {len(found.vocabulary.facts)} facts, no findings")


@app.command("test")
def test(folder: Folder = None, policies: Policies = None) -> None:
    """Run the examples of every policy on both executors."""
    results = run_examples(_load(folder, policies))
    failed = [result for result in results if not result.ok]
    for result in failed:
        typer.echo(f"{result.policy}.yaml:{result.line}: example `{result.example}`: {result.message}", err=True)
    typer.echo(f"{len(results) - len(failed)} of {len(results)} examples hold")
    if failed:
        raise typer.Exit(FAILED)


app.command("explain")(policy_words.explain)
app.command("fmt")(policy_files.fmt)
app.command("new")(policy_files.new)
app.command("schema")(policy_files.print_schema)


def _load(folder: Path | None, policies: Path | None) -> PolicySet:
    chosen = settings(policies=folder or policies).policies
    try:
        return load_policies(chosen)
    except PolicyError as error:
        for finding in error.findings:
            typer.echo(str(finding), err=True)
        count = len(error.findings)
        typer.echo(f"{count} {'finding' if count == 1 else 'findings'} in {chosen}", err=True)
        raise typer.Exit(FAILED) from None
