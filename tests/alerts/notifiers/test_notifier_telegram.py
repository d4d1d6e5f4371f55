"""Telegram, against a server that answers as the Bot API does."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from alerts.notifiers import telegram
from alerts.notifiers.base import Answer, DeliveryError
from alerts.notifiers.telegram import Telegram
from alerts.notifiers.texts import utf16_units
from core.errors import EkamlingError
from tests.alerts.notifiers.far_side import Asked, FarSide, Said, said
from tests.alerts.notifiers.samples import HOSTILE, JPEG, TOKEN, a_line, a_message

BOT = "1234567:AAH-secret_of_the_bot_0123456789abc"
CHAT = "-1001234567890"


def api(asked: Asked) -> Said:
    """The Bot API, as far as it looks at what we send."""
    if asked.target not in (f"/bot{BOT}/sendMessage", f"/bot{BOT}/sendPhoto"):
        return said({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
    text, limit = (asked.json["text"], 4096) if asked.target.endswith("Message") else (caption(asked), 1024)
    if not text.strip() or utf16_units(text) > limit:
        return refused(400, "Bad Request: message is empty or too long")
    return said({"ok": True, "result": {"message_id": 77, "chat": {"id": -1001234567890}}})


def caption(asked: Asked) -> str:
    return asked.parts["caption"].decode()


def refused(status: int, description: str, **parameters: Any) -> Said:
    body = {"ok": False, "error_code": status, "description": description}
    return said({**body, "parameters": parameters} if parameters else body, status)


@pytest.fixture
def bot(http: httpx.AsyncClient, far: FarSide) -> Telegram:
    far.answering = api
    return Telegram(a_line(http, "Telegram", BOT), BOT, far.url)


async def test_a_message_carries_its_text_and_two_buttons(bot: Telegram, far: FarSide) -> None:
    receipt = await bot.send(CHAT, a_message())
    assert receipt.provider_id == f"{CHAT}:77"
    sent = far.asked[0].json
    assert sent["chat_id"] == CHAT
    assert sent["text"].startswith("Kejadian 42: orang di area terlarang\n\nPos Bancar")
    assert "query=-7.388000,109.363000" in sent["text"]
    assert "parse_mode" not in sent
    assert sent["disable_notification"] is False
    assert sent["reply_markup"]["inline_keyboard"] == [
        [
            {"text": "Terima", "callback_data": f"ack:{TOKEN}"},
            {"text": "Buka", "url": "https://kamling.example.go.id/incidents/42"},
        ]
    ]


async def test_a_picture_goes_as_a_photo_with_the_text_below(bot: Telegram, far: FarSide) -> None:
    await bot.send(CHAT, a_message(picture=JPEG, language="en"))
    asked = far.asked[0]
    assert asked.target.endswith("/sendPhoto")
    assert asked.parts["photo"] == JPEG
    assert asked.parts["chat_id"] == CHAT.encode()
    assert json.loads(asked.parts["reply_markup"])["inline_keyboard"][0][0]["text"] == "Take"


async def test_a_picture_that_is_not_taken_does_not_cost_the_message(bot: Telegram, far: FarSide) -> None:
    far.answering = lambda asked: (
        refused(400, "Bad Request: IMAGE_PROCESS_FAILED") if asked.target.endswith("Photo") else api(asked)
    )
    assert (await bot.send(CHAT, a_message(picture=JPEG))).provider_id
    assert [asked.target.rpartition("/")[2] for asked in far.asked] == ["sendPhoto", "sendMessage"]


async def test_what_is_over_comes_without_a_sound_and_without_a_button(bot: Telegram, far: FarSide) -> None:
    await bot.send(CHAT, a_message(action="resolve", answer_url="", url=""))
    assert far.asked[0].json["disable_notification"] is True
    assert "reply_markup" not in far.asked[0].json


@pytest.mark.parametrize("url", ["http://kamling.example.go.id/i", "https://127.0.0.1/i", "https://localhost/i"])
async def test_an_address_that_telegram_refuses_as_a_button_stands_in_the_text(
    bot: Telegram, far: FarSide, url: str
) -> None:
    await bot.send(CHAT, a_message(url=url, answer_url=""))
    assert url in far.asked[0].json["text"]
    assert "reply_markup" not in far.asked[0].json


async def test_a_token_too_long_for_a_button_stands_in_the_text(bot: Telegram, far: FarSide) -> None:
    await bot.send(CHAT, a_message(answer_url=f"https://kamling.example.go.id/a/{'t' * 61}"))
    assert "t" * 61 in far.asked[0].json["text"]
    assert "callback_data" not in json.dumps(far.asked[0].json)


async def test_a_group_that_moved_is_followed_and_the_new_number_told(bot: Telegram, far: FarSide) -> None:
    far.answering = lambda asked: (
        refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777)
        if asked.json["chat_id"] == "-55"
        else api(asked)
    )
    receipt = await bot.send("-55", a_message())
    assert (receipt.provider_id, receipt.moved_to) == ("-100777:77", "-100777")


@pytest.mark.parametrize(
    ("answer", "permanent", "gone", "pause"),
    [
        (refused(429, "Too Many Requests: retry after 7", retry_after=7), False, False, 7),
        (refused(429, "Too Many Requests", retry_after=10**9), False, False, 3600),
        (refused(403, "Forbidden: bot was blocked by the user"), True, True, None),
        (refused(400, "Bad Request: chat not found"), True, False, None),
        (refused(401, "Unauthorized"), True, False, None),
        (refused(502, "Bad Gateway"), False, False, None),
        (Said(502, b"<html>nginx"), False, False, None),
        (Said(200, b"<html>sign in to this hotel"), False, False, None),
        (said({"ok": True}), False, False, None),
    ],
)
async def test_refusals(
    bot: Telegram, far: FarSide, answer: Said, permanent: bool, gone: bool, pause: float | None
) -> None:
    far.answering = lambda _: answer
    with pytest.raises(DeliveryError) as error:
        await bot.send(CHAT, a_message())
    assert (error.value.permanent, error.value.gone, error.value.retry_after_s) == (permanent, gone, pause)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
async def test_hostile_texts_are_delivered(bot: Telegram, far: FarSide, title: str, body: str) -> None:
    for picture in (None, JPEG):
        await bot.send(CHAT, a_message(title=title, body=body, picture=picture))
    assert all("\u202e" not in asked.body.decode("utf-8", "replace") for asked in far.asked[-2:])


@pytest.mark.parametrize(
    ("given", "kept"), [("-1001234567890", CHAT), (" 4711 ", "4711"), ("@ronda_bancar", "@ronda_bancar")]
)
def test_addresses(bot: Telegram, given: str, kept: str) -> None:
    assert bot.check(given) == kept


@pytest.mark.parametrize("given", ["", "0", "-", "@x", "ronda", "1\n2", "9" * 30, "../x"])
def test_wrong_addresses(bot: Telegram, given: str) -> None:
    with pytest.raises(EkamlingError, match="Telegram chat"):
        bot.check(given)


# --- what comes back


def update(**content: Any) -> bytes:
    return json.dumps({"update_id": 1, **content}).encode()


def test_a_pressed_button_is_an_answer_and_is_replied_to() -> None:
    body = update(callback_query={"id": "991", "from": {"id": 4711, "first_name": "Budi\n"}, "data": f"ack:{TOKEN}"})
    assert telegram.answers(body) == [Answer(TOKEN, "4711", "Budi", "991")]
    reply = telegram.reply_to(telegram.answers(body)[0], "Terima kasih\n" + "🚨" * 300)
    assert reply["method"] == "answerCallbackQuery"
    assert reply["callback_query_id"] == "991"
    assert utf16_units(reply["text"]) <= 200


def test_a_written_text_is_an_answer_without_a_token() -> None:
    body = update(message={"message_id": 5, "chat": {"id": 4711}, "text": "/start 8H2K"})
    assert telegram.answers(body) == [Answer("", "4711", "/start 8H2K", "5")]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"callback_query": None},
        {"callback_query": {"id": 5, "from": {"id": "x"}, "data": 7}},
        {"callback_query": {"id": "5", "from": {"id": 1}, "data": "other:thing"}},
        {"callback_query": {"id": "5", "from": {"id": 1}, "data": "ack:" + "x" * 90}},
        {"message": {"message_id": 1, "chat": {"id": 1}, "sticker": {}}},
        {"message": []},
    ],
)
def test_other_updates_hold_nothing(content: dict[str, Any]) -> None:
    assert telegram.answers(update(**content)) == []
