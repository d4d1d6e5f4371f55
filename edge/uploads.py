"""Uploads of clips over HTTP: in pieces that survive a bad link, resumed where they broke off, checked by hash."""

import base64
import logging
import threading

import httpx

from core.errors import EkamlingError, ServiceError
from edge.outbox import Outbox, PendingClip
from edge.settings import CentreLink

PIECE = 256 * 1024
TIMEOUT_S = 20.0
RETRY_S = 2.0
RETRY_MAX_S = 60.0
TRIES = 20  # of one clip that the centre refuses; then it is given up, so that it does not block the others
DONE = (200, 201)
NOT_NOW = (401, 403, 408, 429)  # and all from 500 on: says nothing about the clip, so it waits

log = logging.getLogger("edge.uploads")


class Uploader:
    """Empties the clip folder of an outbox, oldest first, for as long as it runs."""

    def __init__(self, edge: str, link: CentreLink, secret: str, outbox: Outbox) -> None:
        self._base = f"{link.url}/edge/v1/clips"
        self._outbox = outbox
        self._http = httpx.Client(auth=(edge, secret), timeout=TIMEOUT_S, trust_env=False)
        self._refusals: dict[str, int] = {}
        self._last = ""  # hash of the clip sent last: the next one of several events is often the same file
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Say that a clip was added."""
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=TIMEOUT_S)
        self._http.close()

    def _run(self) -> None:
        pause = RETRY_S
        while not self._stopping:
            try:
                done = self._pass()
                pause = RETRY_S if done else min(pause * 2, RETRY_MAX_S)
            except EkamlingError as error:
                log.error("%s", error)
            waiting = pause if self._outbox_has_clips() else None
            if self._wake.wait(waiting):
                pause = RETRY_S
            self._wake.clear()

    def _outbox_has_clips(self) -> bool:
        try:
            return bool(self._outbox.clips(limit=1))
        except EkamlingError:
            return True

    def _pass(self) -> bool:
        """Try every clip that waits; whether any got through."""
        done = False
        for clip in self._outbox.clips():
            if self._stopping:
                break
            try:
                done = self._upload(clip) or done
            except (httpx.HTTPError, ServiceError) as error:
                log.warning("clip %s waits: the centre cannot be reached (%s)", clip.event, error)
                break
        return done

    def _upload(self, clip: PendingClip) -> bool:
        """Send one clip from where the centre has it; whether it is done with."""
        try:
            data = clip.path.read_bytes()
        except OSError as error:
            log.error("clip %s is gone from the disk: %s", clip.event, error.strerror)
            self._outbox.forget_clips([clip.event], lost=True)
            return True
        url = f"{self._base}/{clip.event}"
        if clip.sha256 == self._last and self._put(url, clip, b"", f"*/{clip.size}").status_code in DONE:
            return self._sent(clip)
        offset = _stand(self._http.head(url))
        while not self._stopping:
            piece = data[offset : offset + PIECE]
            answer = self._put(url, clip, piece, f"{offset}-{offset + len(piece) - 1}/{clip.size}")
            if answer.status_code in DONE:
                return self._sent(clip)
            before, offset = offset, _stand(answer)
            if answer.status_code not in (202, 409) or offset == before:
                return self._refused(clip, answer.status_code)
        return False

    def _sent(self, clip: PendingClip) -> bool:
        self._last = clip.sha256
        self._refusals.pop(clip.event, None)
        self._outbox.forget_clips([clip.event])
        return True

    def _put(self, url: str, clip: PendingClip, piece: bytes, span: str) -> httpx.Response:
        """One piece of a clip; none of it, with `*` for its place, asks whether the centre has that file already."""
        digest = base64.b64encode(bytes.fromhex(clip.sha256)).decode()
        headers = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {span}",
            "Repr-Digest": f"sha-256=:{digest}:",
        }
        return self._http.put(url, content=piece, headers=headers)

    def _refused(self, clip: PendingClip, status: int) -> bool:
        """Note a refusal; whether the clip is given up after many. While events wait, a 404 only means that the
        clip's own is among them."""
        if status == 404 and self._outbox.waiting("event", 1):
            return False
        tries = self._refusals[clip.event] = self._refusals.get(clip.event, 0) + 1
        log.warning("clip %s is refused by the centre (%d), try %d", clip.event, status, tries)
        if tries < TRIES:
            return False
        log.error("clip %s is given up", clip.event)
        del self._refusals[clip.event]
        self._outbox.forget_clips([clip.event], lost=True)
        return True


def _stand(answer: httpx.Response) -> int:
    """How many bytes of a clip the centre has; raises ServiceError for an answer that tells nothing about the clip."""
    if answer.status_code in NOT_NOW or answer.status_code >= 500:
        raise ServiceError(f"it answers {answer.status_code}")
    offset = answer.headers.get("Upload-Offset", "0")
    return int(offset) if offset.isascii() and offset.isdigit() else 0
