"""Single sign-on against a real provider on loopback: who gets in, and who does not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from alerts.sso.settings import OidcSettings
from alerts.store import changes, identities
from alerts.store.database import Database
from core.errors import EkamlingError
from tests.alerts.centre import Centre
from tests.alerts.notifiers.far_side import FarSide
from tests.alerts.sso_desk import API, START, Desk, a_desk, refusal
from tests.alerts.sso_provider import CLIENT, Provider

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True),
]


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(database, tmp_path) as desk:
        yield desk


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
