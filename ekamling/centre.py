"""The parts of the centre, joined: ingest's seams lead to the sink of alerts, and the web asks the desks."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

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
from alerts.ground.base_map import base_map
from alerts.http.app import build
from alerts.http.stream import Stream
from alerts.live.views import Live
from alerts.notifiers import channels, inbound
from alerts.services import Services
from alerts.sink import Sink
from alerts.sso.sign_in import set_up
from alerts.store import feed
from alerts.store.database import Database
from alerts.telling.answers import Answers, key_from
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.window import Window
from core.clock import Clock, SystemClock
from core.errors import StorageError
from ekamling.roles import Role, Roles
from ekamling.running import Task
from ekamling.settings import CentreSettings
from ingest import uploads
from ingest.accounts import Accounts
from ingest.caller import Caller
from ingest.clips import ClipIntake
from ingest.consumer import Consumer
from ingest.courier import Courier
from ingest.intake import Intake, Sinks
from ingest.link import Access
from ingest.media import MediaFolder

HOUSE_S = 60.0

log = logging.getLogger("ekamling.centre")


@dataclass(frozen=True)
class Parts:
    """One of each. They do nothing until their tasks run."""

    app: FastAPI
    stream: Stream
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

    def tasks(self, roles: Roles) -> list[Task]:
        """What these roles do, but for the web server."""
        found = [Task("the names of places", self._learn)]
        if Role.INGEST in roles:
            found += [Task("ingest", self.consumer.run, self.consumer.ready), Task("the courier", self.courier.run)]
        if Role.ALERTS in roles:
            found += [
                Task("escalation", self.escalation.run),
                Task("delivery", self.delivery.run),
                Task("the watch over edges", self.outages.run),
                Task("housekeeping", self._keep_house),
            ]
        if Role.WEB in roles:
            found += [Task("the caller", self.caller.run, self.caller.ready), Task("live view", self.live.run)]
        return found

    async def _keep_house(self) -> None:
        """Forget what the feed need not keep, close what came during a silence that is over, and sign the record of
        changes; for ever."""
        while True:
            try:
                async with self.database.write() as connection:
                    await feed.trim(connection, self.clock.now())
                    await quiet.close_outlived(connection, self.clock)
                await record.vouch(self.database, self.signer, self.clock)
            except StorageError as error:
                log.error("%s; the house is kept later", error)
            await asyncio.sleep(HOUSE_S)

    async def _learn(self) -> None:
        """Hear of names that other processes were told; for ever."""
        while True:
            try:
                await AreasDesk(self.database, self.clock).learn()
            except StorageError as error:
                log.error("%s; names of places are learnt later", error)
            await asyncio.sleep(HOUSE_S)


def put_together(
    settings: CentreSettings, database: Database, access: Access, accounts: Accounts, http: httpx.AsyncClient
) -> Parts:
    """All parts over one database."""
    clock, bell = SystemClock(), Bell()
    sink = Sink(database, bell, clock)
    media = MediaFolder(Path(settings.data) / "media")
    sirens = Sirens(database, bell, clock)
    downlink = Downlink(bell, [Arming(database, bell, clock), sirens, CameraRules(database, bell, clock)])
    intake = Intake(Sinks(events=sink, media=sink, fleet=sink, tally=sink, replies=downlink), media, clock)
    consumer = Consumer(access, intake, settings.broker.replicas)
    courier = Courier(access, downlink)
    caller = Caller(access)
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
        base_map(settings.map.base, settings.map.attribution, settings.map.max_zoom),
    )
    app, stream = build(services, [edge_routes])
    return Parts(
        app=app,
        stream=stream,
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
