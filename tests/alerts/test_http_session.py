"""Signing in and out, as a browser does it."""

from pathlib import Path

import httpx
import pytest

from alerts.http.throttle import FREE
from alerts.people.accounts import SESSION
from alerts.store.database import Database
from tests.alerts.centre import Centre

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

HERE = "/api/v1/session"
PASSWORD = "ronda malam bancar"
WRONG = {"name": "siti", "password": "not the password"}
RIGHT = {"name": "siti", "password": PASSWORD}


@pytest.fixture
async def siti(centre: Centre) -> str:
    """A user with a password; the token of a one-time link."""
    await centre.accounts.add("siti", "Siti Aminah", "operator", "33.03.05")
    await centre.accounts.set_password("siti", PASSWORD)
    return await centre.accounts.link("siti")


async def test_nobody_is_an_answer(centre: Centre) -> None:
    async with centre.client(None) as browser:
        answer = await browser.get(HERE)
        browser.cookies.set("ekamling_session", "made up")
        assert answer.json() == (await browser.get(HERE)).json() == {"user": None}


async def test_a_password_signs_in_and_the_page_is_told_who_it_is(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        answer = await browser.post(HERE, json=RIGHT)
        assert answer.status_code == 200
        assert answer.json() == (await browser.get(HERE)).json()
    assert answer.json()["user"] == {
        "name": "siti",
        "display_name": "Siti Aminah",
        "role": "operator",
        "area": "33.03.05",
        "area_name": "Kecamatan Purbalingga",
        "must_set_password": False,
    }


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        cookie = (await browser.post(HERE, json=RIGHT)).headers["set-cookie"]
    name, *flags = cookie.split("; ")
    assert name.startswith("ekamling_session=")
    assert set(flags) == {"HttpOnly", "Path=/", "SameSite=strict", f"Max-Age={int(SESSION.total_seconds())}"}


@pytest.mark.usefixtures("quick_hashes")
async def test_over_https_the_cookie_is_bound_to_this_host(database: Database, tmp_path: Path) -> None:
    centre = Centre(database, tmp_path, "https://kamling.test")
    await centre.accounts.add("siti", "", "operator", "33.03")
    async with centre.client(None) as browser:
        token = await centre.accounts.link("siti")
        cookie = (await browser.post(f"{HERE}/link", json={"token": token})).headers["set-cookie"]
        assert (await browser.get("/api/v1/incidents")).status_code == 200
    assert cookie.startswith("__Host-ekamling_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_a_link_signs_in_once(centre: Centre, siti: str) -> None:
    async with centre.client(None) as first, centre.client(None) as second:
        assert (await first.post(f"{HERE}/link", json={"token": siti})).status_code == 200
        refused = await second.post(f"{HERE}/link", json={"token": siti})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "link_used")
    assert "set-cookie" not in refused.headers


async def test_who_came_by_a_link_is_asked_for_a_password_and_sets_it(centre: Centre) -> None:
    await centre.accounts.add("budi", "Budi", "operator", "33.03")
    async with centre.client(None) as browser:
        link = {"token": await centre.accounts.link("budi")}
        assert (await browser.post(f"{HERE}/link", json=link)).json()["user"]["must_set_password"]
        short = await browser.post(f"{HERE}/password", json={"password": "short"})
        assert (short.status_code, short.json()["error"]["code"]) == (422, "refused")
        assert "10 to 1000" in short.json()["error"]["message"]
        assert (await browser.post(f"{HERE}/password", json={"password": PASSWORD})).status_code == 204
        assert not (await browser.get(HERE)).json()["user"]["must_set_password"]
    async with centre.client(None) as browser:
        assert (await browser.post(HERE, json={"name": "budi", "password": PASSWORD})).status_code == 200


async def test_signing_out_ends_the_session_at_the_centre(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        await browser.post(HERE, json=RIGHT)
        stolen = dict(browser.cookies)
        answer = await browser.delete(HERE)
        assert (answer.status_code, dict(browser.cookies)) == (204, {})
        browser.cookies.update(stolen)
        assert (await browser.get(HERE)).json() == {"user": None}
        assert (await browser.get("/api/v1/incidents")).status_code == 401


async def test_guessing_gets_slow_and_the_right_password_waits_too(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        for _ in range(FREE):
            wrong = await browser.post(HERE, json=WRONG)
            assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "wrong_credentials")
        held = await browser.post(HERE, json=RIGHT)
        assert (held.status_code, held.json()["error"]["code"]) == (429, "slow_down")
        assert "wait 1 seconds" in held.json()["error"]["message"]
        centre.clock.advance(1)
        assert (await browser.post(HERE, json=RIGHT)).status_code == 200
        assert (await browser.post(HERE, json=WRONG)).status_code == 401


async def test_guessing_links_gets_slow_as_well(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        guesses = [await browser.post(f"{HERE}/link", json={"token": f"guess {number}"}) for number in range(FREE + 1)]
        assert [answer.status_code for answer in guesses] == [401] * FREE + [429]


async def test_an_account_is_held_back_from_every_address(centre: Centre, siti: str) -> None:
    for number in range(FREE + 1):
        transport = httpx.ASGITransport(centre.app, client=(f"192.0.2.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url=centre.url) as browser:
            status = (await browser.post(HERE, json=WRONG)).status_code
    assert status == 429


async def test_a_wrong_name_and_a_wrong_password_look_the_same(centre: Centre, siti: str) -> None:
    async with centre.client(None) as browser:
        answers = [await browser.post(HERE, json={"name": name, "password": PASSWORD[:-1]}) for name in ("siti", "x")]
    assert answers[0].text == answers[1].text
    assert {answer.status_code for answer in answers} == {401}
