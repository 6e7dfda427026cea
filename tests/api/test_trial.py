"""The trial process: whatever happens in it becomes one clear error here, and this process goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.errors import TrialFailed
from api.trial import try_policies
from engine import PolicyError, load_policies
from tests.api.conftest import TINY

#: What the C engine does in the trial process when a ruleset is made.
DISASTERS = {
    "crash": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended a trial process with SIGSEGV"),
    "hang": ("import time; time.sleep(600)", "still loading after 2 s"),
    "loop": ("while True: pass", r"(ended a trial process with SIGXCPU|still loading after 2 s)"),
    "memory": ("hoard = bytearray(1 << 40)", "took more than 512 MiB"),
    "error": ("raise RuntimeError('engine broke')", "failed in a trial process: RuntimeError: engine broke"),
    "exit": ("import os; os._exit(3)", "failed in a trial process: without a word"),
}


def test_policies_that_work_are_named_by_their_digests() -> None:
    """What the trial process loaded is what this process would load."""
    assert try_policies(TINY, 512, 60) == {policy.name: policy.digest for policy in load_policies(TINY)}


def test_findings_come_back_as_findings(tmp_path: Path) -> None:
    """A folder with mistakes is refused with the same findings as here."""
    for path in TINY.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text().replace("score < 600", "scare < 600"))
    with pytest.raises(PolicyError) as there:
        try_policies(tmp_path, 512, 60)
    with pytest.raises(PolicyError) as here:
        load_policies(tmp_path)

    assert there.value.findings == here.value.findings


@pytest.mark.parametrize("name", DISASTERS)
def test_a_disaster_in_the_trial_process_is_an_error_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Crash, hang, endless loop, hunger, an exception, a silent end: each is said in one line, and none reaches us."""
    deed, said = DISASTERS[name]
    code = f"import durable_rules_engine as engine\ndef create(*_):\n    {deed}\nengine.create_ruleset = create\n"
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TrialFailed, match=said) as failure:
        try_policies(TINY, 512, 2 if name in ("hang", "loop") else 60)

    assert "\n" not in str(failure.value)


def test_the_trial_process_does_not_see_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may hold a database password; a process that loads files of others has no use for them."""
    code = "import os, sys\nif any(name.startswith('GROUNDS_') for name in os.environ): sys.exit('it saw a setting')\n"
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GROUNDS_DATABASE", "postgresql://user:secret@127.0.0.1/name")

    assert list(try_policies(TINY, 512, 60)) == ["tiny"]
