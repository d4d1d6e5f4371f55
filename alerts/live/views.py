"""Live view as the centre sees it: who asks may watch, the edge agrees, the view is written down, and ends in time.

Pictures go from the edge to the viewer; here is only the agreement on them. A view lives on a lease that the centre
renews while everything holds on which it was granted: the session, the right, the incident, the edge, the time.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any, Literal, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident
from alerts.live import rights
from alerts.live.rights import LiveRefused
from alerts.live.settings import LiveSettings
from alerts.store import cases, changes, incidents, people, sites, viewings
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from alerts.store.viewings import Viewing
from core.clock import Clock
from core.errors import StorageError
from core.events import MAX_SDP, Answer, Command
from core.ids import new_id

Stream = Literal["main", "sub"]
PICTURES = "pictures"
ASK_S = 8.0  # for an edge to agree: making its answer takes it 5 s where its STUN server does not answer
PICTURE_S = 4.0
KEEP_S = 1.5  # between two looks at all views
LEASE_S = 5.0  # of a view after each look: what the centre cannot stop itself ends then
UNANSWERED = timedelta(seconds=30)  # after which a view that was asked for by a centre that died is closed
UNSEEN = timedelta(seconds=10)  # after its last picture was asked for, in which a view of pictures is over
SEEN = timedelta(seconds=2)  # how exactly that is written down
LISTED = 500

log = logging.getLogger("alerts.live.views")


class Edges(Protocol):
    """The edges, as live view talks to them."""

    async def ask(self, edge: str, command: Command, timeout_s: float) -> Answer | None:
        """The answer of an edge; None where none came in time."""
        ...

    async def tell(self, edge: str, command: Command) -> bool:
        """Send a command whose answer does not matter."""
        ...

    async def unasked(self) -> tuple[str, Answer]:
        """The next (edge, answer) that nobody waits for."""
        ...


class Wish(Struct, frozen=True):
    """What somebody would watch, and for which incident (empty: none)."""

    edge: str
    camera: str
    stream: Literal["main", "sub", "pictures"] = "sub"
    incident: str = ""


class Watcher(Struct, frozen=True):
    """Who asks, and the hash of the session's token."""

    user: User
    session: str


class Live:
    """Any number of these may work on one database. A method that returns None says: no such thing for this user."""

    def __init__(self, database: Database, clock: Clock, settings: LiveSettings, edges: Edges | None) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._edges = edges

    async def sees(self, user: User, edge: str, camera: str) -> bool:
        """Whether a camera is there at all for a user."""
        async with self._database.read() as connection:
            return await sites.camera_within(connection, user.area, edge, camera) is not None

    async def begin(self, watcher: Watcher, wish: Wish, offer: str = "") -> tuple[Viewing, Answer] | None:
        """Ask an edge for a view; raises LiveRefused with what is against it.

        It is written down before the edge is asked: no picture goes out that nobody knows of.
        """
        asked = await self._granted(watcher, wish)
        if asked is None:
            return None
        seen = {"camera": wish.camera, "viewer": asked.who}  # the edge draws the name on what it makes itself
        args = {**seen, "stream": wish.stream, "sdp": offer, "lease_s": str(LEASE_S)}
        command = Command(id=asked.id, name="live", args=args)
        if wish.stream == PICTURES:
            command = Command(id=asked.id, name="live-picture", args=seen)
        elif not offer.startswith("v=0") or len(offer) > MAX_SDP:
            raise LiveRefused("bad_offer", f"the offer must be an SDP of at most {MAX_SDP} characters")
        async with self._database.write() as connection:
            await viewings.add(connection, asked)
        answer = await self._ask(wish.edge, command, asked)
        begun = await self._begun(asked, answer)
        if begun is None:  # it was ended meanwhile, as by a sign-out
            await self._stop(asked)
            raise LiveRefused("ended", "the view was ended before it began")
        return begun, answer

    async def end(self, watcher: Watcher, wish: Wish, viewing: str) -> bool | None:
        """End one's own view; one that has ended meanwhile is as good: the edge may hear of it before the centre."""
        found = await self._own(watcher, wish, viewing)
        if found is None:
            return None
        if found.ended_at is not None:
            return True
        await self._ended(found, "stopped")
        await self._stop(found)
        return True

    async def picture(self, watcher: Watcher, wish: Wish, viewing: str) -> bytes | None:
        """The newest picture for one's own view of pictures."""
        found = await self._own(watcher, wish, viewing)
        if found is None or found.stream != PICTURES or found.ended_at is not None:
            return None
        now = self._clock.now()
        if found.seen_at is None or now - found.seen_at > SEEN:
            async with self._database.write() as connection:
                await viewings.change(connection, found.id, seen_at=now)
        seen = {"camera": wish.camera, "viewer": found.who}
        command = Command(id=new_id(), name="live-picture", args=seen)
        answer = await self._edges.ask(wish.edge, command, PICTURE_S) if self._edges else None
        return _agreed(answer).jpeg

    async def listed(self, user: User) -> list[Viewing]:
        """Who watched the cameras of the user's area, the newest views first."""
        async with self._database.read() as connection:
            return await viewings.listed(connection, user.area, LISTED)

    async def _granted(self, watcher: Watcher, wish: Wish) -> Viewing | None:
        """The view that may be asked for; raises LiveRefused."""
        now, user = self._clock.now(), watcher.user
        async with self._database.read() as connection:
            camera = await sites.camera_within(connection, user.area, wish.edge, wish.camera)
            if camera is None:
                return None
            incident = await _incident(connection, user, wish.incident)
            await self._check(connection, user, (wish.edge, wish.camera, camera["area"]), incident)
            if not await viewings.online(connection, [wish.edge]):
                raise LiveRefused("edge_offline", f"edge {wish.edge} is offline; its cameras cannot be watched now")
        return Viewing(
            id=new_id(),
            user=user.name,
            who=user.display_name,
            role=user.role.value,
            session=watcher.session,
            edge=wish.edge,
            camera=wish.camera,
            area=camera["area"],
            stream=wish.stream,
            incident=incident.id if incident else None,
            asked_at=now,
            until=now + timedelta(minutes=self._settings.minutes),
            seen_at=now if wish.stream == PICTURES else None,
        )

    async def _check(
        self, connection: AsyncConnection, user: User, place: tuple[str, str, str], incident: Incident | None
    ) -> None:
        """Raise LiveRefused where a user may not watch the camera at `place`: edge, id and area."""
        edge, name, area = place
        camera = edge, name
        of_place = False
        if incident:
            case = await cases.case_of(connection, incident.id)
            parts = {(part.edge, part.camera) for part in case.parts.values()} if case else set()
            parts.add((incident.edge, incident.camera))
            beside = set(await sites.neighbours_of(connection, edge, name))
            of_place = rights.concerns(incident, parts, camera, area, beside)
        on_test = rights.under_test(await viewings.tests(connection, self._clock.now()), camera, area)
        rights.check(user, incident, of_place, on_test)

    async def _ask(self, edge: str, command: Command, asked: Viewing) -> Answer:
        """The edge's agreement; raises LiveRefused, and closes the view in the books, where there is none."""
        try:
            answer = await self._edges.ask(edge, command, ASK_S) if self._edges else None
            return _agreed(answer)
        except LiveRefused as refusal:
            await self._ended(asked, refusal.code)
            if refusal.code == "no_answer":
                await self._stop(asked)  # it may still agree, too late
            raise

    async def _begun(self, asked: Viewing, answer: Answer) -> Viewing | None:
        """Write down that a view has begun; None where it has ended already."""
        now = self._clock.now()
        async with self._database.write() as connection:
            stream = answer.stream or asked.stream
            begun = await viewings.change(connection, asked.id, started_at=now, stream=stream)
            if begun is None:
                return None
            told = {"view": begun.id, "stream": stream, "incident": begun.incident}
            which = f"{begun.edge}/{begun.camera}"
            change = Change(user=begun.user, area=begun.area, what="live", which=which, after=told)
            await changes.note(connection, change, now)
            if begun.incident:
                await incidents.log(connection, begun.incident, now, begun.who, "live_begun", begun.camera, begun.user)
        return begun

    async def _ended(self, viewing: Viewing, why: str) -> None:
        """Write down that a view is over, once."""
        now = self._clock.now()
        async with self._database.write() as connection:
            ended = await viewings.change(connection, viewing.id, ended_at=now, ended_why=why)
            if ended is None or ended.started_at is None or ended.incident is None:
                return
            seconds = round((now - ended.started_at).total_seconds())
            note = f"{ended.camera}: {seconds} s"
            await incidents.log(connection, ended.incident, now, ended.who, "live_ended", note, ended.user)

    async def _stop(self, viewing: Viewing) -> None:
        """Tell the edge that a view is over."""
        if self._edges and viewing.stream != PICTURES:
            command = Command(id=new_id(), name="live-end", args={"view": viewing.id})
            await self._edges.tell(viewing.edge, command)

    async def _own(self, watcher: Watcher, wish: Wish, viewing: str) -> Viewing | None:
        async with self._database.read() as connection:
            found = await viewings.find(connection, viewing)
        if found is None:
            return None
        mine = (watcher.user.name, watcher.session, wish.edge, wish.camera)
        return found if (found.user, found.session, found.edge, found.camera) == mine else None

    # --- what goes on by itself

    async def run(self) -> None:
        """Renew and end views until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_for_ever())
            tasks.create_task(self._listen())

    async def keep(self) -> None:
        """Look at every view once: renew its lease, or end it."""
        kept: dict[str, list[str]] = {}
        over: list[tuple[Viewing, str]] = []
        async with self._database.read() as connection:
            going_on = await viewings.going_on(connection)
            online = await viewings.online(connection, {each.edge for each in going_on})
            for viewing in going_on:
                why = await self._why_over(connection, viewing, online)
                if why:
                    over.append((viewing, why))
                elif viewing.started_at and viewing.stream != PICTURES:
                    kept.setdefault(viewing.edge, []).append(viewing.id)
        if self._edges:
            for edge, ids in kept.items():
                args = {"views": ",".join(ids), "lease_s": str(LEASE_S)}
                await self._edges.tell(edge, Command(id=new_id(), name="live-keep", args=args))
        for viewing, why in over:
            await self._stop(viewing)
            await self._ended(viewing, why)

    async def _why_over(self, connection: AsyncConnection, viewing: Viewing, online: set[str]) -> str:
        """Why a view must end now; empty where it goes on."""
        now = self._clock.now()
        user = await people.session_user(connection, viewing.session, now)
        if user is None:
            return "signed_out"
        if viewing.started_at is None:
            return "unanswered" if now - viewing.asked_at > UNANSWERED else ""
        if now >= viewing.until:
            return "deadline"
        if viewing.edge not in online:
            return "edge_offline"
        if viewing.seen_at and now - viewing.seen_at > UNSEEN:
            return "left"
        try:
            camera = await sites.camera_within(connection, user.area, viewing.edge, viewing.camera)
            if camera is None:
                return "revoked"
            incident = await _incident(connection, user, viewing.incident or "")
            await self._check(connection, user, (viewing.edge, viewing.camera, camera["area"]), incident)
        except LiveRefused as refusal:
            return _still_granted(user, refusal)
        return ""

    async def _keep_for_ever(self) -> None:
        while True:
            try:
                await self.keep()
            except StorageError as error:
                log.error("%s; views end by themselves until it is back", error)
            await asyncio.sleep(KEEP_S)

    async def _listen(self) -> None:
        """Take in what edges say by themselves: a view has ended, or was agreed to too late."""
        if self._edges is None:
            return
        while True:
            edge, answer = await self._edges.unasked()
            try:
                await self.heard(edge, answer)
            except StorageError as error:
                log.error("%s; the end of a view is written down later", error)

    async def heard(self, edge: str, answer: Answer) -> None:
        """One answer that nobody waits for."""
        async with self._database.read() as connection:
            viewing = await viewings.find(connection, answer.command)
        if viewing is None or viewing.edge != edge:
            return
        if answer.ok:
            if viewing.ended_at:
                await self._stop(viewing)
        elif viewing.ended_at is None:
            await self._ended(viewing, answer.code.replace("-", "_"))


async def _incident(connection: AsyncConnection, user: User, wanted: str) -> Incident | None:
    """The incident that a user names; raises LiveRefused where there is none for the user."""
    if not wanted:
        return None
    found = await incidents.find(connection, wanted, user.area)
    if found is None:
        raise LiveRefused("no_incident", "there is no such incident here")
    return found


def _still_granted(user: User, refusal: LiveRefused) -> str:
    """Why a view ends whose grounds have changed: who may watch without an incident goes on when it is closed."""
    own = user.role in rights.NEIGHBOURS | rights.DESK
    return "" if own and refusal.code.startswith("incident_") else refusal.code


def _agreed(answer: Answer | None) -> Answer:
    """The answer, if the edge agrees; raises LiveRefused."""
    if answer is None:
        raise LiveRefused("no_answer", "the edge does not answer; try again in a moment")
    if not answer.ok:
        raise LiveRefused(answer.code.replace("-", "_") or "failed", answer.message)
    return answer


def shown(viewing: Viewing) -> dict[str, Any]:
    """A view as the list of views shows it; times are datetimes."""
    names = ("id", "user", "who", "role", "edge", "camera", "area", "stream", "incident", "ended_why")
    return {name: getattr(viewing, name) for name in names}
