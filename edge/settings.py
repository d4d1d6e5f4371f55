"""What an installer writes for one edge: `edge.toml`. Each key's meaning stands at the key; the docs print it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta, Struct

from core.errors import EkamlingError, SourceRefused
from core.events import AreaCode, Slug
from core.words import nearest
from edge.live.settings import LiveSettings
from edge.rtsp import address
from edge.rules.schedule import HOLIDAY, Schedule
from edge.rules.settings import HEALTH_KINDS, HealthKind, RuleSettings
from edge.siren_settings import SirenSettings

Url = Annotated[str, Meta(pattern=r"^rtsp://[^\s@]+\Z")]


MINOR: tuple[HealthKind, ...] = ("dark", "clock")  # troubles that leave a camera half of its use


def health_rule(kind: HealthKind) -> RuleSettings:
    """The rule that watches one kind of health on every camera."""
    return RuleSettings(id=f"camera-{kind}", kind=kind, severity=3 if kind in MINOR else 2, cooldown_s=300.0)


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

    model: Annotated[
        str, Meta(description="name of a model that ships with E-Kamling or was imported (ekamling model list)")
    ] = "nanodet-g-416"
    models: Annotated[str, Meta(description="folder of imported models; empty: that of the user who runs the edge")] = (
        ""
    )
    backend: Annotated[
        Literal["auto", "onnxruntime", "openvino", "cuda"],
        Meta(description="library that runs the model; auto: the fastest that is installed and sees the same"),
    ] = "auto"
    shards: Annotated[int, Meta(ge=0, le=64, description="processes that share the cameras; 0 means one a core")] = 0


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the disk the edge may use while the centre cannot be reached."""

    outbox_mb: Annotated[int, Meta(ge=4, le=4096, description="events and snapshots that wait, MB")] = 96
    clips_mb: Annotated[int, Meta(ge=16, le=1048576, description="clips that wait, MB")] = 1024


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
    group: Annotated[
        Slug, Meta(description="cameras that are armed and disarmed together, such as one housing block")
    ] = "main"
    health: Annotated[
        list[HealthKind],
        Meta(max_length=len(HEALTH_KINDS), description="what is watched of the camera itself, besides its rules"),
    ] = msgspec.field(default_factory=lambda: list(HEALTH_KINDS))
    rules: Annotated[list[RuleSettings], Meta(max_length=32, description="what to look for")] = []

    @property
    def watched(self) -> list[RuleSettings]:
        """Its rules, and one for each kind of camera health that no rule of its own names."""
        own = {rule.kind for rule in self.rules}
        return [*self.rules, *(health_rule(kind) for kind in self.health if kind not in own)]

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
    country: Annotated[
        str,
        Meta(description="ISO code of the country whose public holidays a schedule calls `holiday`; empty: none"),
    ] = "ID"
    days_off: Annotated[
        list[date], Meta(max_length=400, description="further days that count as `holiday`, of the place itself")
    ] = []
    detection: Detection = Detection()
    limits: Limits = Limits()
    live: LiveSettings = LiveSettings()
    siren: SirenSettings = SirenSettings()

    def __post_init__(self) -> None:
        _unique([camera.id for camera in self.cameras], "cameras")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:  # unknown, not a name at all, a folder of names
            raise EkamlingError(
                f"time_zone: {self.time_zone!r} is not an IANA zone{nearest(self.time_zone, available_timezones())}"
            ) from error
        if not self.country and not self.days_off:
            _no_holidays(self.cameras)


def _no_holidays(cameras: list[CameraSettings]) -> None:
    """Refuse a schedule that waits for holidays where there are none: its rule would never fire, untold."""
    for camera in cameras:
        for rule in camera.rules:
            windows = Schedule.parse(rule.schedule).windows
            if windows and all(window.days == {HOLIDAY} for window in windows):
                raise EkamlingError(
                    f"cameras[{camera.id}].rules[{rule.id}]: schedule: is never open: it names holidays only, and there"
                    " are none without country or days_off"
                )


def _unique(names: list[str], key: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EkamlingError(f"{key}: the id {twice[0]!r} is given twice")


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
