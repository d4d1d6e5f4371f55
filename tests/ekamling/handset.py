"""Telephones for tests: a browser of its own each, which notes what goes wrong, and people who sign in on them."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.accessibility import violations

SOON_MS = 30_000
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36"
EXPECTED_OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
Links = dict[str, str]  # the one-time link of each person


def added(folder: Path, people: Mapping[str, tuple[str, str]]) -> Links:
    """A one-time link for each of some people, by name with role and area, who are all added at once to the centre
    that runs in a folder."""

    async def all_of_them() -> Links:
        settings = config.load(folder / "centre.toml", CentreSettings)
        async with accounts(settings) as known:
            for name, (role, area) in people.items():
                await known.add(name, name, role, area)
            return {name: link_url(settings, await known.link(name)) for name in people}

    return asyncio.run(all_of_them())


class Phone:
    """A telephone of its own (own cookies), which notes every console error and exception."""

    def __init__(self, browser: Browser, **more: Any) -> None:
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=ANDROID, **more
        )
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def at(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def tab(self, name: str) -> None:
        self.at(f"tab-{name}").click()
        expect(self.at("phone")).to_have_attribute("data-page", name)

    def sign_in(self, link: str) -> None:
        self.page.goto(link)
        expect(self.at("phone")).to_be_visible(timeout=SOON_MS)

    def offline(self, now: bool) -> None:
        self.context.set_offline(now)

    def found(self) -> list[str]:
        """What axe finds wrong on the page as it is."""
        return violations(self.page)


@contextmanager
def a_phone(browser: Browser, **more: Any) -> Iterator[Phone]:
    phone = Phone(browser, **more)
    try:
        yield phone
        assert [said for said in phone.problems if EXPECTED_OFFLINE not in said] == []
    finally:
        phone.context.close()


def incident(phone: Phone) -> Locator:
    """The incident on the screen, chosen from a list where there are several."""
    expect(phone.at("incident").or_(phone.at("row").first).first).to_be_visible(timeout=SOON_MS)
    if phone.at("row").count():
        phone.page.locator('[data-testid="row"]', has_text="Gerbang").first.click()
    expect(phone.at("incident")).to_be_visible()
    return phone.at("incident")
