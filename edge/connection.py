"""One stream of a camera that is kept: connected to again after every failure, with a state that can be told."""

import logging
import random
import threading
from collections.abc import Callable
from typing import Literal

from core.errors import EkamlingError, SourceError, SourceRefused
from edge.channel import Credentials
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Counts

RETRY_S = 1.0  # after the first failure; doubles, with jitter, while it fails at once, up to
RETRY_MAX_S = 10.0
REFUSED_RETRY_S = 60.0  # a wrong password tried too often locks accounts on many cameras

log = logging.getLogger("edge.connection")


class Connection:
    """`state` is `failed`, for `reason`, from a failure until the next picture. `lost` counts RTP packets.

    `stream` is its name in reasons, where the camera has two; `unhurried` as in RtspClient.
    """

    def __init__(self, camera: str, url: str, login: Credentials, *, stream: str = "", unhurried: bool = False) -> None:
        self.url = url
        self.state: Literal["connecting", "ok", "failed"] = "connecting"
        self.reason = ""
        self.reconnects = 0
        self.lost = 0
        self._camera = camera
        self._login = login
        self._stream = stream
        self._unhurried = unhurried
        self._client: RtspClient | None = None
        self._counts = Counts()  # of the present client
        self._lost_before = 0
        self._closed = threading.Event()
        self._known = threading.Event()

    def thread(self, purpose: str, once: Callable[[RtspClient], None]) -> threading.Thread:
        """One that will `keep` it, not started yet."""
        return threading.Thread(target=self.keep, args=(once,), name=f"{self._camera}-{purpose}", daemon=True)

    def keep(self, once: Callable[[RtspClient], None]) -> None:
        """Run `once` with one new client after another until `close`, with growing pauses while it fails at once.

        `once` opens the client and calls `alive` for each picture.
        """
        pause = 0.0
        while not self._closed.is_set():
            try:
                self._run(once)
            except EkamlingError as error:
                where = f"{self._stream}: " if self._stream and isinstance(error, SourceError) else ""
                pause = self._failed(f"{where}{error}", pause, refused=isinstance(error, SourceRefused))
            except Exception as error:
                log.exception("camera %s: its analysis broke and starts again", self._camera)
                pause = self._failed(f"its analysis broke ({type(error).__name__}); see the edge's log", pause)
            if not self._closed.wait(pause * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter, not a secret
                self.reconnects += 1

    def alive(self) -> None:
        """A picture came."""
        self.state, self.reason = "ok", ""
        self.lost = self._lost_before + self._counts.lost
        self._known.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the first picture or the first failure; False where neither came in time."""
        return self._known.wait(timeout_s)

    def close(self) -> None:
        """End `keep`, from any thread."""
        self._closed.set()
        if client := self._client:
            client.close()

    def _run(self, once: Callable[[RtspClient], None]) -> None:
        client = RtspClient(
            self.url, username=self._login.username, password=self._login.password, unhurried=self._unhurried
        )
        self._client, self._counts, self._lost_before = client, client.counts, self.lost
        try:
            if not self._closed.is_set():  # `close` may have come before it could see this client
                once(client)
        finally:
            client.close()

    def _failed(self, reason: str, pause: float, *, refused: bool = False) -> float:
        """Tell of a failure; the seconds to wait after it, given the `pause` after the one before."""
        anew = self.state == "ok" or not pause
        self.reason, self.state = reason, "failed"
        self._known.set()
        if refused:
            return REFUSED_RETRY_S
        return RETRY_S if anew else min(pause * 2, RETRY_MAX_S)
