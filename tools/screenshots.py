"""Take pictures of every page of console and phone while the demo runs, to look at them: `make screenshots`.

They go to screenshots/SIZE-LANGUAGE-THEME-PAGE.png; the README's own to docs/images.
"""

import asyncio
import itertools
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo

OUT = Path("screenshots")
README = {
    "console-id-dark-incident": Path("docs/images/console.jpg"),
    "console-id-dark-map": Path("docs/images/map.jpg"),
    "phone-id-light-incident": Path("docs/images/phone.jpg"),
}
SIZES = {"console": (1366, 768), "wall": (3840, 2160)}
LANGUAGES, THEMES = ("id", "en"), ("dark", "light")
PASSWORD = secrets.token_urlsafe(12)
SETTLED_MS = 1200
PHONE = (390, 844)
PHONE_TABS = {"rt": ("incidents", "kentongan", "ronda", "me"), "resident": ("kentongan", "me")}
PEOPLE = {
    "rt": ("Bu Siti", "33.03.05.1005/RW02/RT04"),
    "resident": ("Pak Budi", "33.03.05.1005/RW02/RT04"),
    "admin": ("Bu Ratna", "33.03"),
}
# Pages with an address of their own, as their administrator sees them.
ADDRESSES = {
    "wall": "dinding",
    "reports": "laporan",
    "shift": "serah-terima",
    "people": "pengaturan/orang",
    "areas": "pengaturan/wilayah",
    "rules": "pengaturan/aturan/demo%2Fgerbang",
    "routing": "pengaturan/pemberitahuan",
    "silences": "pengaturan/senyap",
    "applications": "pengaturan/aplikasi",
    "changes": "pengaturan/jejak",
}

Scene = Callable[[Page], None]
Look = tuple[tuple[int, int], str, str]  # width and height, language, theme
Links = dict[tuple[str, str, str], str]


def main() -> int:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo:
        demo.await_line(r"Open \S+")  # it is ready
        links = asyncio.run(_links(Path(folder)))
        with chromium() as browser:
            _prepare(demo, browser)
            for size, language, theme in itertools.product(SIZES, LANGUAGES, THEMES):
                look = SIZES[size], language, theme
                for name, page in _pages(demo, browser, look):
                    _take(page, f"{size}-{language}-{theme}-{name}")
                for name, page in _addressed(demo, browser, look, links[size, language, theme]):
                    _take(page, f"{size}-{language}-{theme}-{name}")
            for language, theme in itertools.product(LANGUAGES, THEMES):
                for name, page in _phones(browser, language, theme, links):
                    _take(page, f"phone-{language}-{theme}-{name}")
    return 0


def _take(page: Page, name: str) -> None:
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    sys.stderr.write(f"{path}\n")
    if name in README:
        page.screenshot(path=README[name], type="jpeg", quality=82)


def _prepare(demo: RunningDemo, browser: Browser) -> None:
    """Set the password by which the other pages sign in, and wait until there is something to see."""
    page = browser.new_page()
    page.goto(demo.link)
    page.get_by_test_id("password-open").click()
    page.get_by_test_id("password-new").fill(PASSWORD)
    page.get_by_test_id("password-save").click()
    expect(page.get_by_test_id("incident-row")).to_have_count(3, timeout=60_000)
    page.get_by_test_id("incident-row").first.click()
    expect(page.get_by_test_id("clip")).to_be_visible(timeout=60_000)
    page.close()


def _pages(demo: RunningDemo, browser: Browser, look: Look) -> Iterator[tuple[str, Page]]:
    """Each page as it stands when its scene is over."""
    size = look[0]
    with _page(browser, look) as page:
        page.goto(f"{demo.url}/masuk")
        yield "sign-in", page
        page.get_by_test_id("sign-in-name").fill("operator")
        page.get_by_test_id("sign-in-password").fill(PASSWORD)
        page.get_by_test_id("sign-in-submit").click()
        page.get_by_test_id("incident-row").first.click()
        expect(page.get_by_test_id("clip")).to_be_visible()
        for name, scene in SCENES.items():
            scene(page)
            page.mouse.move(size[0] - 5, size[1] - 5)
            page.wait_for_timeout(SETTLED_MS)
            yield name, page
        page.keyboard.press("r")  # for the next one to take


def _addressed(demo: RunningDemo, browser: Browser, look: Look, link: str) -> Iterator[tuple[str, Page]]:
    """The pages that have an address, when they have settled."""
    with _page(browser, look) as page:
        page.goto(link)
        page.get_by_test_id("password-later").click()
        for name, address in ADDRESSES.items():
            page.goto(f"{demo.url}/#/{address}")
            page.wait_for_timeout(2 * SETTLED_MS)
            yield name, page


def _phones(browser: Browser, language: str, theme: str, links: Links) -> Iterator[tuple[str, Page]]:
    """The pages of the head of an RT, and of a resident."""
    for role, tabs in PHONE_TABS.items():
        with _page(browser, (PHONE, language, theme)) as page:
            page.goto(links[role, language, theme])
            expect(page.get_by_test_id("phone")).to_be_visible()
            for name in tabs:
                page.get_by_test_id(f"tab-{name}").click()
                page.wait_for_timeout(SETTLED_MS)
                if name == "incidents" and page.get_by_test_id("row").count():
                    yield "list", page
                    page.get_by_test_id("row").first.click()
                    page.wait_for_timeout(SETTLED_MS)
                yield "incident" if name == "incidents" else f"{role}-{name}", page


async def _links(folder: Path) -> Links:
    """One-time links of somebody new for each look: administrators by size, the others by role."""
    settings = config.load(folder / "centre.toml", CentreSettings)
    found: Links = {}
    async with accounts(settings) as people:
        for who, language, theme in itertools.product((*SIZES, *PHONE_TABS), LANGUAGES, THEMES):
            role = "admin" if who in SIZES else who
            name, (shown_as, area) = f"{who}-{language}-{theme}", PEOPLE[role]
            await people.add(name, shown_as, role, area)
            found[who, language, theme] = link_url(settings, await people.link(name))
    return found


@contextmanager
def _page(browser: Browser, look: Look) -> Iterator[Page]:
    size, language, theme = look
    scale = 2 if size[0] > 2000 else 1
    context = browser.new_context(
        viewport={"width": size[0] // scale, "height": size[1] // scale},
        device_scale_factor=2 if size == PHONE else scale,
        is_mobile=size == PHONE,
        has_touch=size == PHONE,
        color_scheme="dark" if theme == "dark" else "light",
    )
    context.add_init_script(
        f"localStorage.setItem('ekamling.language', '{language}'); localStorage.setItem('ekamling.theme', '{theme}')"
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def _tab(name: str) -> Scene:
    return lambda page: page.get_by_test_id(f"side-{name}").click()


def _key(key: str) -> Scene:
    return lambda page: page.keyboard.press(key)


def _verify(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("v")


def _hand_over(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("h")


def _merge(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("b")


def _split(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("x")


def _map(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_test_id("rail-map").click()
    page.get_by_test_id("map-mark").first.click()


def _cameras(page: Page) -> None:
    page.get_by_test_id("rail-cameras").click()


def _mode(page: Page) -> None:
    page.get_by_test_id("mode-change").first.click()


def _back(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_test_id("rail-queue").click()
    page.get_by_test_id("incident-row").first.click()


# In this order, each from where the one before left off.
SCENES: dict[str, Scene] = {
    "incident": _key("a"),
    "told": _tab("told"),
    "log": _tab("log"),
    "place": _tab("place"),
    "keys": _key("?"),
    "verify": _verify,
    "hand-over": _hand_over,
    "merge": _merge,
    "split": _split,
    "map": _map,
    "cameras": _cameras,
    "mode": _mode,
    "closed": _back,
}


if __name__ == "__main__":
    sys.exit(main())
