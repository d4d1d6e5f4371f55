"""Settings, people: who is added, changed, reached and on duty, in a real browser over the real centre."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.ekamling.accessibility import violations
from tests.ekamling.settings_desk import (
    DISTRICT,
    REGENCY,
    RT,
    RW,
    SOON_MS,
    VILLAGE,
    SettingsDesk,
    SettingsDesks,
    settings_desks,
)
from tests.ekamling.test_sso_console import LABEL, a_site

PEOPLE = {
    "dewi": ("Dewi Lestari", "admin", REGENCY),
    "periksa": ("Sri Wahyuni", "auditor", REGENCY),
    "operator": ("Operator", "operator", REGENCY),
    "satpolpp": ("Posko Satpol PP", "satpolpp", REGENCY),
    "polsek": ("Polsek Purbalingga", "polsek", DISTRICT),
    "pak-rt": ("Slamet Riyadi", "rt", RT),
    "budi": ("Budi Santoso", "ronda", RT),
    "agus": ("Agus Prasetyo", "ronda", RT),
    "joko": ("Joko Susilo", "linmas", VILLAGE),
    **{f"warga{number:02}": (f"Warga {number:02}", "resident", RT) for number in range(52)},
}
SIGN_IN = ("dewi", "periksa", "pak-rt", "operator")
AWAY = "data-state", "absent"


class Desk(SettingsDesk):
    """A console of somebody, at the people of the settings."""

    def list(self, of: str = "") -> None:
        self.open("orang", of)

    def person(self, name: str) -> Locator:
        return self.row("person", "name", name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingsDesks]:
    with settings_desks(tmp_path_factory.mktemp("centre"), PEOPLE, cameras=False) as desks:
        yield desks


@pytest.fixture(scope="module")
def desks(site: SettingsDesks) -> dict[str, Desk]:
    return {name: Desk(site.browser, site.url, site.links[name]) for name in SIGN_IN}


@pytest.fixture(scope="module")
def browser(site: SettingsDesks) -> Browser:
    return site.browser


@pytest.fixture
def admin(desks: dict[str, Desk]) -> Iterator[Desk]:
    desk = desks["dewi"]
    desk.problems.clear()
    yield desk
    assert desk.problems == []


@pytest.mark.timeout(180)
def test_people_are_found_by_area_role_and_name_page_by_page(admin: Desk) -> None:
    admin.list()
    expect(admin.person("agus")).to_contain_text("RT 04 / RW 02")
    expect(admin.person("operator").get_by_test_id("turn")).to_have_attribute("data-state", "on_call")
    expect(admin.person("budi").get_by_test_id("turn")).to_have_attribute("data-state", "none")
    expect(admin.at("person")).to_have_count(50)
    assert violations(admin.page) == []
    admin.at("people-next").click()
    expect(admin.person("warga51")).to_be_visible()
    expect(admin.person("agus")).to_have_count(0)
    expect(admin.at("people-next")).to_be_disabled()
    admin.at("people-previous").click()
    expect(admin.person("agus")).to_be_visible()

    admin.at("people-text").fill("santoso")
    expect(admin.at("person")).to_have_count(1)
    admin.at("people-text").fill("")
    admin.at("people-role").select_option("linmas")
    expect(admin.at("person")).to_have_count(1)
    admin.at("people-role").select_option("")
    admin.at("people-area").click()
    admin.at("people-area").press_sequentially("rt 4 bancar")
    expect(admin.at("people-area-option")).to_have_count(1)
    admin.page.keyboard.press("Enter")
    expect(admin.at("people-area")).to_have_value("RT 04 / RW 02 Kauman · Bancar")
    expect(admin.person("joko")).to_have_count(0)
    expect(admin.person("budi")).to_be_visible()
    admin.at("people-text").fill("tidak ada orangnya")
    expect(admin.at("people-empty")).to_be_visible()
    admin.at("people-text").fill("")
    admin.at("people-area-clear").click()
    expect(admin.person("joko")).to_be_visible()


@pytest.mark.timeout(120)
def test_somebody_is_added_and_signs_in_by_the_link_that_is_shown_once(admin: Desk, browser: Browser) -> None:
    admin.list()
    admin.at("person-new").click()
    admin.at("new-name").fill("Bu Ani")
    admin.at("new-save").click()
    expect(admin.at("person-problem")).to_contain_text("huruf kecil")
    admin.at("new-name").fill("ani")
    admin.at("new-shown").fill("Ani Rahmawati")
    expect(admin.at("new-role").locator('option[value="polres"]')).to_have_count(1)
    admin.at("new-role").select_option("polres")
    admin.at("new-area").click()
    admin.at("new-area").press_sequentially("bancar")
    admin.page.locator(f'[data-testid="new-area-option"][data-code="{RW}"]').click()
    expect(admin.at("new-role")).to_have_value("")  # no Polres of an RW
    expect(admin.at("new-role").locator('option[value="polres"]')).to_have_count(0)
    admin.at("new-save").click()
    expect(admin.at("person-problem")).to_contain_text("perannya")
    admin.at("new-role").select_option("rw")
    assert violations(admin.page) == []
    admin.at("new-save").click()
    link = admin.at("link").input_value()
    assert link.startswith(f"{admin.url}/masuk#token=")
    admin.at("link-copy").click()
    admin.at("link-done").click()
    expect(admin.at("link")).to_have_count(0)
    expect(admin.person("ani")).to_contain_text("RW 02")

    theirs = Desk(browser, admin.url, link)
    theirs.list()
    expect(theirs.person("budi")).to_be_visible()
    expect(theirs.at("person-new")).to_have_count(0)
    theirs.context.close()

    admin.at("person-new").click()
    admin.at("new-name").fill("ani")
    admin.at("new-role").select_option("operator")
    admin.at("new-save").click()
    expect(admin.at("refusal")).to_contain_text("is there already")
    admin.page.keyboard.press("Escape")
    admin.problems[:] = [said for said in admin.problems if "422" not in said]  # which the browser itself notes


@pytest.mark.timeout(120)
def test_an_administrator_changes_a_person_and_lets_them_go(admin: Desk) -> None:
    admin.list("joko")
    expect(admin.at("facts-is")).to_have_text("Satlinmas")
    admin.at("facts-change").click()
    admin.at("facts-shown").fill("Joko S.")
    expect(admin.at("facts-moves")).to_have_count(0)
    admin.at("facts-role").select_option("bhabinkamtibmas")
    expect(admin.at("facts-moves")).to_contain_text("sesi")
    admin.at("facts-save").click()
    expect(admin.at("facts-is")).to_have_text("Bhabinkamtibmas")
    expect(admin.page.get_by_role("heading", name="Joko S.")).to_be_visible()

    admin.at("link-new").click()
    expect(admin.at("link")).to_have_value(f"{admin.at('link').input_value()}")
    admin.at("link-done").click()

    admin.at("person-go").click()
    expect(admin.at("sure")).to_contain_text("Akhiri akun Joko S.?")
    admin.at("sure-cancel").click()
    expect(admin.at("sure")).to_have_count(0)
    admin.at("person-go").click()
    admin.at("sure-act").click()
    expect(admin.person("agus")).to_be_visible()
    expect(admin.person("joko")).to_have_count(0)
    admin.list("joko")
    expect(admin.at("person-gone")).to_be_visible()
    admin.problems[:] = [said for said in admin.problems if "404" not in said]


def test_contacts_are_checked_and_kept_in_their_order(admin: Desk) -> None:
    admin.list("agus")
    admin.at("contact-add").click()
    admin.at("contacts-save").click()
    expect(admin.at("contact")).to_contain_text("Isi alamatnya")
    admin.at("contact-address").fill("belum punya")
    expect(admin.at("contact")).to_contain_text("tidak cocok")
    admin.at("contact-address").fill("0812 3456 7890")
    admin.at("contact-add").click()
    admin.at("contact-channel").nth(1).select_option("telegram")
    admin.at("contact-address").nth(1).fill("@agus_ronda")
    admin.at("contact-up").nth(1).click()
    expect(admin.at("contact-address").first).to_have_value("@agus_ronda")
    admin.at("contact-add").click()
    admin.at("contact-channel").nth(2).select_option("siren")
    admin.at("contact-address").nth(2).select_option("demo")
    assert violations(admin.page) == []
    admin.at("contact-remove").nth(2).click()
    admin.at("contacts-save").click()
    expect(admin.at("person-contacts")).to_contain_text("Tersimpan")
    admin.page.reload()
    expect(admin.at("contact-address").first).to_have_value("@agus_ronda")
    expect(admin.at("contact-address").nth(1)).to_have_value("0812 3456 7890")  # WhatsApp is not set up here
    admin.at("person-back").click()
    expect(admin.person("agus")).to_contain_text("Telegram, WhatsApp")


@pytest.mark.timeout(120)
def test_the_head_of_an_rt_keeps_the_turns_of_the_ronda_only(desks: dict[str, Desk]) -> None:
    head = desks["pak-rt"]
    head.list("budi")
    expect(head.at("person-contacts")).to_have_count(0)
    expect(head.at("person-sign-in")).to_have_count(0)
    expect(head.at("facts-change")).to_have_count(0)
    head.at("shifts-change").click()
    head.at("shifts-save").click()
    expect(head.at("shift-says")).to_contain_text("satu hari")
    for day in range(7):
        head.at(f"shift-day-{day}").press("Space")
    expect(head.at("shift-says")).to_contain_text("hari berikutnya")
    head.at("shift-start").fill("00:00")
    head.at("shift-end").fill("00:00")
    expect(head.at("shift-says")).to_contain_text("24 jam")
    assert violations(head.page) == []
    head.at("shifts-save").click()
    expect(head.at("shift")).to_have_text("Senin–Minggu, pukul 00:00 sampai 00:00 WIB (hari berikutnya)")
    expect(head.at("turn")).to_have_attribute("data-state", "shift")

    head.at("absence-new").click()
    head.at("absence-end").fill("2020-01-01T00:00")
    head.at("absence-save").click()
    expect(head.at("absence-problem")).to_contain_text("sesudah mulainya")
    head.at("absence-end").fill("2099-01-01T00:00")
    expect(head.at("absence-stand-in").locator("option", has_text="Agus Prasetyo")).to_have_count(1)
    head.at("absence-stand-in").select_option("agus")
    head.at("absence-save").click()
    expect(head.at("refusal")).to_contain_text("366 days")
    head.at("absence-end").fill(head.at("absence-start").input_value()[:4] + "-12-31T23:59")
    head.at("absence-save").click()
    expect(head.at("absence")).to_contain_text("Digantikan agus")
    expect(head.at("turn")).to_have_attribute(*AWAY)

    head.list("-piket")
    ronda = head.page.locator('[data-testid="duty-role"][data-role="ronda"]')
    expect(ronda).to_contain_text("Agus Prasetyo menggantikan budi")
    expect(head.page.locator('[data-testid="duty-gap"][data-role="rw"]')).to_have_count(0)  # Bu Ani is on call
    head.list("budi")
    head.at("absence-finish").click()
    expect(head.at("sure")).to_contain_text("Budi Santoso")
    head.at("sure-act").click()
    expect(head.at("absences-none")).to_be_visible()

    head.list("warga01")
    expect(head.at("person-looking")).to_be_visible()
    expect(head.at("person-shifts")).to_have_count(0)
    assert [said for said in head.problems if "422" not in said] == []


def test_who_is_there_says_so_and_goes_off_duty(desks: dict[str, Desk]) -> None:
    desk = desks["operator"]
    desk.list("operator")
    desk.at("here-hours").select_option("4")
    desk.at("here-go").click()
    expect(desk.at("here-until")).to_contain_text("WIB")
    expect(desk.at("turn")).to_have_attribute("data-state", "checked_in")
    expect(desk.at("shifts-change")).to_have_count(0)  # an administrator writes them
    desk.at("here-leave").click()
    expect(desk.at("here-go")).to_be_visible()
    assert desk.problems == []


def test_the_duty_page_warns_of_where_nobody_is(admin: Desk) -> None:
    admin.list("-piket")
    expect(admin.page.locator('[data-testid="duty-gap"][data-role="damkar"]')).to_contain_text("Kabupaten Purbalingga")
    expect(admin.page.locator('[data-testid="duty-gap"][data-role="satpolpp"]')).to_have_count(0)
    expect(admin.at("duty-gaps")).to_contain_text("Polsek: 17 dari 18")
    admin.at("duty-at").fill("2026-12-01T22:30")
    admin.at("duty-show").click()
    expect(admin.at("duty-as-of")).to_contain_text("1 Des 2026")
    expect(admin.at("duty-as-of")).to_contain_text("22.30 WIB")
    admin.at("duty-area").click()
    admin.at("duty-area").press_sequentially("bancar")
    admin.page.locator(f'[data-testid="duty-area-option"][data-code="{VILLAGE}"]').click()
    expect(admin.page.locator('[data-testid="duty-gap"][data-role="bhabinkamtibmas"]')).to_contain_text("Bancar")
    assert violations(admin.page) == []


def test_an_auditor_looks_only(desks: dict[str, Desk]) -> None:
    desk = desks["periksa"]
    desk.list()
    expect(desk.person("budi")).to_be_visible()
    expect(desk.at("person-new")).to_have_count(0)
    desk.person("budi").get_by_test_id("person-open").click()
    expect(desk.at("person-looking")).to_be_visible()
    for hook in ("facts-change", "person-contacts", "person-shifts", "person-absences", "person-sign-in"):
        expect(desk.at(hook)).to_have_count(0)
    assert violations(desk.page) == []
    assert desk.problems == []


def test_a_list_that_cannot_be_loaded_says_so_and_is_asked_for_again(admin: Desk) -> None:
    admin.list("-piket")
    admin.page.route("**/api/v1/people?**", lambda route: route.abort())
    admin.at("orang-page-first").click()
    expect(admin.at("people-failed")).to_contain_text("tidak dapat dihubungi")
    admin.page.unroute("**/api/v1/people?**")
    admin.at("people-failed").get_by_role("button").click()
    expect(admin.person("agus")).to_be_visible()
    admin.problems[:] = [said for said in admin.problems if "ERR_FAILED" not in said]


@pytest.mark.timeout(120)
def test_somebody_is_linked_to_the_account_of_the_regency_and_unlinked(tmp_path: Path, browser: Browser) -> None:
    with a_site(tmp_path) as site:
        site.loop.run(site.centre.accounts.add("dewi", "Dewi", "admin", REGENCY))
        for name in ("siti", "sari"):
            site.loop.run(site.centre.accounts.add(name, name.title(), "operator", REGENCY))
        token = site.loop.run(site.centre.accounts.link("dewi"))
        context = browser.new_context(locale="id-ID")
        page = context.new_page()
        page.goto(f"{site.url}/masuk#token={token}")
        expect(page.get_by_test_id("rail-settings")).to_be_visible(timeout=SOON_MS)

        page.goto(f"{site.url}/#/pengaturan/orang/siti")
        linked = page.get_by_test_id("person-sso")
        expect(linked).to_contain_text(LABEL)
        expect(page.get_by_test_id("sso-link")).to_be_disabled()
        page.get_by_test_id("sso-known-as").fill("19850101")
        page.get_by_test_id("sso-link").click()
        expect(page.get_by_test_id("sso-is")).to_have_text("Ditautkan sebagai 19850101.")
        assert violations(page) == []

        page.goto(f"{site.url}/#/pengaturan/orang/sari")
        expect(linked).to_contain_text("Belum ditautkan")
        page.get_by_test_id("sso-known-as").fill("19850101")
        page.get_by_test_id("sso-link").click()
        expect(page.get_by_test_id("refusal")).to_contain_text("sudah ditautkan ke orang lain")

        page.goto(f"{site.url}/#/pengaturan/orang/siti")
        page.get_by_test_id("sso-unlink").click()
        expect(page.get_by_test_id("sure")).to_contain_text("Lepas tautan Siti?")
        page.get_by_test_id("sure-act").click()
        expect(linked).to_contain_text("Belum ditautkan")
        context.close()
