"""The centre of a simulated night: the real parts on a real database, with a clock that is moved by hand."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.cases import arrivals, quiet
from alerts.cases.casework import Casework
from alerts.cases.signal import Signal, Source
from alerts.cases.silences import NewMute, Silences
from alerts.neighbours.residents import Residents
from alerts.notifiers.base import Message, Receipt
from alerts.people.duty import Contact
from alerts.people.turns import Turns
from alerts.services import Services
from alerts.sink import Sink
from alerts.store import cases, contacts, feed, fleet, ladders, notifications, people, routings
from alerts.store.database import Database
from alerts.store.fleet import SeenCamera
from alerts.store.notifications import Lane
from alerts.store.people import User
from alerts.telling.answers import Answers
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.replies import Replies
from alerts.telling.rule import Routing
from core.clock import ManualClock
from core.events import CameraStatus, Status
from core.ids import new_id
from ekamling.simulation.world import Street, World

PHONE = "phone"  # the one channel of the simulation
STREAM = "00000000000000cc"
EVERY_LANE = Lane((), others=True)


class Telephones:
    """A channel within this process: keeps what it was given until it is collected."""

    channel: ClassVar[str] = PHONE

    def __init__(self) -> None:
        self._taken: list[tuple[str, Message]] = []

    def check(self, address: str) -> str:
        return address

    async def send(self, address: str, message: Message) -> Receipt:
        self._taken.append((address, message))
        return Receipt(message.id)

    def collect(self) -> list[tuple[str, Message]]:
        """What came since the last time, in an order that does not depend on this machine's threads."""
        taken, self._taken = self._taken, []
        return sorted(taken, key=lambda each: (each[1].number, each[0]))


class Centre:
    """The parts that a centre runs, and its people. Times are those of `clock`."""

    def __init__(self, database: Database, clock: ManualClock, folder: Path) -> None:
        bell = Bell()
        self.database = database
        self.clock = clock
        self.phones = Telephones()
        self.sink = Sink(database, bell, clock)
        self.casework = Casework(database, bell, clock)
        self.residents = Residents(database, bell, clock)
        self.turns = Turns(database, clock)
        services = Services(
            database, self.sink, bell, clock, "http://127.0.0.1", lambda _kind, name: folder / name,
            Answers(b"simulation"), None, {PHONE: self.phones},
        )  # fmt: skip
        self.replies = Replies(services, self.casework)
        self._escalation = Escalation(database, bell, clock)
        self._delivery = Delivery(services)
        self._silences = Silences(database, bell, clock)
        self.users: dict[str, User] = {}
        self._due: datetime | None = None

    @classmethod
    async def open(cls, folder: Path, clock: ManualClock) -> "Centre":
        """A centre without anybody, on SQLite in a folder of its own."""
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/centre.sqlite3?check_same_thread=0")
        await database.engine.dispose()  # so that every connection is made with:
        event.listen(database.engine.sync_engine, "connect", _quicken)
        return cls(database, clock, folder)

    async def settle(self, world: World, routing: Routing | None) -> None:
        """Let edges, cameras and people in."""
        now = self.clock.now()
        async with self.database.write() as connection:
            if routing is not None:
                await routings.add(connection, routing, "simulation", "", now)
            await fleet.register(connection, [(edge, edge, area) for edge, area in world.edges.items()])
            status = Status(online=True, at=now, stream=STREAM)
            await fleet.note_statuses(connection, [(edge, status, now) for edge in world.edges])
            seen = [
                SeenCamera(
                    camera.edge,
                    camera.area,
                    CameraStatus(id=camera.id, name=camera.id, area=camera.area, state="ok"),
                    now,
                )
                for camera in world.cameras
            ]
            await fleet.note_cameras(connection, seen)
            for street in world.streets:
                await _join(connection, street)
            for actor in world.actors:
                user = User(
                    name=actor.name, display_name=actor.name, role=actor.role, area=actor.area, password_hash=None,
                    created_at=now,
                )  # fmt: skip
                self.users[actor.name] = user
                await people.add_user(connection, user)
                if actor.phone:
                    await contacts.put(connection, actor.name, [Contact(PHONE, actor.name)], now)

    async def notice_silence(self, edge: str, area: str) -> None:
        """Let the centre notice that an edge has fallen silent."""
        async with self.database.write() as connection:
            signal = Signal(
                id=new_id(self.clock), source=Source.CENTRE, kind="edge_silent", severity=2, area=area,
                at=self.clock.now(), edge=edge,
            )  # fmt: skip
            await arrivals.take_in(connection, [signal], self.clock)

    async def hush(self, by: str, edge: str, camera: str, area: str, until: datetime) -> None:
        """Keep a camera quiet for a while, as who commands may."""
        wish = NewMute(purpose="silence", area=area, edge=edge, camera=camera, until=until, reason="hajatan warga")
        await self._silences.add(self.users[by], wish)

    async def tell(self, changed: bool) -> bool:
        """Carry out all steps that are due, and send all that waits; whether there was anything to do. Where nothing
        `changed` since the last time, only a step that is due by now can be."""
        if not changed and (self._due is None or self._due > self.clock.now()):
            return False
        step, message = await self._waiting()
        if step is not None and step <= self.clock.now():
            while await self._escalation.tick() == 0:
                pass
            step, message = await self._waiting()
        if message is not None and message <= self.clock.now():
            while await self._delivery.tick() == 0:
                pass
            step, message = await self._waiting()
        self._due = step
        return True

    async def _waiting(self) -> tuple[datetime | None, datetime | None]:
        """When the next step is due, and the next message."""
        async with self.database.read() as connection:
            return await ladders.next_due(connection), await notifications.next_due(connection, EVERY_LANE)

    async def keep_house(self) -> None:
        """What the server does beside its work."""
        async with self.database.write() as connection:
            await feed.trim(connection, self.clock.now())
            await quiet.close_outlived(connection, self.clock)

    async def close(self) -> None:
        await self.database.close()


async def _join(connection: AsyncConnection, street: Street) -> None:
    """Say that the cameras of a street stand beside each other."""
    row = [camera.key for camera in street.cameras]
    for index, camera in enumerate(row):
        await cases.set_neighbours(connection, camera, row[max(0, index - 1) : index] + row[index + 1 : index + 2])


def _quicken(connection: Any, _record: Any) -> None:
    """Leave out what a run does not need. The database is thrown away afterwards, so it need not survive a power cut.
    And statements run where they are asked for, not in a thread of the connection's own: nothing else happens in this
    process meanwhile, and two changes of thread for each of a million statements are most of a run's time."""

    async def here(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    connection.driver_connection._execute = here
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()
