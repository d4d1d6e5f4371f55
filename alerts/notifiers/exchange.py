"""One HTTP exchange with a far side that may be slow, broken or hostile; what goes wrong becomes a DeliveryError.

No redirect is followed, the whole exchange has one time limit, and of the answer 64 KiB are read. No text of an error
holds an address beyond its host, or a secret.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from msgspec import Struct

from alerts.notifiers.base import DeliveryError
from alerts.notifiers.texts import one_line
from core.clock import Clock, SystemClock

TIMEOUT_S = 10.0
LARGEST_ANSWER = 64 * 1024
_LONGEST_PAUSE_S = 3600.0
_TEMPORARY = frozenset({408, 425, 429})
_HEADERS = {"User-Agent": "E-Kamling", "Accept-Encoding": "identity"}  # what is not packed cannot swell
_CLOCK: Clock = SystemClock()


class Reply(Struct, frozen=True):
    """What the far side answered; `body` is cut at 64 KiB, `headers` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Line:
    """The way to one far side: its name for people, how long it may take, and what must never be told."""

    http: httpx.AsyncClient
    who: str
    timeout_s: float = TIMEOUT_S
    secrets: tuple[str, ...] = field(default=(), repr=False)
    clock: Clock = _CLOCK

    async def call(self, method: str, url: str, *, headers: Mapping[str, str] = {}, **body: Any) -> Reply:
        """Send a request (`content`, `json`, `data`, `files` as in httpx) and read its answer of any status."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._call(method, url, {**_HEADERS, **headers}, body)
        except (TimeoutError, httpx.TimeoutException):
            raise self.temporary(f"did not answer within {self.timeout_s:g} s") from None
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
            raise self.permanent("has an address or a header that cannot be sent; check the settings") from None
        except httpx.TransportError as error:
            raise self.temporary(f"cannot be reached ({type(error).__name__})") from None

    async def _call(self, method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        async with self.http.stream(
            method, url, headers=headers, follow_redirects=False, timeout=self.timeout_s, **body
        ) as response:
            read = bytearray()
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= LARGEST_ANSWER:
                    break
            return Reply(response.status_code, dict(response.headers), bytes(read[:LARGEST_ANSWER]))

    def refusal(self, reply: Reply, said: str = "", *, gone: bool = False) -> DeliveryError:
        """The error of an answer that is no 2xx, by its status; `said` are the far side's own words."""
        permanent = gone or not (reply.status in _TEMPORARY or reply.status >= 500)
        words = f": {said}" if said else ""
        text = self.hidden(f"{self.who} answered {reply.status}{words}")
        return DeliveryError(text, permanent=permanent, retry_after_s=self.pause(reply), gone=gone)

    def temporary(self, what: str, retry_after_s: float | None = None) -> DeliveryError:
        """`what` went wrong and may go right later."""
        return DeliveryError(self.hidden(f"{self.who} {what}"), permanent=False, retry_after_s=retry_after_s)

    def permanent(self, what: str, *, gone: bool = False) -> DeliveryError:
        """`what` went wrong and stays so until somebody changes something."""
        return DeliveryError(self.hidden(f"{self.who} {what}"), permanent=True, gone=gone)

    def hidden(self, text: str) -> str:
        """One line without any of the secrets."""
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, "***")
        return one_line(text, 200)

    def pause(self, reply: Reply) -> float | None:
        """Seconds that the far side asks to wait (Retry-After, RFC 9110), an hour at most."""
        asked = reply.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:9]), _LONGEST_PAUSE_S)
        try:
            until = parsedate_to_datetime(asked)
        except (ValueError, IndexError):
            return None
        return bounded((_aware(until) - self.clock.now()).total_seconds())


def bounded(seconds: float) -> float:
    """A pause that somebody else asked for, between none and an hour."""
    return min(max(seconds, 0.0), _LONGEST_PAUSE_S)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _HostsOnly(logging.Filter):
    """httpx logs each request's whole address; paths and queries of ours hold tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                f"{arg.scheme}://{arg.host}/…" if isinstance(arg, httpx.URL) else arg for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_HostsOnly())
