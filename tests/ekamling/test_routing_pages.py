"""Settings, who is told: rules as sentences, the dry run, writing by forms, and versions, in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ekamling.accessibility import violations
from tests.ekamling.settings_desk import DISTRICT, REGENCY, RT, SettingsDesk, SettingsDesks, settings_desks

PART = "pemberitahuan"
PEOPLE = {
    "dewi": ("Dewi Lestari", "admin", REGENCY),
    "yanto": ("Yanto Wibowo", "admin", REGENCY),
    "camat": ("Pengelola Kecamatan", "admin", DISTRICT),
    "periksa": ("Sri Wahyuni", "auditor", REGENCY),
    "kanit": ("Aiptu Joko", "polsek", DISTRICT),
}
RULES = 9  # of a centre without rules of its own


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingsDesks]:
    with settings_desks(tmp_path_factory.mktemp("centre"), PEOPLE, cameras=False) as desks:
        yield desks


@pytest.fixture
def admin(desks: SettingsDesks) -> Iterator[SettingsDesk]:
    desk = desks.of("dewi")
    desk.problems.clear()
    yield desk
    assert desk.problems == []


@pytest.mark.timeout(180)
def test_the_rules_are_read_as_sentences_in_both_languages(admin: SettingsDesk) -> None:
    admin.open(PART)
    expect(admin.at("routing-version")).to_contain_text("Aturan bawaan")
    expect(admin.at("routing-rule")).to_have_count(RULES)
    fire = admin.row("routing-rule", "name", "P1 fire")
    expect(fire).to_contain_text("Kebakaran, bertingkat Tinggi.")
    expect(fire).to_contain_text("Setelah 10 menit Polres diberi tahu, kecuali sudah ada petugas di lokasi.")
    expect(admin.row("routing-rule", "name", "P2, P3")).to_contain_text("tidak cocok dengan aturan di atas")
    assert violations(admin.page) == []
    admin.page.evaluate("localStorage.setItem('ekamling.language', 'en')")
    admin.page.reload()
    expect(fire).to_contain_text("After 10 minutes tell Regency police, unless somebody is on the scene.")
    admin.page.evaluate("localStorage.setItem('ekamling.language', 'id')")
    admin.page.reload()
    expect(fire).to_contain_text("Kebakaran")


@pytest.mark.timeout(120)
def test_the_dry_run_is_a_line_of_time_with_who_would_be_told(desks: SettingsDesks) -> None:
    desk = desks.of("kanit")
    desk.open(PART, "uji")
    desk.pick("try-area", "rt 4 bancar", RT)
    desk.at("try-at").fill("2026-12-01T22:30")
    desk.at("try-ask").click()
    expect(desk.at("routing-answer")).to_contain_text("Hanya kamera, tingkat Sedang")
    expect(desk.at("routing-answer")).to_contain_text("1 Des 2026, 22.30 WIB")
    expect(desk.at("routing-nobody").first).to_contain_text("langkah berikutnya langsung berlaku")
    late = desk.row("routing-told", "note", "early").filter(has=desk.row("routing-person", "name", "kanit"))
    expect(late).to_contain_text("Aiptu Joko Polsek Kecamatan Purbalingga · Konsol")
    expect(desk.row("routing-told", "note", "after_claim").last).to_contain_text("30 menit setelah diterima")

    desk.at("try-kind").select_option("fire")
    desk.at("try-severity").select_option("1")
    desk.at("try-ask").click()
    expect(desk.at("routing-answer")).to_contain_text("Kebakaran bertingkat Tinggi")
    expect(desk.at("routing-told").first).to_contain_text("Seketika 1 Des 22.30.00 WIB")
    assert violations(desk.page) == []
    expect(desk.at(f"{PART}-page-ubah")).to_have_count(0)  # who commands reads and tries, and writes nothing
    desk.open(PART, "ubah")
    expect(desk.at("routing-rule").first).to_be_visible()
    assert desk.problems == []


@pytest.mark.timeout(240)
def test_rules_are_written_by_forms_tried_and_saved_with_a_note(admin: SettingsDesk) -> None:
    admin.open(PART, "ubah")
    expect(admin.at("drafted")).to_have_count(RULES)
    expect(admin.at("routing-save")).to_be_disabled()
    admin.at("routing-add").click()
    expect(admin.at("drafted")).to_have_count(RULES + 1)
    admin.at("routing-note").fill("Polsek lebih dulu pada malam hari")
    admin.at("routing-save").click()
    expect(admin.at("save-problem")).to_contain_text("ditandai")
    expect(admin.at("rule-trouble")).to_contain_text("Beri nama")
    expect(admin.at("step-trouble")).to_contain_text("satu peran atau orang")

    admin.at("rule-name").fill("malam di Purbalingga")
    admin.at("rule-kind-presence").press("Space")
    admin.at("rule-severity-2").press("Space")
    admin.at("rule-hours").check()
    admin.at("rule-start").fill("21:00")
    area = admin.page.locator('[data-testid^="rule-area-"][role="combobox"]')
    area.click()
    area.press_sequentially("kecamatan purbalingga")
    admin.page.locator(f'[role="option"][data-code="{DISTRICT}"]').click()
    admin.at("step-wait").fill("2")
    admin.at("step-role-polsek").press("Space")
    admin.at("step-user-find").fill("dewi")
    admin.row("step-user-add", "name", "dewi").click()
    admin.at("step-channel-console").press("Space")
    admin.at("step-add").click()
    admin.at("step-wait").nth(1).fill("0")
    admin.at("step-role-ronda").nth(1).press("Space")
    admin.at("step-wait").nth(1).blur()
    expect(admin.at("step-open").first).to_contain_text("Seketika Ronda")  # the steps stand by their times
    assert violations(admin.page) == []
    new = admin.row("drafted", "name", "malam di Purbalingga")
    expect(new).to_contain_text(
        "Semua yang dilihat kamera, bertingkat Sedang, di Kecamatan Purbalingga, pukul 21.00 sampai 04.00"
    )

    admin.at("routing-save").click()
    expect(admin.at("refusal")).to_contain_text("never reached")  # the centre's own line
    for _ in range(RULES - 1):
        new.get_by_test_id("drafted-up").click()
    expect(admin.at("drafted").first).to_contain_text("malam di Purbalingga")
    admin.pick("try-area", "rt 4 bancar", RT)
    admin.at("try-at").fill("2026-12-01T22:30")
    admin.at("try-ask").click()
    expect(admin.at("routing-answer")).to_contain_text("malam di Purbalingga")
    expect(admin.row("routing-person", "name", "dewi")).to_contain_text("Konsol")
    admin.open("orang")
    admin.open(PART)
    admin.at("routing-draft-waits").get_by_role("button").click()  # nothing is lost by looking elsewhere
    expect(admin.row("routing-difference", "change", "added")).to_contain_text("malam di Purbalingga")
    admin.at("routing-save").click()
    expect(admin.at("routing-version")).to_contain_text("Versi 1")
    expect(admin.at("routing-version")).to_contain_text("Polsek lebih dulu pada malam hari")
    expect(admin.at("routing-rule").first).to_contain_text(
        "Setelah 2 menit Polsek dan dewi diberi tahu hanya lewat Konsol"
    )
    expect(admin.at("routing-draft-waits")).to_have_count(0)
    admin.took("422")


@pytest.mark.timeout(240)
def test_a_version_that_came_meanwhile_is_told_of_and_the_draft_stays(
    admin: SettingsDesk, desks: SettingsDesks
) -> None:
    other = desks.of("yanto")
    for desk in (admin, other):
        desk.open(PART, "ubah")
        expect(desk.at("drafted")).to_have_count(RULES + 1)
    other.row("drafted", "name", "camera trouble").get_by_test_id("drafted-open").click()
    other.at("rule-name").fill("gangguan kamera")
    other.at("routing-save").click()
    expect(other.at("save-problem")).to_contain_text("mengapa")
    other.at("routing-note").fill("nama Indonesia")
    other.at("routing-save").click()
    expect(other.at("routing-version")).to_contain_text("Versi 2")

    admin.row("drafted", "name", "malam di Purbalingga").get_by_test_id("drafted-remove").click()
    admin.at("routing-note").fill("tidak jadi")
    admin.at("routing-save").click()
    expect(admin.at("routing-newer")).to_contain_text("Yanto Wibowo menyimpan versi 2")
    expect(admin.at("routing-newer")).to_contain_text("Berganti nama: camera trouble menjadi gangguan kamera")
    expect(admin.at("drafted")).to_have_count(RULES)
    expect(admin.at("routing-note")).to_have_value("tidak jadi")
    assert violations(admin.page) == []
    admin.at("routing-rebase").click()
    expect(admin.at("routing-newer")).to_have_count(0)
    admin.row("drafted", "name", "camera trouble").get_by_test_id("drafted-open").click()
    admin.at("rule-name").fill("gangguan kamera")
    admin.at("routing-save").click()
    expect(admin.at("routing-version")).to_contain_text("Versi 3")
    admin.took("409")
    assert other.problems == []


@pytest.mark.timeout(180)
def test_versions_are_looked_at_compared_and_put_back(admin: SettingsDesk, desks: SettingsDesks) -> None:
    auditor = desks.of("periksa")
    auditor.open(PART, "versi")
    expect(auditor.row("version", "version", "3")).to_contain_text("berlaku")
    expect(auditor.row("version", "version", "1")).to_contain_text("Polsek lebih dulu pada malam hari")
    auditor.row("version", "version", "1").get_by_test_id("version-open").click()
    expect(auditor.at("routing-diff")).to_contain_text("Dihapus: malam di Purbalingga")
    expect(auditor.at("version-restore")).to_have_count(0)
    assert violations(auditor.page) == []

    admin.open(PART, "versi.1")
    expect(admin.at("routing-rule").first).to_contain_text("malam di Purbalingga")
    admin.at("version-against").select_option("2")
    expect(admin.at("routing-diff")).to_contain_text("Berganti nama: camera trouble menjadi gangguan kamera")
    expect(admin.at("routing-diff")).not_to_contain_text("malam di Purbalingga")
    admin.at("version-restore").click()
    expect(admin.at("sure")).to_contain_text("Aturan versi 1 disimpan sebagai versi 4")
    admin.at("sure-act").click()
    expect(admin.at("routing-version")).to_contain_text("Versi 4")
    expect(admin.at("routing-version")).to_contain_text("Kembali ke versi 1")
    expect(admin.at("routing-rule").first).to_contain_text("malam di Purbalingga")
    admin.open(PART, "versi.99")
    expect(admin.at("routing-version-page-failed")).to_be_visible()
    admin.took("404")
    assert auditor.problems == []


@pytest.mark.timeout(180)
def test_a_document_goes_out_and_comes_in_as_a_file(admin: SettingsDesk, tmp_path: Path) -> None:
    admin.open(PART, "ubah")
    with admin.page.expect_download() as going:
        admin.at("routing-download").click()
    file = tmp_path / "rules.json"
    going.value.save_as(file)
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["rules"][0]["name"] == "malam di Purbalingga"

    file.write_text("{", encoding="utf-8")
    admin.at("routing-upload").set_input_files(file)
    expect(admin.at("routing-file-problem")).to_contain_text("bukan JSON")
    file.write_text(json.dumps({"rules": [{"name": "x", "steps": [{"role": "rt"}]}]}), encoding="utf-8")
    admin.at("routing-upload").set_input_files(file)
    expect(admin.at("routing-file-problem")).to_contain_text("rules[1].steps[1].role")
    expect(admin.at("drafted").first).to_contain_text("malam di Purbalingga")
    document["rules"] = [{"name": "semua", "steps": [{"roles": ["operator"]}]}]
    file.write_text(json.dumps(document), encoding="utf-8")
    admin.at("routing-upload").set_input_files(file)
    expect(admin.at("drafted")).to_have_count(1)
    expect(admin.at("routing-file-problem")).to_have_count(0)
    admin.at("routing-drop").click()
    expect(admin.at("sure")).to_contain_text("belum disimpan")
    admin.at("sure-act").click()
    expect(admin.at("drafted")).to_have_count(RULES + 1)


@pytest.mark.timeout(120)
def test_an_administrator_of_a_district_reads_and_tries_only(desks: SettingsDesks) -> None:
    desk = desks.of("camat")
    desk.open(PART)
    expect(desk.at("routing-rule").first).to_be_visible()
    expect(desk.at(f"{PART}-page-ubah")).to_have_count(0)
    desk.open(PART, "uji")
    desk.at("try-ask").click()
    expect(desk.at("routing-answer")).to_be_visible()
    assert desk.problems == []


def test_rules_that_cannot_be_loaded_say_so_and_are_asked_for_again(admin: SettingsDesk) -> None:
    admin.open("orang")
    admin.page.route("**/api/v1/routing", lambda route: route.abort())
    admin.open(PART)
    expect(admin.at("routing-failed")).to_contain_text("tidak dapat dihubungi")
    admin.page.unroute("**/api/v1/routing")
    admin.at("routing-failed").get_by_role("button").click()
    expect(admin.at("routing-rule").first).to_be_visible()
    admin.took("ERR_FAILED")
