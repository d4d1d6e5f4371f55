"""The centre in one process: broker, ingest, store, alerts and web, put together and kept running."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from alerts.audit import record
from alerts.audit.key import Signer, signer
from alerts.bell import Bell
from alerts.boxes.arming import Arming
from alerts.boxes.downlink import Downlink
from alerts.boxes.outages import Outages
from alerts.boxes.rules import CameraRules
from alerts.boxes.sirens import Sirens
from alerts.cases import quiet
from alerts.ground.areas_desk import AreasDesk
from alerts.http.app import build
from alerts.http.stream import Stream
from alerts.live.views import Live
from alerts.notifiers import channels, inbound
from alerts.services import Services
from alerts.sink import Sink
from alerts.sso.sign_in import set_up
from alerts.store import feed, fleet
from alerts.store.database import Database
from alerts.telling.answers import Answers, key_from
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.window import Window
from core.clock import Clock, SystemClock
from core.errors import ServiceError, StorageError
from core.tasks import stop
from ekamling.folders import make_folder
from ekamling.settings import CentreSettings
from ekamling.web import GRACE_S, WebServer, listen
from ingest import uploads
from ingest.accounts import Accounts
from ingest.broker import Broker
from ingest.caller import Caller
from ingest.clips import ClipIntake
from ingest.consumer import Consumer
from ingest.courier import Courier
from ingest.intake import Intake, Sinks
from ingest.media import MediaFolder

HOUSE_S = 60.0

log = logging.getLogger("ekamling.server")


async def serve(settings: CentreSettings, ready: Callable[[str], None]) -> None:
    """Run the centre until SIGTERM or SIGINT; calls `ready` with its address when all parts are up.

    Raises ServiceError for a port that is taken or a part that ended, StorageError for a disk that cannot be written.
    """
    data = Path(settings.data)
    make_folder(data)
    accounts = Accounts.read(settings.edges)
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(listen(settings.http.host, settings.http.port))
        database = await Database.open(settings.database_url)
        stack.push_async_callback(database.close)
        await _register(database, accounts)
        broker = Broker(settings.broker, accounts, data / "broker")
        await broker.start()
        stack.push_async_callback(broker.stop)
        http = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        parts = _parts(settings, database, broker, accounts, http)
        await _run(parts, listener, lambda: ready(settings.http.url))


@dataclass(frozen=True)
class _Parts:
    """What runs while the centre runs."""

    web: WebServer
    stream: Stream
    broker: Broker
    consumer: Consumer
    courier: Courier
    caller: Caller
    live: Live
    escalation: Escalation
    delivery: Delivery
    outages: Outages
    database: Database
    signer: Signer
    clock: Clock


def _parts(
    settings: CentreSettings, database: Database, broker: Broker, accounts: Accounts, http: httpx.AsyncClient
) -> _Parts:
    """Join the rooms: ingest's seams lead to the sink of alerts."""
    clock, bell = SystemClock(), Bell()
    sink = Sink(database, bell, clock)
    media = MediaFolder(Path(settings.data) / "media")
    sirens = Sirens(database, bell, clock)
    downlink = Downlink(bell, [Arming(database, bell, clock), sirens, CameraRules(database, bell, clock)])
    intake = Intake(Sinks(events=sink, media=sink, fleet=sink, tally=sink, replies=downlink), media, clock)
    consumer = Consumer(broker.url, broker.user, broker.password, intake)
    courier = Courier(broker.url, broker.user, broker.password, downlink)
    caller = Caller(broker.url, broker.user, broker.password)
    edge_routes = uploads.router(accounts, ClipIntake(media, sink, sink))
    answers = Answers(key_from(Path(settings.data) / "answers.key"))
    window = Window(database, clock)
    notifiers = channels.build(settings.notify, http, command=sirens.command, window_open=window.open, clock=clock)
    services = Services(
        database,
        sink,
        bell,
        clock,
        settings.http.url,
        media.path,
        answers,
        lambda photo: media.store("snapshot", photo),
        notifiers,
        inbound.secrets_of(settings.notify),
        settings.live,
        caller,
        set_up(settings.oidc, database, http, clock, settings.http.url),
        settings.targets.all,
    )
    app, stream = build(services, [edge_routes])
    return _Parts(
        web=WebServer(app),
        stream=stream,
        broker=broker,
        consumer=consumer,
        courier=courier,
        caller=caller,
        live=Live(database, clock, settings.live, caller),
        escalation=Escalation(database, bell, clock),
        delivery=Delivery(services),
        outages=Outages(database, bell, clock),
        database=database,
        signer=signer(Path(settings.data)),
        clock=clock,
    )


async def _run(parts: _Parts, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Run all parts until a signal comes; raises ServiceError when one of them ends by itself."""
    signalled = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, signalled.set)
    web = asyncio.create_task(parts.web.serve(sockets=[listener]), name="the web server")
    stopping = asyncio.create_task(signalled.wait(), name="a signal")
    work = [
        asyncio.create_task(parts.broker.watch(), name="the broker"),
        asyncio.create_task(parts.consumer.run(), name="ingest"),
        asyncio.create_task(parts.courier.run(), name="the courier"),
        asyncio.create_task(parts.caller.run(), name="the caller"),
        asyncio.create_task(parts.live.run(), name="live view"),
        asyncio.create_task(parts.escalation.run(), name="escalation"),
        asyncio.create_task(parts.delivery.run(), name="delivery"),
        asyncio.create_task(parts.outages.run(), name="the watch over edges"),
        asyncio.create_task(_keep_house(parts), name="housekeeping"),
        asyncio.create_task(_announce(parts, ready), name="the start"),
        web,
    ]
    done, _ = await asyncio.wait([*work[:-2], web, stopping], return_when=asyncio.FIRST_COMPLETED)
    parts.stream.close()
    parts.web.should_exit = True
    await asyncio.wait([web], timeout=GRACE_S + 2)
    await stop(*work, stopping)
    if stopping not in done:
        ended = next(iter(done))
        reason = ended.exception() if not ended.cancelled() else None
        raise ServiceError(f"{ended.get_name()} ended unexpectedly{f' ({reason})' if reason else ''}; the centre stops")


async def _announce(parts: _Parts, ready: Callable[[], None]) -> None:
    """Say that the centre is ready, when consoles are answered and no message of an edge is missed."""
    await parts.web.up.wait()
    await parts.consumer.ready.wait()
    await parts.caller.ready.wait()
    ready()


async def _register(database: Database, accounts: Accounts) -> None:
    async with database.write() as connection:
        for account in accounts:
            await fleet.register(connection, account.edge, account.name, account.area)


async def _keep_house(parts: _Parts) -> None:
    """Forget what the feed need not keep, close what came during a silence that is over, sign the record of changes,
    and hear of names that other processes were told; for ever."""
    while True:
        try:
            async with parts.database.write() as connection:
                await feed.trim(connection, parts.clock.now())
                await quiet.close_outlived(connection, parts.clock)
            await record.vouch(parts.database, parts.signer, parts.clock)
            await AreasDesk(parts.database, parts.clock).learn()
        except StorageError as error:
            log.error("%s; the house is kept later", error)
        await asyncio.sleep(HOUSE_S)
