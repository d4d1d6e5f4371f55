"""What a person may do to other people of the centre, beyond what the policies of routes say. Values in, values out."""

from alerts.people.roles import CAPABILITIES, Capability, Level, Role, area_level, can, suits
from alerts.store.people import User
from core import areas
from core.errors import EkamlingError

_ROSTERED_BY_HEADS = frozenset({Role.RONDA, Role.LINMAS})


class NotAllowed(EkamlingError):
    """A user sees the thing, but may not do this to it."""


def place(user: User, area: str) -> str | None:
    """The area that is asked for, the user's own where that is empty; None where it lies outside. Raises EkamlingError
    for what is no area."""
    wanted = areas.check(area) if area else user.area
    return wanted if areas.contains(user.area, wanted) else None


def inside(user: User, area: str) -> str:
    """An area that is written down; raises EkamlingError where it lies outside the user's."""
    wanted = place(user, area)
    if wanted is None:
        raise EkamlingError(f"area {area} lies outside {user.area}; ask somebody whose area holds it")
    return wanted


def sees(user: User, person: User) -> bool:
    """Whether a user knows of a person at all: oneself, or whoever belongs to the area that the user sees."""
    within = areas.contains(user.area, person.area)
    return user.name == person.name or (within and can(user.role, Capability.SEE))


def administers(user: User, person: User) -> bool:
    """Whether a user may change a person."""
    return can(user.role, Capability.ADMINISTER) and areas.contains(user.area, person.area)


def rosters(user: User, person: User) -> bool:
    """Whether a user sets a person's shifts and absences: an administrator, and the head of an RT or RW for its ronda
    and Satlinmas."""
    head = user.role in (Role.RT, Role.RW) and person.role in _ROSTERED_BY_HEADS
    return administers(user, person) or (head and areas.contains(user.area, person.area))


def grants(user: User, role: Role, area: str) -> None:
    """Raise EkamlingError where a user may not give somebody a role in an area: it lies outside, does not suit the
    role, or the role may do more than the user's own."""
    inside(user, area)
    fits(role, area)
    if CAPABILITIES[role] not in CAPABILITIES[user.role]:
        raise NotAllowed(f"the role {role} may do more than yours; ask an administrator")


def fits(role: Role, area: str) -> None:
    """Raise EkamlingError for an area whose size does not suit a role."""
    if not suits(role, area):
        raise EkamlingError(f"area {area} is of a size that does not suit the role {role}; see docs/guide/routing.md")


def may_stand_in(person: User, other: User) -> bool:
    """Whether `other` can take a person's place: of the same area or a larger one around it, and of the same role or
    one that works on incidents."""
    able = other.role is person.role or can(other.role, Capability.RESPOND)
    return able and other.name != person.name and areas.contains(other.area, person.area)


def leads_the_centre(user: User) -> bool:
    """Whether a user administers a whole regency or more, and so what holds for the whole centre."""
    return can(user.role, Capability.ADMINISTER) and area_level(user.area) <= Level.REGENCY
