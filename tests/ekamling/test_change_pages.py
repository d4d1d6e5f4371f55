"""Settings, other applications and the record of changes and live views, in a real browser over the real centre."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.ekamling.accessibility import violations
from tests.ekamling.settings_desk import DISTRICT, REGENCY, RT, VILLAGE, SettingsDesk, SettingsDesks, settings_desks

APPLICATIONS, RECORD = "aplikasi", "jejak"
PEOPLE = {
    "dewi": ("Dewi Lestari", "admin", REGENCY),
    "periksa": ("Sri Wahyuni", "auditor", REGENCY),
    "kanit": ("Aiptu Joko", "polsek", DISTRICT),
    "budi": ("Budi Santoso", "ronda", RT),
    **{f"warga{number:02}": (f"Warga {number:02}", "resident", RT) for number in range(30)},
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingsDesks]:
    with settings_desks(tmp_path_factory.mktemp("demo"), PEOPLE) as desks:
        yield desks


@pytest.fixture
def admin(desks: SettingsDesks) -> Iterator[SettingsDesk]:
    desk = desks.of("dewi")
    desk.problems.clear()
    yield desk
    assert desk.problems == []


@pytest.mark.timeout(180)
def test_an_application_is_added_with_a_key_that_is_shown_once_and_opens_the_door(admin: SettingsDesk) -> None:
    admin.open(APPLICATIONS)
    expect(admin.at("hooks-none")).to_be_visible()
    assert violations(admin.page) == []
    admin.at("hook-new").click()
    admin.at("hook-save").click()
    expect(admin.at("hook-problem")).to_contain_text("Beri nama")
    admin.at("hook-name").fill("BPBD Purbalingga")
    admin.pick("hook-area", "bancar", VILLAGE)
    admin.at("hook-kind-flood").press("Space")
    admin.at("hook-severity-1").press("Space")
    admin.at("hook-severity-2").press("Space")
    assert violations(admin.page) == []
    admin.at("hook-save").click()
    key, address = admin.at("hook-key").input_value(), admin.at("hook-address").input_value()
    assert key.startswith("ekamling_")
    assert violations(admin.page) == []
    report = {"id": "banjir-1", "kind": "flood", "severity": 2, "area": VILLAGE, "text": "Air naik"}
    told = httpx.post(address, json=report, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert told.is_success, told.text

    admin.at("hook-key-done").click()
    expect(admin.at("hook-key")).to_have_count(0)
    row = admin.row("hook", "name", "BPBD Purbalingga")
    expect(row).to_contain_text("Banjir atau bencana, tingkat Tinggi atau Sedang")
    expect(row).to_contain_text("Bancar")
    row.get_by_test_id("hook-end").click()
    expect(admin.at("sure")).to_contain_text("Akhiri aplikasi BPBD Purbalingga?")
    admin.at("sure-act").click()
    expect(admin.at("hooks-none")).to_be_visible()
    refused = httpx.post(address, json=report, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert refused.status_code == 401


@pytest.mark.timeout(120)
def test_an_application_that_is_told_needs_an_address_and_the_centre_its_secret(admin: SettingsDesk) -> None:
    admin.open(APPLICATIONS, "baru")
    admin.at("hook-name").fill("Dinkominfo")
    admin.at("hook-direction-out").check()
    admin.at("hook-url").fill("dinkominfo.example")
    admin.at("hook-save").click()
    expect(admin.at("hook-problem")).to_contain_text("https://")
    admin.at("hook-url").fill("https://dinkominfo.example/kejadian")
    admin.at("hook-save").click()
    expect(admin.at("refusal")).to_contain_text("webhooks are not set up")  # the demo has none
    expect(admin.at("hook-name")).to_have_value("Dinkominfo")
    admin.took("422")


@pytest.mark.timeout(180)
def test_the_record_tells_who_changed_what_and_how_it_was_before(admin: SettingsDesk, desks: SettingsDesks) -> None:
    admin.open("orang", "budi")
    admin.at("facts-change").click()
    admin.at("facts-shown").fill("Budi S.")
    admin.at("facts-save").click()
    expect(admin.page.get_by_role("heading", name="Budi S.")).to_be_visible()
    auditor = desks.of("periksa")
    auditor.open(RECORD)
    newest = auditor.at("change").first
    expect(newest).to_contain_text("dewi")
    expect(newest).to_contain_text("Orang diubah")
    expect(newest).to_contain_text("RT 04 / RW 02")
    expect(newest.get_by_test_id("change-difference")).to_have_count(1)
    expect(newest.get_by_test_id("change-difference")).to_contain_text("Nama yang tampil")
    expect(newest.get_by_test_id("change-difference")).to_contain_text("Budi Santoso")
    expect(newest.get_by_test_id("change-difference")).to_contain_text("Budi S.")
    ended = auditor.row("change", "what", "hook").first
    expect(ended).to_contain_text("Aplikasi lain diakhiri")
    expect(ended).to_contain_text("BPBD Purbalingga")
    expect(ended).to_contain_text("Tinggi dan Sedang")
    expect(auditor.page.locator("body")).not_to_contain_text("ekamling_")  # no key is written down
    assert violations(auditor.page) == []

    expect(auditor.at("change")).to_have_count(50)
    auditor.at("changes-older").click()
    expect(auditor.at("change").first).to_contain_text("Baris perintah di pusat")
    expect(newest).not_to_contain_text("dewi")
    auditor.at("changes-newer").click()
    expect(newest).to_contain_text("dewi")
    auditor.at("changes-what").select_option("hook")
    expect(auditor.at("change")).to_have_count(2)
    auditor.pick("changes-area", "kemangkon", "33.03.01")
    expect(auditor.at("changes-none")).to_contain_text("Tidak ada perubahan yang cocok")
    auditor.at("changes-area-clear").click()
    expect(auditor.at("change")).to_have_count(2)
    assert auditor.problems == []


@pytest.mark.timeout(180)
def test_a_change_of_the_rules_is_shown_in_sentences(admin: SettingsDesk) -> None:
    admin.open("pemberitahuan", "ubah")
    admin.row("drafted", "name", "edge silent").get_by_test_id("drafted-open").click()
    admin.at("step-open").nth(1).click()
    admin.at("step-wait").fill("3")
    admin.at("routing-note").fill("tiga menit")
    admin.at("routing-save").click()
    expect(admin.at("routing-version")).to_contain_text("Versi 1")
    admin.open(RECORD)
    change = admin.row("change", "what", "routing")
    expect(change).to_contain_text("Dari aturan bawaan ke versi 1")
    change.get_by_test_id("change-more").click()
    expect(change.get_by_test_id("routing-difference")).to_have_count(1)
    expect(change).to_contain_text("Setelah 2 menit: RT diberi tahu")
    expect(change).to_contain_text("Setelah 3 menit: RT diberi tahu")
    assert violations(admin.page) == []


@pytest.mark.timeout(180)
def test_who_watched_a_camera_is_written_down_with_how_long_and_why_it_ended(desks: SettingsDesks) -> None:
    ronda, auditor = desks.of("budi"), desks.of("periksa")
    auditor.open(RECORD, "siaran")
    expect(auditor.at("views-none")).to_be_visible()
    expect(ronda.page.get_by_test_id("incident-row").first).to_be_visible(timeout=60_000)  # the camera brings pictures
    answers = ronda.page.evaluate(
        """async () => {
          const of = '/api/v1/cameras/demo/gerbang/pictures';
          const begun = await fetch(of, { method: 'POST' });
          const { view } = await begun.json();
          const ended = await fetch(`${of}/${view}`, { method: 'DELETE' });
          return [begun.status, ended.status];
        }"""
    )
    assert answers == [201, 204]
    auditor.open(RECORD)
    auditor.at(f"{RECORD}-page-siaran").click()
    view = auditor.row("view", "camera", "gerbang")
    expect(view).to_contain_text("Budi S")
    expect(view).to_contain_text("Ronda")
    expect(view).to_contain_text("Gerbang utama")
    expect(view).to_contain_text("gambar satuan")
    expect(view).to_contain_text("ditutup penontonnya")
    expect(view).to_contain_text("Tanpa kejadian")
    assert violations(auditor.page) == []
    auditor.at("views-text").fill("tidak ada")
    expect(view).to_have_count(0)
    assert auditor.problems == []


@pytest.mark.timeout(120)
def test_applications_are_for_administrators_and_the_record_for_inspectors(desks: SettingsDesks) -> None:
    auditor, police = desks.of("periksa"), desks.of("kanit")
    for desk, part in ((auditor, APPLICATIONS), (police, APPLICATIONS), (police, RECORD)):
        desk.open(part)
        expect(desk.at("settings-closed")).to_be_visible()
        expect(desk.at(f"settings-{part}")).to_have_count(0)
        assert desk.problems == []


def test_a_record_that_cannot_be_loaded_is_asked_for_again(admin: SettingsDesk) -> None:
    admin.open("orang")
    admin.page.route("**/api/v1/changes?**", lambda route: route.abort())
    admin.open(RECORD)
    expect(admin.at("changes-failed")).to_contain_text("tidak dapat dihubungi")
    admin.page.unroute("**/api/v1/changes?**")
    admin.at("changes-failed").get_by_role("button").click()
    expect(admin.at("change").first).to_be_visible()
    admin.took("ERR_FAILED")
