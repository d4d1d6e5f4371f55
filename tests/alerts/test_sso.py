"""Single sign-on against a real provider on loopback: who gets in, who does not, and what no lie of its can do."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from alerts.sso.provider import FRESH_S, PAUSE_S
from alerts.sso.settings import OidcSettings
from alerts.sso.sign_in import LASTS, set_up
from alerts.store import changes, identities, people
from alerts.store.database import Database
from alerts.store.schema import sso_tries
from core.errors import EkamlingError
from tests.alerts.centre import Centre
from tests.alerts.notifiers.far_side import FarSide, Said, nobody, said
from tests.alerts.sso_provider import CLIENT, SECRET, Claims, Key, Provider, b64

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True),
]

API = "/api/v1"
START = f"{API}/session/sso/start"


class Desk:
    """A centre with single sign-on, its provider, and a person's browser."""

    def __init__(self, centre: Centre, provider: Provider, http: httpx.AsyncClient, folder: Path) -> None:
        self.centre, self.provider, self._http = centre, provider, http
        self._secret = folder / "oidc.secret"
        self._secret.write_text(SECRET)
        self._secret.chmod(0o600)
        self.set_up()

    def set_up(self, **changes: Any) -> None:
        """Start the centre anew, with other settings."""
        given = {"issuer": self.provider.issuer, "client_id": CLIENT, "secret_file": str(self._secret)} | changes
        centre = self.centre
        settings = OidcSettings(**given)
        centre.sign_in = set_up(settings, centre.database, self._http, centre.clock, centre.url)
        centre.restart()

    async def link(self, name: str = "siti", known_as: str = "19850101", role: str = "operator") -> None:
        """An account, linked by an administrator."""
        await self.centre.accounts.add(name, name.title(), role, "33.03")
        async with self.centre.client("admin") as admin:
            answer = await admin.put(f"{API}/people/{name}/sso", json={"known_as": known_as})
            assert answer.status_code == 200, answer.text

    async def leave(self, browser: httpx.AsyncClient) -> str:
        """Press the button, sign in at the provider; the address by which it sends the browser back."""
        out = await browser.get(START)
        assert out.status_code == 303, out.text
        there = await self._http.get(out.headers["location"], follow_redirects=False)
        assert there.status_code == 302
        return there.headers["location"]

    async def enter(self, browser: httpx.AsyncClient, **changed: str) -> str:
        """All of it; where the browser ends. `changed` parts of the address on the way back are other ones."""
        back = await self.leave(browser)
        query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | changed
        answer = await browser.get(back.partition("?")[0], params={k: v for k, v in query.items() if v})
        assert answer.status_code == 303
        return answer.headers["location"]

    async def who(self, browser: httpx.AsyncClient) -> dict[str, Any] | None:
        user: dict[str, Any] | None = (await browser.get(f"{API}/session")).json()["user"]
        return user


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    centre = Centre(database, tmp_path)
    async with FarSide() as side, httpx.AsyncClient(trust_env=False) as http:
        yield Desk(centre, Provider(side, centre.clock), http, tmp_path)


async def refusal(desk: Desk, **changed: str) -> str:
    """What the sign-in page is told; nobody is signed in by it."""
    async with desk.centre.client(None) as browser:
        ended = await desk.enter(browser, **changed)
        assert await desk.who(browser) is None
    assert ended.startswith("/masuk#sso=")
    return ended.partition("=")[2]


async def test_who_is_linked_signs_in_and_out(desk: Desk) -> None:
    await desk.link()
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
        user = await desk.who(browser)
        assert user and (user["name"], user["role"], user["must_set_password"]) == ("siti", "operator", False)
        assert (await browser.get(f"{API}/incidents")).status_code == 200
        assert (await browser.delete(f"{API}/session")).status_code == 204
        assert await desk.who(browser) is None


async def test_the_page_learns_whether_there_is_a_button(desk: Desk) -> None:
    desk.set_up(label="Masuk dengan SSO Pemkab")
    async with desk.centre.client(None) as browser:
        ways = (await browser.get(f"{API}/session/ways")).json()
    assert ways == {"sso": {"label": "Masuk dengan SSO Pemkab", "start": START}}
    desk.centre.sign_in = None
    desk.centre.restart()
    async with desk.centre.client(None) as browser:
        assert (await browser.get(f"{API}/session/ways")).json() == {"sso": None}
        assert (await browser.get(START)).status_code == 404


async def test_cookies_are_as_strict_as_can_be(database: Database, tmp_path: Path) -> None:
    centre = Centre(database, tmp_path, "https://kamling.test")
    async with FarSide() as side, httpx.AsyncClient(trust_env=False) as http:
        desk = Desk(centre, Provider(side, centre.clock), http, tmp_path)
        await desk.link()
        async with centre.client(None) as browser:
            out = await browser.get(START)
            name, *flags = out.headers["set-cookie"].split("; ")
            assert name.startswith("__Host-ekamling_sso=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(flags)
            back = (await http.get(out.headers["location"])).headers["location"]
            kept, gone = (await browser.get(back)).headers.get_list("set-cookie")
    assert kept.startswith("__Host-ekamling_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(kept.split("; "))
    assert gone.startswith('__Host-ekamling_sso="";')
    assert {"Secure", "Max-Age=0"} <= set(gone.split("; "))


async def test_that_the_provider_knows_a_person_opens_nothing(desk: Desk) -> None:
    await desk.centre.accounts.add("19850101", "Orang lain", "operator", "33.03")  # of the same name, and not linked
    assert await refusal(desk) == "sso_unknown"


async def test_after_the_first_time_the_providers_own_name_counts(desk: Desk) -> None:
    await desk.link()
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
    desk.provider.person |= {"sub": "s-2"}  # somebody else was given the name
    assert await refusal(desk) == "sso_unknown"
    desk.provider.person |= {"sub": "s-1", "preferred_username": "another"}
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"


async def test_a_mail_address_counts_only_where_the_provider_has_checked_it(desk: Desk) -> None:
    desk.set_up(claim="email")
    await desk.link(known_as="siti@example.go.id")
    desk.provider.person |= {"email": "siti@example.go.id"}
    assert await refusal(desk) == "sso_unknown"
    desk.provider.person |= {"email_verified": "true"}
    assert await refusal(desk) == "sso_unknown"
    desk.provider.person |= {"email_verified": True}
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"


async def test_who_has_left_or_was_unlinked_does_not_get_in(desk: Desk) -> None:
    await desk.link()
    async with desk.centre.client("admin") as admin, desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
        assert (await admin.get(f"{API}/people/siti/sso")).json()["sso"]["signed_in"]
        assert (await admin.delete(f"{API}/people/siti/sso")).json() == {"sso": None}
        assert await desk.who(browser) is None
        assert await refusal(desk) == "sso_unknown"
        await admin.put(f"{API}/people/siti/sso", json={"known_as": "19850101"})
        await admin.delete(f"{API}/people/siti")
    assert await refusal(desk) == "sso_unknown"


async def test_two_people_are_never_one_at_the_provider(desk: Desk) -> None:
    await desk.link()
    await desk.centre.accounts.add("budi", "Budi", "operator", "33.03")
    async with desk.centre.client("admin") as admin:
        answer = await admin.put(f"{API}/people/budi/sso", json={"known_as": "19850101"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "sso_taken")
        log = (await admin.get(f"{API}/changes?what=person")).json()["changes"]
    assert [each["after"] for each in log if each["after"] and "sso" in each["after"]] == [{"sso": "19850101"}]


# --- groups


GRANTS = [
    {"group": "kamling-admin", "role": "admin", "area": "33.03"},
    {"group": "kamling-polsek", "role": "polsek", "area": "33.03.05"},
]


def with_grants(desk: Desk) -> None:
    settings = msgspec.convert({"grants": GRANTS, "issuer": desk.provider.issuer, "client_id": CLIENT}, OidcSettings)
    desk.set_up(grants=settings.grants)


async def test_a_group_admits_and_its_role_follows(desk: Desk) -> None:
    with_grants(desk)
    desk.provider.person |= {"preferred_username": "Agus.P", "groups": ["kamling-polsek", 7]}
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
        user = await desk.who(browser)
        assert user and (user["name"], user["role"], user["area"]) == ("agus.p", "polsek", "33.03.05")
        desk.provider.person |= {"groups": ["kamling-polsek", "kamling-admin"]}
        async with desk.centre.client(None) as other:
            assert await desk.enter(other) == "/"
            promoted = await desk.who(other)
        assert promoted and promoted["role"] == "admin"
        assert await desk.who(browser) is None  # another role ends the sessions
    desk.provider.person |= {"groups": "kamling-tamu"}
    assert await refusal(desk) == "sso_unknown"
    async with desk.centre.database.read() as connection:
        log = [row for row in await changes.listed(connection, "33.03") if row["user"] == "single sign-on"]
        link = await identities.of(connection, "agus.p")
    assert [row["after"]["role"] for row in log] == ["admin", "polsek"]
    assert link and (link.granted, link.known_as) == (True, "Agus.P")


@pytest.mark.parametrize("name", ["siti", "Budi Santoso", "", "x" * 81, 7])
async def test_a_group_never_takes_an_account_that_is_there(desk: Desk, name: Any) -> None:
    await desk.centre.accounts.add("siti", "Siti", "admin", "33.03")
    with_grants(desk)
    desk.provider.person |= {"preferred_username": name, "groups": ["kamling-admin"]}
    assert await refusal(desk) == "sso_unknown"


async def test_a_group_does_not_change_who_was_linked_by_hand(desk: Desk) -> None:
    with_grants(desk)
    await desk.link(role="auditor")
    desk.provider.person |= {"groups": ["kamling-admin"]}
    async with desk.centre.client(None) as browser:
        assert await desk.enter(browser) == "/"
        user = await desk.who(browser)
    assert user and user["role"] == "auditor"


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


# --- settings


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"issuer": "http://sso.example.go.id"}, "https://"),
        ({"issuer": "https://user:x@sso.example.go.id"}, "leave out user"),
        ({"issuer": "https://sso.example.go.id/?a=b"}, r"no \?"),
        ({"issuer": "ftp://sso.example.go.id"}, "https://"),
        ({"client_id": ""}, "client_id"),
    ],
)
async def test_wrong_settings_are_named(desk: Desk, changed: dict[str, str], why: str) -> None:
    with pytest.raises((EkamlingError, msgspec.ValidationError), match=why):
        msgspec.convert({"issuer": "https://sso.example.go.id", "client_id": CLIENT} | changed, OidcSettings)


async def test_a_secret_that_everybody_reads_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "open.secret"
    path.write_text("x")
    path.chmod(0o644)
    with pytest.raises(EkamlingError, match="chmod 600"):
        desk.set_up(secret_file=str(path))


async def test_a_client_without_a_secret_proves_itself_by_pkce(desk: Desk) -> None:
    desk.set_up(secret_file="")
    await desk.link()
    assert await refusal(desk) == "sso_failed"  # this provider wants a secret, and got none
    (asked,) = [each for each in desk.provider.side.asked if each.target.endswith("/token")]
    assert b"client_id=kamling" in asked.body
    assert "authorization" not in asked.headers
