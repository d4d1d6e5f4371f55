"""Telegram: a message of a bot to a person or a group, with a button by which the incident is taken."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from alerts.notifiers import addresses
from alerts.notifiers.base import (
    CALLS,
    Answer,
    DeliveryError,
    Message,
    Receipt,
    answer_token,
    checked,
    cleaned,
    letter,
    open_word,
    take_word,
    token_of,
)
from alerts.notifiers.exchange import Line, Reply, bounded
from alerts.notifiers.hostile import decoded, fitting
from alerts.notifiers.texts import one_line, shortened, utf16_units

API = "https://api.telegram.org"
_LONGEST_TEXT, _LONGEST_CAPTION = 4096, 1024  # Bot API: sendMessage, sendPhoto


class _Parameters(Struct, frozen=True):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Sent(Struct, frozen=True):
    message_id: int


class _Outcome(Struct, frozen=True):
    """The Bot API's answer to any call."""

    ok: bool
    result: _Sent | None = None
    description: str = ""
    parameters: _Parameters = _Parameters()


@dataclass(frozen=True)
class Telegram:
    """`token` is the bot's, as @BotFather gave it."""

    line: Line
    token: str = field(repr=False)
    api: str = API
    channel: ClassVar[str] = "telegram"

    def check(self, address: str) -> str:
        """A chat: its number, or the @name of a public one."""
        return addresses.chat(address)

    async def send(self, address: str, message: Message) -> Receipt:
        chat, said = checked(self, address), cleaned(message)
        reply, outcome = await self._post(chat, said, said.picture)
        moved = outcome.parameters.migrate_to_chat_id
        if moved is not None:  # a group that became a supergroup has a new number
            chat = str(moved)
            reply, outcome = await self._post(chat, said, said.picture)
        if said.picture and not outcome.ok and reply.status in (400, 413):
            reply, outcome = await self._post(chat, said, None)  # a bad picture must not cost the message
        if not outcome.ok or outcome.result is None:
            raise self._error(reply, outcome)
        return Receipt(f"{chat}:{outcome.result.message_id}", moved_to="" if moved is None else chat)

    async def _post(self, chat: str, message: Message, picture: bytes | None) -> tuple[Reply, _Outcome]:
        url = f"{self.api}/bot{self.token}/{'sendPhoto' if picture else 'sendMessage'}"
        fields = _fields(chat, message, _LONGEST_CAPTION if picture else _LONGEST_TEXT)
        if picture:
            fields["caption"] = fields.pop("text")
            data = {name: value if isinstance(value, str) else _json(value) for name, value in fields.items()}
            reply = await self.line.call(
                "POST", url, data=data, files={"photo": ("picture.jpg", picture, "image/jpeg")}
            )
        else:
            fields["link_preview_options"] = {"is_disabled": True}
            reply = await self.line.call("POST", url, json=fields)
        try:
            return reply, msgspec.json.decode(reply.body, type=_Outcome)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            if reply.ok:
                raise self.line.temporary("answered something that is not of the Bot API") from None
            return reply, _Outcome(ok=False)

    def _error(self, reply: Reply, outcome: _Outcome) -> DeliveryError:
        if reply.ok:
            return self.line.temporary("answered something that is not of the Bot API")
        if reply.status in (401, 404):
            return self.line.permanent("does not know the bot's token; see notify.telegram.token_file")
        error = self.line.refusal(reply, outcome.description, gone=reply.status == 403)
        if reply.status == 429 and outcome.parameters.retry_after is not None:
            error.retry_after_s = bounded(outcome.parameters.retry_after)
        return error


def answers(body: bytes) -> list[Answer]:
    """What an update (a call to our webhook) holds: a pressed button, or what somebody wrote to the bot. Updates of
    other kinds hold nothing; raises EkamlingError where it is no update at all."""
    update = decoded(body, "Telegram update")
    pressed = fitting(update.get("callback_query"), _Pressed)
    if pressed:
        token = token_of(pressed.data)
        return (
            [Answer(token, str(pressed.sender.id), one_line(pressed.sender.first_name, 80), pressed.id)]
            if token
            else []
        )
    written = fitting(update.get("message"), _Written)
    if written and written.text:
        return [Answer("", str(written.chat.id), one_line(written.text, 1000), str(written.message_id))]
    return []


def reply_to(answer: Answer, text: str) -> dict[str, Any]:
    """What our webhook answers with after a pressed button, so that Telegram shows `text` to who pressed it."""
    shown = shortened(one_line(text, 200), 200, length=utf16_units)  # Bot API: answerCallbackQuery
    return {"method": "answerCallbackQuery", "callback_query_id": answer.id, "text": shown}


class _Sender(Struct, frozen=True):
    id: int
    first_name: str = ""


class _Pressed(Struct, frozen=True, rename={"sender": "from"}):
    id: str
    sender: _Sender
    data: str = ""


class _Chat(Struct, frozen=True):
    id: int


class _Written(Struct, frozen=True):
    message_id: int
    chat: _Chat
    text: str = ""


def _fields(chat: str, message: Message, longest: int) -> dict[str, Any]:
    """The fields of sendMessage; without parse_mode, so no sign of a text means anything to Telegram."""
    token = answer_token(message)
    row: list[dict[str, str]] = []
    if token:
        row.append({"text": take_word(message.language), "callback_data": f"ack:{token}"})
    if _public(message.url):
        row.append({"text": open_word(message.language), "url": message.url})
    text = letter(message, with_answer=not token)
    fields: dict[str, Any] = {
        "chat_id": chat,
        "text": shortened(text, longest, length=utf16_units) or "-",
        "disable_notification": message.action not in CALLS,
    }
    if row:
        fields["reply_markup"] = {"inline_keyboard": [row]}
    return fields


def _public(url: str) -> bool:
    """Whether Telegram takes an address for a button: it refuses the whole message otherwise."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit() and ":" not in host


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
