"""The board between the loop, which writes on it, and the page, which reads it."""

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from core.clock import Clock
from core.events import CameraCounts
from core.geometry import Box
from edge.channel import Found
from edge.connection import Connection
from edge.observer import Look
from edge.rtsp import address
from edge.rules.calendar import Calendar
from edge.rules.settings import Mode
from edge.settings import CameraSettings
from ekamling.watching.figures import Figures, Rates, Times
from ekamling.watching.picture import Motion, jpeg, motion
from ekamling.watching.rules import Standing, standings

SHOWN_S = 0.19  # between two pictures on the page: five a second
KEPT = 4  # pictures that a page may still ask for
EVENTS = 20


class Seen(Struct, frozen=True):
    """One track in a picture; `box` is left, top, right, bottom in fractions of the picture."""

    id: int
    label: str
    score: float
    box: Box
    visible: bool


class Told(Struct, frozen=True):
    """One event, which is shown and not sent."""

    id: str
    rule: str
    kind: str
    severity: int
    label: str
    track: int
    zone: str
    at: datetime


class State(Struct, frozen=True, kw_only=True):
    """All that the page shows. `number` is that of the picture, 0 before the first; `link` as in core.events."""

    camera: str
    name: str
    stream: str
    mode: Mode
    link: str
    reason: str
    number: int
    at: datetime | None
    size: tuple[int, int]
    tracks: list[Seen]
    motion: Motion | None
    rules: list[Standing]
    times: Times
    rates: Rates
    events: list[Told]
    troubles: list[str]


@dataclass(frozen=True, slots=True)
class _Shot:
    """A look that the page may show."""

    number: int
    look: Look


class Board:
    """Holds the last looks, figures and events."""

    def __init__(
        self, camera: CameraSettings, mode: Mode, connection: Connection, calendar: Calendar, clock: Clock
    ) -> None:
        self._camera = camera
        self._connection = connection
        shown = address.parse(connection.url, "", "")[0]
        self._stream = f"{shown.host}{shown.shown}"  # without a secret
        self._mode: Mode = mode
        self._calendar = calendar
        self._clock = clock
        self._changed = threading.Condition()
        self._shots: deque[_Shot] = deque(maxlen=KEPT)
        self._shown = float("-inf")
        self._figures = Figures()
        self._events: deque[Told] = deque(maxlen=EVENTS)
        self._told: Counter[str] = Counter()
        self._troubles: Sequence[str] = ()
        self._closed = False

    # --- written by the loop

    def look(self, look: Look) -> None:
        """An observer of the loop: notes the figures of every picture, and keeps as many pictures as can be shown."""
        now = self._clock.monotonic()
        with self._changed:
            self._figures.looked(look, now)
            if now - self._shown >= SHOWN_S or look.firings:
                self._shown = now
                self._shots.append(_Shot(self._number + 1, look))
                self._changed.notify_all()

    def emit(self, found: Found) -> None:
        """Take the place of the outbox: list an event, and send it nowhere."""
        event = found.event
        told = Told(
            event.id, event.rule, event.kind, event.severity, event.label, event.track, event.zone, event.frame_at
        )
        with self._changed:
            self._events.appendleft(told)
            self._told[event.rule] += 1

    def counted(self, counts: CameraCounts, troubles: Sequence[str]) -> None:
        """Note the totals of the loop and what is wrong with the camera, about once a second."""
        with self._changed:
            self._figures.counted(self._clock.monotonic(), counts)
            self._troubles = troubles

    def apply(self, camera: CameraSettings) -> None:
        """Show the camera's rules as they are now."""
        with self._changed:
            self._camera = camera

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # --- read by the page

    def state(self, after: int, wait_s: float) -> State:
        """How all stands once there is a newer picture than number `after`, or after `wait_s` seconds without one."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number > after, wait_s)
            shot = self._shots[-1] if self._shots else None
            return self._state(shot)

    def picture(self, number: int) -> bytes | None:
        """The picture of that number as JPEG; None where it is gone."""
        with self._changed:
            shot = next((shot for shot in self._shots if shot.number == number), None)
        return jpeg(shot.look.image) if shot else None

    @property
    def _number(self) -> int:
        return self._shots[-1].number if self._shots else 0

    def _state(self, shot: _Shot | None) -> State:
        look = shot.look if shot else None
        tracks = look.tracks if look else ()
        moment = self._clock.now()
        return State(
            camera=self._camera.id,
            name=self._camera.name,
            stream=self._stream,
            mode=self._mode,
            link=self._connection.state,
            reason=self._connection.reason,
            number=shot.number if shot else 0,
            at=look.frame.received_at if look else None,
            size=look.frame.size if look else (0, 0),
            tracks=[Seen(track.id, track.label, round(track.score, 2), track.box, track.visible) for track in tracks],
            motion=motion(look.view.changed, moving=look.view.moving) if look else None,
            rules=standings(self._camera.rules, tracks, self._told, self._mode, moment, self._calendar),
            times=self._figures.times,
            rates=self._figures.rates,
            events=list(self._events),
            troubles=list(self._troubles),
        )
