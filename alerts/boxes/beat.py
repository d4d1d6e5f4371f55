"""One heartbeat, as whoever takes it in hands it over."""

from datetime import datetime
from typing import Protocol

from core.events import Status


class Beat(Protocol):
    """What an edge said of itself, and when that came. The sender is the one that the broker let in."""

    @property
    def edge(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def at(self) -> datetime: ...
