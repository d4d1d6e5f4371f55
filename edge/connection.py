"""One stream of a camera that is kept: connected to again after every failure, with a state that can be told."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

from core.errors import EkamlingError, SourceError, SourceRefused
from edge.channel import Credentials
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Counts

TIMEOUT_S = 4.0  # for the connection and each answer; see RtspClient
STALL_S = 8.0  # without a picture
RETRY_S = 1.0  # after the first failure; doubles, up to RETRY_MAX_S, while it fails within
AT_ONCE_S = 1.0
RETRY_MAX_S = 10.0
JITTER = (0.5, 0.8)  # the share of it that is waited: a camera that is well again shows within 10 s, its start included
REFUSED_RETRY_S = 60.0  # at least, after a login was refused: tried too often it locks accounts on many cameras
REFUSED_JITTER = (1.0, 1.25)

log = logging.getLogger("edge.connection")


class Connection:
    """`state` is `failed` from a failure until the next picture. `lost` counts RTP packets.

    `stream` is its name in reasons, where the camera has two; `unhurried` as in RtspClient.
    """

    def __init__(self, camera: str, url: str, login: Credentials, *, stream: str = "", unhurried: bool = False) -> None:
        self.url = url
        self.state: Literal["connecting", "ok", "failed"] = "connecting"
        self._reason = ""
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
        self._began = 0.0  # `time.monotonic()` of the present try

    @property
    def reason(self) -> str:
        """Why there are no pictures, as far as that is known: what this client meets, or what the last one met."""
        client = self._client
        return "" if self.state == "ok" else (client and client.trouble) or self._reason

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
            spread = JITTER if pause < REFUSED_RETRY_S else REFUSED_JITTER
            if not self._closed.wait(pause * random.uniform(*spread)):  # noqa: S311 - jitter, not a secret
                self.reconnects += 1

    def alive(self) -> None:
        """A picture came."""
        self.state, self._reason = "ok", ""
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
        self._began = time.monotonic()
        client = RtspClient(
            self.url,
            username=self._login.username,
            password=self._login.password,
            timeout_s=TIMEOUT_S,
            stall_s=STALL_S,
            unhurried=self._unhurried,
        )
        self._client, self._counts, self._lost_before = client, client.counts, self.lost
        try:
            if not self._closed.is_set():  # `close` may have come before it could see this client
                once(client)
        finally:
            client.close()

    def _failed(self, reason: str, pause: float, *, refused: bool = False) -> float:
        """Tell of a failure; the seconds to wait after it, given the `pause` after the one before."""
        lasted = time.monotonic() - self._began
        anew = self.state == "ok" or not pause or lasted >= AT_ONCE_S  # who waited for long need not pause for long
        self._reason, self.state = reason, "failed"
        if self._client:
            self._client.trouble = ""
        self._known.set()
        if refused:  # only a password is worth long patience: a path may be there when the camera has started
            return RETRY_MAX_S if self._client and self._client.let_in else REFUSED_RETRY_S
        return RETRY_S if anew else min(pause * 2, RETRY_MAX_S)
