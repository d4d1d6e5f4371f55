"""Apprise: the services that it knows, where no channel of ours serves them. An extra: `pip install ekamling[apprise]`.

Its library waits for the network, so each message has a thread of its own, a few at a time; it tells no receipt, and
what went wrong only in its log, which is read here.
"""

import asyncio
import importlib
import logging
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

from msgspec import structs

from alerts.notifiers.base import CALLS, DeliveryError, Message, Receipt, checked, cleaned, letter
from alerts.notifiers.exchange import TIMEOUT_S
from alerts.notifiers.texts import one_line
from core.errors import EkamlingError

EXTRA = "apprise: its package is not installed; run pip install 'ekamling[apprise]', or take [notify.apprise] away"
AT_ONCE = 8  # a thread that hangs is waited for by nobody, but counts
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30})://", re.IGNORECASE)
_STATUS = re.compile(r"error=([0-9]{3})\b")
_PASSING = frozenset({408, 425, 429})
_heard = threading.local()


class _Listener(logging.Handler):
    """Keeps what Apprise says in a thread that listens."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = getattr(_heard, "lines", None)
        if lines is not None:
            lines.append(record.getMessage())


_LISTENER = _Listener(logging.WARNING)


def library() -> ModuleType:
    """Apprise, imported when it is first needed; raises EkamlingError where it is not installed."""
    try:
        found = importlib.import_module("apprise")
    except ModuleNotFoundError:
        raise EkamlingError(EXTRA) from None
    log = logging.getLogger("apprise")
    log.setLevel(logging.WARNING)
    log.propagate = False  # its words, without secrets, stand in our errors
    if _LISTENER not in log.handlers:
        log.addHandler(_LISTENER)
    return found


@dataclass(frozen=True)
class Apprise:
    """`targets` are Apprise's addresses by the name that people are given; `schemes` those that an administrator may
    give to people in full. No redirect is followed."""

    library: ModuleType
    targets: Mapping[str, str] = field(default_factory=dict, repr=False)
    schemes: frozenset[str] = frozenset()
    timeout_s: float = TIMEOUT_S
    channel: ClassVar[str] = "apprise"
    slots: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE), repr=False)

    def check(self, address: str) -> str:
        """The name of a target, or an address of Apprise's. An error never holds the address, which holds passwords."""
        address = address.strip()
        if address in self.targets:
            return address
        scheme = _SCHEME.match(address)
        if scheme is None:
            named = ", ".join(sorted(self.targets)) or "none"
            raise EkamlingError(f"apprise: {address[:40]!r} is no target; there are {named}")
        if scheme[1].lower() not in self.schemes:
            raise EkamlingError(f"apprise: addresses of {scheme[1][:30]}:// are not in notify.apprise.schemes")
        self.service(address)
        return address

    async def send(self, address: str, message: Message) -> Receipt:
        service = self.service(checked(self, address))
        said = cleaned(message)
        if not self.slots.acquire(blocking=False):
            raise DeliveryError("apprise: too many messages are on their way", permanent=False)
        outcome: Future[list[str]] = Future()
        outcome.set_running_or_notify_cancel()
        work = threading.Thread(target=self._hand_over, args=(service, said, outcome), name="apprise", daemon=True)
        work.start()
        try:
            async with asyncio.timeout(self.timeout_s):
                lines = await asyncio.wrap_future(outcome)
        except TimeoutError:
            raise DeliveryError(f"apprise: did not answer within {self.timeout_s:g} s", permanent=False) from None
        if lines:
            raise _error(service, lines)
        return Receipt("")

    def service(self, address: str) -> Any:
        """Apprise's own object for a target or an address; raises EkamlingError for one that it does not understand."""
        url = self.targets.get(address, address)
        asset = self.library.AppriseAsset(
            app_id="E-Kamling", app_desc="E-Kamling", http_redirects=False, secure_logging=True
        )
        service = self.library.Apprise.instantiate(url, asset=asset)
        if service is None:
            scheme = _SCHEME.match(url)
            raise EkamlingError(f"apprise: cannot use an address of {scheme[1] if scheme else '?'}://; see its guide")
        service.redirects = False  # whatever the address says
        return service

    def _hand_over(self, service: Any, message: Message, outcome: "Future[list[str]]") -> None:
        """On a thread of its own: what Apprise complained of, empty where the message was taken."""
        _heard.lines = []
        try:
            body = letter(structs.replace(message, title=""), with_answer=True)
            taken = service.notify(title=message.title, body=body, notify_type=_kind(self.library, message))
            outcome.set_result([] if taken else (_heard.lines or ["the service did not take the message"]))
        except Exception as error:  # noqa: BLE001 - whatever a plugin of strangers does, it ends here
            outcome.set_result([f"failed unexpectedly ({type(error).__name__})"])
        finally:
            self.slots.release()


def _kind(library: ModuleType, message: Message) -> Any:
    """How Apprise marks a message: by colour or sign, where the service can."""
    kinds = library.NotifyType
    if message.action in CALLS:
        return kinds.FAILURE if message.severity == 1 else kinds.WARNING
    return kinds.SUCCESS if message.action == "resolve" else kinds.INFO


def _error(service: Any, lines: list[str]) -> DeliveryError:
    """What Apprise said last, and whether that may pass: by the status that it names, else it may."""
    said = lines[-1].replace(service.password, "***") if service.password else lines[-1]
    status = next((int(found[1]) for line in reversed(lines) if (found := _STATUS.search(line))), 0)
    permanent = 400 <= status < 500 and status not in _PASSING
    return DeliveryError(one_line(f"apprise: {said}", 200), permanent=permanent)
