"""Other applications: added and ended by administrators, let in by their key alone, heard once."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from lxml import etree
from sqlalchemy import select

from alerts.cases.incident import Resolution
from alerts.exchange import applications, cap_in
from alerts.http.policy import Policy, policies
from alerts.notifiers.exchange import Line
from alerts.notifiers.webhook import Webhook
from alerts.store import changes, notifications
from alerts.store import mutes as mute_rows
from alerts.store.response_schema import hooks, reports
from tests.alerts.cap_messages import a_message, checked, told
from tests.alerts.centre import EDGE, URL, VILLAGE, Centre
from tests.alerts.signals import a_mute
from tests.messages import AT, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

API = "/api/v1"
ATOM_LINK = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}link"
FAR = "https://desk.example.go.id/hook"


@pytest.fixture
async def centre(centre: Centre) -> AsyncIterator[Centre]:
    """With webhooks set up."""
    async with httpx.AsyncClient() as http:
        centre.notifiers["webhook"] = Webhook(Line(http, "the receiver"), "a secret of the centre")
        yield centre


async def added(centre: Centre, area: str = "33.03", **body: Any) -> dict[str, Any]:
    """A new application, with its key."""
    async with centre.client("admin", area) as client:
        answer = await client.post(f"{API}/hooks", json={"name": "BPBD", "direction": "in", **body})
    assert answer.status_code == 200, answer.text
    hook: dict[str, Any] = answer.json()["hook"]
    return hook


@asynccontextmanager
async def application(centre: Centre, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Another application that calls with this key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(centre.app), base_url=URL, headers=headers) as client:
        yield client


def an_alarm(**changes: Any) -> dict[str, Any]:
    return {"id": "alarm-1", "kind": "fire", "severity": 1, "text": "Asap di pasar", "area": VILLAGE, **changes}


# --- who is told, and who may report


async def test_a_key_is_shown_once_and_stored_as_its_hash(centre: Centre) -> None:
    hook = await added(centre)
    async with centre.database.read() as connection:
        (secret,) = (await connection.execute(select(hooks.c.secret))).scalars()
    assert secret == hashlib.sha256(hook["key"].encode()).hexdigest()
    assert len(hook["key"]) > 40
    async with centre.client("admin") as client:
        text = (await client.get(f"{API}/hooks")).text
    assert hook["id"] in text
    assert hook["key"] not in text
    assert secret not in text


async def test_who_is_told_gets_the_key_that_verifies_what_it_is_told(centre: Centre) -> None:
    hook = await added(centre, direction="out", url=FAR, kinds=["presence", "fire"], severities=[2, 1, 1])
    webhook = centre.notifiers["webhook"]
    assert isinstance(webhook, Webhook)
    assert (hook["url"], hook["key"], hook["severities"]) == (FAR, webhook.key(FAR), [1, 2])


async def test_who_is_told_hears_of_what_it_wants_and_where(centre: Centre) -> None:
    for name, body in (("all", {}), ("fire", {"kinds": ["fire"]}), ("far", {"area": "33.03.06"})):
        await added(centre, direction="out", url=FAR, name=name, **body)
    ended = await added(centre, direction="out", url=FAR, name="ended")
    async with centre.client("admin") as client:
        assert (await client.delete(f"{API}/hooks/{ended['id']}")).status_code == 204
    await centre.put(an_event())
    (incident,) = await centre.incidents()
    async with centre.database.read() as connection:
        queued = await notifications.of_incident(connection, incident["id"])
    assert [(row["user"], row["action"]) for row in queued if row["channel"] == "webhook"] == [("all", "trigger")]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"direction": "out", "url": "http://desk.example.go.id"}, "https://"),
        ({"direction": "out"}, "https://"),
        ({"direction": "both"}, "direction"),
        ({"kinds": ["fires"]}, "did you mean 'fire'"),
        ({"severities": [4]}, "severities"),
        ({"name": ""}, "name"),
        ({"area": "33.02"}, "33.02 lies outside 33.03"),
        ({"area": "Bancar"}, "no code"),
    ],
)
async def test_an_application_that_cannot_be_is_refused(centre: Centre, body: dict[str, Any], says: str) -> None:
    async with centre.client("admin") as client:
        answer = await client.post(f"{API}/hooks", json={"name": "BPBD", "direction": "in", **body})
        assert (await client.get(f"{API}/hooks")).json() == {"hooks": []}
    assert answer.status_code == 422
    assert says in answer.json()["error"]["message"].replace("is not a code", "no code")


async def test_without_webhooks_a_receiver_is_refused_with_the_remedy(centre: Centre) -> None:
    centre.notifiers.clear()
    async with centre.client("admin") as client:
        answer = await client.post(f"{API}/hooks", json={"name": "x", "direction": "out", "url": FAR})
    assert "notify.webhook" in answer.json()["error"]["message"]


async def test_a_foreign_application_is_not_there_and_an_ended_one_opens_nothing(centre: Centre) -> None:
    hook = await added(centre)
    async with centre.client("admin", "33.03.06") as client:
        assert (await client.get(f"{API}/hooks")).json() == {"hooks": []}
        assert (await client.delete(f"{API}/hooks/{hook['id']}")).status_code == 404
    async with application(centre, hook["key"]) as caller:
        assert (await caller.post(f"{API}/inbound/event", json=an_alarm())).status_code == 200
        async with centre.client("admin") as client:
            assert (await client.delete(f"{API}/hooks/{hook['id']}")).status_code == 204
            assert (await client.delete(f"{API}/hooks/{hook['id']}")).status_code == 404
        assert (await caller.post(f"{API}/inbound/event", json=an_alarm(id="2"))).status_code == 401
    async with centre.database.read() as connection:
        log = [row for row in await changes.listed(connection, "33.03") if row["what"] == "hook"]
    assert [(row["before"] is None, row["after"] is None) for row in log] == [(False, True), (True, False)]
    assert "secret" not in str(log)
    assert hook["key"] not in str(log)


# --- by its key alone


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5", "Bearer " + "x" * 5000])
async def test_nobody_comes_in_without_a_good_key(centre: Centre, value: str) -> None:
    await added(centre)
    await added(centre, direction="out", url=FAR)
    async with centre.client("admin") as client:  # who is signed in, too
        for path, content in (("event", b"{}"), ("cap", a_message())):
            answer = await client.post(f"{API}/inbound/{path}", content=content, headers={"Authorization": value})
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no_key")
    assert await centre.incidents() == []


async def test_a_key_opens_nothing_but_the_doors_of_applications(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        for path in ("incidents", "hooks", "map", "cap/feed", "areas"):
            assert (await caller.get(f"{API}/{path}")).status_code == 401
    doors = {path for (_, path), policy in policies(centre.app).items() if policy is Policy.APPLICATION}
    assert doors == {f"{API}/inbound/event", f"{API}/inbound/cap"}


# --- what they report


async def test_an_event_opens_an_incident_like_any_other(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        answer = await caller.post(f"{API}/inbound/event", json=an_alarm(latitude=-7.39, longitude=109.36))
    (incident,) = await centre.incidents()
    assert answer.json() == {
        "outcome": "taken",
        "why": "",
        "incident": {"id": incident["id"], "number": incident["number"], "state": "new"},
    }
    assert (incident["kind"], incident["severity"], incident["source"]) == ("fire", 1, "agency")
    assert (incident["camera"]["area"], incident["summary"], incident["level"]) == (VILLAGE, "Asap di pasar", 1)
    async with centre.client("operator") as client:
        shown = (await client.get(f"{API}/incidents/{incident['id']}")).json()
        content = (await client.get(f"{API}/incidents/{incident['id']}/cap")).content
    assert shown["ladder"]
    (line,) = [line for line in shown["log"] if line["action"] == "reported"]
    assert (line["who"], line["note"]) == ("BPBD", "event: Asap di pasar")
    assert told(checked(content), "info/area/circle")[0].startswith("-7.390000,109.360000 ")


async def test_the_same_event_again_changes_nothing_and_tells_how_it_stands(centre: Centre) -> None:
    hook, other = await added(centre), await added(centre, name="Damkar")
    async with application(centre, hook["key"]) as caller:
        await caller.post(f"{API}/inbound/event", json=an_alarm())
        (incident,) = await centre.incidents()
        operator = await centre.user()
        await centre.casework.acknowledge(operator, incident["id"])
        await centre.casework.close(operator, incident["id"], Resolution.FALSE, "")
        centre.clock.advance(7200)
        again = (await caller.post(f"{API}/inbound/event", json=an_alarm(text="lagi"))).json()
    assert (again["outcome"], again["incident"]["state"]) == ("repeated", "closed")
    assert [each["event_count"] for each in await centre.incidents()] == [1]
    async with application(centre, other["key"]) as caller:  # an id is its sender's own
        fresh = (await caller.post(f"{API}/inbound/event", json=an_alarm())).json()
    assert (fresh["outcome"], fresh["incident"]["number"]) == ("taken", 2)


async def test_an_event_folds_with_what_a_camera_saw(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=VILLAGE)), AT)
    await centre.put(an_event(at=centre.clock.now()))
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        await caller.post(f"{API}/inbound/event", json=an_alarm(kind="intrusion", severity=2))
    (incident,) = await centre.incidents()
    assert incident["event_count"] == 2


async def test_an_application_reports_only_what_and_where_it_may(centre: Centre) -> None:
    hook = await added(centre, area="33.03.05", kinds=["fire", "flood"], severities=[2, 3])
    async with application(centre, hook["key"]) as caller:
        kind = await caller.post(f"{API}/inbound/event", json=an_alarm(kind="thief"))
        area = await caller.post(f"{API}/inbound/event", json=an_alarm(area="33.03.06"))
        wide = await caller.post(f"{API}/inbound/event", json=an_alarm(area="33.03"))
    assert (kind.status_code, area.status_code, wide.status_code) == (422, 422, 200)
    assert "may report fire, flood only" in kind.json()["error"]["message"]
    (incident,) = await centre.incidents()
    assert (incident["camera"]["area"], incident["severity"]) == ("33.03.05", 2)  # never wider, never graver


async def test_too_light_for_an_application_is_refused(centre: Centre) -> None:
    hook = await added(centre, severities=[1])
    async with application(centre, hook["key"]) as caller:
        answer = await caller.post(f"{API}/inbound/event", json=an_alarm(severity=3))
    assert (answer.status_code, await centre.incidents()) == (422, [])


async def test_an_application_gone_wild_is_held_back(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applications, "MOST_AN_HOUR", 3)
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        codes = [(await caller.post(f"{API}/inbound/event", json=an_alarm(id=str(n)))).status_code for n in range(4)]
        centre.clock.advance(3601)
        codes.append((await caller.post(f"{API}/inbound/event", json=an_alarm(id="5"))).status_code)
    assert codes == [200, 200, 200, 429, 200]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "edge_silent"},
        {"severity": 0},
        {"id": ""},
        {"id": "a\x00"},
        {"text": "x" * 1001},
        {"area": "\x00"},
        {"area": "Bancar"},
        {"at": "2026-01-01T00:00:00"},
        {"latitude": "NaN"},
        {"latitude": 91},
    ],
)
async def test_an_event_that_cannot_be_is_refused(centre: Centre, body: dict[str, Any]) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        assert (await caller.post(f"{API}/inbound/event", json=an_alarm(**body))).status_code == 422
    assert await centre.incidents() == []


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2031-01-01T00:00:00+14:00"])
async def test_a_time_at_the_calendars_edge_or_to_come_is_now(centre: Centre, at: str) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        assert (await caller.post(f"{API}/inbound/event", json=an_alarm(at=at))).status_code == 200
    assert (await centre.incidents())[0]["opened_at"] == "2026-01-01T12:00:00.000Z"


# --- CAP


async def sent(caller: httpx.AsyncClient, **changes: str) -> dict[str, Any]:
    answer = await caller.post(f"{API}/inbound/cap", content=a_message(**changes))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def following(identifier: str) -> str:
    return f"cap@bmkg.example.go.id,{identifier},2026-01-01T18:59:00+07:00"


async def test_a_cap_message_opens_one_incident_however_often_it_comes(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        first = await sent(caller)
        centre.clock.advance(7200)
        again = await sent(caller)
        assert (first["outcome"], again["outcome"]) == ("taken", "repeated")
        assert first["incident"]["id"] == again["incident"]["id"]
    (incident,) = await centre.incidents()
    assert (incident["kind"], incident["severity"], incident["event_count"]) == ("flood", 1, 1)
    assert incident["camera"]["area"] == VILLAGE


async def test_an_update_goes_to_the_incident_that_it_updates_and_may_raise_it(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        first = await sent(caller, identifier="a", severity="Moderate")
        centre.clock.advance(7200)
        update = await sent(caller, identifier="b", msgType="Update", references=following("a"), severity="Severe")
        cancel = await sent(caller, identifier="c", msgType="Cancel", references=following("b"))
    assert first["incident"]["id"] == update["incident"]["id"] == cancel["incident"]["id"]
    (incident,) = await centre.incidents()
    assert (incident["severity"], incident["event_count"], incident["state"]) == (1, 2, "new")  # people close it
    async with centre.client("operator") as client:
        log = (await client.get(f"{API}/incidents/{incident['id']}")).json()["log"]
    notes = [line["note"].split(":")[0] for line in log if line["action"] == "reported"]
    assert notes == [f"CAP {word} cap@bmkg.example.go.id" for word in ("Alert", "Update", "Cancel")]


async def test_an_update_of_a_closed_incident_is_news(centre: Centre) -> None:
    hook, operator = await added(centre), await centre.user()
    async with application(centre, hook["key"]) as caller:
        first = await sent(caller, identifier="a")
        await centre.casework.close(operator, first["incident"]["id"], Resolution.TEST, "")
        centre.clock.advance(7200)
        late = "2026-01-01T20:59:00+07:00"
        update = await sent(caller, identifier="b", msgType="Update", references=following("a"), sent=late)
    assert update["incident"]["number"] == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "Exercise"}, "its status is Exercise"),
        ({"status": "Test"}, "its status is Test"),
        ({"msgType": "Ack"}, "it is an Ack"),
        ({"expires": "2026-01-01T18:59:59+07:00"}, "it has expired"),
        ({"msgType": "Cancel", "references": following("never heard")}, "what it cancels is not known here"),
    ],
)
async def test_what_calls_nobody_opens_nothing(centre: Centre, changes: dict[str, str], why: str) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        assert await sent(caller, **changes) == {"outcome": "ignored", "why": why, "incident": None}
    assert await centre.incidents() == []
    async with centre.database.read() as connection:
        assert (await connection.execute(select(reports))).all() == []


async def test_hostile_cap_is_refused_and_nothing_is_written(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        for content in (b"", b"<a/>", b"\xff", b"x" * cap_in.MAX_BYTES):
            answer = await caller.post(f"{API}/inbound/cap", content=content)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "refused")
        large = await caller.post(f"{API}/inbound/cap", content=b"x" * (cap_in.MAX_BYTES + 1))
        foreign = await caller.post(f"{API}/inbound/cap", content=a_message(geocode="33.02"))
    assert (foreign.status_code, large.status_code) == (422, 413)
    assert await centre.incidents() == []


async def test_another_centre_reads_what_this_one_writes(centre: Centre) -> None:
    hook = await added(centre)
    await centre.put(an_event())
    (incident,) = await centre.incidents()
    async with centre.client("operator") as client:
        content = (await client.get(f"{API}/incidents/{incident['id']}/cap")).content
    async with application(centre, hook["key"]) as caller:
        answer = await caller.post(f"{API}/inbound/cap", content=content)
    assert answer.json()["outcome"] == "taken"


async def test_the_feed_links_to_messages_that_the_schema_takes(centre: Centre) -> None:
    hook = await added(centre)
    async with application(centre, hook["key"]) as caller:
        await caller.post(f"{API}/inbound/event", json=an_alarm())
        await caller.post(f"{API}/inbound/event", json=an_alarm(id="2", kind="flood", area="33.03.06.2001"))
    operator = await centre.user()
    flood = next(each for each in await centre.incidents() if each["kind"] == "flood")
    centre.clock.advance(60)
    await centre.casework.close(operator, flood["id"], Resolution.FALSE, "")
    seen = {}
    for area in ("33.03", "33.03.05"):
        async with centre.client("polsek" if area.count(".") > 1 else "operator", area) as client:
            feed = await client.get(f"{API}/cap/feed")
            links = [link.get("href") for link in etree.fromstring(feed.content).findall(ATOM_LINK)]
            messages = [checked((await client.get(link)).content) for link in links]
            seen[area] = [told(message, "msgType")[0] for message in messages]
        assert feed.headers["content-type"] == "application/atom+xml"
    assert seen == {"33.03": ["Alert", "Cancel"], "33.03.05": ["Alert"]}
    centre.clock.advance(timedelta(days=2).total_seconds())
    async with centre.client("operator") as client:
        assert (await client.get(f"{API}/cap/feed")).text.count("<entry>") == 1


async def test_what_came_during_a_silence_has_no_message_and_a_test_is_an_exercise(centre: Centre) -> None:
    hook = await added(centre)
    for purpose, kind in (("silence", "flood"), ("test", "fire")):
        async with centre.database.write() as connection:
            await mute_rows.add(connection, a_mute(purpose=purpose, kind=kind))
        async with application(centre, hook["key"]) as caller:
            taken = (await caller.post(f"{API}/inbound/event", json=an_alarm(id=kind, kind=kind))).json()
        async with centre.client("operator") as client:
            answer = await client.get(f"{API}/incidents/{taken['incident']['id']}/cap")
        if purpose == "silence":
            assert answer.status_code == 404
        else:
            assert told(checked(answer.content), "status") == ["Exercise"]
