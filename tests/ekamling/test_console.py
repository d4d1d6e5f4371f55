"""The console in a real browser, over the real centre, while the demo runs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect

from core.ids import new_id
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo

PASSWORD = "ronda malam bancar"
SOON_MS = 30_000
PULSES, AGAIN_MS = 10, 5_000  # of the sound of a grave incident, and until it sounds again
A_WHILE_MS = 1_000  # for what must not happen
RT_04 = "33.03.05.1005/RW02/RT04"
CRY = "Api di dapur, mulai merembet ke atap."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def a_page(browser: Browser, problems: list[str]) -> Page:
    """A page of a browser of its own (own cookies), which notes every console error and exception."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID").new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


def row(page: Page, incident: str) -> Locator:
    return page.locator(f'[data-testid="incident-row"][data-incident="{incident}"]')


@pytest.mark.timeout(180)
def test_two_operators_share_one_queue(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    first = a_page(browser, problems)
    sign_in_by_link(first, demo)
    set_password(first)
    second = a_page(browser, problems)
    sign_in_by_password(second, demo.url)

    fresh = see_a_new_incident_appear(first)
    play_the_clip(first, fresh)

    expect(row(second, fresh)).to_have_attribute("data-claimed", "false", timeout=SOON_MS)
    second.mouse.move(1300, 740)  # away from the list, where rows wait for the pointer
    first.get_by_test_id("acknowledge").click()
    expect(row(second, fresh)).to_have_attribute("data-claimed", "true")
    expect(row(second, fresh)).to_contain_text("Operator")
    assert problems == []


def sign_in_by_link(page: Page, demo: RunningDemo) -> None:
    page.goto(demo.link)
    expect(page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)
    assert "token" not in page.url


def set_password(page: Page) -> None:
    page.get_by_test_id("password-open").click()
    page.get_by_test_id("password-new").fill(PASSWORD)
    page.get_by_test_id("password-save").click()
    expect(page.get_by_test_id("password-prompt")).to_be_hidden()


def sign_in_by_password(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_test_id("sign-in-name").fill("operator")
    page.get_by_test_id("sign-in-password").fill(PASSWORD)
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)


def see_a_new_incident_appear(page: Page) -> str:
    """Close one incident; the next walker at that camera opens another, which comes without a reload. Its id."""
    page.evaluate("window.notReloaded = true")
    old = page.get_by_test_id("incident-row").first
    before = set(ids(page))
    old.click()
    page.get_by_test_id("acknowledge").click()
    tick_what_is_required(page)
    page.get_by_test_id("close-resolved").click()
    page.mouse.move(1300, 740)
    new = page.locator(
        '[data-testid="incident-row"]' + "".join(f':not([data-incident="{known}"])' for known in sorted(before))
    )
    expect(new.first).to_be_visible(timeout=SOON_MS)
    assert page.evaluate("window.notReloaded") is True
    found = new.first.get_attribute("data-incident")
    assert found
    new.first.click()
    expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-incident", found)
    return found


def tick_what_is_required(page: Page) -> None:
    """An incident is closed as resolved only after the required steps of its procedure."""
    expect(page.get_by_test_id("hindrance")).to_be_visible()
    expect(page.get_by_test_id("close-resolved")).to_be_disabled()
    for step in page.locator('[data-testid="step"][data-required="true"]').all():
        step.press("Space")
        expect(step).to_be_checked()
    expect(page.get_by_test_id("close-resolved")).to_be_enabled()


def ids(page: Page) -> list[str]:
    return [row.get_attribute("data-incident") or "" for row in page.get_by_test_id("incident-row").all()]


def play_the_clip(page: Page, incident: str) -> None:
    """The clip comes some seconds after the event, plays, and its time moves."""
    expect(page.get_by_test_id("snapshot")).to_be_visible(timeout=SOON_MS)
    video = page.get_by_test_id("clip")
    expect(video).to_be_visible(timeout=SOON_MS)
    video.evaluate("video => video.play()")
    expect(video).to_have_js_property("paused", False)
    until(page, "document.querySelector('[data-testid=clip]').currentTime > 0.5")
    assert video.evaluate("video => video.videoWidth") == 768


def until(page: Page, expression: str) -> None:
    """Until it is true in the page; Playwright's own way is refused by the content security policy."""
    for _ in range(SOON_MS // 100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never came true: {expression}")


@pytest.mark.timeout(120)
def test_an_incident_is_worked_on_by_the_keyboard_alone(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    sign_in_by_password(page, demo.url)
    detail = page.get_by_test_id("incident-detail")
    page.locator('[data-testid="incident-row"][data-claimed="false"]').first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("acknowledge")).to_be_visible()

    answers = held_back(page, "**/acknowledge", "POST")
    page.keyboard.press("a")
    expect(page.get_by_test_id("holder")).to_have_text("Ditangani Anda")  # which the stream told
    page.keyboard.press("v")
    let_through(page, answers)
    expect(page.get_by_test_id("level-2")).to_be_focused()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(detail).to_have_attribute("data-state", "verified")
    expect(page.get_by_test_id("incident-level")).to_have_text("Taraf 3")

    page.keyboard.press("t")
    page.get_by_test_id("agency-polsek").press("Space")
    page.keyboard.press("Enter")
    expect(detail).to_have_attribute("data-state", "dispatched")
    expect(page.get_by_test_id("incident-agency")).to_contain_text("Polsek")
    page.keyboard.press("l")
    expect(detail).to_have_attribute("data-state", "on_scene")
    expect(page.get_by_test_id("stages").locator('[aria-current="step"]')).to_contain_text("Di lokasi")

    page.keyboard.press("c")
    page.keyboard.type("sudah aman")
    page.keyboard.press("Enter")
    page.get_by_test_id("side-procedure").press("ArrowRight")
    page.get_by_test_id("side-told").press("ArrowRight")
    expect(page.get_by_test_id("log")).to_contain_text("sudah aman")
    page.keyboard.press("s")
    expect(page.get_by_test_id("action-problem")).to_contain_text("Langkah wajib")

    page.keyboard.press("h")
    page.get_by_test_id("heir-shift").press("Space")
    page.get_by_test_id("heir-text").fill("tinggal menunggu Polsek")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("hand-over")).to_be_hidden()
    expect(page.get_by_test_id("acknowledge")).to_be_visible()
    assert problems == []


Held = list[tuple[Route, APIResponse]]


def held_back(page: Page, url: str, method: str) -> Held:
    """Answers of the centre that come when the test lets them through: hands are faster than a mobile link."""
    held: Held = []

    def hold(route: Route) -> None:
        if route.request.method == method:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route(url, hold)
    return held


def let_through(page: Page, held: Held) -> None:
    assert held
    for route, answer in held:
        route.fulfill(response=answer)


def test_who_signs_in_stays_in_though_an_older_answer_knows_nobody(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    answers = held_back(page, "**/api/v1/session", "GET")
    sign_in_by_password(page, f"{demo.url}/masuk")
    let_through(page, answers)
    page.wait_for_timeout(A_WHILE_MS)
    expect(page.get_by_test_id("incident-detail")).to_be_visible()
    assert problems == []


COUNT_TONES = """
    window.tones = []
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (at) { window.tones.push(this.frequency.value); start.call(this, at) }
"""


def test_a_grave_incident_sounds_until_it_is_taken_though_all_else_is_silenced(
    demo: RunningDemo, browser: Browser, folder: Path
) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    page.add_init_script(COUNT_TONES)
    sign_in_by_password(page, demo.url)
    sound = page.get_by_test_id("sound")
    expect(sound).to_have_attribute("data-hearing", "all")
    sound.click()
    expect(sound).to_have_attribute("data-hearing", "gravest")
    assert page.evaluate("tones") == []

    beat_the_kentongan(browser, folder, "medical")
    grave = page.locator('[data-testid="incident-row"][data-severity="1"][data-claimed="false"]')
    expect(grave.first).to_be_visible()
    until(page, f"tones.length > {2 * PULSES}")  # it sounds again while it waits
    for _ in range(grave.count()):
        grave.first.click()
        page.keyboard.press("a")
        expect(page.get_by_test_id("holder")).to_have_text("Ditangani Anda")
    before = page.evaluate("tones.length")
    page.wait_for_timeout(AGAIN_MS + A_WHILE_MS)
    assert page.evaluate("tones.length") == before
    assert problems == []


def test_the_link_of_a_message_opens_its_incident_after_signing_in(demo: RunningDemo, browser: Browser) -> None:
    page = a_page(browser, [])
    sign_in_by_password(page, demo.url)
    wanted = ids(page)[-1]
    other = a_page(browser, [])
    sign_in_by_password(other, f"{demo.url}/?kejadian={wanted}")
    expect(other.get_by_test_id("incident-detail")).to_have_attribute("data-incident", wanted)
    assert other.url.endswith(f"/#/kejadian/{wanted}")


def beat_the_kentongan(browser: Browser, folder: Path, kind: str) -> None:
    """A resident of RT 04 cries for help."""
    resident = a_page(browser, [])
    resident.goto(link_of_a_new(folder, "resident", RT_04, f"warga-{kind}"))
    expect(resident.get_by_test_id("hold")).to_be_visible()  # no console: see test_phone
    body = {"id": new_id(), "kind": kind, "urgent": True, "text": CRY}
    assert resident.evaluate(
        """body => fetch('/api/v1/reports', {
            method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)
        }).then(answer => answer.status)""",
        body,
    ) == 200  # fmt: skip


def test_a_report_shows_what_was_written_where_no_camera_looked(
    demo: RunningDemo, browser: Browser, folder: Path
) -> None:
    beat_the_kentongan(browser, folder, "fire")
    problems: list[str] = []
    page = a_page(browser, problems)
    sign_in_by_password(page, demo.url)
    fire = page.locator('[data-testid="incident-row"]', has_text="Kebakaran").first
    expect(fire).to_contain_text("Laporan warga")
    fire.click()
    expect(page.get_by_test_id("summary")).to_have_text(CRY)
    expect(page.get_by_test_id("report")).to_contain_text("Kentongan")
    expect(page.get_by_test_id("next-told")).to_contain_text("Polres dalam")
    expect(page.get_by_test_id("snapshot")).to_have_count(0)
    assert problems == []


@pytest.mark.timeout(120)
def test_an_incident_is_split_and_merged_again(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    sign_in_by_password(page, demo.url)
    detail = page.get_by_test_id("incident-detail")
    page.locator('[data-testid="incident-row"]', has_text="Masuk area terlarang").first.click()
    expect(page.get_by_test_id("event").nth(1)).to_be_visible()
    whole = detail.get_attribute("data-incident") or ""

    page.keyboard.press("x")
    page.get_by_test_id("split-submit").click()
    expect(page.get_by_test_id("action-problem")).to_contain_text("Centang dahulu")
    page.get_by_test_id("leaving").last.check()
    page.get_by_test_id("split-text").fill("orang lain")
    page.get_by_test_id("split-submit").click()
    expect(detail).not_to_have_attribute("data-incident", whole)
    expect(page.get_by_test_id("event")).to_have_count(1)
    part = detail.get_attribute("data-incident") or ""

    page.keyboard.press("b")
    page.get_by_test_id(f"into-{whole}").check()
    page.get_by_test_id("into-submit").click()
    expect(detail).to_have_attribute("data-incident", whole)
    expect(row(page, part)).to_have_count(0)
    page.get_by_test_id("side-log").click()
    expect(page.get_by_test_id("log")).to_contain_text("orang lain")
    assert problems == []


def test_the_map_leads_to_an_incident_and_tells_of_a_camera(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    sign_in_by_password(page, demo.url)
    page.get_by_test_id("rail-map").click()
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true")
    marks = page.get_by_test_id("map-mark")
    expect(marks.first).to_be_visible()
    marks.first.focus()
    page.keyboard.press("Enter")
    shown = page.get_by_test_id("map-card").get_by_test_id("incident-row").first
    incident = shown.get_attribute("data-incident") or ""
    shown.click()
    expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-incident", incident)

    page.go_back()
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true")
    page.get_by_test_id("layer-views").uncheck()
    page.get_by_test_id("theme").click()
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true")
    assert problems == []


def test_a_map_that_cannot_be_drawn_says_so(demo: RunningDemo, browser: Browser) -> None:
    page = a_page(browser, [])
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    sign_in_by_password(page, demo.url)
    page.get_by_test_id("rail-map").click()
    expect(page.get_by_test_id("map-undrawable")).to_contain_text("WebGL")


def test_an_auditor_sees_incidents_and_is_shown_no_picture(demo: RunningDemo, browser: Browser, folder: Path) -> None:
    problems: list[str] = []
    page = a_page(browser, problems)
    page.goto(link_of_a_new(folder, "auditor", "33.03", "auditor"))
    expect(page.get_by_test_id("incident-detail")).to_contain_text("tidak berwenang melihat gambar", timeout=SOON_MS)
    expect(page.get_by_test_id("acknowledge")).to_have_count(0)
    assert problems == []  # so none was asked for and refused


def link_of_a_new(folder: Path, role: str, area: str, name: str) -> str:
    """The one-time link of a new user of the demo's centre."""
    command = [sys.executable, "-m", "ekamling", "user", "add", name, "--role", role, "--area", area]
    done = subprocess.run(
        [*command, "--config", str(folder / "centre.toml")], capture_output=True, text=True, check=True
    )
    found = re.search(r"http\S+", done.stdout)
    assert found, done.stdout + done.stderr
    return found[0]


@pytest.mark.timeout(120)
def test_a_mode_changed_in_one_console_is_seen_in_another(demo: RunningDemo, browser: Browser) -> None:
    problems: list[str] = []
    first, second = (cameras_page(browser, demo, problems) for _ in range(2))

    first.get_by_test_id("mode-change").press("Enter")
    first.get_by_test_id("mode-night").press("Enter")
    for page in (first, second):
        expect(group(page)).to_have_attribute("data-mode", "night", timeout=SOON_MS)
        expect(group(page)).to_have_attribute("data-waiting", "")
    expect(group(second).get_by_test_id("group-mode")).to_have_text("Malam")

    first.get_by_test_id("mode-change").click()
    first.get_by_test_id("mode-disarmed").click()
    first.get_by_test_id("mode-sheet").get_by_text("Batal").press("Enter")  # which is where the keyboard stands
    first.get_by_test_id("mode-disarmed").click()
    expect(group(first)).to_have_attribute("data-mode", "night")
    first.get_by_test_id("disarm").press("Enter")
    expect(group(second)).to_have_attribute("data-mode", "disarmed", timeout=SOON_MS)
    expect(first.get_by_test_id("mode-sheet")).to_be_hidden()

    second.get_by_test_id("mode-change").click()
    second.get_by_test_id("mode-armed").click()
    expect(group(first)).to_have_attribute("data-mode", "armed", timeout=SOON_MS)
    assert all(page.evaluate("window.notReloaded") for page in (first, second))
    assert problems == []


def test_what_waits_and_what_is_wrong_is_told_in_words(demo: RunningDemo, browser: Browser) -> None:
    page = cameras_page(browser, demo, [])
    page.route("**/api/v1/edges", with_troubles)
    page.route("**/api/v1/stream*", lambda route: route.abort())
    page.reload()
    expect(group(page).get_by_test_id("group-waiting")).to_contain_text("Menunggu perangkat: Mudik diminta Siti")
    expect(group(page).get_by_test_id("group-refused")).to_contain_text("Perangkat menolak mode Malam: disk penuh")
    expect(page.get_by_test_id("trouble").first).to_have_text("Kamera tertutup")
    expect(page.get_by_test_id("mode-change")).to_have_count(0)  # not all of the group's cameras are ours
    expect(page.get_by_test_id("camera-health")).to_contain_text("0 dari ")


def with_troubles(route: Route) -> None:
    """The centre's true answer, but for what no demo does."""
    answer = route.fetch()
    told = answer.json()
    since = "2026-01-01T12:00:00.000Z"
    for edge in told["edges"]:
        for shown in edge["groups"]:
            shown["whole"] = False
            shown["wanted"] = {"mode": "mudik", "by": "Siti", "since": since}
            shown["refused"] = {"mode": "night", "by": "Siti", "since": since, "reason": "disk penuh"}
        for camera in edge["cameras"]:
            camera["troubles"] = ["covered"]
    route.fulfill(response=answer, json=told)


def cameras_page(browser: Browser, demo: RunningDemo, problems: list[str]) -> Page:
    """The page of cameras, of somebody who has signed in with the password that the first test set."""
    page = a_page(browser, problems)
    sign_in_by_password(page, demo.url)
    page.get_by_test_id("camera-health").click()
    expect(group(page)).to_have_attribute("data-mode", "armed", timeout=SOON_MS)
    page.evaluate("window.notReloaded = true")
    return page


def group(page: Page) -> Locator:
    return page.locator('[data-testid="group"][data-group="main"]')


def test_a_used_link_says_so_and_lets_nobody_in(demo: RunningDemo, browser: Browser) -> None:
    page = a_page(browser, [])
    page.goto(demo.link)
    expect(page.get_by_test_id("sign-in-problem")).to_contain_text(re.compile("tautan", re.IGNORECASE))
    expect(page.get_by_test_id("incident-row")).to_have_count(0)


def test_the_console_speaks_english_on_wish(demo: RunningDemo, browser: Browser, tmp_path: Path) -> None:
    page = a_page(browser, [])
    page.goto(demo.url)
    expect(page.get_by_test_id("sign-in-submit")).to_contain_text("Masuk")
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("sign-in-submit")).to_contain_text("Sign in")
    page.reload()
    expect(page.get_by_test_id("sign-in-submit")).to_contain_text("Sign in")
