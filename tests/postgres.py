"""A PostgreSQL server of the tests' own: the installed binaries, a folder under /tmp, a socket and no port."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from audit.postgres import owning, schema
from audit.postgres.names import APP, READ, RETENTION

READY = "ready"
_OPENED: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  #: drivers made here -> where
_NUMBERS = count()
ACCOUNT = "postgres"  #: initdb refuses to run as root; Debian makes this account
SUPERUSER, SERVICE, AUDITOR = "postgres", "service", "auditor"


class NoServer(Exception):
    """there is no PostgreSQL on this machine that tests could start"""


class CommandRefused(Exception):
    """a command of PostgreSQL failed"""


class Server(NamedTuple):
    """A running server; whoever may reach its socket is let in as whoever it says it is."""

    folder: Path
    binaries: Path

    def url(self, database: str, user: str = SERVICE) -> str:
        """Give the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(self, database: str, *statements: str) -> None:
        """Run statements as a superuser, each in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.url(database, SUPERUSER), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def control(self, *words: str, most_file_bytes: int = resource.RLIM_INFINITY) -> None:
        """Run pg_ctl; a server it starts can make no file longer than `most_file_bytes`."""
        log = self.folder / "log"
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", "-l", str(log), *words]
        _run_as_account(command, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, -1)))

    def copy(self) -> str:
        """Make a database that is ready for a log and give its name."""
        name = f"test_{next(_NUMBERS)}"
        self.run("postgres", f"CREATE DATABASE {name} TEMPLATE {READY}")
        return name

    def pid(self) -> int:
        """Give the number of the process that all others come from."""
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def prepare(made: Server) -> None:
    """Make the database that others are copied from: the log's tables and rights, and no log."""
    made.run("postgres", f"CREATE DATABASE {READY}")
    engine = owning(sa.make_url(made.url(READY, SUPERUSER)))
    with engine.begin() as connection:
        schema.create(connection)
        for login, role in ((SERVICE, APP), (SERVICE, RETENTION), (AUDITOR, READ)):
            schema.admit(connection, login, role)
    engine.dispose()


def watch() -> None:
    """Keep, from now on, a weak reference to each connection that the log's engines make in this process."""
    from audit.postgres.driver import PostgresDriver

    connect = PostgresDriver.to

    def to(url: str, options: str) -> PostgresDriver:
        made = connect(url, options)
        _OPENED[made] = "".join(traceback.format_stack(limit=40))
        return made

    PostgresDriver.to = to  # type: ignore[method-assign]


def left_open(seconds: float) -> list[str]:
    """Close what this process still has open after so many seconds, and give where each connection was made.

    Threads that are done with it need a moment. What only the garbage collector could reach is open too: it would warn
    in the middle of another test.
    """
    deadline = time.monotonic() + seconds
    while (left := [driver for driver in _OPENED if not driver.closed]) and time.monotonic() < deadline:
        time.sleep(0.01)
    for driver in left:
        driver.close()
    return [_OPENED[driver] for driver in left]


def binaries() -> Path:
    """Find the newest installed PostgreSQL; raise NoServer."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise NoServer("no PostgreSQL: no initdb on PATH or under /usr/lib/postgresql")
    if importable() is None:
        raise NoServer("no PostgreSQL: the extra `postgres` is not installed")
    return (found[-1] if found else Path(str(on_path)).resolve()).parent


def importable() -> object:
    """Whether psycopg is there."""
    import importlib.util

    return importlib.util.find_spec("psycopg")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a server for the length of the block; it waits for the disk as one in earnest does."""
    made = Server(Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp")), binaries())  # a socket's path has 107 bytes
    try:
        if os.getuid() == 0:
            shutil.chown(made.folder, ACCOUNT, ACCOUNT)
        data = str(made.folder / "data")
        _run_as_account(
            [str(made.binaries / "initdb"), "-D", data, "-U", SUPERUSER, "-A", "trust", "--no-sync", "-E", "UTF8"]
        )
        with (made.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"listen_addresses = ''\nunix_socket_directories = '{made.folder}'\nmax_connections = 100\n")
        made.control("start")
        try:
            yield made
        finally:
            made.control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)


def _run_as_account(command: list[str], prepare: Callable[[], None] = lambda: None) -> None:
    """Run a command as who may run a server; raise CommandRefused with what it said."""
    account: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    told = subprocess.run(
        command, check=False, cwd="/tmp", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=environment, preexec_fn=prepare, **account,
    )  # fmt: skip
    if told.returncode:
        raise CommandRefused(f"{' '.join(command)}: {told.stderr.strip()}")
