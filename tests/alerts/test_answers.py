"""Answers to notifications: whoever presses the button of the message takes the incident, and nobody else can."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alerts.cases.incident import Resolution
from alerts.http.app import build
from alerts.notifiers.inbound import Secrets
from alerts.people.duty import Contact
from alerts.people.roles import Role
from alerts.store import contacts
from alerts.telling.answers import Answers, key_from
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.window import Window
from core.errors import StorageError
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import Wire, a_person, settled
from tests.messages import AT, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"


@pytest.fixture
async def link(centre: Centre) -> str:
    """The address in the message that the head of the RT got."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    wire = Wire()
    centre.notifiers["wire"] = wire
    await a_person(centre, "siti", Role.RT, RT, "wire")
    await centre.put(an_event(at=centre.clock.now()))
    await settled(Escalation(centre.database, centre.bell, centre.clock))
    worker = Delivery(centre.services)
    while await worker.tick() == 0:
        pass
    return wire.sent[0][1].answer_url


async def test_looking_takes_nothing_and_the_button_does(centre: Centre, link: str) -> None:
    async with centre.client(None) as browser:
        page = await browser.get(link)
        assert page.status_code == 200
        assert "Tekan tombol" in page.text
        assert (await centre.incidents())[0]["acknowledged_by"] is None
        pressed = await browser.post(link)
    assert "Anda tangani" in pressed.text
    (incident,) = await centre.incidents()
    assert (incident["acknowledged_by"], incident["claimant"]) == ("Siti", "siti")


async def test_a_second_one_is_told_who_has_it(centre: Centre, link: str) -> None:
    operator = await centre.user()
    (incident,) = await centre.incidents()
    await centre.casework.acknowledge(operator, incident["id"])
    async with centre.client(None) as browser:
        assert "Sudah ditangani oleh Operator-1" in (await browser.post(link)).text
    await centre.casework.close(operator, incident["id"], Resolution.FALSE, "")
    async with centre.client(None) as browser:
        assert "sudah selesai" in (await browser.get(link)).text


@pytest.mark.parametrize("change", ["one letter", "another notification", "no mark"])
async def test_a_token_that_was_not_made_here_opens_nothing(centre: Centre, link: str, change: str) -> None:
    id_, _, mark = link.rpartition("/")[2].partition("_")
    token = {
        "one letter": f"{id_}_{mark[:-1]}{'0' if mark[-1] != '0' else '1'}",
        "another notification": f"{id_[:-1]}{'0' if id_[-1] != '0' else '1'}_{mark}",
        "no mark": id_,
    }[change]
    async with centre.client(None) as browser:
        for method in ("GET", "POST"):
            answer = await browser.request(method, f"/j/{token}")
            assert (answer.status_code, "tidak berlaku" in answer.text) == (404, True)
    assert (await centre.incidents())[0]["acknowledged_by"] is None


async def test_a_page_of_another_site_cannot_press_the_button(centre: Centre, link: str) -> None:
    async with centre.client(None) as browser:
        assert (await browser.post(link, headers={"Origin": "https://evil.example"})).status_code == 403
    assert (await centre.incidents())[0]["acknowledged_by"] is None


async def test_messengers_that_show_no_secret_are_not_heard(centre: Centre, link: str) -> None:
    async with centre.client(None) as messenger:
        for path in ("telegram", "whatsapp"):
            assert (await messenger.post(f"/api/v1/inbound/{path}", content=b"{}")).status_code == 403
        assert (await messenger.get("/api/v1/inbound/whatsapp?hub.mode=subscribe&hub.verify_token=")).status_code == 403


def test_a_token_fits_into_a_button_of_telegram() -> None:
    token = Answers(b"key").token("01a2059e-ff79-7003-90c6-396ccc35f131")
    assert len(f"ack:{token}".encode()) <= 64


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    key = key_from(tmp_path / "answers.key")
    assert key == key_from(tmp_path / "answers.key")
    assert (tmp_path / "answers.key").stat().st_mode & 0o077 == 0
    (tmp_path / "answers.key").write_bytes(b"short")
    with pytest.raises(StorageError, match="put it back from a backup, or remove it"):
        key_from(tmp_path / "answers.key")


async def test_a_day_after_a_persons_own_word_free_text_goes_over_whatsapp(centre: Centre) -> None:
    budi = await centre.user("ronda", RT)
    async with centre.database.write() as connection:
        await contacts.put(connection, budi.name, [Contact("whatsapp", "+628110001")], AT)
    window = Window(centre.database, centre.clock)
    for stranger in ("+628110001", "+628119999"):
        assert not await window.open(stranger)
        await window.heard(stranger)
    assert await window.open("+628110001")
    assert not await window.open("+628119999")  # nobody's number: nothing is kept of it
    centre.clock.advance(24 * 3600 - 1)
    assert not await window.open("+628110001")


async def test_a_call_of_whatsapp_that_meta_has_signed_opens_the_window(centre: Centre) -> None:
    budi = await centre.user("ronda", RT)
    async with centre.database.write() as connection:
        await contacts.put(connection, budi.name, [Contact("whatsapp", "+6281234567890")], AT)
    app, _ = build(replace(centre.services, secrets=Secrets(whatsapp_app="rahasia")))
    message = {"from": "6281234567890", "id": "wamid.1", "type": "text", "text": {"body": "HADIR"}}
    body = json.dumps({"entry": [{"changes": [{"value": {"messages": [message]}}]}]}).encode()
    signed = {"X-Hub-Signature-256": f"sha256={hmac.new(b'rahasia', body, hashlib.sha256).hexdigest()}"}
    window = Window(centre.database, centre.clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=centre.url) as meta:
        for headers, opens in (({}, False), (signed, True)):
            await meta.post("/api/v1/inbound/whatsapp", content=body, headers=headers)
            assert await window.open("+6281234567890") is opens
