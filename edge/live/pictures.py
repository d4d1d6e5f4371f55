"""Single pictures, one a second, for those who get no stream: made while somebody asks, each with its viewer's mark."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from core.clock import Clock
from core.errors import EkamlingError
from edge.live import mark

FIRST_S = 3.0  # to wait for the first picture of a camera
KEPT_S = 5.0  # after the last question for a camera, in which pictures of it are made


class NoPicture(EkamlingError):
    """There is none; `code` says why to programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Newest:
    """The newest picture of a camera. `asked`: monotonic seconds of the last question; `taken`: when it came."""

    asked: float
    taken: datetime
    jpeg: bytes = b""
    came: asyncio.Event = field(default_factory=asyncio.Event)


class Pictures:
    """At most `most` cameras at a time. `want` is called with a camera and whether its pictures are wanted."""

    def __init__(self, most: int, clock: Clock, want: Callable[[str, bool], None]) -> None:
        self._most = most
        self._clock = clock
        self._want = want
        self._cameras: dict[str, Newest] = {}

    @property
    def cameras(self) -> list[str]:
        """Whose pictures are wanted."""
        return list(self._cameras)

    async def newest(self, camera: str, viewer: str) -> bytes:
        """A JPEG with the viewer's name and the time of the picture; raises NoPicture, and EkamlingError where it
        cannot be marked: none goes out without."""
        found = self._cameras.get(camera)
        if found is None:
            if len(self._cameras) >= self._most:
                raise NoPicture("full", "as many cameras of this edge are watched as it allows")
            found = self._cameras[camera] = Newest(monotonic(), self._clock.now())
            self._want(camera, True)
        found.asked = monotonic()
        if not found.jpeg:
            try:
                await asyncio.wait_for(found.came.wait(), FIRST_S)
            except TimeoutError as error:
                raise NoPicture("no-picture", f"camera {camera} brings no picture at the moment") from error
        return await asyncio.to_thread(mark.on_jpeg, found.jpeg, mark.words(viewer, found.taken))

    def take(self, camera: str, jpeg: bytes) -> None:
        """A picture came."""
        if found := self._cameras.get(camera):
            found.jpeg, found.taken = jpeg, self._clock.now()
            found.came.set()

    def look(self, now: float) -> None:
        """Make no more of cameras that nobody asks for."""
        for camera, found in list(self._cameras.items()):
            if now - found.asked > KEPT_S:
                del self._cameras[camera]
                self._want(camera, False)
