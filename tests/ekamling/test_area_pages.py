"""Settings, areas: the tree, sites, and where cameras stand, in a real browser over the real centre."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.accessibility import violations
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo

SOON_MS = 30_000
REGENCY, DISTRICT, VILLAGE = "33.03", "33.03.05", "33.03.05.1005"
RW = f"{VILLAGE}/RW02"
PEOPLE = {"dewi": ("admin", REGENCY), "periksa": ("auditor", REGENCY), "kemangkon": ("operator", "33.03.01")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        assert demo.link  # it is ready, and its people can be added to
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


class Desk:
    """A console of somebody, which notes every console error and exception."""

    def __init__(self, browser: Browser, demo: RunningDemo, link: str) -> None:
        self.url = demo.url
        self.problems: list[str] = []
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID")
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(link)
        expect(self.at("rail-settings")).to_be_visible(timeout=SOON_MS)
        self.page.mouse.click(700, 26)  # a browser keeps a page silent until then, which the top bar says

    def at(self, hook: str) -> Locator:
        return self.page.get_by_test_id(hook)

    def open(self, of: str = "") -> None:
        self.page.goto(f"{self.url}/#/pengaturan/wilayah{of and '/'}{of}")

    def area(self, code: str) -> Locator:
        return self.page.locator(f'[data-testid="area"][data-area="{code}"]')

    def unfold(self, code: str) -> None:
        self.area(code).get_by_test_id("area-open").press("Enter")

    def site(self, site: str) -> Locator:
        return self.page.locator(f'[data-testid="site"][data-site="{site}"]')


@pytest.fixture(scope="module")
def desks(browser: Browser, demo: RunningDemo, links: dict[str, str]) -> dict[str, Desk]:
    return {name: Desk(browser, demo, link) for name, link in links.items()}


@pytest.fixture
def admin(desks: dict[str, Desk]) -> Iterator[Desk]:
    desk = desks["dewi"]
    desk.problems.clear()
    yield desk
    assert desk.problems == []


@pytest.mark.timeout(180)
def test_without_a_tree_the_page_says_how_to_load_one(admin: Desk, folder: Path) -> None:
    admin.open()
    expect(admin.at("areas-empty")).to_contain_text("ekamling area load 33.03 --config centre.toml")
    command = [sys.executable, "-m", "ekamling", "area", "load", REGENCY]
    subprocess.run([*command, "--config", str(folder / "centre.toml")], check=True, capture_output=True)
    admin.page.reload()
    expect(admin.area(DISTRICT)).to_contain_text("Kecamatan Purbalingga")
    expect(admin.area(DISTRICT).get_by_test_id("area-cameras")).to_have_text("3 kamera")
    expect(admin.area(DISTRICT).get_by_test_id("area-sites")).to_have_text("2 tempat")


@pytest.mark.timeout(120)
def test_rw_and_rt_are_added_named_and_removed(admin: Desk) -> None:
    admin.open()
    admin.at("areas-find").click()
    admin.at("areas-find").press_sequentially("bancar")
    admin.page.keyboard.press("Enter")
    expect(admin.area(VILLAGE).get_by_role("button").first).to_be_focused()
    admin.unfold(VILLAGE)
    expect(admin.page.get_by_text("Belum ada RW di desa ini.")).to_be_visible()

    admin.area(VILLAGE).get_by_test_id("area-add").click()
    admin.at("area-number").fill("nol")
    admin.at("area-save").click()
    expect(admin.at("area-problem")).to_contain_text("1 dan 999")
    admin.at("area-number").fill("2")
    admin.at("area-called").fill("Kauman")
    assert violations(admin.page) == []
    admin.at("area-save").click()
    expect(admin.area(RW)).to_contain_text("RW 02 Kauman")
    admin.area(VILLAGE).get_by_test_id("area-add").click()
    admin.at("area-number").fill("2")
    admin.at("area-save").click()
    expect(admin.at("area-problem")).to_contain_text("sudah ada")
    admin.page.keyboard.press("Escape")

    admin.area(RW).get_by_test_id("area-rename").click()
    expect(admin.at("area-called")).to_have_value("Kauman")
    admin.at("area-called").fill("Kauman Lor")
    admin.at("area-save").click()
    expect(admin.area(RW)).to_contain_text("RW 02 Kauman Lor")
    for number in ("3", "9"):
        admin.area(RW).get_by_test_id("area-add").click()
        admin.at("area-number").fill(number)
        admin.at("area-save").click()
    expect(admin.area(f"{RW}/RT09")).to_contain_text("RT 09")
    expect(admin.area(f"{RW}/RT03").get_by_test_id("area-cameras")).to_have_text("1 kamera")
    assert violations(admin.page) == []

    admin.area(f"{RW}/RT03").get_by_test_id("area-remove").click()
    expect(admin.at("sure")).to_contain_text("Hapus RT 03?")
    admin.at("sure-act").click()
    expect(admin.at("refusal")).to_contain_text("still holds 1 cameras, 1 sites")
    admin.at("sure-cancel").click()
    admin.area(f"{RW}/RT09").get_by_test_id("area-remove").click()
    admin.at("sure-act").click()
    expect(admin.area(f"{RW}/RT09")).to_have_count(0)
    admin.problems[:] = [said for said in admin.problems if "409" not in said]  # which the browser itself notes


@pytest.mark.timeout(120)
def test_a_site_is_added_changed_and_removed(admin: Desk) -> None:
    admin.open("tempat")
    expect(admin.at("sites-summary")).to_contain_text("1 dari 2")
    expect(admin.site("pasar").get_by_test_id("site-cameras")).to_contain_text("padahal wajib")
    expect(admin.site("pos-ronda").get_by_test_id("site-cameras")).to_have_text("1 kamera")
    assert violations(admin.page) == []

    admin.at("site-new").click()
    admin.at("site-save").click()
    expect(admin.at("site-problem")).to_contain_text("nama tempat")
    admin.at("site-name").fill("SD Negeri 1 Bancar")
    admin.at("site-save").click()
    expect(admin.at("site-problem")).to_contain_text("wilayahnya")
    admin.at("site-kind").select_option("school")
    admin.at("site-area").click()
    admin.at("site-area").press_sequentially("bancar")
    admin.page.locator(f'[data-testid="site-area-option"][data-code="{VILLAGE}"]').click()
    admin.at("site-wants").check()
    admin.at("latitude").fill("-97")
    admin.at("longitude").fill("109.37")
    admin.at("site-save").click()
    expect(admin.at("site-problem")).to_contain_text("lintang")
    paste(admin.at("latitude"), "-7.3925, 109.3695")
    expect(admin.at("longitude")).to_have_value("109.3695")
    expect(admin.at("site-map")).to_have_attribute("data-ready", "true")
    assert violations(admin.page) == []
    admin.at("site-map").click(position={"x": 60, "y": 60})
    expect(admin.at("latitude")).not_to_have_value("-7.3925")
    admin.at("site-save").click()

    school = admin.site("sd-negeri-1-bancar")
    expect(school).to_contain_text("Sekolah")
    expect(admin.at("sites-summary")).to_contain_text("2 dari 3")
    admin.at("sites-only").check()
    expect(admin.site("pos-ronda")).to_have_count(0)
    admin.at("sites-text").fill("negeri")
    expect(admin.at("site")).to_have_count(1)
    school.get_by_test_id("site-open").click()
    admin.at("site-name").fill("SD 1 Bancar")
    admin.at("site-wants").uncheck()
    admin.at("site-save").click()
    expect(school).to_contain_text("SD 1 Bancar")
    expect(school.get_by_test_id("site-cameras")).to_have_text("Tidak wajib")
    school.get_by_test_id("site-open").click()
    admin.at("site-remove").click()
    expect(admin.at("sure")).to_contain_text("Hapus SD 1 Bancar?")
    admin.at("sure-act").click()
    expect(admin.site("pasar")).to_be_visible()
    expect(school).to_have_count(0)


def paste(field: Locator, text: str) -> None:
    """What Ctrl-V does with a copied text."""
    field.evaluate(
        """(field, text) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData('text', text)
            field.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}))
        }""",
        text,
    )


@pytest.mark.timeout(120)
def test_a_camera_is_given_its_place_and_its_neighbours(admin: Desk) -> None:
    admin.open("kamera")
    admin.page.locator('[data-camera="gerbang"]').get_by_test_id("camera-open").click()
    expect(admin.at("camera-bearing")).to_have_value("200")
    expect(admin.at("camera-compass")).to_have_text("selatan")
    expect(admin.at("suggested")).to_have_count(0)  # the next camera is 220 m away
    admin.at("neighbours-within").select_option("250")
    expect(admin.at("suggested")).to_have_count(1)
    admin.at("camera-bearing").fill("360")
    admin.at("camera-save").click()
    expect(admin.at("camera-problem")).to_contain_text("359,9")
    admin.at("camera-bearing").fill("45")
    expect(admin.at("camera-compass")).to_have_text("timur laut")
    admin.at("camera-site").select_option("pasar")
    paste(admin.at("longitude"), "-7.3936, 109.3690")
    admin.at("camera-save").click()
    expect(admin.at("camera-saved")).to_have_text("Letak tersimpan.")

    suggested = admin.page.locator('[data-testid="suggested"][data-camera="jalan-masuk"]')
    expect(suggested).to_contain_text("m")
    suggested.get_by_role("button").click()
    expect(admin.page.locator('[data-testid="neighbour"][data-camera="jalan-masuk"]')).to_be_visible()
    assert violations(admin.page) == []
    admin.at("camera-save").click()
    expect(admin.at("camera-saved")).to_have_text("Letak tersimpan.")
    admin.page.reload()
    expect(admin.page.locator('[data-testid="neighbour"][data-camera="jalan-masuk"]')).to_be_visible()
    expect(admin.at("camera-bearing")).to_have_value("45")

    admin.open("tempat")
    expect(admin.site("pasar").get_by_test_id("site-cameras")).to_have_text("1 kamera")
    expect(admin.at("sites-summary")).to_contain_text("sudah punya kamera")


def test_an_auditor_looks_only(desks: dict[str, Desk]) -> None:
    desk = desks["periksa"]
    desk.open()
    desk.unfold(DISTRICT)
    expect(desk.area(VILLAGE)).to_be_visible()
    expect(desk.at("area-add")).to_have_count(0)
    desk.open("tempat.pasar")
    expect(desk.at("site-name")).to_be_disabled()
    expect(desk.at("site-save")).to_have_count(0)
    desk.open("kamera.demo%2Fgerbang")
    expect(desk.at("camera-bearing")).to_be_disabled()
    expect(desk.at("camera-save")).to_have_count(0)
    assert violations(desk.page) == []
    assert desk.problems == []


def test_another_district_has_a_tree_of_its_own_and_nothing_of_ours(desks: dict[str, Desk]) -> None:
    desk = desks["kemangkon"]
    desk.open()
    expect(desk.area("33.03.01")).to_be_visible()
    expect(desk.area("33.03.01.2001")).to_be_visible()
    expect(desk.area(DISTRICT)).to_have_count(0)
    desk.open("tempat")
    expect(desk.at("sites-none")).to_be_visible()
    desk.open("tempat.pasar")
    expect(desk.at("site-gone")).to_be_visible()
    desk.open("kamera")
    expect(desk.at("cameras-none")).to_be_visible()
    assert desk.problems == []
    desk.open("kamera.demo%2Fgerbang")
    expect(desk.at("camera-gone")).to_be_visible()


def test_a_map_that_cannot_be_drawn_leaves_the_fields(admin: Desk) -> None:
    page = admin.context.new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(f"{admin.url}/#/pengaturan/wilayah/tempat.pasar")
    expect(page.get_by_text("Peta tidak dapat digambar")).to_be_visible()
    expect(page.get_by_test_id("latitude")).to_have_value("-7.3939")
    page.close()
