"""What an installer writes for one rule of a camera."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from core.errors import EkamlingError
from core.events import Severity, Slug
from core.geometry import polygon_area
from core.words import nearest
from detectors import coco
from edge.rules.schedule import Schedule

Fraction = Annotated[float, Meta(ge=0, le=1)]
Zone = Annotated[
    list[tuple[Fraction, Fraction]],
    Meta(max_length=32, description="three or more corners [x, y] of the zone, as fractions of the picture, 0 to 1"),
]


Mode = Literal["armed", "night", "mudik", "disarmed"]
HealthKind = Literal["covered", "moved", "defocused", "frozen", "dark", "silent", "clock"]
Kind = Literal[
    "intrusion",
    "loitering",
    "crossing",
    "crowd",
    "stopped",
    "left",
    "removed",
    "motion",
    "silent",
    "covered",
    "moved",
    "defocused",
    "frozen",
    "dark",
    "clock",
]
ARMED_MODES: tuple[Mode, ...] = ("armed", "night", "mudik")
HEALTH_KINDS: tuple[HealthKind, ...] = get_args(HealthKind)


class RuleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of one camera."""

    id: Annotated[Slug, Meta(description="short name, unique on its camera: letters, digits, hyphens")]
    kind: Annotated[
        Kind,
        Meta(description="what the rule looks for; all but `crossing` and the kinds of camera health watch a zone"),
    ] = "intrusion"
    zone: Zone = []
    line: Annotated[
        list[tuple[Fraction, Fraction]],
        Meta(max_length=2, description="`crossing`: two points [x, y] of the line, as fractions of the picture"),
    ] = []
    direction: Annotated[
        Literal["both", "left", "right"],
        Meta(
            description="`crossing`: the side to which passing counts, seen from the line's first point to its second"
        ),
    ] = "both"
    dwell_s: Annotated[
        float, Meta(ge=0, le=86400, description="all but `intrusion` and `crossing`: seconds that it must last")
    ] = 60.0
    size: Annotated[
        float,
        Meta(
            ge=0.02,
            le=1,
            description="`motion`: the smallest thing that counts, its longer side as a share of the picture's height",
        ),
    ] = 0.1
    count: Annotated[int, Meta(ge=2, le=100, description="`crowd`: how many objects make one")] = 5
    classes: Annotated[
        list[str], Meta(min_length=1, max_length=80, description="classes of objects that count, by their COCO names")
    ] = msgspec.field(default_factory=lambda: ["person"])
    schedule: Annotated[
        list[str],
        Meta(
            max_length=32,
            description='when the rule is armed, as "22:00-05:00" or "sat,sun 00:00-24:00"; empty: always',
        ),
    ] = []
    modes: Annotated[
        list[Mode],
        Meta(
            min_length=1,
            description="modes of the camera's group in which the rule is armed: by its schedule in `armed`, around the"
            " clock in `night` and `mudik`; camera health is watched in every mode",
        ),
    ] = msgspec.field(default_factory=lambda: list(ARMED_MODES))
    severity: Annotated[Severity, Meta(description="1 highest, 3 lowest")] = 2
    cooldown_s: Annotated[
        float,
        Meta(
            ge=0,
            le=86400,
            description="seconds in which one object fires this rule once only; after an intrusion it must have been"
            " away so long",
        ),
    ] = 30.0

    def __post_init__(self) -> None:
        if self.kind in HEALTH_KINDS:
            if self.zone:
                raise EkamlingError(f"zone: `{self.kind}` looks at the whole picture; leave the zone out")
        elif self.kind == "crossing":
            _check_line(self.line)
        elif len(self.zone) < 3 or polygon_area(self.zone) < 1e-4:
            raise EkamlingError("zone: has no area; give at least three corners that span a surface")
        for name in self.classes:
            if name not in coco.CLASSES:
                raise EkamlingError(
                    f"classes: {name!r} is not a class that a detector knows{nearest(name, coco.CLASSES)}"
                )
        Schedule.parse(self.schedule)


def _check_line(line: list[tuple[float, float]]) -> None:
    if len(line) != 2 or line[0] == line[1]:
        raise EkamlingError("line: has no length; give two points that lie apart")
