"""What a rule is: the objects of a picture in, those that meet its condition out.

A rule says only whether its condition holds now. When it is armed, which classes count, and that one object is told
once only, is the engine's business, the same for all rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.events import Severity
from edge.tracking import Track


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture as a rule sees it: the visible objects of its classes, and the time in monotonic seconds.

    `aspect` is the picture's width over its height: what makes a distance of fractions a distance.
    """

    tracks: Sequence[Track]
    now: float
    aspect: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """The condition holds. `track` is the object, or one of them; `alone` False means the rule speaks of all together.

    `where` is the zone, or the side to which a line was crossed.
    """

    track: Track
    where: str
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule has something to tell. The loop makes an event of it."""

    rule: str
    kind: str
    severity: Severity
    track: Track
    zone: str


class Rule(Protocol):
    """One rule of one camera; it keeps its own state between pictures."""

    def update(self, scene: Scene) -> list[Sighting]:
        """Every object for which the condition holds in this picture."""
        ...
