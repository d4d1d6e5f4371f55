"""The button of single sign-on in a real browser: to a provider on another site and back, and what the page says when
it comes to nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import Page, expect

from alerts.sso.settings import OidcSettings
from alerts.sso.sign_in import set_up
from alerts.store.database import Database
from core.clock import SystemClock
from core.tasks import stop
from ekamling.demo_site import free_ports
from ekamling.web import WebServer, listen
from tests.alerts.centre import Centre
from tests.alerts.notifiers.far_side import FarSide, Said
from tests.alerts.sso_provider import CLIENT, SECRET, Provider
from tests.ekamling.browser import chromium
from tests.loop_thread import LoopThread
from tests.patience import until

LABEL = "Masuk dengan SSO Pemkab"


@dataclass
class Site:
    """A centre that answers on loopback, and its provider, which a browser takes for another site."""

    url: str
    centre: Centre
    provider: Provider
    loop: LoopThread


@contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with LoopThread() as loop, listen("127.0.0.1", port) as listener:
        database = loop.run(Database.open(f"sqlite+aiosqlite:///{folder}/centre.sqlite3"))
        centre = Centre(database, folder, url, SystemClock())
        side, http = FarSide(), httpx.AsyncClient(trust_env=False)
        loop.run(side.__aenter__())
        provider = Provider(side, SystemClock(), "localhost")
        secret = folder / "oidc.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        given = {"issuer": provider.issuer, "client_id": CLIENT, "secret_file": str(secret), "label": LABEL}
        centre.sign_in = set_up(msgspec.convert(given, OidcSettings), database, http, SystemClock(), url)
        server = WebServer(centre.app)
        serving = loop.start(server.serve(sockets=[listener]))
        until(lambda: server.up.is_set())
        try:
            yield Site(url, centre, provider, loop)
        finally:
            centre.stream.close()
            server.should_exit = True
            serving.result(30)
            loop.run(http.aclose())
            loop.run(side.__aexit__())
            loop.run(database.close())
            loop.run(end_tasks())


async def end_tasks() -> None:
    """End what libraries have left running in the loop."""
    await stop(*(asyncio.all_tasks() - {asyncio.current_task()}))


def press(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/masuk")
    button = page.get_by_test_id("sign-in-sso")
    expect(button).to_have_text(LABEL)
    button.click()


@pytest.mark.timeout(180)
def test_the_button_leads_out_and_back_in(tmp_path: Path) -> None:
    with a_site(tmp_path) as site, chromium() as browser:
        page = browser.new_context(locale="id-ID").new_page()
        press(page, site)
        expect(page.get_by_test_id("sign-in-problem")).to_contain_text("belum ditautkan")
        assert page.url == f"{site.url}/masuk"

        site.loop.run(link(site))
        press(page, site)
        expect(page.get_by_test_id("sign-in-submit")).to_be_hidden()
        expect(page.get_by_test_id("password-open")).to_be_hidden()  # nobody is asked for a password
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert set(cookies) == {"ekamling_session"}
        assert (cookies["ekamling_session"]["sameSite"], cookies["ekamling_session"]["httpOnly"]) == ("Strict", True)

        site.provider.answers["/token"] = Said(503)
        other = browser.new_context(locale="id-ID").new_page()
        press(other, site)
        expect(other.get_by_test_id("sign-in-problem")).to_contain_text("tidak dapat dihubungi")
        other.get_by_test_id("language").click()
        expect(other.get_by_test_id("sign-in-problem")).to_contain_text("cannot be reached")


async def link(site: Site) -> None:
    """An account, linked by an administrator."""
    await site.centre.accounts.add("siti", "Siti", "operator", "33.03")
    async with site.centre.client("admin") as admin:
        answer = await admin.put("/api/v1/people/siti/sso", json={"known_as": "19850101"})
    assert answer.status_code == 200
