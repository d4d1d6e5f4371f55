"""Consoles of several people over one demo, for tests of the pages of the settings."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from alerts.ground import places
from alerts.ground.areas_desk import AreasDesk
from alerts.store.database import Database
from core import config
from core.clock import SystemClock
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.browser import chromium
from tests.ekamling.running import running_centre, running_demo

SOON_MS = 30_000
SIGNED_IN = '[data-testid="rail-queue"], [data-testid="settings-senyap"]'  # the console, and what installers have
REGENCY, DISTRICT, VILLAGE = "33.03", "33.03.05", "33.03.05.1005"
RW = f"{VILLAGE}/RW02"
RT = f"{RW}/RT04"

Known = tuple[str, str, str]  # display name, role, area


class SettingsDesk:
    """A console of somebody, which notes every console error and exception."""

    def __init__(self, browser: Browser, url: str, link: str) -> None:
        self.url = url
        self.problems: list[str] = []
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID")
        self.context.add_init_script("localStorage.setItem('ekamling.shell', 'console')")  # also for an RT's head
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(link)
        expect(self.page.locator(SIGNED_IN).first).to_be_visible(timeout=SOON_MS)
        self.page.mouse.click(150, 26)  # a browser keeps a page silent until then, which the top bar says

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"{message.text} {message.location['url']}")

    def at(self, hook: str) -> Locator:
        return self.page.get_by_test_id(hook)

    def row(self, hook: str, name: str, value: str) -> Locator:
        """The one of several rows of which `data-NAME` has a value."""
        return self.page.locator(f'[data-testid="{hook}"][data-{name}="{value}"]')

    def open(self, part: str, of: str = "") -> None:
        self.page.goto(f"{self.url}/#/pengaturan/{part}{of and '/'}{of}")

    def pick(self, hook: str, text: str, code: str) -> None:
        """Choose an area by typing a part of its name."""
        self.at(hook).click()
        self.at(hook).press_sequentially(text)
        self.page.locator(f'[data-testid="{hook}-option"][data-code="{code}"]').click()

    def took(self, *refusals: str) -> None:
        """Forget the errors that the browser itself notes of refusals with these statuses."""
        self.problems[:] = [said for said in self.problems if not any(status in said for status in refusals)]


class SettingsDesks:
    """A desk for everybody who is asked for."""

    def __init__(self, browser: Browser, url: str, links: Mapping[str, str], folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.browser = browser
        self.links = links
        self._made: dict[str, SettingsDesk] = {}

    def of(self, name: str) -> SettingsDesk:
        if name not in self._made:
            self._made[name] = SettingsDesk(self.browser, self.url, self.links[name])
        return self._made[name]


@contextmanager
def settings_desks(
    folder: Path, people: Mapping[str, Known], *, cameras: bool = True, more: str = ""
) -> Iterator[SettingsDesks]:
    """A demo, or its centre alone with `more` in its configuration, with these people, and the tree of areas with an RW
    and an RT in it."""
    with _ready_demo(folder) if cameras else running_centre(folder, more) as url:
        settings = config.load(folder / "centre.toml", CentreSettings)
        links = asyncio.run(_added(settings, people))
        places.learn({})  # what this process has heard of them on the way is not for other tests
        with chromium() as browser:
            yield SettingsDesks(browser, url, links, folder)


@contextmanager
def _ready_demo(folder: Path) -> Iterator[str]:
    with running_demo(folder) as demo:
        assert demo.link  # it is ready, and its people can be added to
        yield demo.url


async def _added(settings: CentreSettings, people: Mapping[str, Known]) -> dict[str, str]:
    """One-time links of those who are added."""
    database = await Database.open(settings.database_url)
    try:
        areas = AreasDesk(database, SystemClock())
        await areas.load(REGENCY)
        await areas.add(RW, "RW 02 Kauman")
        await areas.add(RT, "RT 04")
    finally:
        await database.close()
    async with accounts(settings) as desk:
        for name, (shown, role, area) in people.items():
            await desk.add(name, shown, role, area)
        return {name: link_url(settings, await desk.link(name)) for name in people}
