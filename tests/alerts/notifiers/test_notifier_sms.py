"""SMS, over gateways of several kinds."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from alerts.notifiers import sms
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.settings import SmsSettings
from alerts.notifiers.sms import Sms
from alerts.notifiers.texts import septets
from tests.alerts.notifiers.far_side import FarSide, Said, said
from tests.alerts.notifiers.samples import HOSTILE, PHONE, a_line, a_message

KEY = "kunci-gateway-99"
JSON = {
    "headers": ["Content-Type: application/json", "X-Key: {secret}"],
    "body": '{"msisdn": "{to}", "message": "{text}"}',
}


@pytest.fixture
def make(http: httpx.AsyncClient, far: FarSide) -> Any:
    def make(path: str = "/send", **settings: Any) -> Sms:
        gateway = SmsSettings(url=far.url + path, secret_file="key", **settings)
        return Sms(a_line(http, "the SMS gateway", KEY), gateway, KEY)

    return make


async def test_a_gateway_of_json(make: Any, far: FarSide) -> None:
    far.answering = lambda _: said({"status": "queued", "data": [{"id": 815}]})
    receipt = await make(**JSON, id_key="data.0.id", accepted="queued").send(PHONE, a_message())
    assert receipt.provider_id == "815"
    (asked,) = far.asked
    assert asked.json["msisdn"] == PHONE
    assert asked.json["message"].endswith(a_message().answer_url)
    assert asked.headers["x-key"] == KEY


async def test_a_gateway_of_form_fields_that_wants_numbers_without_plus(make: Any, far: FarSide) -> None:
    channel = make(
        headers=["Content-Type: application/x-www-form-urlencoded"],
        body="userkey={secret}&to={to}&text={text}",
        number="62",
    )
    await channel.send(PHONE, a_message(title="A & B=C"))
    fields = parse_qs(far.asked[0].body.decode(), strict_parsing=True)
    assert (fields["to"], fields["userkey"]) == (["6281234567890"], [KEY])
    assert fields["text"][0].startswith("A & B=C. Pos")


async def test_a_gateway_of_a_query(make: Any, far: FarSide) -> None:
    await make("/api?key={secret}&to={to}&msg={text}", method="GET", number="0").send(PHONE, a_message(title="A&to=1#"))
    asked = far.asked[0]
    query = parse_qs(urlsplit(asked.target).query, strict_parsing=True)
    assert (asked.method, asked.body) == ("GET", b"")
    assert query["to"] == ["081234567890"]
    assert query["msg"][0].startswith("A&to=1#")


async def test_a_gateway_that_says_no_with_200(make: Any, far: FarSide) -> None:
    far.answering = lambda _: said({"status": "error", "reason": f"no balance for {KEY}"})
    with pytest.raises(DeliveryError, match="no balance") as error:
        await make(**JSON, accepted='"ok"').send(PHONE, a_message())
    assert error.value.permanent
    assert KEY not in str(error.value)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"data": {"id": {}}}', b'{"data": [1, 2]}', b"[" * 50_000])
async def test_an_answer_without_the_id_is_still_a_receipt(make: Any, far: FarSide, answer: bytes) -> None:
    far.answering = lambda _: Said(200, answer)
    assert (await make(**JSON, id_key="data.id").send(PHONE, a_message())).provider_id == ""


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
async def test_hostile_texts_stay_in_their_place(make: Any, far: FarSide, title: str, body: str) -> None:
    await make(**JSON).send(PHONE, a_message(title=title, body=body))
    sent = far.asked[-1].json
    assert set(sent) == {"msisdn", "message"}
    assert KEY not in sent["message"]


@settings(max_examples=100)
@given(HOSTILE, HOSTILE)
def test_a_text_is_one_sms(title: str, body: str) -> None:
    for url in ("", "https://k.example.go.id/a/x", "https://k.example.go.id/" + "{" * 90):
        text = sms.text(a_message(title=title, body=body, url=url, answer_url=""))
        assert septets(text) <= 160
        assert text.isascii() and text.isprintable()
        assert url in text or len(url) > 80


def test_words_stay_whole_and_the_address_too() -> None:
    text = sms.text(a_message(title="Kejadian – “pencurian” di café 🚨", body="Mohon segera diperiksa " * 10))
    assert text.startswith('Kejadian - "pencurian" di cafe. Mohon segera diperiksa')
    assert text.endswith("... " + a_message().answer_url)
    assert len(text) <= 160
