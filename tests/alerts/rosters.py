"""People and areas for the tests of who is told."""

from datetime import datetime, timedelta

from alerts.people.duty import WIB, Contact, Person
from alerts.people.roles import Role

REGENCY, DISTRICT, VILLAGE = "33.03", "33.03.05", "33.03.05.1003"
RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
OTHER_RT, OTHER_VILLAGE = f"{VILLAGE}/RW02/RT05", "33.03.05.2001"
MONDAY = datetime(2026, 11, 23, tzinfo=WIB)


def at(day: int, clock: str) -> datetime:
    """A moment of the week that begins on MONDAY; `day` counts from it."""
    hour, minute = (int(part) for part in clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def a_person(user: str, role: Role, area: str, *channels: str) -> Person:
    """Somebody who can be reached by these channels, by Telegram without any."""
    return Person(
        user=user,
        role=role,
        area=area,
        channels=tuple(Contact(channel, f"{channel}:{user}") for channel in channels or ("telegram",)),
    )
