"""Changing the policies of a running service: in force at once, in the log before that, and never by halves."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import NewKey, application, as_role, ask, service_of
from tests.api.test_server import serving, verified

Edit = Callable[[str, str], None]


@pytest.fixture
def chosen(settings: Settings, tmp_path: Path) -> Settings:
    """Keep the policies where a test may change them."""
    folder = tmp_path / "policies"
    shutil.copytree(settings.policies, folder)
    return settings.model_copy(update={"policies": folder})


@pytest.fixture
def edit(chosen: Settings) -> Edit:
    """Change the tiny policy on disk."""

    def change(old: str, new: str) -> None:
        path = chosen.policies / "tiny.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


@pytest.fixture
def app(chosen: Settings) -> Litestar:
    """Build the application on the folder that changes."""
    return create_app(chosen)


@pytest.fixture
def admin(app: Litestar, new_key: NewKey) -> Iterator[TestClient[Litestar]]:
    """Speak to the application as an admin."""
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {new_key(Role.ADMIN)}"
        yield client


def _decided(client: TestClient[Litestar], key: str) -> dict[str, object]:
    headers = {**as_role(client, key), "Idempotency-Key": f"k{time.monotonic_ns()}"}
    answer: dict[str, object] = client.post("/decisions", json=application(), headers=headers).json()
    return answer


def test_a_reload_is_recorded_and_decides_from_then_on(admin: TestClient[Litestar], key: str, edit: Edit) -> None:
    """The new version is an entry of the log before the first decision that names it."""
    before = _decided(admin, key)
    edit("version: 1", "version: 2")
    edit("limit: 50_000.00", "limit: 40_000.00")
    assert admin.post("/policies/reload").json()["published"] == 1
    after = _decided(admin, key)

    assert (before["policy"]["version"], after["policy"]["version"]) == (1, 2)  # type: ignore[index]  # an object
    assert after["offer"]["limit_fen"] == 4_000_000  # type: ignore[index]  # as above
    assert admin.get("/policies/tiny").json()["version"] == 2
    index = after["log"]["index"] - 1  # type: ignore[index]  # as above
    entry = admin.get(f"/log/entries/{index}").json()
    assert (entry["kind"], entry["policy"]["version"]) == ("policy_published", 2)
    assert entry["actor"].startswith("key:")
    assert admin.post("/policies/reload").json() == {
        "digests": {"tiny": after["policy"]["digest"]},  # type: ignore[index]  # as above
        "published": 0,
        "done": 2,
        "failed": 0,
    }


def test_a_folder_with_mistakes_leaves_the_old_policies_in_force(
    app: Litestar, admin: TestClient[Litestar], key: str, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    """422 with every finding, a log line, a count; the next decision is what it was, and a later reload works."""
    before = _decided(admin, key)
    edit("score < 600", "scare < 600")
    refused = admin.post("/policies/reload")

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:problem-type:grounds:policies-not-loaded")
    assert refused.json()["errors"][0]["path"].startswith("tiny.yaml:")
    assert _decided(admin, key)["policy"] == before["policy"]
    assert service_of(app).reloading.failed == 1
    assert "policies not reloaded" in "".join(capsys.readouterr())
    edit("scare < 600", "score < 600")
    assert admin.post("/policies/reload").json()["failed"] == 1


def test_a_trial_that_crashes_leaves_the_old_policies_in_force(
    admin: TestClient[Litestar], key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the trial process is an answer, and the service decides on."""
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        refused = admin.post("/policies/reload")

    assert (refused.status_code, "SIGSEGV" in refused.json()["detail"]) == (422, True)
    assert _decided(admin, key)["outcome"] == "approve"


def test_a_log_that_takes_no_entry_keeps_the_old_policies_in_force(
    app: Litestar, admin: TestClient[Litestar], edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be recorded does not decide."""
    edit("version: 1", "version: 2")
    service = service_of(app)

    def refuse(*_: object) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(type(service.workflow), "publish", refuse)
    assert admin.post("/policies/reload").status_code == 500
    assert service.policies["tiny"].version == 1


def test_policies_that_change_under_way_are_not_loaded(
    app: Litestar, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is loaded is what was tried, byte for byte; anything else is refused."""
    monkeypatch.setattr("api.reloading.try_policies", lambda *_: {"tiny": "of other bytes"})
    with TestClient(app), pytest.raises(Exception, match="changed while they were tried"):
        service_of(app).reloading.run("tests")


def test_only_an_admin_may_reload(admin: TestClient[Litestar], new_key: NewKey) -> None:
    """Whoever writes policies does not put them in force."""
    for role in set(Role) - {Role.ADMIN}:
        assert admin.post("/policies/reload", headers=as_role(admin, new_key(role))).status_code == 403


def test_sighup_reloads_a_running_service(chosen: Settings, key: str, edit: Edit, tmp_path: Path) -> None:
    """The signal does what the request does, and a second one with mistakes in the folder stops nothing."""
    log = tmp_path / "serve.log"
    bearer = {"Authorization": f"Bearer {key}"}
    with serving(chosen, log) as server, httpx.Client(base_url=server.url, headers=bearer) as client:
        edit("version: 1", "version: 2")
        server.process.send_signal(signal.SIGHUP)
        _await(lambda: client.get("/policies/tiny").json()["version"] == 2)
        edit("score < 600", "scare < 600")
        server.process.send_signal(signal.SIGHUP)
        _await(lambda: "policies not reloaded" in log.read_text())
        assert ask(client).json()["policy"]["version"] == 2
        assert server.stop() == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (failed,) = (line for line in lines if line["event"] == "policies not reloaded")
    assert (failed["done"], failed["failed"]) == (1, 1)
    verified(chosen)


def _await(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_the_executor_asked_for_decides_before_and_after_a_reload(
    chosen: Settings, new_key: NewKey, edit: Edit
) -> None:
    """With `executor` set to the index it is the index that decides, and still is when the policies have changed."""
    with TestClient(create_app(chosen.model_copy(update={"executor": "index"}))) as client:
        client.headers.update(as_role(client, new_key(Role.INTEGRATOR)))
        first = ask(client)
        edit("version: 1", "version: 2")
        assert client.post("/policies/reload", headers=as_role(client, new_key(Role.ADMIN))).is_success
        second = ask(client)

    assert [answer.json()["engine"]["name"] for answer in (first, second)] == ["index", "index"]
    assert [answer.json()["policy"]["version"] for answer in (first, second)] == [1, 2]
