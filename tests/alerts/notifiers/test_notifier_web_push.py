"""Web Push, against a push service that checks the signature and opens the message with the browser's own key."""

import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings

from alerts.notifiers import web_push
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.web_push import WebPush
from core.errors import EkamlingError
from tests.alerts.notifiers.far_side import FarSide, Said
from tests.alerts.notifiers.samples import HOSTILE, JPEG, a_line, a_message
from tests.alerts.notifiers.subscriber import CONTACT, Browser, opened, packed


@pytest.fixture
def browser(far: FarSide) -> Browser:
    browser = Browser()
    far.answering = browser.service
    return browser


@pytest.fixture
def push(http: httpx.AsyncClient) -> WebPush:
    key = web_push.read_key(web_push.new_key(), name="vapid.pem")
    return WebPush(a_line(http, "the push service"), key, CONTACT, services=("127.0.0.1",), loopback_http=True)


async def test_the_browser_can_open_the_message(push: WebPush, browser: Browser, far: FarSide) -> None:
    receipt = await push.send(push.check(browser.subscription(far.url)), a_message(picture=JPEG))
    assert receipt.provider_id.endswith("/message/1")
    (shown,) = browser.shown
    assert shown["version"] == 1
    assert shown["title"] == a_message().title
    assert shown["position"] == [-7.388, 109.363]
    assert shown["answer_url"] == a_message().answer_url
    assert "picture" not in shown


async def test_headers_wake_a_telephone_and_replace_what_waits(push: WebPush, browser: Browser, far: FarSide) -> None:
    address = browser.subscription(far.url)
    await push.send(address, a_message(severity=1))
    await push.send(address, a_message(severity=3, id="other"))
    await push.send(address, a_message(action="resolve"))
    await push.send(address, a_message(incident="another"))
    headers = [asked.headers for asked in far.asked]
    assert [each["urgency"] for each in headers] == ["high", "normal", "normal", "high"]
    assert headers[0]["ttl"] == "3600"
    assert headers[0]["topic"] == headers[1]["topic"] == headers[2]["topic"] != headers[3]["topic"]
    assert len(headers[0]["topic"]) == 32


async def test_two_messages_never_share_a_key(push: WebPush, browser: Browser, far: FarSide) -> None:
    for _ in range(2):
        await push.send(browser.subscription(far.url), a_message())
    salts = {asked.body[:16] for asked in far.asked}
    senders = {asked.body[21:86] for asked in far.asked}
    assert len(salts) == len(senders) == 2


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
async def test_hostile_texts_are_delivered(
    push: WebPush, browser: Browser, far: FarSide, title: str, body: str
) -> None:
    message = a_message(title=title, body=body, place=title, area_name=body, kind=title)
    await push.send(browser.subscription(far.url), message)
    assert all(len(asked.body) <= 4096 for asked in far.asked[-1:])


async def test_a_message_that_cannot_fit_is_told(push: WebPush, browser: Browser, far: FarSide) -> None:
    with pytest.raises(DeliveryError, match="too long") as error:
        await push.send(browser.subscription(far.url), a_message(url="https://example.org/" + "a" * 4000))
    assert error.value.permanent


@pytest.mark.parametrize(
    ("status", "permanent", "gone"),
    [
        (404, True, True),
        (410, True, True),
        (429, False, False),
        (500, False, False),
        (403, True, False),
        (413, True, False),
    ],
)
async def test_refusals(
    push: WebPush, browser: Browser, far: FarSide, status: int, permanent: bool, gone: bool
) -> None:
    far.answering = lambda _: Said(status, headers={"Retry-After": "12"})
    with pytest.raises(DeliveryError) as error:
        await push.send(browser.subscription(far.url), a_message())
    assert (error.value.permanent, error.value.gone) == (permanent, gone)
    assert error.value.retry_after_s == 12


def test_the_public_key_is_that_of_the_signature(push: WebPush) -> None:
    assert len(opened(push.public_key)) == 65


def changed(subscription: str, **keys: Any) -> str:
    value = json.loads(subscription)
    for name, new in keys.items():
        if name == "endpoint":
            value[name] = new
        else:
            value["keys"][name] = new
    return json.dumps(value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"endpoint": "https://10.0.0.1/push"}, "no push service that we know"),
        ({"endpoint": "https://fcm.googleapis.com.evil.example/push"}, "no push service that we know"),
        ({"endpoint": "http://fcm.googleapis.com/push"}, "https"),
        ({"endpoint": "file:///etc/passwd"}, "https"),
        ({"endpoint": "https://user:pw@fcm.googleapis.com/push"}, "user"),
        ({"endpoint": 5}, "toJSON"),
        ({"p256dh": "AAAA"}, "p256dh"),
        ({"p256dh": packed(b"\x04" + b"\x01" * 64)}, "p256dh"),
        ({"p256dh": "!"}, "p256dh"),
        ({"auth": "AAAA"}, "16"),
        ({"auth": None}, "toJSON"),
    ],
)
def test_wrong_subscriptions(http: httpx.AsyncClient, keys: dict[str, Any], words: str) -> None:
    strict = WebPush(a_line(http, "the push service"), ec.generate_private_key(ec.SECP256R1()), CONTACT)
    good = Browser().subscription("https://fcm.googleapis.com")
    assert json.loads(strict.check(good))["endpoint"] == "https://fcm.googleapis.com/push/abc"
    with pytest.raises(EkamlingError, match=words):
        strict.check(changed(good, **keys))


@pytest.mark.parametrize("address", ["", "[]", "null", "[" * 100_000, '"\ud800"'])
def test_rubbish_is_no_subscription(push: WebPush, address: str) -> None:
    with pytest.raises(EkamlingError, match="toJSON"):
        push.check(address)


def test_only_a_key_of_the_right_kind_is_read() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for pem, words in ((other.decode(), "P-256"), ("rubbish", "PEM")):
        with pytest.raises(EkamlingError, match=words):
            web_push.read_key(pem, name="vapid.pem")
