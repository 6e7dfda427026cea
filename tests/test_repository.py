"""What a stranger relies on before reading any code: lock, licence, version, wheel, and nothing of our machines."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.repository import ROOT, files, project, text

PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))?(?: --hash=sha256:[0-9a-f]{64})+$"
)

#: Paths of a machine and hosts of a registry; brackets keep this list from finding itself.
NOT_OURS = re.compile(r"/(?:home|root|Users|wor[k])/|py[p]i\.org|python[h]osted|npm[j]s\.org|deb\.debia[n]\.org")


def lock_lines() -> Iterator[str]:
    """Give the logical lines of requirements.lock: continued ones joined, one space between words."""
    joined = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    return (" ".join(line.split()) for line in joined.splitlines() if line.strip())


def locked() -> dict[str, Version]:
    """Read which version of each distribution the lock names; those for other systems left out."""
    pins = [match for match in map(PINNED.match, lock_lines()) if match]
    here = [pin for pin in pins if not pin["marker"] or Marker(pin["marker"]).evaluate()]
    return {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in here}


def test_every_locked_requirement_is_pinned_and_hashed() -> None:
    """Each line of the lock is one exact version with SHA-256 hashes, and nothing else: no option, no address."""
    pins = [PINNED.match(line) for line in lock_lines()]

    assert len(pins) > 50
    assert None not in pins


def test_the_lock_answers_pyproject() -> None:
    """Every dependency that pyproject.toml asks for is locked at a version it allows."""
    asked = project()["project"]["dependencies"] + project()["project"]["optional-dependencies"]["test"]
    versions = locked()

    unmet = [
        line
        for line in asked
        if not Requirement(line).specifier.contains(versions[canonicalize_name(Requirement(line).name)])
    ]
    assert unmet == []


def test_what_runs_is_what_is_locked() -> None:
    """The environment that runs these tests has exactly the locked versions."""
    installed = {name: Version(importlib.metadata.version(name)) for name in locked()}

    assert installed == locked()


def test_no_machine_and_no_registry_is_named() -> None:
    """No file of the repository names a folder of somebody's machine or a package registry's host."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files()
        for number, line in enumerate((text(path) or "").splitlines(), 1)
        if NOT_OURS.search(line)
    ]

    assert found == []


def test_the_licence_is_apache_2_in_full() -> None:
    """LICENSE is the published text of the Apache License 2.0, byte for byte."""
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()

    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert project()["project"]["license"] == "Apache-2.0"


def test_the_version_is_told_the_same_everywhere() -> None:
    """pyproject.toml, the installed distribution and the newest released or coming section of the changelog agree."""
    version = project()["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert importlib.metadata.version("grounds") == version
    assert next(each for each in headings if each != "Unreleased") == version


def test_every_lint_and_type_exception_has_its_reason() -> None:
    """In pyproject.toml a line that lifts a rule says why on the same line."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    lifted = [line for line in lines if re.match(r'  "[A-Z]+\d*",|  "(ignore|default)|module = ', line)]

    assert len(lifted) > 20
    assert [line for line in lifted if not re.search(r"# \S", line)] == []


def test_text_files_are_clean() -> None:
    """Text ends with one newline, has no trailing blank and no carriage return (Python files are the formatter's)."""
    ours = [path for path in files() if path.suffix in (".md", ".yaml", ".toml") or path.name == "Makefile"]
    bad = [path for path in ours if re.search(r"[ \t\r]$|\n\n\Z|[^\n]\Z", text(path) or "", re.MULTILINE)]

    assert [str(path.relative_to(ROOT)) for path in bad] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a packager would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_packages_and_the_policies(wheel: Path) -> None:
    """A wheel carries every file of engine, audit, api and policies, and of nothing else."""
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(ROOT).as_posix() for path in files()}

    assert inside == {name for name in ours if name.startswith(("engine/", "audit/", "api/", "policies/"))}


def test_an_installed_grounds_finds_its_policies(wheel: Path, tmp_path: Path) -> None:
    """Away from the repository, `grounds policy check` reads the policies that came with the wheel."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = "import api.cli, pathlib, sys; print(pathlib.Path(api.cli.__file__).parent); sys.exit(api.cli.main())"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}

    told = subprocess.run(
        [sys.executable, "-c", program, "policy", "check"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(str(tmp_path / "site" / "api"))
