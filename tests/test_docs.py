"""The documents tell the truth: what they show is run, what they name is there, what they link to exists."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.cli import app
from tests.markdown import Block, anchors, blocks, commands, links, matches
from tests.repository import ROOT, documents, files, text
from tests.sessions import Session, session

PAGES = [page.relative_to(ROOT).as_posix() for page in documents()]
PORT = "8000"  #: the port that pages show; the tests take a free one instead


def a_free_port() -> int:
    """Ask the system for a port on this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_copy(folder: Path) -> Path:
    """Copy the repository, so that nothing a page does can touch ours."""
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return folder


def environment(home: Path) -> dict[str, str]:
    """Give a reader's environment: our commands on PATH, a home of their own, no settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDS_")}
    return ours | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)}


@contextmanager
def served(block: Block, port: str, workspace: Path) -> Iterator[None]:
    """Keep what a block starts running until the page is done."""
    script = block.body.replace(PORT, port).strip()
    with subprocess.Popen(["bash", "-c", f"exec {script}"], cwd=workspace, env=environment(workspace)) as service:
        try:
            wait_for(f"http://127.0.0.1:{port}/health/ready")
            yield
        finally:
            service.terminate()


def wait_for(url: str) -> None:
    """Wait until a service answers 200, ten seconds at most."""
    until = time.monotonic() + 60  # the README is run on busy machines too
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def run(block: Block, port: str, workspace: Path) -> str:
    """Run a block as a reader would paste it; every command of it has to succeed."""
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.body.replace(PORT, port)],
        cwd=workspace,
        env=environment(workspace),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, f"line {block.line}: {told.stdout}{told.stderr}"
    return told.stdout.replace(port, PORT)


def run_python(block: Block, port: str, opened: Session) -> str:
    """Run a block of Python after those that stand before it on the page."""
    printed, through = opened.run("\n" * block.line + block.body.replace(PORT, port))
    assert through, printed
    return printed.replace(port, PORT)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [page for page in PAGES if any(each.tag == "run" for each in blocks(ROOT / page))])
def test_what_a_page_shows_is_what_happens(page: str, tmp_path: Path) -> None:
    """Every block marked as runnable succeeds in a copy of the repository and prints what the page says it prints."""
    workspace, port = a_copy(tmp_path), str(a_free_port())
    printed: str | None = None
    left_out = []

    with ExitStack() as services:
        python: Session | None = None
        for block in blocks(ROOT / page):
            if block.tag == "serve":
                services.enter_context(served(block, port, workspace))
            elif block.tag == "run" and "curl " in block.body and not shutil.which("curl"):
                printed = None
                left_out.append(f"line {block.line}")
            elif block.tag == "run" and block.language == "python":
                python = python or services.enter_context(session(workspace, environment(workspace)))
                printed = run_python(block, port, python)
            elif block.tag == "run":
                printed = run(block, port, workspace)
            elif block.tag == "output" and printed is not None:
                assert matches(block.body, printed), f"line {block.line} promises another output than:\n{printed}"
    if left_out:
        pytest.skip(f"all but {', '.join(left_out)}, which needs curl")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_somewhere(page: str) -> None:
    """A relative link names a file or folder that exists, and a heading that stands in it."""
    here = ROOT / page

    for target in links(here):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        there = (here.parent / path).resolve() if path else here
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


def options_of(words: list[str]) -> set[str] | None:
    """Give the options of the command that words such as `audit verify DIR` name; None if there is no such command."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        if word not in command.commands:
            return None
        command = command.commands[word]
    return {name for each in command.params for name in each.opts} | {"--help"}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_named_exists(page: str) -> None:
    """A `grounds ...` command in a page is one the program has, with the options shown; a `make ...` target too."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for command in commands(ROOT / page):
        words = command.split()
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if re.fullmatch("[a-z]+", word)} <= targets, command
        if words[:1] == ["grounds"]:
            options = options_of([word for word in words[1:] if re.fullmatch("[a-z]+", word)])
            assert options, command
            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, command


def test_every_decision_about_the_design_is_listed() -> None:
    """The list in docs/adr names every record with its title and its status, in order."""
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (.+) \|$", text(ROOT / "docs/adr/README.md") or "", re.MULTILINE
    )
    records = sorted(path for path in (ROOT / "docs/adr").glob("*.md") if path.name != "README.md")

    assert [name for _, name, _, _ in listed] == [path.name for path in records]
    for (number, name, title, status), path in zip(listed, records, strict=True):
        page = path.read_text(encoding="utf-8")
        assert name.startswith(number)
        assert page.startswith(f"# {number}: {title}\n")
        assert f"\nStatus: {status}" in page


def shipped(name: str) -> dict[str, dict[str, object]]:
    """Read one of the shipped dictionaries as plain YAML: facts or reasons."""
    read = yaml.safe_load((ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(read[name])


def words_used() -> set[str]:
    """Give every word that a shipped policy or mapping uses."""
    folders = (ROOT / "policies", ROOT / "bench")
    pages = [page for folder in folders for page in folder.rglob("*.yaml") if page.stem not in ("facts", "reasons")]
    return set(re.findall(r"\w+", "\n".join(page.read_text(encoding="utf-8") for page in pages)))


def test_every_fact_is_used() -> None:
    """A declared fact is read by a shipped policy; a protected one exists to measure fairness and is read by none."""
    protected = {name for name, fact in shipped("facts").items() if fact.get("protected")}

    assert sorted(set(shipped("facts")) - words_used() - protected) == []


def test_every_reason_is_given_by_a_rule() -> None:
    """A declared reason code is one that a shipped policy can give."""
    assert sorted(set(shipped("reasons")) - words_used()) == []


@pytest.mark.parametrize(("dictionary", "field"), [("facts", "label"), ("reasons", "statement")])
def test_every_fact_and_reason_is_told_in_both_languages(dictionary: str, field: str) -> None:
    """Facts have a label and reasons a statement, in Chinese and in English."""
    for name, entry in shipped(dictionary).items():
        words = entry[field]
        assert isinstance(words, dict), name
        assert re.search(r"[一-鿿]", words["zh"]), name
        assert re.search(r"[A-Za-z]{2}", words["en"]), name
