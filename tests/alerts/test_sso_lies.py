"""Single sign-on against a provider on loopback that lies, leads elsewhere or fails: what none of it can do."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from alerts.sso.provider import FRESH_S, PAUSE_S
from alerts.sso.sign_in import LASTS
from alerts.store import identities, people
from alerts.store.database import Database
from alerts.store.schema import sso_tries
from tests.alerts.notifiers.far_side import FarSide, Said, nobody, said
from tests.alerts.sso_desk import API, START, Desk, a_desk, refusal
from tests.alerts.sso_provider import CLIENT, SECRET, Claims, Key, b64

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True),
]


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(database, tmp_path) as desk:
        yield desk


# --- tokens that lie


def claims(**changed: Any) -> Callable[[Claims], Claims]:
    return lambda honest: {name: value for name, value in (honest | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"nonce": "another"}, "sso_failed"),
        ({"nonce": None}, "sso_failed"),
        ({"nonce": "\ud800"}, "sso_failed"),
        ({"aud": "another"}, "sso_failed"),
        ({"aud": []}, "sso_failed"),
        ({"aud": [CLIENT, "another"]}, "sso_failed"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "sso_failed"),
        ({"azp": "another"}, "sso_failed"),
        ({"iss": "https://evil.example"}, "sso_failed"),
        ({"iss": None}, "sso_failed"),
        ({"sub": ""}, "sso_failed"),
        ({"sub": "x" * 256}, "sso_failed"),
        ({"sub": "\ud800"}, "sso_failed"),
        ({"sub": None}, "sso_failed"),
        ({"exp": None}, "sso_failed"),
        ({"exp": "soon"}, "sso_failed"),
        ({"exp": 0}, "sso_clock"),
        ({"iat": 0}, "sso_clock"),
        ({"exp": float("nan")}, "sso_clock"),
        ({"iat": float("nan")}, "sso_clock"),
        ({"iat": 4e9, "exp": 5e9}, "sso_clock"),
        ({"nbf": 4e9}, "sso_clock"),
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(desk: Desk, changed: Claims, code: str) -> None:
    await desk.link()
    desk.provider.change = claims(**changed)
    assert await refusal(desk) == code


@pytest.mark.parametrize(("ahead", "gets_in"), [(-50, True), (50, True), (-700, False), (70, False), (-3600, False)])
async def test_clocks_may_differ_by_a_minute(desk: Desk, ahead: int, gets_in: bool) -> None:
    await desk.link()
    now = desk.centre.clock.now().timestamp() + ahead
    desk.provider.change = claims(iat=now, exp=now + 300)
    if gets_in:
        async with desk.centre.client(None) as browser:
            assert await desk.enter(browser) == "/"
    else:
        assert await refusal(desk) == "sso_clock"


def unsigned(claims: Claims) -> str:
    head = b64(json.dumps({"alg": "none", "kid": "satu"}).encode())
    return f"{head}.{b64(json.dumps(claims).encode())}."


def tampered(key: Key) -> Callable[[Claims], str]:
    def made(claims: Claims) -> str:
        head, _, signature = key.token(claims).split(".")
        return f"{head}.{b64(json.dumps(claims | {'sub': 's-9'}).encode())}.{signature}"

    return made


async def test_algorithms_are_fixed_and_signatures_count(desk: Desk) -> None:
    await desk.link()
    key, stranger = desk.provider.keys[0], Key("satu")
    lies: list[Callable[[Claims], str]] = [
        unsigned,
        tampered(key),
        stranger.token,  # of the same name
        lambda claims: key.token(claims, alg="HS256"),
        lambda claims: key.token(claims, alg="RS512"),
        lambda claims: key.token(claims, alg="ES256"),
        lambda claims: key.token(claims, kid="dua"),
        lambda claims: key.token(claims, crit=["exp"]),
        lambda claims: stranger.token(claims, jwk=stranger.jwk, kid=None),  # brings its own key along
        lambda claims: key.token(claims)[:-10],
        lambda claims: "a.b",
        lambda claims: "",
        lambda claims: "x" * 40_000,
    ]
    for lie in lies:
        desk.provider.signed = lie
        assert await refusal(desk) == "sso_failed"


async def test_the_public_key_is_no_secret_to_sign_with(desk: Desk) -> None:
    """A token signed by HMAC with the published key as its secret, the classic confusion of algorithms."""
    await desk.link()

    def made(claims: Claims) -> str:
        text = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'satu'}).encode())}.{b64(json.dumps(claims).encode())}"
        secret = base64.urlsafe_b64decode(desk.provider.keys[0].jwk["n"] + "==")
        return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    desk.provider.signed = made
    assert await refusal(desk) == "sso_failed"


async def test_short_keys_and_keys_for_other_uses_sign_nothing(desk: Desk) -> None:
    await desk.link()
    desk.provider.keys = [Key("satu", bits=1024)]
    assert await refusal(desk) == "sso_failed"
    good = Key("dua")
    desk.provider.keys = [good]
    desk.provider.answers["/keys"] = said({"keys": [{**good.jwk, "use": "enc"}, {"kty": "RSA", "kid": "dua"}]})
    desk.centre.clock.advance(PAUSE_S)
    assert await refusal(desk) == "sso_failed"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_keys_are_changed_while_people_sign_in(desk: Desk, algorithm: str) -> None:
    await desk.link()
    desk.provider.keys = [Key("satu", algorithm)]
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
        desk.provider.keys = [*desk.provider.keys, Key("dua", algorithm)]
        desk.centre.clock.advance(PAUSE_S)
        assert await desk.enter(browser) == "/"
        desk.provider.keys = [Key("tiga", algorithm)]
        desk.provider.signed = lambda claims: desk.provider.keys[-1].token(claims, kid=None)
        desk.centre.clock.advance(PAUSE_S)
        assert await desk.enter(browser) == "/"


async def test_wrong_tokens_do_not_make_us_ask_for_keys_without_end(desk: Desk) -> None:
    await desk.link()
    desk.provider.signed = Key("lain").token
    for _ in range(5):
        assert await refusal(desk) == "sso_failed"
    assert desk.provider.asked("/keys") == 1
    assert desk.provider.asked("/openid-configuration") == 1
    desk.centre.clock.advance(FRESH_S + 1)
    await refusal(desk)
    assert desk.provider.asked("/openid-configuration") == 2


# --- the way back


async def test_a_state_is_used_once_in_its_own_time_and_browser(desk: Desk) -> None:
    await desk.link()
    async with desk.centre.client(None) as browser, desk.centre.client(None) as another:
        back = await desk.leave(browser)
        kept = dict(browser.cookies)
        assert (await browser.get(back)).headers["location"] == "/"
        browser.cookies.clear()
        browser.cookies.update(kept)
        assert (await browser.get(back)).headers["location"] == "/masuk#sso=sso_expired"  # replayed
        foreign = await desk.leave(browser)
        assert (await another.get(foreign)).headers["location"] == "/masuk#sso=sso_expired"  # a trap for another
        late = await desk.leave(browser)
        desk.centre.clock.advance(LASTS.total_seconds())
        assert (await browser.get(late)).headers["location"] == "/masuk#sso=sso_expired"
        assert (await browser.get(f"{API}/session/sso/callback")).headers["location"] == "/masuk#sso=sso_expired"
    assert desk.provider.asked("/token") == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"code": "", "error": "access_denied"}, "sso_cancelled"),
        ({"code": "", "error": "server_error"}, "sso_failed"),
        ({"code": ""}, "sso_failed"),
        ({"code": "made-up"}, "sso_failed"),
        ({"iss": "https://evil.example"}, "sso_failed"),
        ({"iss": ""}, "sso_failed"),  # which the provider has promised to give
        ({"state": "made-up"}, "sso_expired"),
    ],
)
async def test_each_wrong_way_back_has_its_own_line(desk: Desk, changed: dict[str, str], code: str) -> None:
    await desk.link()
    assert await refusal(desk, **changed) == code


async def test_a_provider_that_gives_no_issuer_need_not(desk: Desk) -> None:
    desk.provider.described = {"authorization_response_iss_parameter_supported": False}
    await desk.link()
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser, iss="") == "/"


# --- a provider that is away, or leads elsewhere


async def start(desk: Desk) -> str:
    async with desk.centre.client(None) as browser:
        answer = await browser.get(START)
    location: str = answer.headers["location"]
    return location


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        ("/.well-known/openid-configuration", Said(503), "sso_unreachable"),
        ("/.well-known/openid-configuration", Said(404), "sso_failed"),
        ("/.well-known/openid-configuration", Said(200, b"{"), "sso_failed"),
        ("/.well-known/openid-configuration", Said(302, headers={"Location": "http://127.0.0.1:1/"}), "sso_failed"),
    ],
)
async def test_a_description_that_is_none(desk: Desk, path: str, answer: Said, code: str) -> None:
    desk.provider.answers[path] = answer
    assert await start(desk) == f"/masuk#sso={code}"


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "http://192.168.1.1/keys"},
        {"jwks_uri": "https://evil.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://[::1"},
    ],
)
async def test_a_description_leads_to_no_other_host(desk: Desk, described: dict[str, str]) -> None:
    desk.provider.described = described
    assert await start(desk) == "/masuk#sso=sso_failed"


@pytest.mark.parametrize("path", ["/token", "/keys"])
async def test_redirects_of_the_provider_are_not_followed(desk: Desk, path: str) -> None:
    await desk.link()
    async with FarSide() as other:
        for status in (302, 307, 308):
            desk.provider.answers[path] = Said(status, headers={"Location": f"{other.url}/x"})
            assert await refusal(desk) == "sso_failed"
        assert other.asked == []


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        ("/token", Said(503), "sso_unreachable"),
        ("/token", Said(200, b"[]"), "sso_failed"),
        ("/token", Said(200, b'{"id_token": ""}'), "sso_failed"),
        ("/token", said({"error": "invalid_client"}, 401), "sso_failed"),
        ("/token", Said(hang_up=True), "sso_unreachable"),
        ("/keys", Said(200, b'{"keys": [1]}'), "sso_failed"),
        ("/keys", Said(200, b"x" * 100_000), "sso_failed"),
        ("/keys", Said(500), "sso_unreachable"),
    ],
)
async def test_a_provider_that_fails_midway(desk: Desk, path: str, answer: Said, code: str) -> None:
    await desk.link()
    desk.provider.answers[path] = answer
    assert await refusal(desk) == code


async def test_a_provider_that_is_away_is_one_clear_line(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.set_up(issuer=f"http://127.0.0.1:{await nobody()}")
    assert await start(desk) == "/masuk#sso=sso_unreachable"
    assert "single sign-on: the sign-in provider cannot be reached" in caplog.text


async def test_no_secret_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "alerts")
    await desk.link()
    desk.provider.answers["/token"] = said({"error": "x", "error_description": SECRET}, 400)
    assert await refusal(desk) == "sso_failed"
    assert SECRET not in caplog.text


async def test_buttons_pressed_without_end_fill_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "MOST_TRIES", 5)
    for _ in range(8):
        desk.centre.clock.advance(1)
        await start(desk)
    async with desk.centre.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(sso_tries))).scalar_one() == 5
    desk.centre.clock.advance(LASTS.total_seconds())
    await start(desk)
    async with desk.centre.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(sso_tries))).scalar_one() == 1
        assert await people.find_user(connection, "siti") is None
