"""A process of the centre: all roles on one machine, or some of them, kept running until a signal comes."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import httpx

from alerts.store import fleet
from alerts.store.database import Database
from core import keys
from core.tasks import stop
from ekamling.centre import Parts, put_together
from ekamling.folders import make_folder
from ekamling.roles import ALL, Role, Roles, check, told
from ekamling.running import Task, run_all
from ekamling.settings import CentreSettings
from ekamling.web import GRACE_S, WebServer, listen
from ingest.accounts import Accounts
from ingest.broker import Broker
from ingest.link import CENTRE_USER, Access

BROKER_KEY_BYTES = 32


async def serve(settings: CentreSettings, ready: Callable[[str], None], roles: Roles = ALL) -> None:
    """Run the centre, or these roles of it, until SIGTERM or SIGINT; calls `ready` with its address, or its roles where
    it has none, when all parts are up.

    Raises ConfigError for roles that cannot work so, ServiceError for a port that is taken or a part that ended,
    StorageError for a disk that cannot be written.
    """
    check(settings, roles)
    data = Path(settings.data)
    make_folder(data)
    accounts = Accounts.read(settings.edges)
    access = _access(settings, data)
    async with contextlib.AsyncExitStack() as stack:
        running: list[Task] = []
        listener = stack.enter_context(listen(settings.http.host, settings.http.port)) if Role.WEB in roles else None
        if roles == {Role.BROKER}:
            await _start_broker(settings, accounts, access, stack, running)
            await run_all(running, lambda: ready(told(roles)))
            return
        database = await Database.open(settings.database_url)
        stack.push_async_callback(database.close)
        await _register(database, accounts)
        if Role.BROKER in roles:
            await _start_broker(settings, accounts, access, stack, running)
        http = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        parts = put_together(settings, database, access, accounts, http)
        running += parts.tasks(roles)
        if listener:
            running.append(_web(parts, listener, stack))
        await run_all(running, lambda: ready(settings.http.url if listener else told(roles)))


def _access(settings: CentreSettings, data: Path) -> Access:
    """All processes of a centre know one key."""
    broker = settings.broker
    key = Path(broker.key_file) if broker.key_file else data / "broker.key"
    password = keys.kept(key, BROKER_KEY_BYTES, "the broker").hex()
    servers = broker.servers or [f"{broker.inside}:{broker.port}"]
    return Access(tuple(f"nats://{server}" for server in servers), CENTRE_USER, password)


async def _start_broker(
    settings: CentreSettings, accounts: Accounts, access: Access, stack: contextlib.AsyncExitStack, running: list[Task]
) -> None:
    broker = Broker(settings.broker, accounts, Path(settings.data) / "broker", access.password)
    await broker.start()
    stack.push_async_callback(broker.stop)
    running.append(Task("the broker", broker.watch))


def _web(parts: Parts, listener: socket.socket, stack: contextlib.AsyncExitStack) -> Task:
    """The web server, which is told to end, and let finish, before anything below it goes."""
    server = WebServer(parts.app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def end() -> None:
        parts.stream.close()
        server.should_exit = True
        await asyncio.wait([serving], timeout=GRACE_S + 2)
        await stop(serving)

    async def served() -> None:
        await asyncio.shield(serving)

    stack.push_async_callback(end)
    return Task("the web server", served, server.up)


async def _register(database: Database, accounts: Accounts) -> None:
    async with database.write() as connection:
        await fleet.register(connection, [(account.edge, account.name, account.area) for account in accounts])
