"""Residents: every report is heard, a prank wakes few, and who reported hears what became of it."""

import io
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from alerts.cases.incident import Resolution
from alerts.neighbours.reporter import MOST_AN_HOUR, Record, Standing, severity
from alerts.store.response_schema import contacts
from alerts.telling.escalation import Escalation
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import settled, told
from tests.messages import AT, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"
API = "/api/v1"


def a_report(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "kind": "thief", "urgent": True, "text": "Ada orang masuk pagar", **changes}


async def sent(browser: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await browser.post(f"{API}/reports", json=a_report(**changes))
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()["report"]
    return report


async def test_a_kentongan_opens_a_grave_incident_where_the_resident_lives(centre: Centre) -> None:
    async with centre.client("resident", RT) as phone:
        report = await sent(phone, latitude=-7.39, longitude=109.36, accuracy_m=12.5)
    (incident,) = await centre.incidents()
    assert (incident["kind"], incident["severity"], incident["source"]) == ("thief", 1, "report")
    assert (incident["camera"]["area"], incident["summary"], incident["level"]) == (RT, "Ada orang masuk pagar", 1)
    assert (report["incident"], report["state"], report["verdict"]) == (incident["number"], "new", None)


async def test_the_same_report_twice_is_one_and_another_of_the_same_kind_joins_it(centre: Centre) -> None:
    body = a_report()
    async with centre.client("resident", RT) as phone:
        first, again = [(await phone.post(f"{API}/reports", json=body)).json() for _ in range(2)]
        centre.clock.advance(600)
        await sent(phone, text="Dia masih di sini")
        mine = (await phone.get(f"{API}/reports")).json()["reports"]
    assert first == again
    assert [incident["event_count"] for incident in await centre.incidents()] == [2]
    assert len(mine) == 2


async def test_what_a_camera_saw_and_a_resident_reports_is_one_incident(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=centre.clock.now()))
    centre.clock.advance(30)
    async with centre.client("resident", RT) as phone:
        await sent(phone)
    (incident,) = await centre.incidents()
    assert (incident["kind"], incident["severity"], incident["event_count"]) == ("thief", 1, 2)


async def test_the_reporter_sees_what_became_of_it_and_how_long_it_took_and_rates_it(centre: Centre) -> None:
    operator = await centre.user()
    async with centre.client("resident", RT) as phone:
        report = await sent(phone)
        early = await phone.post(f"{API}/reports/{report['id']}/rating", json={"stars": 5})
        assert (early.status_code, "still being worked on" in early.text) == (422, True)
        incident = (await centre.incidents())[0]["id"]
        centre.clock.advance(40)
        await centre.casework.acknowledge(operator, incident)
        centre.clock.advance(500)
        await centre.casework.arrive(operator, incident, "")
        await centre.casework.close(operator, incident, Resolution.FALSE, "kucing")
        (answer,) = (await phone.get(f"{API}/reports")).json()["reports"]
        rated = await phone.post(f"{API}/reports/{report['id']}/rating", json={"stars": 4, "text": "cepat"})
    took = {"acknowledged": 40, "dispatched": None, "on_scene": 540, "closed": 540}
    assert (answer["verdict"], answer["took_s"]) == ("false", took)
    assert rated.json()["report"]["rating"] == 4


async def test_who_reported_is_told_the_end_over_the_own_channel(centre: Centre) -> None:
    operator = await centre.user()
    async with centre.client("resident", RT) as phone:
        await sent(phone)
        name = (await phone.get(f"{API}/session")).json()["user"]["name"]
    async with centre.database.write() as connection:
        row = {"user": name, "channel": "wire", "address": "x", "position": 0, "added_at": AT}
        await connection.execute(contacts.insert().values(row))
    await settled(Escalation(centre.database, centre.bell, centre.clock))
    incident = (await centre.incidents())[0]["id"]
    await centre.casework.close(operator, incident, Resolution.FALSE, "")
    ends = [(each.user, each.channel) for each in await told(centre, incident) if each.action == "resolve"]
    assert ends == [(name, "wire")]


async def test_a_prankster_reaches_the_neighbours_only_and_is_heard_all_the_same(centre: Centre) -> None:
    operator = await centre.user()
    async with centre.client("resident", RT) as phone:
        for _ in range(2):
            await sent(phone)
            (incident,) = await centre.incidents("open")
            assert incident["severity"] == 1
            await centre.casework.close(operator, incident["id"], Resolution.FALSE, "")
            centre.clock.advance(3600)
        await sent(phone)
    (incident,) = await centre.incidents("open")
    assert incident["severity"] == 2


@pytest.mark.parametrize(
    ("record", "standing"),
    [
        (Record(), Standing.NEW),
        (Record(resolved=0, false=1), Standing.NEW),
        (Record(resolved=0, false=2), Standing.DOUBTED),
        (Record(resolved=2, false=2), Standing.NEW),
        (Record(resolved=3, false=0), Standing.TRUSTED),
        (Record(resolved=4, false=1), Standing.TRUSTED),
        (Record(resolved=3, false=1), Standing.NEW),
    ],
)
def test_a_word_is_worth_what_came_of_it(record: Record, standing: Standing) -> None:
    assert record.standing is standing


def test_no_report_is_graver_for_being_plain() -> None:
    for kind in ("thief", "fire", "flood", "medical", "quarrel", "danger", "other"):
        assert severity(kind, True, Record()) <= severity(kind, False, Record())


async def test_a_stuck_button_is_told_so(centre: Centre) -> None:
    async with centre.client("resident", RT) as phone:
        for _ in range(MOST_AN_HOUR):
            await sent(phone)
        answer = await phone.post(f"{API}/reports", json=a_report())
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
        centre.clock.advance(3601)
        await sent(phone)


async def test_a_report_that_waited_for_a_network_keeps_its_own_time(centre: Centre) -> None:
    now = centre.clock.now()
    async with centre.client("resident", RT) as phone:
        await sent(phone, made_at=(now - timedelta(hours=5)).isoformat())
        await sent(phone, kind="fire", made_at=(now + timedelta(days=1)).isoformat())
    opened = {each["kind"]: each["opened_at"] for each in await centre.incidents()}
    assert opened == {"thief": "2026-01-01T07:00:00.000Z", "fire": "2026-01-01T12:00:00.000Z"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "alien"},
        {"id": "1"},
        {"latitude": 91},
        {"text": "x" * 1001},
        {"text": "\x00"},
        {"made_at": "2026-01-01"},
    ],
)
async def test_a_wrong_report_is_refused_in_one_line(centre: Centre, wrong: dict[str, Any]) -> None:
    async with centre.client("resident", RT) as phone:
        answer = await phone.post(f"{API}/reports", json=a_report(**wrong))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert await centre.incidents() == []


async def test_a_place_in_another_village_is_not_taken(centre: Centre) -> None:
    async with centre.client("resident", RT) as phone:
        answer = await phone.post(f"{API}/reports", json=a_report(area="33.03.07.2005/RW01"))
        assert (answer.status_code, "call 110" in answer.text) == (422, True)
        assert (await sent(phone, area=f"{VILLAGE}/RW09"))["area"] == f"{VILLAGE}/RW09"


def a_photo(size: tuple[int, int] = (1600, 900), form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Telepon Rahasia"
    Image.new("RGB", size, (200, 30, 30)).save(out, form, exif=exif)
    return out.getvalue()


async def test_a_photo_is_kept_small_and_without_what_the_phone_wrote_into_it(centre: Centre) -> None:
    async with centre.client("resident", RT) as phone:
        report = await sent(phone)
        answer = await phone.put(f"{API}/reports/{report['id']}/photo", content=a_photo())
        assert (answer.status_code, answer.json()["report"]["photo"]) == (200, True)
        kept = (await phone.get(f"{API}/reports/{report['id']}/photo.jpg")).content
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (1280, 720), {})
    assert b"Rahasia" not in kept
    incident = (await centre.incidents())[0]["id"]
    for role, area, status in (("rt", RT, 200), ("rt", f"{VILLAGE}/RW02/RT05", 404), ("resident", RT, 404)):
        async with centre.client(role, area) as other:
            assert (await other.get(f"{API}/reports/{report['id']}/photo.jpg")).status_code == status
    async with centre.client("operator") as console:
        (seen,) = (await console.get(f"{API}/incidents/{incident}/reports")).json()["reports"]
    assert (seen["photo"], seen["standing"]) == (True, "new")


async def test_a_photo_is_a_change_of_its_incident_that_consoles_hear_of(centre: Centre) -> None:
    async with centre.client("resident", RT) as phone:
        report = await sent(phone)
        (before,) = await centre.incidents()
        centre.clock.advance(20)
        await phone.put(f"{API}/reports/{report['id']}/photo", content=a_photo())
        (after,) = await centre.incidents()
        centre.clock.advance(20)
        await phone.put(f"{API}/reports/{report['id']}/photo", content=a_photo())  # the first one stays
    moved = datetime.fromisoformat(after["updated_at"]) - datetime.fromisoformat(before["updated_at"])
    assert moved.total_seconds() == 20
    assert await centre.incidents() == [after]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 no photo", a_photo()[:200]])
async def test_what_is_no_photo_is_refused(centre: Centre, content: bytes) -> None:
    async with centre.client("resident", RT) as phone:
        report = await sent(phone)
        answer = await phone.put(f"{API}/reports/{report['id']}/photo", content=content)
    assert (answer.status_code, "no photo that can be read" in answer.text) == (422, True)
