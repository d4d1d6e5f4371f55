"""The video wall, reports and the change of shift, in a real browser over the real centre, while the demo runs."""

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.accessibility import violations
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo

SOON_MS = 30_000
REGENCY = "33.03"
PEOPLE = {
    "tembok": ("operator", REGENCY),
    "dinding": ("operator", REGENCY),
    "lapor": ("admin", REGENCY),
    "semua": ("admin", REGENCY),
    "malam": ("operator", REGENCY),
    "pagi": ("operator", REGENCY),
    "periksa": ("auditor", REGENCY),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        demo.await_line(r"Open (\S+)")
        yield demo


@pytest.fixture(scope="module")
def links(demo: RunningDemo, folder: Path) -> dict[str, str]:
    async def added() -> dict[str, str]:
        settings = config.load(folder / "centre.toml", CentreSettings)
        async with accounts(settings) as people:
            for name, (role, area) in PEOPLE.items():
                await people.add(name, name.title(), role, area)
            return {name: link_url(settings, await people.link(name)) for name in PEOPLE}

    return asyncio.run(added())


@pytest.fixture(scope="module")
def browser(links: dict[str, str]) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def signed_in(browser: Browser, link: str) -> tuple[Page, list[str]]:
    """A console of one's own, and what goes wrong on it."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID").new_page()
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # The demo's edge has two streams to give: who finds them taken is refused and sees pictures (409). Who asks
        # before its live view is up is refused and asks again (503).
        if message.type == "error" and "409" not in message.text and "503" not in message.text:
            problems.append(f"{message.text} {message.location}")

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(link)
    expect(page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)
    return page, problems


def tiles(page: Page) -> Locator:
    return page.get_by_test_id("tile")


def cameras(page: Page) -> list[str | None]:
    return [tile.get_attribute("data-camera") for tile in tiles(page).all()]


@pytest.mark.timeout(180)
def test_the_wall_shows_cameras_and_leads_to_their_incidents(browser: Browser, links: dict[str, str]) -> None:
    page, problems = signed_in(browser, links["tembok"])
    page.get_by_test_id("rail-wall").click()
    expect(tiles(page)).to_have_count(4)
    told = page.locator('[data-testid="tile"][data-incident]')
    expect(told.first).to_be_visible(timeout=SOON_MS)
    expect(told.first.get_by_test_id("live")).to_have_attribute("data-state", "playing", timeout=SOON_MS)
    assert violations(page) == []

    page.get_by_test_id("wall-size-9").click()
    expect(tiles(page)).to_have_count(9)
    page.get_by_test_id("wall-size-1").click()
    expect(tiles(page)).to_have_count(1)

    incident = tiles(page).first.get_attribute("data-incident")
    tiles(page).first.get_by_role("button", name="Masuk area terlarang").click()
    expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-incident", incident or "")
    assert problems == []
    page.context.close()


@pytest.mark.timeout(180)
def test_a_layout_is_remembered_and_no_camera_is_shown_twice(browser: Browser, links: dict[str, str]) -> None:
    page, problems = signed_in(browser, links["dinding"])
    page.get_by_test_id("rail-wall").click()
    page.get_by_test_id("wall-follows").uncheck()
    expect(tiles(page)).to_have_count(4)
    before = cameras(page)
    tiles(page).first.hover()
    tiles(page).first.get_by_test_id("tile-choose").click()
    page.get_by_test_id("wall-seek").fill("tidak ada")
    expect(page.get_by_test_id("wall-choosing")).to_contain_text("Tidak ada kamera")
    page.get_by_test_id("wall-seek").fill("")
    assert violations(page) == []
    page.locator(f'[data-testid="wall-choosing"] [data-camera="{before[1]}"]').click()
    swapped = [before[1], before[0], *before[2:]]
    expect(tiles(page).first).to_have_attribute("data-camera", before[1] or "")
    assert cameras(page) == swapped

    page.reload()
    expect(tiles(page)).to_have_count(4, timeout=SOON_MS)
    expect(tiles(page).first).to_have_attribute("data-camera", before[1] or "", timeout=SOON_MS)
    assert cameras(page) == swapped
    expect(page.get_by_test_id("wall-follows")).not_to_be_checked()

    tiles(page).nth(1).get_by_test_id("tile-alone").click()
    expect(tiles(page)).to_have_count(1)
    expect(tiles(page)).to_have_attribute("data-camera", before[0] or "")
    page.keyboard.press("Escape")
    expect(tiles(page)).to_have_count(4)
    assert problems == []
    page.context.close()


@pytest.mark.timeout(180)
def test_a_report_counts_what_happened_and_goes_into_its_areas(browser: Browser, links: dict[str, str]) -> None:
    page, problems = signed_in(browser, links["lapor"])
    page.get_by_test_id("rail-reports").click()
    expect(page.get_by_test_id("report-of")).to_have_text("Kabupaten Purbalingga", timeout=SOON_MS)
    asked = page.evaluate("fetch('/api/v1/incidents?state=open&limit=200').then((r) => r.json())")
    expect(page.get_by_test_id("numbers")).to_contain_text(f"{len(asked['incidents'])}")
    assert violations(page) == []

    page.get_by_test_id("by-area").get_by_role("button", name="Kecamatan Purbalingga").click()
    expect(page.get_by_test_id("report-of")).to_have_text("Kecamatan Purbalingga")
    page.get_by_role("navigation", name="Wilayah yang dilihat").get_by_role("button").click()
    expect(page.get_by_test_id("report-of")).to_have_text("Kabupaten Purbalingga")

    page.get_by_test_id("period-previous").click()
    expect(page.get_by_test_id("reports-empty")).to_be_visible()
    page.get_by_test_id("period-own").click()
    page.get_by_label("Dari tanggal").fill("2026-10-31")
    page.get_by_label("Sampai tanggal").fill("2026-10-01")
    expect(page.get_by_role("alert")).to_have_text("Tanggal akhir mendahului tanggal awal.")
    expect(page.get_by_role("button", name="Tampilkan")).to_be_disabled()
    page.get_by_test_id("period-today").click()

    with page.expect_download() as download:
        page.get_by_test_id("as-csv").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig")), delimiter=";"))
    assert len(rows) > 1
    assert problems == []
    page.context.close()


@pytest.mark.timeout(180)
def test_a_report_that_cannot_be_fetched_says_so_and_can_be_asked_for_again(
    browser: Browser, links: dict[str, str]
) -> None:
    page, _ = signed_in(browser, links["periksa"])
    page.route("**/api/v1/figures?*", lambda route: route.fulfill(status=503, json={"error": {"code": "storage"}}))
    page.get_by_test_id("rail-reports").click()
    expect(page.get_by_test_id("reports-failed")).to_be_visible(timeout=SOON_MS)
    assert violations(page) == []
    page.unroute("**/api/v1/figures?*")
    page.get_by_role("button", name="Coba lagi").click()
    expect(page.get_by_test_id("numbers")).to_be_visible()
    page.context.close()


@pytest.mark.timeout(180)
def test_a_shift_hands_what_it_holds_to_the_next(browser: Browser, links: dict[str, str]) -> None:
    night, problems = signed_in(browser, links["malam"])
    night.get_by_test_id("incident-row").first.click()
    incident = night.get_by_test_id("incident-detail").get_attribute("data-incident")
    night.get_by_test_id("acknowledge").click()
    expect(night.locator(f'[data-incident="{incident}"][data-claimed="true"]')).to_be_visible()
    night.get_by_test_id("user-menu").click()
    night.get_by_test_id("change-of-shift").click()
    mine = night.get_by_role("region", name="Sedang Anda tangani (1)")
    expect(mine).to_be_visible()
    expect(mine.get_by_test_id("shift-submit")).to_be_disabled()  # the next shift must know something
    assert violations(night) == []
    mine.get_by_test_id("shift-note").fill("Satpam sudah ditelepon, belum mengangkat.")
    mine.get_by_test_id("shift-submit").click()
    expect(night.get_by_test_id("shift-done")).to_have_text("1 kejadian diserahkan ke giliran berikutnya.")
    expect(night.get_by_role("region", name="Sedang Anda tangani (0)")).to_be_visible()

    morning, more = signed_in(browser, links["pagi"])
    morning.locator(f'[data-testid="incident-row"][data-incident="{incident}"]').click()
    morning.get_by_test_id("side-log").click()
    expect(morning.get_by_test_id("log")).to_contain_text("Satpam sudah ditelepon")
    assert problems + more == []
    for page in (night, morning):
        page.context.close()


PAGES = {"": "incident-detail", "peta": "map-whole", "kamera": "cameras", "dinding": "tile", "laporan": "numbers"}


@pytest.mark.timeout(180)
def test_every_page_can_be_used_by_everybody_in_light_and_dark(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    page, problems = signed_in(browser, links["semua"])
    found: list[str] = []
    for theme in ("light", "dark"):
        page.evaluate(f"localStorage.setItem('ekamling.theme', '{theme}')")
        for address, shown in PAGES.items():
            page.goto(f"{demo.url}/#/{address}")
            page.reload()
            expect(page.get_by_test_id(shown).first).to_be_visible(timeout=SOON_MS)
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            found += [f"{theme} {address}: {each}" for each in violations(page)]
    assert not found, "\n".join(found)
    assert problems == []
    page.context.close()
