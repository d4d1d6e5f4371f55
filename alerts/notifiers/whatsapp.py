"""WhatsApp, by the Cloud API: a template that Meta approved; within 24 h of the recipient's last word, free text.

Outside those 24 hours only templates are delivered, and each is paid for. Inside, messages are free of charge and carry
the picture and a button. The caller knows when a recipient wrote last, and says it through `window_open`.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Struct

from alerts.notifiers import addresses
from alerts.notifiers.base import (
    Answer,
    Delivered,
    DeliveryError,
    Message,
    Receipt,
    answer_token,
    checked,
    cleaned,
    letter,
    take_word,
    token_of,
)
from alerts.notifiers.exchange import Line, Reply
from alerts.notifiers.hostile import decoded, fitting, items
from alerts.notifiers.texts import one_line, shortened
from core.errors import EkamlingError

API = "https://graph.facebook.com/v23.0"
_LONGEST_BUTTON_TEXT, _LONGEST_TEXT, _LONGEST_PARAMETER = 1024, 4096, 500  # Cloud API: interactive, text; ours

# Cloud API, "Error codes". What passes by itself: faults and limits of the far side. What is not here is permanent.
_WINDOW_SHUT = 131047
_TEMPORARY = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 133016})
_TOKEN_CODES = frozenset({0, 3, 10, 190, *range(200, 300)})
_REMEDIES = {
    131026: "the number has no WhatsApp that takes the message",
    131030: "the number is not among the test numbers of the app",
    131042: "the business account cannot be charged; see its payment settings",
    131047: "the recipient wrote more than 24 hours ago; a template is needed",
    132000: "the template has another number of parameters; see the guide to notifiers",
    132001: "the template is not there in this language, or not approved",
    132015: "the template is paused, as people complained of it",
    132016: "the template was switched off for its quality",
}

WindowOpen = Callable[[str], Awaitable[bool]]


async def never_open(_: str) -> bool:
    """For a caller that does not know when people wrote: always the template."""
    return False


class _Error(Struct, frozen=True):
    code: int = -1
    message: str = ""


class _Named(Struct, frozen=True):
    id: str = ""


class _Outcome(Struct, frozen=True):
    """The Cloud API's answer to a message (`messages`), to an upload (`id`), or an error."""

    messages: list[_Named] = []
    id: str = ""
    error: _Error | None = None


@dataclass(frozen=True)
class WhatsApp:
    """`sender` is the phone number's id at Meta, not the number. `template` was approved in `id` and `en`; it has
    four texts (title, place, body, address) and, with `buttons`, one quick reply."""

    line: Line
    token: str = field(repr=False)
    sender: str
    template: str
    buttons: bool = True
    window_open: WindowOpen = never_open
    api: str = API
    channel: ClassVar[str] = "whatsapp"

    def check(self, address: str) -> str:
        """A mobile number in E.164."""
        return addresses.phone(address)

    async def send(self, address: str, message: Message) -> Receipt:
        number, said = checked(self, address), cleaned(message)
        if await self.window_open(number):
            free = await self._free_form(said)
            reply, outcome = await self._post(number, said, free)
            if not (outcome.error and outcome.error.code == _WINDOW_SHUT):
                return self._receipt(reply, outcome)
        reply, outcome = await self._post(number, said, self._template(said))
        return self._receipt(reply, outcome)

    async def _post(self, number: str, message: Message, content: dict[str, Any]) -> tuple[Reply, _Outcome]:
        reply = await self.line.call(
            "POST",
            f"{self.api}/{self.sender}/messages",
            headers={"Authorization": f"Bearer {self.token}"},
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": number.removeprefix("+"),
                "biz_opaque_callback_data": message.id,  # comes back with each status
                **content,
            },
        )
        return reply, _outcome(reply)

    def _template(self, message: Message) -> dict[str, Any]:
        where = ", ".join(part for part in (message.place, message.area_name) if part)
        texts = (message.title, where, message.body, message.answer_url or message.url)
        parameters = [{"type": "text", "text": one_line(text, _LONGEST_PARAMETER) or "-"} for text in texts]
        components: list[dict[str, Any]] = [{"type": "body", "parameters": parameters}]
        if self.buttons:  # the template has its button always, so something must stand in it always
            payload = [{"type": "payload", "payload": f"ack:{answer_token(message)}"}]
            components.append({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": payload})
        template = {"name": self.template, "language": {"code": message.language}, "components": components}
        return {"type": "template", "template": template}

    async def _free_form(self, message: Message) -> dict[str, Any]:
        token = answer_token(message)
        text = letter(message, with_answer=not token)
        media = await self._upload(message.picture) if message.picture else ""
        if not token:
            if not media:
                body = shortened(text, _LONGEST_TEXT) or "-"
                return {"type": "text", "text": {"preview_url": False, "body": body}}
            return {"type": "image", "image": {"id": media, "caption": shortened(text, _LONGEST_BUTTON_TEXT)}}
        button = {"type": "reply", "reply": {"id": f"ack:{token}", "title": take_word(message.language)}}
        interactive: dict[str, Any] = {
            "type": "button",
            "body": {"text": shortened(text, _LONGEST_BUTTON_TEXT) or "-"},
            "action": {"buttons": [button]},
        }
        if media:
            interactive["header"] = {"type": "image", "image": {"id": media}}
        return {"type": "interactive", "interactive": interactive}

    async def _upload(self, picture: bytes) -> str:
        """The id under which Meta keeps the picture; empty where it did not take it: the message goes without."""
        try:
            reply = await self.line.call(
                "POST",
                f"{self.api}/{self.sender}/media",
                headers={"Authorization": f"Bearer {self.token}"},
                data={"messaging_product": "whatsapp", "type": "image/jpeg"},
                files={"file": ("picture.jpg", picture, "image/jpeg")},
            )
        except DeliveryError:
            return ""
        return _outcome(reply).id if reply.ok else ""

    def _receipt(self, reply: Reply, outcome: _Outcome) -> Receipt:
        if reply.ok and outcome.messages and outcome.messages[0].id:
            return Receipt(outcome.messages[0].id)
        if outcome.error is None:
            if reply.ok:
                raise self.line.temporary("answered something that is not of the Cloud API")
            raise self.line.refusal(reply)
        raise self._error(reply, outcome.error)

    def _error(self, reply: Reply, error: _Error) -> DeliveryError:
        if error.code in _TOKEN_CODES:
            return self.line.permanent(
                f"does not accept the access token (code {error.code}); see notify.whatsapp.token_file"
            )
        said = f"refused the message (code {error.code}): {_REMEDIES.get(error.code, error.message)}"
        by_status = error.code not in _REMEDIES and (reply.status == 429 or reply.status >= 500)
        if error.code in _TEMPORARY or by_status:
            return self.line.temporary(said, self.line.pause(reply))
        return self.line.permanent(said)


def answers(body: bytes) -> list[Answer]:
    """Pressed buttons and written texts in a call to our webhook; raises EkamlingError where it is none at all."""
    return [answer for value in _values(body) for item in items(value.get("messages")) for answer in _answer(item)]


def deliveries(body: bytes) -> list[Delivered]:
    """What became of messages, in a call to our webhook; raises EkamlingError where it is none at all."""
    return [found for value in _values(body) for item in items(value.get("statuses")) for found in _delivered(item)]


class _Text(Struct, frozen=True):
    body: str = ""


class _Button(Struct, frozen=True):
    payload: str = ""


class _ButtonReply(Struct, frozen=True):
    id: str = ""


class _Interactive(Struct, frozen=True):
    button_reply: _ButtonReply = _ButtonReply()


class _Incoming(Struct, frozen=True, rename={"sender": "from"}):
    sender: str
    id: str = ""
    text: _Text = _Text()
    button: _Button = _Button()  # of a template
    interactive: _Interactive = _Interactive()  # of a free message


class _Status(Struct, frozen=True):
    id: str
    status: Literal["sent", "delivered", "read", "failed"]
    timestamp: str
    biz_opaque_callback_data: str = ""
    errors: list[_Error] = []


def _values(body: bytes) -> Iterator[dict[str, Any]]:
    for entry in items(decoded(body, "WhatsApp callback").get("entry")):
        for change in items(entry.get("changes")):
            value = change.get("value")
            if isinstance(value, dict):
                yield value


def _answer(item: dict[str, Any]) -> Iterator[Answer]:
    incoming = fitting(item, _Incoming)
    if incoming is None:
        return
    try:
        who = addresses.phone("+" + incoming.sender)
    except EkamlingError:
        return
    token = token_of(incoming.button.payload) or token_of(incoming.interactive.button_reply.id)
    text = one_line(incoming.text.body, 1000)
    if token or text:
        yield Answer(token, who, text, one_line(incoming.id, 200))


def _delivered(item: dict[str, Any]) -> Iterator[Delivered]:
    status = fitting(item, _Status)
    if status is None or not (status.timestamp.isascii() and status.timestamp.isdigit()):
        return
    at = datetime.fromtimestamp(min(int(status.timestamp[:11]), 32503680000), UTC)  # the year 3000 at the latest
    reason = "; ".join(f"{error.code}: {_REMEDIES.get(error.code, error.message)}" for error in status.errors[:3])
    yield Delivered(
        one_line(status.id, 200),
        at,
        status.status,
        one_line(status.biz_opaque_callback_data, 64),
        one_line(reason, 200),
    )


def _outcome(reply: Reply) -> _Outcome:
    try:
        return msgspec.json.decode(reply.body, type=_Outcome)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _Outcome()
