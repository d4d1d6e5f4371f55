"""A console, as far as its stream is concerned: it follows the feed and comes back as Chromium does."""

import json
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

AGAIN_S = 1.0  # what the stream asks for
SILENCE_S = 15.0  # as alerts/web/src/lib/stream.ts


@dataclass
class Console:
    """Follows until its context ends. `seen`: of each incident, when it was shown with how many events."""

    url: str
    token: str  # of a sign-in link
    seen: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._last = 0
        self._client = httpx.Client(base_url=self.url, timeout=SILENCE_S)

    def __enter__(self) -> Self:
        self._client.post("/api/v1/session/link", json={"token": self.token}).raise_for_status()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._client.close()

    def shown(self, incident: str, count: int) -> float | None:
        """True seconds since 1970 when it had been told of so many events of an incident."""
        return next((at for events, at in self.seen.get(incident, []) if events >= count), None)

    def _follow(self) -> None:
        while not self._ending.is_set():
            try:
                with self._client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": str(self._last)}) as stream:
                    self._read(stream)
            except httpx.HTTPError:
                pass  # the centre is away
            self._ending.wait(AGAIN_S)

    def _read(self, stream: httpx.Response) -> None:
        kind = ""
        for line in stream.iter_lines():
            if self._ending.is_set():
                return
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    self._last = int(value)
                case "event":
                    kind = value
                case "data" if kind == "incident":
                    incident = json.loads(value)
                    self.seen.setdefault(incident["id"], []).append((incident["event_count"], time.time()))
