"""What a rule of telling is: for which incidents it is, and its ladder, step by step. docs/guide/routing.md says it to
those who write rules."""

from datetime import datetime, time
from typing import Annotated, Literal

from msgspec import Meta, Struct

from alerts.cases.signal import FAMILIES, REPORTED, family
from alerts.people.duty import EVERY_DAY, Day, begun
from alerts.people.roles import Role
from core import areas

KINDS = (*FAMILIES, *REPORTED)
SEVERITIES = (1, 2, 3)
MAX_NAME = 80
UNCONFIRMED = 1  # verification level of what nobody has confirmed
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"

Name = Annotated[str, Meta(max_length=MAX_NAME)]
ClockTime = Annotated[str, Meta(pattern=CLOCK)]
Stage = Literal["claimed", "on_scene", "closed"]


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tell these people, `after_s` seconds after the opening or the claim, unless the incident came as far as `until`.

    A step that counts from the claim has no due time before somebody claims. Without `channels`: by all that a person
    has.
    """

    after_s: int = 0
    roles: tuple[Role, ...] = ()
    users: tuple[Name, ...] = ()
    channels: tuple[Name, ...] = ()
    until: Stage = "claimed"
    since: Literal["opened", "claimed"] = "opened"


class Hours(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A window of the week in WIB; it belongs to the day on which it begins, and equal times are 24 hours."""

    start: ClockTime
    end: ClockTime
    days: frozenset[Day] = EVERY_DAY

    def hold(self, now: datetime) -> bool:
        return begun(self.days, time.fromisoformat(self.start), time.fromisoformat(self.end), now) is not None


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ladder, and the incidents that it is for. Empty fields fit everything; `kinds` may name families, too."""

    name: Name
    steps: tuple[Step, ...]
    kinds: tuple[Name, ...] = ()
    severities: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    area: str = ""
    hours: Hours | None = None

    def fits(self, kind: str, severity: int, area: str, now: datetime, level: int = UNCONFIRMED) -> bool:
        return (
            (not self.kinds or kind in self.kinds or family(kind) in self.kinds)
            and (not self.severities or severity in self.severities)
            and (not self.levels or level in self.levels)
            and (not self.area or areas.contains(self.area, area))
            and (self.hours is None or self.hours.hold(now))
        )

    @property
    def tells_somebody(self) -> bool:
        """Whether it has a step that does not wait for a claim."""
        return any(step.since == "opened" for step in self.steps)


class Routing(Struct, frozen=True):
    """Rules in order: the first that fits decides."""

    rules: tuple[Rule, ...]
