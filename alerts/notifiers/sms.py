"""SMS, by any gateway that is called over HTTP: the administrator writes the call with {to}, {text} and {secret}."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

import msgspec

from alerts.notifiers import addresses
from alerts.notifiers.base import Message, Receipt, checked, cleaned
from alerts.notifiers.exchange import Line
from alerts.notifiers.settings import NumberForm, SmsSettings
from alerts.notifiers.texts import gsm7, one_line, septets, shortened

LONGEST = 160  # one SMS in the 7-bit alphabet (3GPP TS 23.038)
_BLANK = re.compile(r"\{(to|text|secret)\}")


@dataclass(frozen=True)
class Sms:
    """`gateway` says how the gateway is called and how it answers; `secret` is its key."""

    line: Line
    gateway: SmsSettings
    secret: str = field(default="", repr=False)
    channel: ClassVar[str] = "sms"

    def check(self, address: str) -> str:
        """A mobile number in E.164."""
        return addresses.phone(address)

    async def send(self, address: str, message: Message) -> Receipt:
        number = checked(self, address)
        values = {"to": _formed(number, self.gateway.number), "text": text(cleaned(message)), "secret": self.secret}
        headers = dict(_header(_filled(each, values, _as_header)) for each in self.gateway.headers)
        body = _filled(self.gateway.body, values, escape_for(headers)) if self.gateway.body else ""
        reply = await self.line.call(
            self.gateway.method,
            _filled(self.gateway.url, values, _as_url),
            headers=headers,
            content=body.encode() or None,
        )
        answer = reply.body.decode("utf-8", "replace")
        if not reply.ok:
            raise self.line.refusal(reply)
        if self.gateway.accepted and self.gateway.accepted not in answer:
            raise self.line.permanent(f"refused the message: {answer[:150]}")
        return Receipt(_found(reply.body, self.gateway.id_key))


def text(message: Message) -> str:
    """The message as one SMS: 160 letters of the 7-bit alphabet at most. Its address stays whole, the words before it
    are cut; an address longer than 100 is left out."""
    link = gsm7(message.answer_url or message.url)
    if septets(link) > 100 or " " in link:
        link = ""
    room = LONGEST - (septets(link) + 1 if link else 0)
    parts = (gsm7(message.title).rstrip("."), gsm7(one_line(message.body, 300)))
    words = ". ".join(part for part in parts if part)
    return " ".join(part for part in (shortened(words, room, length=septets, mark="..."), link) if part)


def escape_for(headers: dict[str, str]) -> Callable[[str], str]:
    """How a value is written into a body of the Content-Type that the headers name."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "").lower()
    if "json" in kind:
        return lambda value: json.dumps(value)[1:-1]
    if "urlencoded" in kind:
        return quote_plus
    if "xml" in kind or "html" in kind:
        return html.escape
    return str


def _filled(template: str, values: dict[str, str], escape: Callable[[str], str]) -> str:
    """All blanks at once: what a value itself holds is never taken for one."""
    return _BLANK.sub(lambda found: escape(values[found[1]]), template)


def _as_url(value: str) -> str:
    return quote(value, safe="")


def _as_header(value: str) -> str:
    return one_line(value, 2000)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _formed(number: str, form: NumberForm) -> str:
    digits = number.removeprefix("+")
    if form == "+62":
        return number
    if form == "0" and digits.startswith("62"):
        return "0" + digits[2:]
    return digits


def _found(body: bytes, key: str) -> str:
    """What stands under `key` (`data.id`, `messages.0.id`) in an answer of JSON; empty where nothing does."""
    if not key:
        return ""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    for name in key.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:6]) < len(value):
            value = value[int(name[:6])]
        else:
            return ""
    return one_line(str(value), 100) if isinstance(value, str | int) else ""
