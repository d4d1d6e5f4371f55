"""What all channels share: the message, the receipt, and the error that says whether to try again.

    build(settings, …) ──> {channel: Notifier}        Notifier.send(address, message) ──> Receipt | DeliveryError

A notifier sends once. Who calls it leases the notification, waits by `backoff` and gives up after `MAX_ATTEMPTS` or a
permanent error.
"""

import re
from datetime import datetime
from random import Random
from typing import ClassVar, Literal, Protocol

from msgspec import Struct, structs

from alerts.notifiers.texts import one_line, plain
from core.errors import EkamlingError
from core.terms import Language

# Somebody is called; more happens on what somebody holds; somebody has it; it is over.
Action = Literal["trigger", "update", "acknowledge", "resolve"]
CALLS: frozenset[Action] = frozenset({"trigger", "update"})  # to be noticed at once

MAX_ATTEMPTS = 8  # the seven pauses between them last a minute on average, two at most
_BASE_S, _CAP_S = 1.0, 60.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,60}")  # with `ack:` before it, within Telegram's 64 bytes


class Message(Struct, frozen=True, kw_only=True):
    """What is to be said to one recipient about one incident.

    `id` is the notification's own and the same in each attempt, so that a receiver can drop a repeat. `title` and
    `body` are written by the caller in `language`. `answer_url` ends with a token by which the recipient takes the
    incident; it is empty where there is nothing to take. `picture` is a JPEG; `position` is (latitude, longitude).
    """

    id: str
    action: Action
    incident: str
    number: int
    kind: str
    severity: Literal[1, 2, 3]
    state: str
    title: str
    body: str
    area: str
    area_name: str
    place: str
    opened_at: datetime
    url: str
    answer_url: str = ""
    picture: bytes | None = None
    position: tuple[float, float] | None = None
    language: Language = "id"


class Receipt(Struct, frozen=True):
    """The far side took the message. `provider_id` is its own name for it, where it gives one; `moved_to` is the
    address to use from now on, where the old one was replaced."""

    provider_id: str
    moved_to: str = ""


class DeliveryError(EkamlingError):
    """The message was not taken. `permanent`: another try cannot help; `gone`: the address is dead, forget it."""

    def __init__(self, text: str, *, permanent: bool, retry_after_s: float | None = None, gone: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.gone = gone


class Answer(Struct, frozen=True):
    """What a recipient sent back. `token` is that of the pressed button, empty for a written `text`; `who` is the
    address it came from, in the form of `Notifier.check`; `id` is the channel's own name for it."""

    token: str
    who: str
    text: str = ""
    id: str = ""


class Delivered(Struct, frozen=True):
    """What became of a message later on. `notification` is the `Message.id`, where the channel carries it along."""

    provider_id: str
    at: datetime
    state: Literal["sent", "delivered", "read", "failed"]
    notification: str = ""
    reason: str = ""


class Notifier(Protocol):
    """One channel."""

    channel: ClassVar[str]

    def check(self, address: str) -> str:
        """The address in its canonical form; raises EkamlingError, which names what is wrong with it."""
        ...

    async def send(self, address: str, message: Message) -> Receipt:
        """Hand the message over, once; raises DeliveryError."""
        ...


def backoff(attempt: int, rng: Random) -> float:
    """Seconds to wait after the `attempt`-th failure (1, 2, …): full jitter, as Marc Brooker's "Exponential backoff and
    jitter" (AWS Architecture Blog, 2015) recommends, between 0 and 1 s, 2 s, 4 s … at most 60 s."""
    return rng.uniform(0, min(_CAP_S, _BASE_S * 2 ** min(max(attempt, 1) - 1, 16)))


def checked(notifier: Notifier, address: str) -> str:
    """`Notifier.check` for an address that was stored: a wrong one can never be delivered to."""
    try:
        return notifier.check(address)
    except EkamlingError as error:
        raise DeliveryError(f"{notifier.channel}: {error}", permanent=True) from None


def cleaned(message: Message) -> Message:
    """The message without what could break a protocol or mislead a reader: control characters, halves of characters,
    signs that turn the direction of writing. Long texts are cut: 200 characters of a title, 4000 of a body."""
    return structs.replace(
        message,
        title=one_line(message.title, 200),
        body=plain(message.body, 4000),
        area_name=one_line(message.area_name, 100),
        place=one_line(message.place, 100),
        kind=one_line(message.kind, 64),
        state=one_line(message.state, 32),
        picture=message.picture or None,
    )


def answer_token(message: Message) -> str:
    """The token at the end of `answer_url`; empty where there is none that fits into a button."""
    last = message.answer_url.rpartition("/")[2]
    return last if _TOKEN.fullmatch(last) else ""


def token_of(data: str) -> str:
    """The token in what a button sends (`ack:TOKEN`); empty where it is none of ours."""
    verb, _, token = data.partition(":")
    return token if verb == "ack" and _TOKEN.fullmatch(token) else ""


def letter(message: Message, *, with_answer: bool) -> str:
    """The message as a text of several lines: title, body, and links, each where there is one."""
    links = []
    if with_answer and message.answer_url:
        links.append(f"{take_word(message.language)}: {message.answer_url}")
    if message.position:
        links.append(f"{_MAP[message.language]}: {map_url(message.position)}")
    if message.url:
        links.append(f"{open_word(message.language)}: {message.url}")
    return "\n\n".join(part for part in (message.title, message.body, "\n".join(links)) if part)


def map_url(position: tuple[float, float]) -> str:
    """An address that opens a telephone's own map at (latitude, longitude)."""
    return f"https://www.google.com/maps/search/?api=1&query={position[0]:.6f},{position[1]:.6f}"


def take_word(language: Language) -> str:
    """What the button says by which a recipient takes the incident."""
    return {"id": "Terima", "en": "Take"}[language]


def open_word(language: Language) -> str:
    """What the link says that leads to the incident."""
    return {"id": "Buka", "en": "Open"}[language]


_MAP = {"id": "Peta", "en": "Map"}
