"""What an installer writes for one edge: `edge.toml`. Each key's meaning stands at the key; the docs print it."""

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta, Struct

from core.errors import EkamlingError, SourceRefused
from core.events import AreaCode, Severity, Slug
from core.geometry import polygon_area
from detectors import coco
from edge.rtsp import address
from edge.rules.schedule import Schedule

Fraction = Annotated[float, Meta(ge=0, le=1)]
Zone = Annotated[
    list[tuple[Fraction, Fraction]],
    Meta(max_length=32, description="three or more corners [x, y] of the zone, as fractions of the picture, 0 to 1"),
]
Url = Annotated[str, Meta(pattern=r"^rtsp://[^\s@]+\Z")]


class CentreLink(Struct, frozen=True, forbid_unknown_fields=True):
    """How the edge reaches its centre."""

    mqtt_host: Annotated[str, Meta(pattern=r"^[^\s/@]+\Z", description="host of the broker, without mqtt:// and port")]
    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?\Z",
            description="address of the centre, for clips: https://host or https://host:port, nothing behind it",
        ),
    ]
    secret_file: Annotated[str, Meta(description="file that holds this edge's password and nothing else, mode 0600")]
    mqtt_port: Annotated[int, Meta(ge=1, le=65535, description="MQTT port of the broker")] = 1883


class Detection(Struct, frozen=True, forbid_unknown_fields=True):
    """The detector, shared by all cameras of a shard."""

    model: Annotated[str, Meta(description="name of a model that ships with E-Kamling")] = "nanodet-g-416"
    shards: Annotated[int, Meta(ge=0, le=64, description="processes that share the cameras; 0 means one a core")] = 0


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the disk the edge may use while the centre cannot be reached."""

    outbox_mb: Annotated[int, Meta(ge=4, le=4096, description="events and snapshots that wait, MB")] = 96
    clips_mb: Annotated[int, Meta(ge=16, le=1048576, description="clips that wait, MB")] = 1024


class RuleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of one camera."""

    id: Annotated[Slug, Meta(description="short name, unique on its camera: letters, digits, hyphens")]
    kind: Annotated[
        Literal["intrusion", "loitering", "crossing", "crowd", "stopped"],
        Meta(description="what the rule looks for; all but `crossing` watch a zone"),
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
        float, Meta(ge=0, le=86400, description="`loitering`, `crowd`, `stopped`: seconds that it must last")
    ] = 60.0
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
    severity: Annotated[Severity, Meta(description="1 highest, 3 lowest")] = 2
    cooldown_s: Annotated[
        float, Meta(ge=0, le=86400, description="seconds in which one object fires this rule once only")
    ] = 30.0

    def __post_init__(self) -> None:
        if self.kind == "crossing":
            _check_line(self.line)
        elif len(self.zone) < 3 or polygon_area(self.zone) < 1e-4:
            raise EkamlingError("zone: has no area; give at least three corners that span a surface")
        for name in self.classes:
            if name not in coco.CLASSES:
                raise EkamlingError(
                    f"classes: {name!r} is not a class that a detector knows{_nearest(name, coco.CLASSES)}"
                )
        Schedule.parse(self.schedule)


class CameraSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One camera."""

    id: Annotated[Slug, Meta(description="short name, unique on its edge: letters, digits, hyphens")]
    name: Annotated[str, Meta(min_length=1, max_length=80, description="name that people read")]
    area: Annotated[AreaCode, Meta(description="code of the place, such as 33.03.05.1003/RW02/RT04")]
    url: Annotated[Url, Meta(description="rtsp:// address of the main stream, without user and password")]
    sub_url: Annotated[
        str,
        Meta(
            pattern=r"^(rtsp://[^\s@]+)?\Z",
            description="rtsp:// address of the sub stream, without user and password; empty: use the main one",
        ),
    ] = ""
    username: Annotated[str, Meta(max_length=80, description="user of the camera, where it asks for one")] = ""
    password_file: Annotated[str, Meta(description="file that holds the camera's password and nothing else")] = ""
    analysis_fps: Annotated[
        float, Meta(gt=0, le=30, description="pictures analysed a second while something moves")
    ] = 5.0
    keyframes_when_idle: Annotated[
        bool,
        Meta(
            description="decode keyframes only while nothing moves: saves most of the decoding; events come up to one"
            " keyframe interval later; not used where that is over 4 s"
        ),
    ] = False
    rules: Annotated[list[RuleSettings], Meta(max_length=32, description="what to look for")] = []

    def __post_init__(self) -> None:
        _unique([rule.id for rule in self.rules], "rules")
        for key, url in (("url", self.url), ("sub_url", self.sub_url)):
            try:
                address.parse(url or self.url, "", "")
            except SourceRefused as error:
                raise EkamlingError(f"{key}: {error}") from error


class EdgeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `edge.toml`."""

    id: Annotated[Slug, Meta(description="name of this edge, as the centre knows it: letters, digits, hyphens")]
    data: Annotated[str, Meta(description="folder for the outbox and the clips that wait")]
    centre: CentreLink
    cameras: Annotated[list[CameraSettings], Meta(min_length=1, max_length=256, description="the cameras")]
    time_zone: Annotated[str, Meta(description="IANA zone in which schedules are read")] = "Asia/Jakarta"
    detection: Detection = Detection()
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        _unique([camera.id for camera in self.cameras], "cameras")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:  # unknown, not a name at all, a folder of names
            raise EkamlingError(
                f"time_zone: {self.time_zone!r} is not an IANA zone{_nearest(self.time_zone, available_timezones())}"
            ) from error


def _check_line(line: list[tuple[float, float]]) -> None:
    if len(line) != 2 or line[0] == line[1]:
        raise EkamlingError("line: has no length; give two points that lie apart")


def _unique(names: list[str], key: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EkamlingError(f"{key}: the id {twice[0]!r} is given twice")


def _nearest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def read_secret(path: str, *, whose: str) -> str:
    """The one line in a secret file; raises EkamlingError, which names the file and never its content."""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise EkamlingError(f"{path}: cannot read the password of {whose}: {reason}") from error
    if not secret or "\n" in secret:
        raise EkamlingError(f"{path}: must hold the password of {whose} on one line and nothing else")
    return secret
