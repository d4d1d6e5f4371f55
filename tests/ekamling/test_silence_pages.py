"""Settings, silences and tests: by the head of an RT, an installer and who commands, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.ekamling.accessibility import violations
from tests.ekamling.settings_desk import DISTRICT, REGENCY, RT, RW, VILLAGE, SettingsDesk, SettingsDesks, settings_desks

PART = "senyap"
WIB = timedelta(hours=7)
PEOPLE = {
    "dewi": ("Dewi Lestari", "admin", REGENCY),
    "pak-rt": ("Slamet Riyadi", "rt", RT),
    "pasang": ("Eko Nugroho", "installer", DISTRICT),
    "budi": ("Budi Santoso", "ronda", RT),
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingsDesks]:
    with settings_desks(tmp_path_factory.mktemp("demo"), PEOPLE) as desks:
        yield desks


def field_time(hours: float) -> str:
    """What a field of date and time holds, so many hours from now."""
    return (datetime.now(UTC) + WIB + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def silence(desk: SettingsDesk, reason: str) -> None:
    desk.at("silence-reason").fill(reason)
    desk.at("silence-save").click()


@pytest.mark.timeout(180)
def test_the_head_of_an_rt_silences_the_own_rt_for_a_day_at_most(desks: SettingsDesks) -> None:
    head = desks.of("pak-rt")
    head.open(PART)
    expect(head.at("silences-none")).to_be_visible()
    head.at("silence-new").click()
    expect(head.at("silence-purpose-test")).to_have_count(0)  # a test is not offered to a head
    expect(head.at("silence-area")).to_have_value("RT 04 / RW 02 · Bancar")
    silence(head, "hajatan di rumah Pak Slamet")
    expect(head.at("silence-problem")).to_contain_text("sampai kapan")
    head.at("silence-end").fill(field_time(30))
    silence(head, "hajatan di rumah Pak Slamet")
    expect(head.at("silence-problem")).to_contain_text("Terlalu lama")
    head.at("silence-end").fill(field_time(-1))
    silence(head, "hajatan di rumah Pak Slamet")
    expect(head.at("silence-problem")).to_contain_text("belum lewat")
    head.at("silence-lasts-24").click()
    silence(head, "ya")
    expect(head.at("silence-problem")).to_contain_text("5 huruf")
    expect(head.at("silence-says")).to_contain_text("kecuali yang bertingkat Tinggi")
    assert violations(head.page) == []
    silence(head, "hajatan di rumah Pak Slamet")
    expect(head.at("silence")).to_have_count(1)
    expect(head.at("silence")).to_have_attribute("data-active", "true")
    expect(head.at("silence")).to_contain_text("Slamet Riyadi")
    assert violations(head.page) == []
    assert head.problems == []


@pytest.mark.timeout(180)
def test_an_installer_puts_one_camera_on_test_and_sees_tests_only(desks: SettingsDesks) -> None:
    installer = desks.of("pasang")
    installer.open(PART)
    expect(installer.at("silences-none")).to_be_visible()  # the wedding is no business of an installer
    installer.at("silence-new").click()
    installer.at("silence-of-camera").check()
    installer.at("silence-lasts-1").click()
    silence(installer, "kamera dibersihkan")
    expect(installer.at("silence-problem")).to_contain_text("Pilih wilayah atau kameranya")
    installer.at("silence-find-camera").fill("tidak ada kameranya")
    expect(installer.at("silence-camera")).to_have_count(0)
    installer.at("silence-find-camera").fill("gerbang")
    installer.row("silence-camera", "camera", "gerbang").check()
    expect(installer.at("silence-says")).to_contain_text("ditandai sebagai uji")
    assert violations(installer.page) == []
    silence(installer, "kamera dibersihkan")
    expect(installer.at("silence")).to_contain_text("Kamera Gerbang utama")
    expect(installer.at("silence")).to_contain_text("Uji")
    assert installer.problems == []


@pytest.mark.timeout(180)
def test_who_commands_sees_all_is_asked_about_wide_places_and_ends_one_early(desks: SettingsDesks) -> None:
    desk = desks.of("dewi")
    desk.open(PART, "baru")
    desk.at("silence-lasts-4").click()
    silence(desk, "pasar malam")
    expect(desk.at("silence-problem")).to_contain_text("Pilih wilayah")  # a regency is not silenced by a slip
    desk.pick("silence-area", "bancar", VILLAGE)
    desk.at("silence-kind").select_option("crowd")
    desk.at("silence-start").fill(field_time(2))
    desk.at("silence-end").fill(field_time(5))
    silence(desk, "pasar malam")
    expect(desk.at("silence-wide")).to_contain_text("Bancar")
    assert violations(desk.page) == []
    desk.pick("silence-area", "rw 2 bancar", RW)  # another place is asked about anew, or not at all
    expect(desk.at("silence-wide")).to_have_count(0)
    desk.pick("silence-area", "bancar", VILLAGE)
    silence(desk, "pasar malam")
    desk.at("silence-save").click()
    expect(desk.at("silence")).to_have_count(3)
    later = desk.row("silence", "active", "false")
    expect(later).to_contain_text("Bancar")
    expect(later).to_contain_text("Kerumunan")
    desk.at("silences-only").select_option("now")
    expect(desk.at("silence")).to_have_count(2)
    desk.at("silences-text").fill("hajatan")
    expect(desk.at("silence")).to_have_count(1)
    desk.at("silences-text").fill("")
    desk.at("silences-only").select_option("")

    test = desk.at("silence").filter(has_text="Gerbang utama")
    test.get_by_test_id("silence-finish").click()
    expect(desk.at("sure")).to_contain_text("Akhiri uji di Kamera Gerbang utama")
    desk.at("sure-cancel").click()
    expect(desk.at("silence")).to_have_count(3)
    test.get_by_test_id("silence-finish").click()
    desk.at("sure-act").click()
    expect(desk.at("silence")).to_have_count(2)
    assert desk.problems == []


@pytest.mark.timeout(120)
def test_one_that_somebody_else_has_ended_says_so(desks: SettingsDesks) -> None:
    head, desk = desks.of("pak-rt"), desks.of("dewi")
    for one in (head, desk):
        one.open("orang")
        one.open(PART)
    desk.at("silence").filter(has_text="hajatan").get_by_test_id("silence-finish").click()
    expect(desk.at("sure")).to_contain_text("Akhiri senyap di RT 04")
    head.at("silence-finish").click()
    head.at("sure-act").click()
    expect(head.at("silences-none")).to_be_visible()
    desk.at("sure-act").click()
    expect(desk.at("refusal")).to_contain_text("sudah berakhir")
    desk.at("sure-cancel").click()
    expect(desk.at("silence")).to_have_count(1)
    desk.took("404")
    assert desk.problems == []


@pytest.mark.timeout(120)
def test_the_ronda_finds_no_silences(desks: SettingsDesks) -> None:
    ronda = desks.of("budi")
    ronda.open(PART)
    expect(ronda.at("settings-closed")).to_be_visible()
    expect(ronda.at("silence-new")).to_have_count(0)
    assert ronda.problems == []


def test_silences_that_cannot_be_loaded_are_asked_for_again(desks: SettingsDesks) -> None:
    desk = desks.of("dewi")
    desk.open("orang")
    desk.page.route("**/api/v1/silences", lambda route: route.abort())
    desk.open(PART)
    expect(desk.at("silences-failed")).to_contain_text("tidak dapat dihubungi")
    desk.page.unroute("**/api/v1/silences")
    desk.at("silences-failed").get_by_role("button").click()
    expect(desk.at("silence")).to_have_count(1)
    desk.took("ERR_FAILED")
    assert desk.problems == []
