"""Settings, camera rules: zones drawn in a real browser are watched by the demo's edge while it runs."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.accessibility import violations
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo
from tests.patience import until

SOON_MS = 30_000
ADMINISTRATORS = ("dewi", "eko")
PEOPLE = {
    "dewi": ("Dewi Lestari", "admin", "33.03"),
    "eko": ("Eko Prasetyo", "admin", "33.03"),
    "tukang": ("Tukang Kamera", "installer", "33.03.05.1005/RW02"),
}
SKY = ((0.02, 0.02), (0.1, 0.02), (0.1, 0.1))
PATH = ((0.02, 0.25), (0.55, 0.25), (0.55, 0.75), (0.02, 0.75))  # where people of the footage walk
STATE, SOURCE = "data-state", "data-source"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        assert demo.link
        yield demo


@pytest.fixture(scope="module")
def links(demo: RunningDemo, folder: Path) -> dict[str, str]:
    """One-time links of those who sign in."""
    settings = config.load(folder / "centre.toml", CentreSettings)

    async def added() -> dict[str, str]:
        async with accounts(settings) as people:
            for name, (shown, role, area) in PEOPLE.items():
                await people.add(name, shown, role, area)
            return {name: link_url(settings, await people.link(name)) for name in (*PEOPLE, "operator")}

    return asyncio.run(added())


@pytest.fixture(scope="module")
def browser(links: dict[str, str]) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Desk:
    """A console of somebody, which notes every console error and exception."""

    def __init__(self, browser: Browser, url: str, link: str) -> None:
        self.problems: list[str] = []
        self.url = url
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID")
        self.context.add_init_script("localStorage.setItem('ekamling.shell', 'console')")  # also for an installer
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(link)
        expect(self.see("rail-settings").or_(self.see("workshop"))).to_be_visible(timeout=SOON_MS)

    def open(self, camera: str) -> None:
        """The rules of a camera, as its edge has told them."""
        self.page.goto(f"{self.url}/#/pengaturan/aturan/demo%2F{camera}")
        expect(self.see("rules-save-bar")).to_be_visible(timeout=SOON_MS)

    def see(self, hook: str) -> Locator:
        return self.page.get_by_test_id(hook)

    def draw(self, corners: tuple[tuple[float, float], ...]) -> None:
        """Click corners on the picture, and finish."""
        self.see("rules-paper").scroll_into_view_if_needed()
        frame = self.see("rules-paper").bounding_box()
        assert frame
        for x, y in corners:
            self.page.mouse.click(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])
        self.see("rules-finish").click()
        expect(self.see("rules-point")).to_have_count(len(corners))

    def save(self) -> None:
        """Send the rules to the edge, and see them applied."""
        self.see("rules-save").click()
        expect(self.see("rules-save-bar")).to_have_attribute("data-dirty", "false")
        expect(self.see("rules-state")).to_have_attribute(STATE, "applied", timeout=SOON_MS)

    def put(self, camera: str, rules: list[dict[str, Any]]) -> int:
        """Give rules past the page, as another program might; the status."""
        status: int = self.page.evaluate(
            """async ([camera, rules]) => (await fetch(`/api/v1/edges/demo/cameras/${camera}/rules`, {
                method: 'PUT', headers: {'content-type': 'application/json'}, body: JSON.stringify({rules}),
            })).status""",
            [camera, rules],
        )
        return status


@pytest.fixture(scope="module")
def desks(browser: Browser, demo: RunningDemo, links: dict[str, str]) -> dict[str, Desk]:
    return {name: Desk(browser, demo.url, link) for name, link in links.items()}


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    """An administrator's; no test leaves an error in its console behind."""
    desk = desks["dewi"]
    yield desk
    assert desk.problems == []


def events(folder: Path, camera: str) -> list[str]:
    """The rules that raised the events of a camera, in the order in which these were stored."""
    with closing(sqlite3.connect(f"file:{folder / 'centre' / 'centre.sqlite3'}?mode=ro", uri=True)) as connection:
        query = "SELECT rule FROM events WHERE camera = ? AND kind = 'intrusion' ORDER BY stored_at"
        return [rule for (rule,) in connection.execute(query, (camera,))]


@pytest.mark.timeout(240)
def test_what_is_drawn_is_watched_and_what_is_taken_away_is_not(desk: Desk, folder: Path) -> None:
    until(lambda: events(folder, "jalan-masuk"))
    desk.open("jalan-masuk")
    expect(desk.see("rules-state")).to_have_attribute(SOURCE, "file")
    desk.see("rule-remove").click()
    expect(desk.see("rules-nothing")).to_be_visible()
    desk.see("rule-add").click()
    desk.see("rule-id").fill("langit")
    desk.draw(SKY)
    desk.save()
    expect(desk.see("rules-state")).to_have_attribute(SOURCE, "centre")

    quiet, elsewhere = len(events(folder, "jalan-masuk")), len(events(folder, "gerbang"))
    until(lambda: len(events(folder, "gerbang")) >= elsewhere + 3)  # people walk on, and are seen
    late = events(folder, "jalan-masuk")[quiet:]
    assert late in ([], ["halaman"])  # one may have been on its way

    desk.see("rule-id").fill("jalur")
    desk.see("rules-anew").click()
    desk.draw(PATH)
    desk.see("rule-severity").select_option("1")
    desk.save()
    until(lambda: "jalur" in events(folder, "jalan-masuk"))
    assert "langit" not in events(folder, "jalan-masuk")
    expect(desk.see("rules-entry")).to_have_count(2)

    desk.see("rules-to-file").click()
    desk.see("rules-to-file-act").click()
    expect(desk.see("rules-state")).to_have_attribute(SOURCE, "file", timeout=SOON_MS)
    expect(desk.see("rule")).to_have_attribute("data-rule", "halaman")
    so_far = len(events(folder, "jalan-masuk"))
    until(lambda: "halaman" in events(folder, "jalan-masuk")[so_far:])


@pytest.mark.timeout(180)
def test_a_picture_of_now_is_taken_during_a_test_only(desk: Desk) -> None:
    desk.open("pos-kamling")
    desk.see("rules-ask").click()
    expect(desk.see("rules-test-sheet")).to_contain_text("tidak memanggil siapa pun")
    desk.see("rules-test-start").click()
    expect(desk.see("rules-still")).to_have_attribute(SOURCE, "fresh", timeout=SOON_MS)
    expect(desk.see("rules-still")).to_contain_text("Gambar sekarang")
    assert violations(desk.page) == []


def test_a_shape_is_made_and_moved_by_keys_alone(desk: Desk) -> None:
    desk.open("pos-kamling")
    desk.see("rule-add").focus()
    desk.page.keyboard.press("Enter")
    desk.see("rules-square").focus()
    desk.page.keyboard.press("Enter")
    points = desk.see("rules-point")
    expect(points).to_have_count(4)
    points.first.focus()
    assert "30 % dari kiri, 30 % dari atas" in (points.first.get_attribute("aria-label") or "")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("Shift+ArrowDown")
    assert "31 % dari kiri, 35 % dari atas" in (points.first.get_attribute("aria-label") or "")
    desk.page.keyboard.press("Enter")
    expect(points).to_have_count(5)
    for _ in range(3):
        desk.page.keyboard.press("Delete")
    expect(points).to_have_count(3)  # which a zone keeps
    desk.page.keyboard.press("Tab")
    expect(points.nth(1)).to_be_focused()
    desk.see("rule-kind").select_option("crossing")
    expect(desk.see("rules-way")).to_have_count(0)
    desk.see("rules-square").click()
    expect(desk.see("rules-way")).to_have_count(2)
    desk.see("rule-direction").select_option("left")
    expect(desk.see("rules-way")).to_have_attribute("data-way", "left")
    desk.see("rules-discard").click()
    expect(desk.see("rules-save-bar")).to_have_attribute("data-dirty", "false")


def test_what_is_wrong_is_said_before_it_is_sent_and_after(desk: Desk) -> None:
    desk.open("gerbang")
    desk.see("rule-add").click()
    desk.see("rule-id").fill("Teras Depan")
    desk.see("rule-class-person").uncheck()
    desk.see("rules-save").click()
    for line in ("huruf kecil", "Gambar zonanya dahulu", "sedikitnya satu objek"):
        expect(desk.see("rules-problems")).to_contain_text(line)
    assert violations(desk.page) == []
    desk.see("rules-discard").click()

    assert desk.put("gerbang", [{"id": "teras", "zone": [[0, 0], [1, 0], [1, 7]]}]) == 202
    desk.page.reload()
    expect(desk.see("rules-state")).to_have_attribute(STATE, "refused", timeout=SOON_MS)
    line = "camera gerbang: rules[teras].zone[2][1]: expected float <= 1.0"
    expect(desk.see("rules-refused")).to_contain_text(line)
    expect(desk.see("rules-state")).to_contain_text("aturan dari berkas perangkat")
    expect(desk.see("rule")).to_have_attribute("data-rule", "teras")  # for it to be mended
    desk.see("rules-discard").click()
    expect(desk.see("rule")).to_have_attribute("data-rule", "halaman")


def test_two_administrators_do_not_undo_each_others_work(desks: dict[str, Desk]) -> None:
    first, second = (desks[name] for name in ADMINISTRATORS)
    for desk in (first, second):
        desk.open("gerbang")
        if desk.see("rules-discard").is_enabled():  # what an edge refused stands there to be mended
            desk.see("rules-discard").click()
    first.see("rule-severity").select_option("3")
    first.save()
    second.see("rule-severity").select_option("1")
    second.see("rules-save").click()
    expect(second.see("rules-meanwhile")).to_contain_text("Orang lain baru saja mengubah")
    second.see("rules-reload").click()
    expect(second.see("rule-severity")).to_have_value("3")
    assert all("409" in problem for problem in second.problems)
    assert first.problems == []


@pytest.mark.timeout(180)
def test_an_installer_sets_up_the_cameras_of_the_own_area(desks: dict[str, Desk]) -> None:
    desk = desks["tukang"]
    desk.page.goto(f"{desk.url}/#/pengaturan/aturan")
    expect(desk.see("rules-row")).to_have_count(2)  # the third stands in another RW
    assert violations(desk.page) == []
    desk.open("jalan-masuk")
    expect(desk.see("rules-still")).to_have_attribute(SOURCE, "none")  # pictures of events are for those who respond
    desk.see("rules-ask").click()
    desk.see("rules-test-start").click()
    expect(desk.see("rules-still")).to_have_attribute(SOURCE, "fresh", timeout=SOON_MS)
    desk.see("rule-cooldown").fill("45")
    desk.save()
    expect(desk.see("rules-entry").first).to_contain_text("Tukang Kamera")
    assert desk.problems == []
    assert desk.put("pos-kamling", []) == 404


def test_an_operator_finds_no_rules_to_change(desks: dict[str, Desk]) -> None:
    desk = desks["operator"]
    desk.page.goto(f"{desk.url}/#/pengaturan/aturan/demo%2Fgerbang")
    expect(desk.see("settings-closed")).to_be_visible()
    expect(desk.see("settings-aturan")).to_have_count(0)
    assert desk.put("gerbang", []) == 403


def test_the_list_names_cameras_and_finds_them(desk: Desk) -> None:
    desk.page.goto(f"{desk.url}/#/pengaturan/aturan")
    expect(desk.see("rules-row")).to_have_count(3)
    desk.see("rules-search").fill("jalan")
    expect(desk.see("rules-row")).to_have_count(1)
    assert violations(desk.page) == []
    desk.page.get_by_role("button", name="Jalan masuk").click()
    expect(desk.see("rules-camera")).to_contain_text("Jalan masuk")
    desk.page.goto(f"{desk.url}/#/pengaturan/aturan/demo%2Ftidak-ada")
    expect(desk.see("rules-camera-failed")).to_be_visible()
    assert all("404" in problem for problem in desk.problems)
    desk.problems.clear()
