"""A centre with single sign-on, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from alerts.sso.settings import OidcSettings
from alerts.sso.sign_in import set_up
from alerts.store.database import Database
from tests.alerts.centre import Centre
from tests.alerts.notifiers.far_side import FarSide
from tests.alerts.sso_provider import CLIENT, SECRET, Provider

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


@asynccontextmanager
async def a_desk(database: Database, folder: Path) -> AsyncIterator[Desk]:
    """One whose provider listens on loopback for as long."""
    centre = Centre(database, folder)
    async with FarSide() as side, httpx.AsyncClient(trust_env=False) as http:
        yield Desk(centre, Provider(side, centre.clock), http, folder)


async def refusal(desk: Desk, **changed: str) -> str:
    """What the sign-in page is told; nobody is signed in by it."""
    async with desk.centre.client(None) as browser:
        ended = await desk.enter(browser, **changed)
        assert await desk.who(browser) is None
    assert ended.startswith("/masuk#sso=")
    return ended.partition("=")[2]
