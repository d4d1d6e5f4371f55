"""The telephone's pages in a real browser, over the real centre, while the demo runs."""

import gzip
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ekamling.browser import chromium
from tests.ekamling.handset import SOON_MS, Links, Phone, a_phone, added, incident
from tests.ekamling.running import RunningDemo, running_demo

RT_04 = "33.03.05.1005/RW02/RT04"  # where a camera of the demo sees somebody walk by every few seconds
NOWHERE = "33.03.05.1005/RW09/RT09"  # where none looks
PEOPLE = {
    "pak-rt": ("rt", RT_04),
    "petugas": ("ronda", RT_04),
    "rt-tenang": ("rt", NOWHERE),
    "warga": ("resident", RT_04),
    "warga-netra": ("resident", NOWHERE),
    "warga-lembah": ("resident", "33.03.05.1005/RW08/RT01"),
    "warga-foto": ("resident", "33.03.05.1005/RW08/RT02"),
    "jaga-malam": ("ronda", RT_04),
    "bu-rw": ("rw", NOWHERE[:-5]),
    "rt-light": ("rt", RT_04),
    "rt-dark": ("rt", RT_04),
    "rt-tautan": ("rt", RT_04),
    "pemasang": ("installer", NOWHERE),
    "warga-api": ("resident", "33.03.05.1005/RW07/RT01"),
    "rt-api": ("rt", "33.03.05.1005/RW07/RT01"),
}
HOLD_MS = 1_300
WORTH = 1024  # bytes from which on a file is worth compressing
MOST_BYTES = 100 * 1024  # of a first load, compressed
DIST = Path(str(files("alerts"))) / "web" / "dist"


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


def test_the_first_load_is_small() -> None:
    html = (DIST / "m.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="/(assets/[^"]+)"', html)
    sizes = {name: len(gzip.compress((DIST / name).read_bytes(), 9)) for name in ("m.html", "sw.js", *names)}
    assert any(name.endswith(".js") for name in names) and any(name.endswith(".css") for name in names)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    large = [name for name in names if (DIST / name).stat().st_size >= WORTH]
    assert large and all((DIST / f"{name}.gz").is_file() for name in large)  # so that the centre can send them so


def test_the_app_can_be_installed() -> None:
    manifest = json.loads((DIST / "m.webmanifest").read_text(encoding="utf-8"))
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/m", "/m", "standalone")
    for icon in manifest["icons"]:
        content = (DIST / icon["src"][1:]).read_bytes()
        if icon["type"] == "image/png":
            assert content.startswith(b"\x89PNG")
            assert int.from_bytes(content[16:20]) == int.from_bytes(content[20:24]) == int(icon["sizes"].split("x")[0])
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}


@pytest.mark.timeout(120)
def test_the_head_of_an_rt_answers_what_a_camera_saw(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["pak-rt"])
        assert phone.page.url == f"{demo.url}/m"  # not on the console, and no token in the address
        shown = incident(phone)
        expect(phone.at("snapshot")).to_be_visible(timeout=SOON_MS)
        expect(shown).to_contain_text("RT 04 / RW 02")
        expect(phone.at("help").locator('a[href="tel:110"]')).to_be_visible()
        assert phone.at("route").get_attribute("href") == "geo:-7.3921,109.3702?q=-7.3921,109.3702"
        for verdict in ("safe", "suspicious", "emergency"):
            box = phone.at(f"verdict-{verdict}").bounding_box()
            assert box and box["height"] >= 64 and box["width"] >= 48
            assert box["y"] + box["height"] <= 844 - 56

        phone.at("verdict-suspicious").click()
        expect(phone.at("holder")).to_contain_text("Ditangani Anda")
        expect(phone.at("toast")).to_contain_text("Anda yang menangani")
        phone.at("arrive").click()
        expect(phone.at("incident")).to_have_attribute("data-state", "on_scene")

        expect(phone.at("play")).to_be_visible(timeout=SOON_MS)
        phone.at("play").click()
        expect(phone.at("clip")).to_have_js_property("paused", False)

        name = shown.get_attribute("data-incident")
        phone.page.goto(f"{demo.url}/m#/kejadian/{name}")
        phone.at("verdict-safe").click()
        phone.at("undo").click()
        expect(phone.at("incident")).to_have_attribute("data-state", "on_scene")
        phone.at("verdict-safe").click()
        phone.at("at-once").click()
        expect(phone.at("incident")).to_have_attribute("data-state", "closed")
        expect(phone.at("holder")).to_contain_text("Selesai: aman")


@pytest.mark.timeout(120)
def test_an_answer_without_a_signal_waits_and_is_sent(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["petugas"])
        shown = incident(phone)
        name = shown.get_attribute("data-incident")
        phone.page.goto(f"{demo.url}/m#/kejadian/{name}")
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        phone.offline(True)
        expect(phone.at("offline")).to_be_visible()
        phone.at("verdict-suspicious").click()
        expect(phone.at("waiting")).to_contain_text("1 jawaban menunggu sinyal")

        phone.page.reload()  # which the service worker answers
        expect(phone.at("incident")).to_be_visible()
        expect(phone.at("waiting")).to_contain_text("1 jawaban menunggu sinyal")
        expect(phone.at("offline")).to_be_visible()

        phone.offline(False)
        expect(phone.at("holder")).to_contain_text("Ditangani Anda", timeout=SOON_MS)
        expect(phone.at("waiting")).to_have_count(0)
        phone.at("release").click()
        expect(phone.at("holder")).to_contain_text("Belum ada yang menangani")


def test_nothing_happens_is_said_calmly(browser: Browser, links: Links) -> None:
    with a_phone(browser, color_scheme="dark") as phone:
        phone.sign_in(links["rt-tenang"])
        expect(phone.at("calm")).to_contain_text("Lingkungan tenang")
        assert phone.found() == []


def hold(phone: Phone, how_long_ms: int) -> None:
    phone.at("hold").hover()
    phone.page.mouse.down()
    phone.page.wait_for_timeout(how_long_ms)
    phone.page.mouse.up()


@pytest.mark.timeout(120)
def test_a_resident_beats_the_kentongan_and_hears_of_it(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    here = {"latitude": -7.39, "longitude": 109.37, "accuracy": 12.0}
    with a_phone(browser, permissions=["geolocation"], geolocation=here) as phone:
        phone.sign_in(links["warga"])
        expect(phone.at("tab-incidents")).to_have_count(0)  # which are not for residents
        hold(phone, 200)
        expect(phone.at("countdown")).to_have_count(0)  # that was a touch, and no hold
        hold(phone, HOLD_MS)
        phone.at("undo").click()
        expect(phone.page.get_by_text("Kentongan dibatalkan")).to_be_visible()

        phone.at("kind-fire").click()
        phone.at("hold").focus()
        phone.page.keyboard.down("Enter")
        expect(phone.at("countdown")).to_contain_text("Kebakaran")
        phone.page.keyboard.up("Enter")
        with phone.page.expect_request("**/api/v1/reports") as sent:
            expect(phone.at("kentongan-sent")).to_be_visible()  # by itself, after five seconds
        told = json.loads(sent.value.post_data or "")
        assert (told["kind"], told["urgent"], told["latitude"]) == ("fire", True, -7.39)
        expect(phone.at("kentongan-sent")).to_have_attribute("data-queued", "false")

        phone.tab("me")
        report = phone.at("my-report").first
        expect(report).to_contain_text("Kebakaran")
        expect(report.get_by_test_id("became")).to_contain_text("Diterima pusat")
        assert phone.found() == []


def test_a_screen_reader_presses_without_holding(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["warga-netra"])
        phone.at("hold").dispatch_event("click")
        phone.at("undo").click()
        expect(phone.page.get_by_text("Tidak ada yang dikirim")).to_be_visible()


@pytest.mark.timeout(120)
def test_a_cry_without_a_signal_says_so_and_names_110(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["warga-lembah"])
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        phone.offline(True)
        phone.page.reload()  # the app knows its person without a signal, too
        hold(phone, HOLD_MS)
        phone.at("at-once").click()
        expect(phone.at("kentongan-sent")).to_contain_text("menunggu sinyal")
        expect(phone.at("waiting").locator('a[href="tel:110"]')).to_be_visible()
        phone.offline(False)
        expect(phone.at("kentongan-sent")).to_have_attribute("data-queued", "false", timeout=SOON_MS)
        expect(phone.at("kentongan-sent")).to_contain_text("Kentongan terkirim")


def test_a_report_carries_a_photo(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["warga-foto"])
        phone.at("report-open").click()
        phone.at("report-send").click()
        expect(phone.page.get_by_role("alert")).to_contain_text("Tulis satu kalimat")
        phone.at("report-text").fill("Lampu jalan mati sejak semalam.")
        phone.at("report-photo").set_input_files(DIST / "icon-512.png")
        expect(phone.page.get_by_alt_text("Foto yang akan dikirim")).to_be_visible()
        assert phone.found() == []
        with phone.page.expect_response("**/photo") as kept:
            phone.at("report-send").click()
        assert kept.value.json()["report"]["photo"] is True
        expect(phone.at("report-sent")).to_be_visible()


def test_the_ronda_checks_in_and_sees_who_is_there(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["jaga-malam"])
        phone.tab("ronda")
        expect(phone.at("check-in")).to_have_attribute("data-there", "false")
        phone.at("check").click()
        expect(phone.at("check-in")).to_contain_text(re.compile(r"Anda bertugas sampai .*WIB"))
        expect(phone.at("on-duty")).to_contain_text("Anda")
        assert phone.found() == []
        phone.page.reload()
        expect(phone.at("check-in")).to_have_attribute("data-there", "true")
        phone.at("check").click()
        expect(phone.at("check-in")).to_contain_text("Anda belum hadir")


def test_me_speaks_english_on_wish_and_signs_out(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["bu-rw"])
        phone.tab("me")
        expect(phone.at("who")).to_contain_text("Ketua RW")
        expect(phone.at("push")).to_have_attribute("data-state", "noKey")  # the demo has no key for pushes
        expect(phone.at("install")).to_contain_text("Tambahkan ke layar utama")
        phone.at("password-new").fill("ronda malam bancar")
        phone.at("password-save").click()
        expect(phone.at("password")).to_have_count(0)
        phone.at("language").click()
        expect(phone.at("who")).to_contain_text("Head of the RW")
        expect(phone.page.locator("html")).to_have_attribute("lang", "en")
        assert phone.found() == []
        phone.at("sign-out").click()
        expect(phone.at("sign-in-submit")).to_be_visible()
        assert phone.found() == []
        phone.at("sign-in-name").fill("bu-rw")
        phone.at("sign-in-password").fill("ronda malam bancar")
        phone.at("sign-in-submit").click()
        expect(phone.at("calm")).to_be_visible()


def test_an_incident_is_accessible(browser: Browser, links: Links) -> None:
    for scheme in ("light", "dark"):
        with a_phone(browser, color_scheme=scheme) as phone:
            phone.sign_in(links[f"rt-{scheme}"])
            incident(phone)
            expect(phone.at("snapshot")).to_be_visible(timeout=SOON_MS)
            assert phone.found() == []
            phone.at("verdict-emergency").click()
            assert phone.found() == []
            phone.at("undo").click()
            phone.tab("kentongan")
            assert phone.found() == []


@pytest.mark.timeout(120)
def test_the_link_of_a_message_leads_a_telephone_to_its_page(
    demo: RunningDemo, browser: Browser, links: dict[str, str]
) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["rt-tautan"])
        name = incident(phone).get_attribute("data-incident")
        loaded: list[str] = []
        phone.page.on("request", lambda request: loaded.append(request.url))
        phone.page.goto(f"{demo.url}/?kejadian={name}")
        expect(phone.at("incident")).to_have_attribute("data-incident", name or "")
        assert phone.page.url == f"{demo.url}/m#/kejadian/{name}"
        phone.tab("me")
        phone.at("to-console").click()
        expect(phone.page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)


def test_an_installer_has_no_incidents_and_finds_the_settings_alone(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["pemasang"])
        expect(phone.at("tab-incidents")).to_have_count(0)
        phone.tab("me")
        expect(phone.at("push")).to_be_visible()
        assert phone.found() == []
        phone.at("to-console").click()
        expect(phone.page.get_by_test_id("workshop")).to_be_visible(timeout=SOON_MS)
        expect(phone.page.get_by_test_id("rail-queue")).to_have_count(0)
        phone.page.get_by_test_id("to-phone").click()
        expect(phone.at("tab-me")).to_be_visible(timeout=SOON_MS)


@pytest.mark.timeout(120)
def test_a_cry_is_answered_and_its_sender_hears_of_it(browser: Browser, links: Links) -> None:
    with a_phone(browser) as resident, a_phone(browser) as head:
        head.sign_in(links["rt-api"])
        expect(head.at("calm")).to_be_visible()
        resident.sign_in(links["warga-api"])
        resident.at("kind-fire").click()
        hold(resident, HOLD_MS)
        resident.at("at-once").click()

        expect(head.at("incident")).to_contain_text("Kebakaran", timeout=SOON_MS)  # by itself
        head.at("verdict-emergency").click()
        head.at("at-once").click()
        expect(head.at("toast")).to_contain_text("semua petugas dipanggil")
        head.at("take").click()
        head.at("verdict-safe").click()
        head.at("at-once").click()
        expect(head.at("steps")).to_be_visible()  # people said it, so something must have been done
        expect(head.at("steps-done")).to_be_disabled()
        assert head.found() == []
        for step in head.at("steps").get_by_role("checkbox").all():
            step.check()
        head.at("steps-done").click()
        expect(head.at("calm")).to_be_visible()

        resident.tab("me")
        expect(resident.at("became")).to_contain_text("Ditangani sampai selesai")
        resident.page.get_by_role("button", name="5 dari 5").click()
        expect(resident.at("my-report")).to_contain_text("Nilai Anda: 5 dari 5")
        assert resident.found() == []
        head.problems = [said for said in head.problems if "409" not in said]  # the refusal that asked for the steps
