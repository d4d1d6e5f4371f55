"""A console without a screen: signs in, follows the live stream, and measures when it is told of each event."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from httpx_sse import connect_sse

from core.errors import ServiceError

TIMEOUT = httpx.Timeout(10.0, read=15.0)  # a ping comes every 5 s


class Watcher:
    """Follows `/api/v1/stream` on a thread of its own. `first` is called once, with the first incident."""

    def __init__(self, url: str, token: str, first: Callable[[dict[str, Any]], None]) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False)
        self._first = first
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._stopping = threading.Event()
        answer = self._http.post("/api/v1/session/link", json={"token": token})
        if answer.status_code != 200:
            raise ServiceError(f"the console cannot sign in: {answer.text[:200]}")
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def latencies(self) -> list[float]:
        """Milliseconds from each event to the moment it was on the stream."""
        with self._lock:
            return list(self._told.values())

    def statistics(self) -> dict[str, Any]:
        """The centre's own figures."""
        figures: dict[str, Any] = self._http.get("/api/v1/statistics").raise_for_status().json()
        return figures

    def stop(self) -> None:
        self._stopping.set()

    def _follow(self) -> None:
        after = ""
        while not self._stopping.is_set():
            try:
                headers = {"Last-Event-ID": after} if after else {}
                with connect_sse(self._http, "GET", "/api/v1/stream", headers=headers) as source:
                    for message in source.iter_sse():
                        after = message.id or after
                        if message.event == "incident":
                            self._note(json.loads(message.data), datetime.now(UTC))
                        if self._stopping.is_set():
                            return
            except (httpx.HTTPError, OSError):
                continue

    def _note(self, incident: dict[str, Any], now: datetime) -> None:
        event = incident["last_event"]
        with self._lock:
            if event["id"] in self._told:
                return
            first = not self._told
            self._told[event["id"]] = (now - datetime.fromisoformat(event["at"])).total_seconds() * 1000
        if first:
            self._first(incident)
