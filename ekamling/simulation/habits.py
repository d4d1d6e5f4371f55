"""How people behave, each number with its reason. None of them is measured; `Habits` lets a run take others."""

from dataclasses import dataclass
from datetime import datetime

from alerts.people.duty import WIB
from alerts.people.roles import Role
from alerts.store.duty import AT_CONSOLES

SPREAD = 0.7  # sigma of the logarithm of every delay: one in six takes more than twice the median
RONDA_HOURS = (22, 4)  # when the list of the night is on duty
BEDTIME, RISING = 22, 5  # of everybody with a telephone who is not on duty


@dataclass(frozen=True)
class Manner:
    """Of one role: the chance that somebody awake, or asleep, answers a message at all, and after how long (median)."""

    awake: float
    asleep: float
    median_s: float


@dataclass(frozen=True)
class Habits:
    """What a run assumes of people.

    `ronda` is the chance that one man of the ronda answers one message; four men are told at once. `scale` multiplies
    every chance to answer of those with a telephone: for trials of how much depends on it.
    """

    ronda: float = 0.85  # awake, together, for this purpose; the rest is a telephone in a pocket
    ronda_held: float = 0.85  # of the nights of an RT (SE Mendagri of 2025 asks for it because many have stopped)
    comes: float = 0.9  # of those on the list
    look_s: float = 30.0  # to look at a picture and know
    unsure: float = 0.2  # of pictures that do not tell; then somebody goes there
    walk_s: float = 180.0  # to a place within the RT
    work_s: float = 900.0  # until a true incident is over
    scale: float = 1.0

    def manner(self, role: Role) -> Manner:
        return _MANNERS.get(role, _CONSOLE) if role is not Role.RONDA else Manner(self.ronda, self.ronda, 40.0)

    def answers(self, role: Role, at: datetime) -> float:
        """The chance that somebody of a role answers a message at that time."""
        manner = self.manner(role)
        if role is Role.RONDA:
            return manner.awake * self.scale
        if role in AT_CONSOLES or role in _ON_SHIFT:
            return manner.awake
        return (manner.asleep if asleep(at) else manner.awake) * self.scale


USUAL = Habits()
_CONSOLE = Manner(1.0, 1.0, 20.0)  # somebody sits there, and a tone sounds (NFPA 1225: answered within 10 s, 90 %)
_ON_SHIFT = frozenset({Role.DAMKAR, Role.BPBD})
_MANNERS = {
    Role.RT: Manner(0.7, 0.25, 60.0),  # at home, the telephone somewhere in the house
    Role.RW: Manner(0.7, 0.25, 60.0),
    Role.LINMAS: Manner(0.6, 0.2, 60.0),
    Role.INSTALLER: Manner(0.6, 0.0, 300.0),  # nobody gets up for a dirty lens
    Role.DAMKAR: Manner(0.95, 0.95, 30.0),
    Role.BPBD: Manner(0.95, 0.95, 30.0),
}


def asleep(at: datetime) -> bool:
    """Whether people who are not on duty sleep."""
    hour = at.astimezone(WIB).hour
    return hour >= BEDTIME or hour < RISING


def ronda_hours_left(at: datetime) -> float:
    """Hours until the ronda of that time goes home; 0 outside of its hours."""
    local = at.astimezone(WIB)
    hour = local.hour + local.minute / 60
    start, end = RONDA_HOURS
    if hour >= start:
        return 24 - hour + end
    return max(0.0, end - hour)
