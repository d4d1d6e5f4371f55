"""The areas of a centre: loaded from the government's list, completed with RW and RT, and looked up."""

from typing import Any

from msgspec.structs import replace

from alerts.cases.incident import NotNow
from alerts.ground import areas_tree
from alerts.ground import places as names
from alerts.ground.areas_tree import Place
from alerts.store import changes, places
from alerts.store.changes import COMMAND_LINE, Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError


class AreasDesk:
    """Reads and changes the tree. A method that returns None says: no such area for this user."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def load(self, code: str) -> str:
        """Load a regency; says in one line what was loaded. Loading it again changes nothing."""
        tree = areas_tree.regency(code)
        root = tree[0]
        async with self._database.write() as connection:
            fresh = await places.load(connection, tree)
            if fresh:
                after = {"areas": len(tree), "changed": fresh}
                change = Change(user=COMMAND_LINE, area=code, what="areas", which=code, after=after)
                await changes.note(connection, change, self._clock.now())
        news = f"{fresh} new or renamed" if fresh else "nothing new"
        return f"{root.name} ({code}): {areas_tree.counted(tree)}; {news}"

    async def add(self, code: str, name: str, user: str = COMMAND_LINE) -> Place:
        """Name an RW or RT; raises EkamlingError where it is none, or where the larger area is not there yet."""
        place = areas_tree.neighbourhood(code, name)
        async with self._database.write() as connection:
            if await places.find(connection, place.parent) is None:
                raise EkamlingError(f"area {code}: {place.parent} is not there yet; {_remedy(place.parent)}")
            before = await places.find(connection, code)
            if before:
                place = replace(place, latitude=before.latitude, longitude=before.longitude)
            await places.save(connection, place)
            change = Change(user=user, area=code, what="area", which=code, before=before, after=place)
            await changes.note(connection, change, self._clock.now())
        await self.learn()
        return place

    async def name(self, user: User, code: str, name: str) -> dict[str, Any] | None:
        """Name an RW or RT within the user's area; raises EkamlingError as `add`."""
        if not areas.contains(user.area, code):
            return None
        return view(await self.add(code, name, user.name))

    async def remove(self, user: User, code: str) -> bool | None:
        """Remove an RW or RT within the user's area. Raises EkamlingError for an area that is none of these, and NotNow
        while something stands in it."""
        if not areas.contains(user.area, code):
            return None
        async with self._database.write() as connection:
            before = await places.find(connection, code)
            if before is None:
                return None
            areas_tree.neighbourhood(code, before.name)
            if inside := await places.standing(connection, code):
                counted = ", ".join(f"{count} {sort}" for sort, count in inside.items())
                raise NotNow("not_empty", f"area {code} still holds {counted}; move or end these first")
            await places.remove(connection, code)
            change = Change(user=user.name, area=code, what="area", which=code, before=before)
            await changes.note(connection, change, self._clock.now())
        await self.learn()
        return True

    async def learn(self) -> None:
        """Let this process say RW and RT by the names that people gave them."""
        async with self._database.read() as connection:
            given = await places.given(connection)
        names.learn(given)

    async def within(self, user: User, area: str, levels: int | None = None) -> list[dict[str, Any]] | None:
        """The areas within one, as far as they lie within the user's; all of the user's for an empty `area`. `levels`
        is how far down they are listed: 1 for the area and what lies directly within it."""
        wanted = areas.check(area or user.area)
        if areas.contains(wanted, user.area):
            wanted = user.area
        elif not areas.contains(user.area, wanted):
            return None
        async with self._database.read() as connection:
            return [view(place) for place in await places.listed(connection, wanted, levels)]

    async def listed(self, code: str) -> list[Place]:
        """The regencies that are loaded, or an area and all within it; raises EkamlingError for one that is not."""
        async with self._database.read() as connection:
            found = await (places.listed(connection, areas.check(code)) if code else places.roots(connection))
        if code and not found:
            raise EkamlingError(f"area {code} is not there; {_remedy(code)}")
        return found


def view(place: Place) -> dict[str, Any]:
    """An area as the API shows it."""
    position = None if place.latitude is None else {"latitude": place.latitude, "longitude": place.longitude}
    return {"code": place.code, "name": place.name, "parent": place.parent, "position": position}


def _remedy(code: str) -> str:
    if "/" in code:
        return f"add it first with 'ekamling area add {code} NAME'"
    regency = ".".join(code.split(".")[:2])
    return f"load its regency first with 'ekamling area load {regency}'"
