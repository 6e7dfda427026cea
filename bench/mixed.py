"""Everything at once, for minutes: decide, read, search, appeal, claim and conclude, at as many callers as saturate it.

`python -m bench.mixed [--seconds 120] [--callers 32] [--before 20000] [--kill]`: no answer may be anything but what it
should be, 429 or 503; memory, the service's and that of the process that records for it together, must not grow from
the third quarter of the time to the last; with `--kill` the two are killed in turn, again and again in the middle of
it, and whoever got no answer asks again with the same key. `--before` streams so many decisions first, so that what
fills up (pages of the database that are kept, subjects, sets of rules) is full.
At the end the whole log is verified; each application was decided once.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from api.client import Grounds, models
from api.reconcile import differences
from api.roles import UNNARROWED, Role
from api.service import opened
from api.settings import Settings
from audit import Keys
from audit.verify import verify_database
from bench.applications import applications, shipped
from bench.machine import describe
from bench.serve import free_port

POLICY = "opening"
BUSY = {429, 503}
MOST_AT_ONCE = 10_000  #: lines of one request
GROWTH = 0.05  #: by how much memory may be more in the last quarter than in the one before
MEANT = {200, 201, 409, 412, 422}  #: 409 and 412: somebody else was first; 422: an action the case does not allow now


class Traffic:
    """What all callers share."""

    def __init__(self, url: str, keys: dict[Role, str], facts: list[dict[str, object]]) -> None:
        self.url, self.keys, self.facts = url, keys, facts
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.asked: dict[str, str] = {}  #: idempotency key -> the id of the decision it got
        self.ends = threading.Event()


class Caller(threading.Thread):
    """One integrator and one reviewer in turn, with a connection of their own."""

    def __init__(self, traffic: Traffic, number: int) -> None:
        super().__init__(daemon=True)
        self._traffic, self._number = traffic, number
        self._chance = random.Random(number)
        self._client = httpx.Client(base_url=traffic.url, timeout=60)

    def run(self) -> None:
        """Go on until told to end."""
        count = 0
        while not self._traffic.ends.is_set():
            count += 1
            self._round(f"{self._number}-{count}")

    def _round(self, name: str) -> None:
        facts = self._chance.choice(self._traffic.facts)
        body = {"policy": POLICY, "subject": f"customer-{name}", "facts": facts}
        made = self._send("POST", "/decisions", Role.INTEGRATOR, body, {"Idempotency-Key": name})
        if made is None:
            return
        decision = made["id"]
        if self._traffic.asked.setdefault(name, decision) != decision:
            self._traffic.wrong.append(f"{name} was decided twice")
        self._send("GET", f"/decisions/{decision}", Role.INTEGRATOR)
        self._send("GET", "/decisions?outcome=refer&limit=20", Role.REVIEWER)
        if self._chance.random() < 0.2:
            appeal = {"decision": decision, "statement": "I think this is wrong."}
            self._send("POST", "/appeals", Role.INTEGRATOR, appeal, {"Idempotency-Key": f"{name}-appeal"})
        if self._chance.random() < 0.3:
            self._work()

    def _work(self) -> None:
        found = self._send("GET", "/cases?whose=unclaimed&kind=appeal&limit=5", Role.REVIEWER)
        for item in (found or {"items": []})["items"][:1]:
            case = f"/cases/{item['id']}"
            claimed = self._send("POST", f"{case}/claim", Role.REVIEWER, None, {"If-Match": f'"{item["version"]}"'})
            if claimed is None or "version" not in claimed:
                continue
            conclusion = {
                "result": "uphold",
                "because": ["facts_confirmed"],
                "grounds": "Checked.",
                "answer": {"zh": "经复核，维持原决定。", "en": "We looked again; the decision stands."},
            }
            headers = {"If-Match": f'"{claimed["version"]}"'}
            self._send("POST", f"{case}/conclude", Role.REVIEWER, conclusion, headers)

    def _send(
        self, method: str, path: str, role: Role, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Ask until there is an answer; None if it is one of those that say no."""
        sent = {"Authorization": f"Bearer {self._traffic.keys[role]}", **(headers or {})}
        while True:
            try:
                answer = self._client.request(method, path, json=body, headers=sent)
            except httpx.TransportError:
                self._traffic.answers["no answer"] += 1
                if self._traffic.ends.is_set():
                    return None
                time.sleep(0.05)
                continue
            self._traffic.answers[f"{method} {answer.status_code}"] += 1
            if answer.status_code not in BUSY:
                break
            if self._traffic.ends.is_set():
                return None
            time.sleep(float(answer.headers.get("retry-after", "1")))
        if answer.status_code not in MEANT:
            self._traffic.wrong.append(f"{method} {path[:20]}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.status_code < 300 else None


def main() -> None:
    """Run it, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--before", type=int, default=0)
    parser.add_argument("--kill", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", port=free_port())
        with opened(settings) as service:
            keys = {
                role: service.keyring.create(role, "bench", UNNARROWED) for role in (Role.INTEGRATOR, Role.REVIEWER)
            }
        policies = shipped()
        traffic = Traffic(f"http://127.0.0.1:{settings.port}", keys, applications(policies, POLICY))
        print(describe())
        memory = _drive(traffic, settings, chosen)
        _report(traffic, settings, grown=not chosen.kill and _grown(memory))


def _fill(traffic: Traffic, count: int) -> None:
    """Stream so many decisions, as fast as they are taken."""
    chance = random.Random(count)
    facts = [chance.choice(traffic.facts) for _ in range(count)]
    requests = [{"policy": POLICY, "subject": f"before-{at}", "facts": each} for at, each in enumerate(facts)]
    items = (models.BulkItem(key=f"before-{at}", request=each) for at, each in enumerate(requests))
    with Grounds(traffic.url, traffic.keys[Role.INTEGRATOR]) as client:
        while part := list(itertools.islice(items, MOST_AT_ONCE)):
            traffic.answers.update(f"LINE {answer.status}" for answer in client.stream(part))


def _grown(memory: list[int]) -> bool:
    """Whether the last quarter of the time took more memory than the one before it."""
    quarter = len(memory) // 4
    before, last = (statistics.median(each) for each in (memory[-2 * quarter : -quarter], memory[-quarter:]))
    print(f"resident, third and last quarter: {before:.0f} and {last:.0f} MiB")
    return last > before * (1 + GROWTH)


def _drive(traffic: Traffic, settings: Settings, chosen: argparse.Namespace) -> list[int]:
    process = _start(settings)
    _fill(traffic, chosen.before)
    callers = [Caller(traffic, number) for number in range(chosen.callers)]
    for caller in callers:
        caller.start()
    memory, began = list[int](), time.monotonic()
    while time.monotonic() < began + chosen.seconds:
        time.sleep(min(5.0, chosen.seconds / 8))
        memory.append(sum(_resident_mib(each) for each in [process.pid, *_children(process.pid)]))
        if chosen.kill and len(memory) % 2:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = _start(settings)
        elif chosen.kill:
            for each in _children(process.pid):
                os.kill(each, signal.SIGKILL)
    traffic.ends.set()
    for caller in callers:
        caller.join()
    process.send_signal(signal.SIGTERM)
    process.wait()
    seconds = time.monotonic() - began
    rate = sum(traffic.answers.values()) / seconds
    print(f"{chosen.callers} callers, {seconds:.0f} s, {rate:.0f} answers/s, {len(traffic.asked)} decisions")
    print(f"resident MiB: {', '.join(str(each) for each in memory)}")
    return memory


def _report(traffic: Traffic, settings: Settings, *, grown: bool) -> None:
    for name, count in sorted(traffic.answers.items()):
        print(f"  {name:<12}{count:>9,}")
    report = verify_database(settings.database, Keys.load(settings.data))
    findings = [*report.findings, *differences(settings.database)]
    with opened(settings) as service:
        lost = [name for name, decision in traffic.asked.items() if not _is_there(service, decision)]
    print(f"{report.entries:,} entries verified, {len(findings)} findings; acknowledged decisions lost: {len(lost)}")
    for each in [*traffic.wrong[:10], *map(str, findings[:10])]:
        print(f"WRONG {each}")
    sys.exit(bool(traffic.wrong or findings or lost or grown))


def _is_there(service: Any, decision: str) -> bool:
    from api import queries

    with service.log.engine.connect() as connection:
        return queries.decision(connection, decision) is not None


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "api", "serve", "--data", str(settings.data), "--port", str(settings.port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{settings.port}/health/ready", timeout=5).raise_for_status()
            return process
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError("the service did not start")


def _children(pid: int) -> list[int]:
    """Give the processes a service has begun: the one that records."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


def _resident_mib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


if __name__ == "__main__":
    main()
