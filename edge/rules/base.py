"""What a rule is: what the camera shows in, what meets its condition out.

A rule says only whether its condition holds now. When it is armed, which classes count, and that one thing is told
once only, is the engine's business, the same for all rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.events import Severity
from core.geometry import Box
from edge.motion import View
from edge.tracking import Track

WHOLE_PICTURE: Box = (0.0, 0.0, 1.0, 1.0)


class Subject(Protocol):
    """What a rule speaks of: a tracked object, or a spot of the picture. `id` 0 is no track."""

    @property
    def id(self) -> int: ...

    @property
    def label(self) -> str: ...

    @property
    def score(self) -> float: ...

    @property
    def box(self) -> Box: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of the picture, in fractions, that is no tracked object; `label` is `motion`, `object` or `camera`."""

    label: str
    box: Box = WHOLE_PICTURE
    score: float = 1.0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """What is known of a camera besides its pictures.

    `silent_s`: seconds since its last picture. `clock_off_s`: how far its clock is ahead of the edge's, in seconds;
    None where it tells no time.
    """

    silent_s: float = 0.0
    clock_off_s: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture as a rule sees it: the visible objects of its classes, and the time in monotonic seconds.

    `aspect` is the picture's width over its height: what makes a distance of fractions a distance. `view` is the
    picture itself, None where there is none: between pictures, and in the truth of an evaluation. `others` are the
    objects of other classes, and those only carried on: what is known to a rule that looks for the unknown.
    """

    tracks: Sequence[Track]
    now: float
    aspect: float = 1.0
    view: View | None = None
    signal: Signal = field(default_factory=Signal)
    others: Sequence[Track] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """The condition holds for `subject`; `alone` False means the rule speaks of all together.

    `where` is the zone, or the side to which a line was crossed. A `lasting` sighting is told when it begins, and
    again only if it has been away for the rule's cooldown; others are told again after each cooldown.
    """

    subject: Subject
    where: str
    alone: bool = True
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule has something to tell. The reporter makes an event of it."""

    rule: str
    kind: str
    severity: Severity
    subject: Subject
    zone: str


class Rule(Protocol):
    """One rule of one camera; it keeps its own state between pictures."""

    def update(self, scene: Scene) -> list[Sighting]:
        """Everything for which the condition holds in this picture."""
        ...
