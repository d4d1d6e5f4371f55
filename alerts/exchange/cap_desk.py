"""CAP for those who may see incidents: the message of one, and the list of all."""

from datetime import timedelta
from urllib.parse import urlsplit

from lxml import etree
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident, State
from alerts.exchange import cap
from alerts.exchange.cap import Publisher
from alerts.ground import places
from alerts.store import incidents, sites
from alerts.store.database import Database
from alerts.store.people import User
from core import terms
from core.clock import Clock

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 500
ENDED = timedelta(hours=24)  # how long the end of an incident stays in the list
OPEN = tuple(state for state in State if state is not State.CLOSED)


class CapDesk:
    """Writes CAP; `url` is the address that people type."""

    def __init__(self, database: Database, clock: Clock, url: str) -> None:
        self._database = database
        self._clock = clock
        self._publisher = Publisher(urlsplit(url).hostname or "ekamling", url)

    async def message(self, user: User, incident_id: str) -> bytes | None:
        """The message of an incident; None for one that is not there for this user, or of which nobody hears."""
        async with self._database.read() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None or (found.quiet is not None and not found.test):
                return None
            log = await incidents.history(connection, incident_id)
            position = await sites.position(connection, found)
        history = [row["at"] for row in log if row["action"] != "opened"]
        return cap.build(found, self._publisher, history, position)

    async def feed(self, user: User) -> bytes:
        """The messages of open incidents and of those that ended within a day, as Atom (RFC 4287)."""
        async with self._database.read() as connection:
            found = await self._current(connection, user)
        root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
        newest = max((each.updated_at for each in found), default=self._clock.now())
        _add(root, "id", f"{self._publisher.url}/api/v1/cap/feed")
        _add(root, "title", f"E-Kamling · {places.name(user.area)}")
        _add(root, "updated", cap.timestamp(newest))
        _add(etree.SubElement(root, f"{{{ATOM}}}author"), "name", "E-Kamling")
        for each in found:
            self._entry(root, each)
        written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
        return written

    async def _current(self, connection: AsyncConnection, user: User) -> list[Incident]:
        active = await incidents.listed(connection, user.area, OPEN, ENTRIES)
        ended = await incidents.listed(connection, user.area, (State.CLOSED,), ENTRIES)
        since = self._clock.now() - ENDED
        return active + [each for each in ended if each.closed_at is not None and each.closed_at > since]

    def _entry(self, root: "etree._Element", incident: Incident) -> None:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        name = cap.identifier(incident.id, incident.updated_at)
        _add(entry, "id", f"urn:ekamling:{name}")
        _add(entry, "title", f"P{incident.severity} {terms.kind(incident.kind, 'id')} · {places.name(incident.area)}")
        _add(entry, "updated", cap.timestamp(incident.updated_at))
        href = f"{self._publisher.url}/api/v1/incidents/{incident.id}/cap"
        etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", type=cap.MEDIA_TYPE, href=href)


def _add(parent: "etree._Element", name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = text
