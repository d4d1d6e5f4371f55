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
HOUSEHOLD = {"rt": ("Bu Siti", "33.03.05.1005/RW02/RT04"), "resident": ("Pak Budi", "33.03.05.1005/RW02/RT04")}

Scene = Callable[[Page], None]


def main() -> int:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, chromium() as browser:
        _prepare(demo, browser)
        for size, language, theme in itertools.product(SIZES, LANGUAGES, THEMES):
            for name, page in _pages(demo, browser, SIZES[size], language, theme):
                _take(page, f"{size}-{language}-{theme}-{name}")
        for language, theme in itertools.product(LANGUAGES, THEMES):
            for name, page in _phones(Path(folder), browser, language, theme):
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


def _pages(
    demo: RunningDemo, browser: Browser, size: tuple[int, int], language: str, theme: str
) -> Iterator[tuple[str, Page]]:
    """Each page as it stands when its scene is over."""
    with _page(browser, size, language, theme) as page:
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


def _phones(folder: Path, browser: Browser, language: str, theme: str) -> Iterator[tuple[str, Page]]:
    """The pages of the head of an RT, and of a resident."""
    for role in HOUSEHOLD:
        link = asyncio.run(_link(folder, role, f"{role}-{language}-{theme}"))
        with _page(browser, PHONE, language, theme) as page:
            page.goto(link)
            expect(page.get_by_test_id("phone")).to_be_visible()
            for name in PHONE_TABS[role]:
                page.get_by_test_id(f"tab-{name}").click()
                page.wait_for_timeout(SETTLED_MS)
                if name == "incidents" and page.get_by_test_id("row").count():
                    yield "list", page
                    page.get_by_test_id("row").first.click()
                    page.wait_for_timeout(SETTLED_MS)
                yield "incident" if name == "incidents" else f"{role}-{name}", page


async def _link(folder: Path, role: str, name: str) -> str:
    """The one-time link of a new user of the demo's centre."""
    settings = config.load(folder / "centre.toml", CentreSettings)
    shown_as, area = HOUSEHOLD[role]
    async with accounts(settings) as people:
        await people.add(name, shown_as, role, area)
        return link_url(settings, await people.link(name))


@contextmanager
def _page(browser: Browser, size: tuple[int, int], language: str, theme: str) -> Iterator[Page]:
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
