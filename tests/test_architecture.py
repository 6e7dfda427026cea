"""The direction of imports and the shape of the tree, read from the syntax tree (docs/design.md, "Layout")."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.repository import PACKAGES, ROOT, files

#: Which of our packages a package may import, and through which doors. Beside `__init__.py` a door is one purpose: the
#: frozen values the API answers with and the units they stand in, amounts in words, populations, examples, policies in
#: words, what their authors use; the log's errors, database, verifier, export.
DOORS = {
    "engine": set[str](),
    "audit": set[str](),
    "api": {
        *("engine", "engine.decision", "engine.kinds", "engine.policy", "engine.vocabulary"),
        *("engine.examples", "engine.mapping", "engine.explaining.wording"),
        *("engine.authoring", "engine.authoring.phrases", "engine.authoring.retelling", "engine.authoring.words"),
        *(
            "engine.explaining.drawing",
            "engine.explaining.graph",
            "engine.recourse",
            "engine.reload",
            "engine.trial",
        ),
        *(
            "audit",
            "audit.database",
            "audit.errors",
            "audit.export",
            "audit.growth",
            "audit.importing",
            "audit.migrations",
            "audit.postgres",
            "audit.reading",
            "audit.restoring",
            "audit.rotation",
            "audit.serving",
            "audit.verify",
            "audit.witness",
            "audit.witnessing",
        ),
    },
}

#: Which third parties a package may import; a file in `ONLY_IN` adds its own.
THIRD_PARTIES = {
    "engine": {"msgspec", "yaml"},
    "audit": {"alembic", "cryptography", "isal", "msgspec", "sqlalchemy", "sqlmodel"},
    "api": {
        "babel",
        "cryptography",
        "holidays",
        "httptools",
        "httpx",
        "jinja2",
        "joserfc",
        "litestar",
        "msgspec",
        "prometheus_client",
        "pydantic",
        "pydantic_settings",
        "rich",
        "sqlalchemy",
        "sqlmodel",
        "standardwebhooks",
        "structlog",
        "typer",
        "uuid_utils",
        "uvicorn",
        "uvloop",
    },
}

#: The one file that may import a library whose habits need watching.
ONLY_IN = {
    "durable_rules_engine": "engine/running/rete.py",
    "httpcore": "api/webhooks/sending.py",
    "opentelemetry": "api/tracing.py",
    "polars": "engine/columnar.py",
    "pyarrow": "api/exports/parquet.py",
    "psycopg": "audit/postgres/driver.py",
    "weasyprint": "api/letters/printing.py",
    "z3": "engine/proofs.py",
}

#: A decision is a function of policy, facts and `as_of`: the engine has no clock, no chance, no network, no log.
IMPURE = {
    "asyncio",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "time",
    "urllib",
    "uuid",
}
CLOCKS = {"now", "utcnow", "today"}

TOP = {".ci", "api", "audit", "bench", "docs", "engine", "policies", "tests"}
TOP_FILES = {
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
}


class Import(NamedTuple):
    """One imported module and where it is imported."""

    file: str
    line: int
    module: str

    @property
    def top(self) -> str:
        """The distribution-level name: what stands before the first dot."""
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.module}"


def sources(package: str) -> list[Path]:
    """List the Python files of a package."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == package]


def imports(package: str) -> Iterator[Import]:
    """Give every import of a package, with relative ones spelt out and `from a import b` as `a.b` if b is a module."""
    for path in sources(package):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_bytes(), name)):
            if isinstance(node, ast.Import):
                yield from (Import(name, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (Import(name, node.lineno, module) for module in targets(path, node))


def targets(path: Path, node: ast.ImportFrom) -> Iterator[str]:
    """Give the modules that one `from ... import ...` reaches."""
    parents = path.relative_to(ROOT).parts[:-1]
    prefix = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
    base = ".".join(part for part in (prefix, node.module) if part)
    for alias in node.names:
        module = f"{base}.{alias.name}"
        yield module if (ROOT / module.replace(".", "/")).with_suffix(".py").exists() else base


def offenders(found: Iterator[Import]) -> list[str]:
    """Print imports one a line, for a failure that says where to look."""
    return [str(each) for each in found]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_meet_only_through_their_doors(package: str) -> None:
    """A package imports another one only in the allowed direction and only through its door."""
    others = (each for each in imports(package) if each.top in {*PACKAGES, "tests", "bench"} - {package})

    assert offenders(each for each in others if each.module not in DOORS[package]) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_third_parties_are_the_ones_the_design_names(package: str) -> None:
    """A package imports the standard library and the third parties listed for it, nothing else."""
    known = sys.stdlib_module_names | THIRD_PARTIES[package] | set(ONLY_IN) | {*PACKAGES}

    assert offenders(each for each in imports(package) if each.top not in known) == []


def test_a_watched_library_is_imported_in_one_file() -> None:
    """durable-rules, polars and z3 each have exactly one file that knows them."""
    every = itertools.chain.from_iterable(map(imports, PACKAGES))

    assert offenders(each for each in every if each.file != ONLY_IN.get(each.top, each.file)) == []


def test_the_engine_is_pure() -> None:
    """The engine imports no module that reads a clock, draws a number, logs or reaches outside."""
    assert offenders(each for each in imports("engine") if each.top in IMPURE) == []


def test_the_engine_asks_no_clock() -> None:
    """The engine never calls now, utcnow or today: time comes in as an argument."""
    asked = [
        f"{path.name}:{node.lineno}"
        for path in sources("engine")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]

    assert asked == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_imported_or_run_by_name(package: str) -> None:
    """No `eval`, `exec`, `__import__` or `import_module` hides an import or runs text."""
    hidden = {"eval", "exec", "__import__", "import_module"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(package)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in hidden
    ]

    assert found == []


def test_policies_are_data() -> None:
    """The policies folder holds no program."""
    assert {path.suffix for path in files() if path.relative_to(ROOT).parts[0] == "policies"} <= {
        ".md",
        ".yaml",
        ".json",
    }


def test_the_folder_list_tells_the_story() -> None:
    """The top level holds exactly the folders and files of the design."""
    tops = {path.relative_to(ROOT).parts for path in files()}

    assert {parts[0] for parts in tops if len(parts) > 1} == TOP
    assert {parts[0] for parts in tops if len(parts) == 1} == TOP_FILES


@pytest.mark.parametrize("package", ["engine", "audit"])
def test_a_door_is_narrow(package: str) -> None:
    """A package's door lists what it offers in `__all__`, at most twelve names, and every name is there."""
    module = __import__(package)

    assert len(module.__all__) <= 12
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
