"""WhatsApp, against a server that answers as the Cloud API does."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from alerts.notifiers import whatsapp
from alerts.notifiers.base import Answer, Delivered, DeliveryError
from alerts.notifiers.whatsapp import WhatsApp
from core.errors import EkamlingError
from tests.alerts.notifiers.far_side import Asked, FarSide, Said, said
from tests.alerts.notifiers.samples import HOSTILE, JPEG, PHONE, TOKEN, a_line, a_message

ACCESS = "EAAG-access-token-of-the-system-user"
SENDER = "106540352242922"
WAMID = "wamid.HBgMNjI4MTIzNDU2Nzg5MBUCABEYEjc3"


def api(asked: Asked) -> Said:
    """The Cloud API, as far as it looks at what we send."""
    if asked.headers.get("authorization") != f"Bearer {ACCESS}":
        return refused(190, "Authentication Error", 401)
    if asked.target == f"/{SENDER}/media":
        good = asked.parts["file"] == JPEG and asked.parts["messaging_product"] == b"whatsapp"
        return said({"id": "media-1"}) if good else refused(100, "Invalid parameter")
    if asked.target != f"/{SENDER}/messages" or not fits(asked.json):
        return refused(100, "Invalid parameter")
    number = asked.json["to"]
    return said({"messaging_product": "whatsapp", "contacts": [{"wa_id": number}], "messages": [{"id": WAMID}]})


def fits(message: dict[str, Any]) -> bool:
    """What Meta checks of a message: lengths, and that a parameter is one line of something."""
    if message["type"] == "template":
        parameters = message["template"]["components"][0]["parameters"]
        texts = [each["text"] for each in parameters]
        return len(texts) == 4 and all(text and "\n" not in text and "    " not in text for text in texts)
    if message["type"] == "interactive":
        body = message["interactive"]["body"]["text"]
        buttons = message["interactive"]["action"]["buttons"]
        return 0 < len(body) <= 1024 and all(len(button["reply"]["title"]) <= 20 for button in buttons)
    if message["type"] == "image":
        return len(message["image"]["caption"]) <= 1024
    return 0 < len(message["text"]["body"]) <= 4096


def refused(code: int, message: str, status: int = 400) -> Said:
    return said({"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}}, status)


async def is_open(number: str) -> bool:
    assert number == PHONE
    return True


@pytest.fixture
def shut(http: httpx.AsyncClient, far: FarSide) -> WhatsApp:
    """The recipient did not write of late."""
    far.answering = api
    return WhatsApp(a_line(http, "WhatsApp", ACCESS), ACCESS, SENDER, "kejadian", api=far.url)


@pytest.fixture
def opened(http: httpx.AsyncClient, far: FarSide) -> WhatsApp:
    """The recipient wrote today."""
    far.answering = api
    line = a_line(http, "WhatsApp", ACCESS)
    return WhatsApp(line, ACCESS, SENDER, "kejadian", window_open=is_open, api=far.url)


async def test_without_a_window_the_template_is_sent(shut: WhatsApp, far: FarSide) -> None:
    receipt = await shut.send(PHONE, a_message(picture=JPEG, body="Satu\n\tdua     tiga"))
    assert receipt.provider_id == WAMID
    (asked,) = far.asked
    assert asked.json["to"] == "6281234567890"
    assert asked.json["biz_opaque_callback_data"] == a_message().id
    template = asked.json["template"]
    assert (template["name"], template["language"]) == ("kejadian", {"code": "id"})
    texts = [each["text"] for each in template["components"][0]["parameters"]]
    assert texts == [a_message().title, "Gerbang timur, RT 04 / RW 02 Bancar", "Satu dua tiga", a_message().answer_url]
    assert template["components"][1]["parameters"] == [{"type": "payload", "payload": f"ack:{TOKEN}"}]


async def test_a_template_without_a_button(shut: WhatsApp, far: FarSide, http: httpx.AsyncClient) -> None:
    bare = WhatsApp(shut.line, ACCESS, SENDER, "kejadian", buttons=False, api=far.url)
    await bare.send(PHONE, a_message(language="en", answer_url=""))
    template = far.asked[0].json["template"]
    assert len(template["components"]) == 1
    assert template["language"] == {"code": "en"}
    assert template["components"][0]["parameters"][3]["text"] == a_message().url


async def test_in_an_open_window_picture_and_button_go_freely(opened: WhatsApp, far: FarSide) -> None:
    await opened.send(PHONE, a_message(picture=JPEG))
    interactive = far.asked[1].json["interactive"]
    assert interactive["header"] == {"type": "image", "image": {"id": "media-1"}}
    assert interactive["action"]["buttons"] == [{"type": "reply", "reply": {"id": f"ack:{TOKEN}", "title": "Terima"}}]
    assert a_message().url in interactive["body"]["text"]


async def test_what_needs_no_answer_is_a_text_or_a_picture(opened: WhatsApp, far: FarSide) -> None:
    await opened.send(PHONE, a_message(action="resolve", answer_url=""))
    await opened.send(PHONE, a_message(action="resolve", answer_url="", picture=JPEG))
    assert far.asked[0].json["text"]["preview_url"] is False
    assert far.asked[2].json["image"]["id"] == "media-1"


async def test_a_picture_that_is_not_taken_does_not_cost_the_message(opened: WhatsApp, far: FarSide) -> None:
    far.answering = lambda asked: refused(131053, "Media upload error") if "media" in asked.target else api(asked)
    await opened.send(PHONE, a_message(picture=JPEG))
    assert "header" not in far.asked[1].json["interactive"]


async def test_a_window_that_shut_meanwhile_falls_back_to_the_template(opened: WhatsApp, far: FarSide) -> None:
    far.answering = lambda asked: (
        api(asked) if asked.json["type"] == "template" else refused(131047, "Re-engagement message")
    )
    assert (await opened.send(PHONE, a_message())).provider_id == WAMID
    assert [asked.json["type"] for asked in far.asked] == ["interactive", "template"]


@pytest.mark.parametrize(
    ("answer", "permanent", "words"),
    [
        (refused(131026, "Message undeliverable"), True, "no WhatsApp"),
        (refused(130429, "Rate limit hit"), False, "130429"),
        (refused(131056, "Pair rate limit hit"), False, "131056"),
        (refused(131000, "Something went wrong", 500), False, "131000"),
        (refused(131047, "Re-engagement message"), True, "24 hours"),
        (refused(190, "Access token has expired", 401), True, "whatsapp.token_file"),
        (refused(200, "Permission", 403), True, "whatsapp.token_file"),
        (refused(132001, "Template does not exist", 404), True, "not approved"),
        (refused(999999, "Something new"), True, "Something new"),
        (refused(999999, "Something new", 503), False, "Something new"),
        (Said(503, b"<html>"), False, "503"),
        (Said(404, b"<html>"), True, "404"),
        (Said(200, b"<html>"), False, "not of the Cloud API"),
        (said({"messages": []}), False, "not of the Cloud API"),
    ],
)
async def test_refusals(shut: WhatsApp, far: FarSide, answer: Said, permanent: bool, words: str) -> None:
    far.answering = lambda _: answer
    with pytest.raises(DeliveryError, match=words) as error:
        await shut.send(PHONE, a_message())
    assert (error.value.permanent, error.value.gone) == (permanent, False)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
async def test_hostile_texts_are_delivered(
    shut: WhatsApp, opened: WhatsApp, far: FarSide, title: str, body: str
) -> None:
    for channel in (shut, opened):
        for answer_url in ("", a_message().answer_url):
            await channel.send(PHONE, a_message(title=title, body=body, place=title, answer_url=answer_url))


@pytest.mark.parametrize("given", ["081234567890", "+62 812-3456-7890", "6281234567890", "(0812) 3456 7890"])
def test_numbers_become_international(shut: WhatsApp, given: str) -> None:
    assert shut.check(given) == PHONE


@pytest.mark.parametrize(
    "given", ["", "110", "0281891234", "+62281891234", "08123", "abc", "+0812345678", "٠٨١٢٣٤٥٦٧٨٩٠"]
)
def test_wrong_numbers(shut: WhatsApp, given: str) -> None:
    with pytest.raises(EkamlingError, match="telephone number"):
        shut.check(given)


def test_a_number_of_another_country_is_kept(shut: WhatsApp) -> None:
    assert shut.check("+60 12-345 6789") == "+60123456789"


# --- what comes back


def callback(**value: Any) -> bytes:
    entry = [{"id": "1", "changes": [{"field": "messages", "value": {"messaging_product": "whatsapp", **value}}]}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


def test_buttons_and_texts_are_answers() -> None:
    body = callback(
        messages=[
            {"from": "6281234567890", "id": "w1", "type": "button", "button": {"payload": f"ack:{TOKEN}", "text": "T"}},
            {
                "from": "6281234567890",
                "id": "w2",
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": f"ack:{TOKEN}", "title": "Terima"}},
            },
            {"from": "6281234567890", "id": "w3", "type": "text", "text": {"body": "HADIR"}},
            {"from": "6281234567890", "id": "w4", "type": "sticker", "sticker": {"id": "1"}},
            {"from": "not a number", "id": "w5", "type": "text", "text": {"body": "x"}},
            {"from": 5, "id": None},
            7,
        ]
    )
    assert whatsapp.answers(body) == [
        Answer(TOKEN, PHONE, "", "w1"),
        Answer(TOKEN, PHONE, "", "w2"),
        Answer("", PHONE, "HADIR", "w3"),
    ]


def test_a_button_of_a_message_without_a_token_is_no_answer() -> None:
    body = callback(messages=[{"from": "6281234567890", "id": "w1", "type": "button", "button": {"payload": "ack:"}}])
    assert whatsapp.answers(body) == []


def test_statuses_are_deliveries() -> None:
    body = callback(
        statuses=[
            {"id": WAMID, "status": "delivered", "timestamp": "1786000000", "biz_opaque_callback_data": "n-1"},
            {"id": WAMID, "status": "failed", "timestamp": "1786000001", "errors": [{"code": 131026, "title": "x"}]},
            {"id": WAMID, "status": "deleted", "timestamp": "1786000001"},
            {"id": WAMID, "status": "read", "timestamp": "-1"},
            {"id": WAMID, "status": "read", "timestamp": "9" * 400},
        ]
    )
    delivered, failed, late = whatsapp.deliveries(body)
    assert delivered == Delivered(WAMID, datetime.fromtimestamp(1786000000, UTC), "delivered", "n-1")
    assert (failed.state, failed.reason) == ("failed", "131026: the number has no WhatsApp that takes the message")
    assert late.at.year == 3000
