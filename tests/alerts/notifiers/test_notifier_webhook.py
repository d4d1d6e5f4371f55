"""The webhook, against a receiver that verifies every signature."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from alerts.notifiers import verify
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.webhook import Webhook
from core.errors import EkamlingError
from tests.alerts.notifiers.far_side import Asked, FarSide, Said
from tests.alerts.notifiers.samples import HOSTILE, NOW, a_line, a_message

SECRET = "a-secret-of-the-centre-and-nobody-else"


@pytest.fixture
def hook(http: httpx.AsyncClient) -> Webhook:
    return Webhook(a_line(http, "webhook", SECRET), SECRET, loopback_http=True)


@pytest.fixture
def address(hook: Webhook, far: FarSide) -> str:
    url = f"{far.url}/alerts?team=ronda"

    def receiver(asked: Asked) -> Said:
        stamp, signature = asked.headers["x-ekamling-timestamp"], asked.headers["x-ekamling-signature"]
        good = verify.webhook(stamp, signature, asked.body, hook.key(url), NOW)
        return Said(202 if good else 401, headers={"X-Request-Id": "r-1"})

    far.answering = receiver
    return url


async def test_the_receiver_can_verify_and_read_it(hook: Webhook, address: str, far: FarSide) -> None:
    assert (await hook.send(address, a_message())).provider_id == "r-1"
    (asked,) = far.asked
    assert asked.target == "/alerts?team=ronda"
    assert asked.headers["idempotency-key"] == a_message().id
    body = asked.json
    assert (body["version"], body["action"], body["dedup_key"]) == (1, "trigger", a_message().incident)
    assert body["incident"]["position"] == {"latitude": -7.388, "longitude": 109.363}
    assert body["incident"]["opened_at"] == "2026-08-17T23:30:00Z"


async def test_every_attempt_says_the_same(hook: Webhook, address: str, far: FarSide) -> None:
    for _ in range(2):
        await hook.send(address, a_message())
    assert far.asked[0].body == far.asked[1].body
    assert far.asked[0].headers["idempotency-key"] == far.asked[1].headers["idempotency-key"]


def test_no_receiver_has_the_key_of_another(hook: Webhook) -> None:
    keys = {hook.key("https://a.example/x"), hook.key("https://a.example/y"), hook.key("https://b.example/x")}
    assert len(keys) == 3
    assert SECRET not in keys


@pytest.mark.parametrize(
    ("status", "permanent", "gone"),
    [
        (301, True, False),
        (307, True, False),
        (400, True, False),
        (401, True, False),
        (404, True, False),
        (408, False, False),
        (410, True, True),
        (429, False, False),
        (503, False, False),
    ],
)
async def test_anything_but_2xx_is_a_refusal(
    hook: Webhook, address: str, far: FarSide, status: int, permanent: bool, gone: bool
) -> None:
    far.answering = lambda _: Said(status, b"<html>...", {"Location": f"{far.url}/elsewhere"})
    with pytest.raises(DeliveryError, match=str(status)) as error:
        await hook.send(address, a_message())
    assert (error.value.permanent, error.value.gone) == (permanent, gone)
    assert len(far.asked) == 1  # no redirect is followed
    assert "team" not in str(error.value)  # paths and queries can be secrets


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("Mon, 17 Aug 2026 23:31:00 GMT", 60),
        ("Mon, 17 Aug 2026 23:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
    ],
)
async def test_the_receiver_may_ask_to_wait(
    hook: Webhook, address: str, far: FarSide, header: str, seconds: float | None
) -> None:
    far.answering = lambda _: Said(503, headers={"Retry-After": header})
    with pytest.raises(DeliveryError) as error:
        await hook.send(address, a_message())
    assert error.value.retry_after_s == seconds


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
async def test_hostile_texts_are_delivered(hook: Webhook, address: str, far: FarSide, title: str, body: str) -> None:
    await hook.send(address, a_message(title=title, body=body, place=body))
    assert "\0" not in json.dumps(far.asked[-1].json)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("http://desk.example.go.id/x", "https"),
        ("https://user:pw@desk.example.go.id/x", "leave out user"),
        ("https://desk.example.go.id/x#top", "#"),
        ("https://desk.example.go.id:99999/x", "https://host/path"),
        ("https://[::1/x", "https://host/path"),
        ("https:///x", "https://host/path"),
        ("https://a b/x", "https://host/path"),
        ("https://a\r\nX: y/", "https://host/path"),
        ("javascript:alert(1)", "https://host/path"),
        ("https://desk.example.go.id/" + "x" * 2000, "2000"),
    ],
)
def test_wrong_addresses(hook: Webhook, given: str, words: str) -> None:
    with pytest.raises(EkamlingError, match=words) as error:
        hook.check(given)
    assert "pw" not in str(error.value)
