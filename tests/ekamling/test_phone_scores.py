"""How the telephone's pages would score where such pages are rated: performance, accessibility, and as an app.

Each score is the share of its checks that hold, out of 100; a check is one that Lighthouse makes, or stricter. Times
are reckoned from what is sent, for a slow line, and not measured: a busy machine must not decide.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.ekamling.browser import chromium
from tests.ekamling.handset import SOON_MS, Links, Phone, a_phone, added
from tests.ekamling.running import RunningDemo, running_demo

LEAST = 95
PEOPLE = {"bu-rt": ("rt", "33.03.05.1005/RW05/RT02"), "ronda-nilai": ("ronda", "33.03.05.1005/RW05/RT02")}
MOST_BYTES = 100 * 1024  # over the wire, until the page stands
MOST_REQUESTS = 20
MOST_NODES = 800  # of a page; Lighthouse warns from there on
WORTH = 1400  # bytes from which on text is to be compressed: what one packet holds
LINE_BITS_S, ROUND_TRIP_S, ROUND_TRIPS = 1.44e6, 0.5625, 4  # 3G as browsers' tools have it; TCP, TLS, page, its files
MOST_WAIT_S = 3
LEAST_TARGET_PX = 48
MOST_SHIFT = 0.1
SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shifted += one.value)))
        .observe({ type: 'layout-shift', buffered: true });
"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll('button, a[href], select, input:not([type=radio])')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least)
    .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        assert demo.link  # it is ready, and its people can be added to
        yield demo


@pytest.fixture(scope="module")
def links(demo: RunningDemo, folder: Path) -> Links:
    return added(folder, PEOPLE)


@pytest.fixture(scope="module")
def browser(links: Links) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def score(checks: Mapping[str, bool]) -> float:
    return 100 * sum(checks.values()) / len(checks)


def failed(checks: Mapping[str, bool]) -> list[str]:
    return [name for name, held in checks.items() if not held]


def wire_bytes(answers: list[Response]) -> int:
    """What came over the wire, head and body, compressed where it was."""
    sizes = [answer.request.sizes() for answer in answers]
    return sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)


def is_compressed(answer: Response) -> bool:
    kind = answer.headers.get("content-type", "")
    text = "javascript" in kind or "css" in kind
    size = answer.request.sizes()["responseBodySize"]
    return not text or size < WORTH or answer.headers.get("content-encoding") == "gzip"


def is_kept(answer: Response) -> bool:
    path = urlsplit(answer.url).path
    return not path.startswith("/assets/") or "immutable" in answer.headers.get("cache-control", "")


@pytest.mark.timeout(120)
def test_the_first_load_performs(demo: RunningDemo, browser: Browser) -> None:
    with a_phone(browser) as phone:
        phone.page.add_init_script(SHIFTS)
        answers: list[Response] = []
        phone.page.on("response", lambda answer: answers.append(answer) if not answer.from_service_worker else None)
        phone.page.goto(f"{demo.url}/m")
        expect(phone.at("sign-in-submit")).to_be_visible(timeout=SOON_MS)
        phone.page.wait_for_load_state("networkidle")
        sent = wire_bytes(answers)
        checks = {
            f"{sent} bytes are few": sent <= MOST_BYTES,
            f"{len(answers)} requests are few": len(answers) <= MOST_REQUESTS,
            "it stands soon on 3G": sent * 8 / LINE_BITS_S + ROUND_TRIPS * ROUND_TRIP_S <= MOST_WAIT_S,
            "all comes from the centre": all(answer.url.startswith(demo.url) for answer in answers),
            "nothing is missing": all(answer.ok for answer in answers),
            "nothing is sent on": not any(answer.request.redirected_from for answer in answers),
            "text is compressed": all(map(is_compressed, answers)),
            "files are kept": all(map(is_kept, answers)),
            "nothing is in the way of scripts": phone.page.locator("head script:not([type=module])").count() == 0,
            "nothing jumps": phone.page.evaluate("shifted") <= MOST_SHIFT,
            "the page is small": phone.page.evaluate("document.querySelectorAll('*').length") <= MOST_NODES,
        }
        assert score(checks) >= LEAST, failed(checks)


def accessible(phone: Phone, page: str) -> dict[str, bool]:
    found = phone.found()
    small = phone.page.evaluate(SMALL_TARGETS, LEAST_TARGET_PX)
    return {
        f"{page}: axe finds nothing, but {found}": found == [],
        f"{page}: what is touched is large enough, but {small}": small == [],
        f"{page}: has a title": phone.page.title() != "",
        f"{page}: names its language": phone.page.locator("html").get_attribute("lang") == "id",
        f"{page}: has one first heading": phone.page.locator("h1:visible").count() == 1,
    }


@pytest.mark.timeout(120)
def test_every_page_is_accessible(demo: RunningDemo, browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.page.goto(f"{demo.url}/m")
        expect(phone.at("sign-in-submit")).to_be_visible(timeout=SOON_MS)
        checks = accessible(phone, "sign-in")
        phone.sign_in(links["ronda-nilai"])
        expect(phone.at("calm")).to_be_visible(timeout=SOON_MS)
        checks |= accessible(phone, "incidents")
        for tab, settled in (("kentongan", "hold"), ("ronda", "away-open"), ("me", "push")):
            phone.tab(tab)
            expect(phone.at(settled)).to_be_visible()
            checks |= accessible(phone, tab)
        viewport = phone.page.locator('meta[name="viewport"]').get_attribute("content") or ""
        checks["people may zoom"] = "user-scalable" not in viewport and "maximum-scale" not in viewport
        assert score(checks) >= LEAST, failed(checks)


def manifest(page: Page, url: str) -> dict[str, Any]:
    link = page.locator('link[rel="manifest"]').get_attribute("href")
    answer = page.request.get(f"{url}{link}")
    assert "manifest+json" in answer.headers["content-type"]
    found: dict[str, Any] = answer.json()
    return found


def of_manifest(told: dict[str, Any]) -> dict[str, bool]:
    sizes = {icon["sizes"] for icon in told["icons"] if icon["type"] == "image/png"}
    return {
        "it has a name, and a short one": bool(told["name"]) and 0 < len(told["short_name"]) <= 12,
        "it begins within its scope": str(told["start_url"]).startswith(told["scope"]),
        "it stands alone": told["display"] == "standalone",
        "it has icons of both sizes": {"192x192", "512x512"} <= sizes,
        "it has an icon that may be cut": any(icon.get("purpose") == "maskable" for icon in told["icons"]),
        "it has colours": told["theme_color"].startswith("#") and told["background_color"].startswith("#"),
        "it has an identity": told["id"] == "/m",
        "it describes itself in its language": bool(told["description"]) and told["lang"] == "id",
    }


@pytest.mark.timeout(120)
def test_it_is_an_app(demo: RunningDemo, browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["bu-rt"])
        expect(phone.at("calm")).to_be_visible(timeout=SOON_MS)
        scope = phone.page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")
        told = manifest(phone.page, demo.url)
        head = phone.page.locator("head")
        icons = [phone.page.request.get(f"{demo.url}{icon['src']}") for icon in told["icons"]]
        checks = of_manifest(told) | {
            "every icon is there": all(answer.ok for answer in icons),
            "iOS has an icon": head.locator('link[rel="apple-touch-icon"]').count() == 1,
            "the bar has its colour": head.locator('meta[name="theme-color"]').count() > 0,
            f"the service worker serves {scope} and no more": urlsplit(scope).path == "/m",
        }
        phone.offline(True)
        phone.page.reload()
        expect(phone.at("calm")).to_be_visible()
        checks["it opens without a network"] = phone.at("offline").is_visible()
        phone.page.goto(f"{demo.url}/m?dari=layar-utama")
        expect(phone.at("phone")).to_be_visible()
        checks["and by any address of its own"] = phone.at("offline").is_visible()
        phone.offline(False)
        assert score(checks) >= LEAST, failed(checks)
