"""What the parts of the alert centre stand on, put together by whoever runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alerts.bell import Bell
from alerts.ground.base_map import BaseMap
from alerts.live.settings import LiveSettings
from alerts.live.views import Edges
from alerts.notifiers.base import Notifier
from alerts.notifiers.inbound import Secrets
from alerts.reporting.clocks import CLOCKS
from alerts.reporting.clocks import Clock as Target
from alerts.sink import Sink
from alerts.sso.sign_in import SignIn
from alerts.store.database import Database
from alerts.telling.answers import Answers
from core.clock import Clock
from core.events import Media

MediaKind = Literal["snapshot", "clip"]
MediaPath = Callable[[MediaKind, str], Path]


@dataclass(frozen=True)
class Services:
    """`url` is the address that people type; `media_path(kind, sha256)` says where a file stands, `keep_photo` puts one
    there; `notifiers` are the channels that are set up, by name; `targets` the clocks that figures are held against."""

    database: Database
    sink: Sink
    bell: Bell
    clock: Clock
    url: str
    media_path: MediaPath
    answers: Answers
    keep_photo: Callable[[bytes], Media] | None = None
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    live: LiveSettings = field(default_factory=LiveSettings)
    edges: Edges | None = None
    sign_in: SignIn | None = None
    targets: tuple[Target, ...] = CLOCKS
    base_map: BaseMap | None = None
