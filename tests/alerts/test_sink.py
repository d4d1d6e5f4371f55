"""What edges write, on both engines: each event once, folded into the open incident that it belongs to."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from alerts.cases.correlation import JUDGED
from alerts.cases.incident import Resolution
from alerts.sink import Sink
from alerts.store import cases, feed, fleet, incidents
from alerts.store.database import Database
from alerts.store.schema import events, incident_log, metadata
from core.events import Event, Media, OutboxStatus, Status
from ingest.sinks import Heartbeat, Received
from tests.alerts.centre import EDGE, VILLAGE, Centre, statements
from tests.alerts.telling import ladder
from tests.messages import AT, JPEG, a_camera, a_status, an_event

PICTURE = Media.of(JPEG)


async def stored(centre: Centre) -> list[dict[str, Any]]:
    async with centre.database.read() as connection:
        return [dict(row) for row in (await connection.execute(select(events).order_by(events.c.id))).mappings()]


async def told(centre: Centre, after: int = 0, area: str = "33.03") -> list[dict[str, Any]]:
    """Payloads of the feed."""
    async with centre.database.read() as connection:
        return [payload for _, _, payload in await feed.since(connection, after, area, 1000)]


async def close(centre: Centre) -> None:
    """Close every open incident."""
    user = await centre.user()
    for incident in await centre.incidents("open"):
        await centre.casework.close(user, incident["id"], Resolution.FALSE, "")


async def test_an_event_is_stored_as_it_came(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera()), AT)
    event = an_event(track=2**53 - 1, box=(0.0, 0.25, 1.0, 1 / 3), clip_follows=True)
    centre.clock.advance(1.5)
    assert await centre.put(event) == [True]
    (row,) = await stored(centre)
    (incident,) = await centre.incidents()
    expected = {
        **{name: getattr(event, name) for name in ("id", "stream", "seq", "camera", "rule", "kind", "severity")},
        **{name: getattr(event, name) for name in ("at", "frame_at", "label", "score", "track", "zone", "model")},
        **{"edge": EDGE, "incident": incident["id"], "box": list(event.box), "clip_follows": True},
        **{"snapshot_sha256": PICTURE.sha256, "received_at": centre.clock.now(), "stored_at": centre.clock.now()},
    }
    assert row == expected


async def test_a_repeat_is_known_by_its_id(centre: Centre) -> None:
    event = an_event()
    assert await centre.put(event) == [True]
    assert await centre.put(event) == [False]
    assert await centre.put(replace(event, seq=event.seq + 1000)) == [False]
    assert [incident["event_count"] for incident in await centre.incidents()] == [1]


async def test_an_edge_that_was_set_back_loses_nothing_and_is_shown(centre: Centre) -> None:
    before, after = an_event(), an_event()
    again = replace(after, seq=before.seq)  # its disk is an older copy: it counts from there again
    assert await centre.put(before) == [True]
    assert [await centre.put(again), await centre.put(again, before)] == [[True], [False, False]]
    rows = await stored(centre)
    assert [row["id"] for row in rows] == [before.id, after.id] and len({row["stream"] for row in rows}) == 2
    await centre.beat(EDGE, a_status(stream=before.stream), AT)
    assert [edge["events_rewound"] for edge in await centre.desk.edges(await centre.user())] == [1]


async def test_what_an_edge_numbered_and_nobody_has_is_shown_as_lost(centre: Centre) -> None:
    events = [an_event(seq=seq) for seq in (1, 2, 5)]
    await centre.put(*events, events[0])
    outbox = OutboxStatus(recorded=9, events=3, events_lost=1)
    await centre.beat(EDGE, a_status(stream=events[0].stream, outbox=outbox), AT)
    user = await centre.user()
    assert [edge["events_lost"] for edge in await centre.desk.edges(user)] == [3]  # one it told, two that are nowhere
    await centre.put(an_event(seq=3), an_event(seq=4))  # late
    assert [edge["events_lost"] for edge in await centre.desk.edges(user)] == [1]


async def test_a_repeat_within_a_batch_is_stored_once(centre: Centre) -> None:
    event, other = an_event(), an_event()
    assert await centre.put(event, other, event, replace(other, seq=other.seq + 1)) == [True, True, False, False]
    assert len(await stored(centre)) == 2


async def test_the_same_number_of_another_edge_or_of_a_new_stream_is_another_event(centre: Centre) -> None:
    await centre.register("pos-2")
    event = an_event()
    assert await centre.put(event) == [True]
    assert await centre.put(replace(event, id=an_event().id), edge="pos-2") == [True]
    assert await centre.put(replace(event, id=an_event().id, stream="00000000000000bb")) == [True]


async def test_an_id_of_another_edge_blocks_nobody_else(centre: Centre) -> None:
    await centre.register("pos-2")
    event, copied, own = an_event(), an_event(), an_event()
    batch = [Received(EDGE, event, AT), Received("pos-2", replace(copied, id=event.id), AT), Received("pos-2", own, AT)]
    assert await centre.sink.put_events(batch) == [True, False, True]
    assert await centre.put(replace(copied, id=event.id), edge="pos-2") == [False]
    assert {row["edge"] for row in await stored(centre) if row["id"] == event.id} == {EDGE}


RW02, RW03 = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"


async def two_places(centre: Centre) -> None:
    """Cameras in two RW: the gate and the well in one, the post in the other."""
    cameras = [a_camera(area=RW02), a_camera(id="sumur", name="Sumur", area=RW02), a_camera(id="pos", area=RW03)]
    await centre.beat(EDGE, a_status(*cameras), AT)


async def test_events_of_one_happening_fold_into_the_open_incident(centre: Centre) -> None:
    await two_places(centre)
    await centre.put(an_event(severity=2), an_event(severity=1))
    await centre.put(an_event(severity=3), an_event(rule="jalan"), an_event(camera="sumur"))
    await centre.put(an_event(camera="pos"), an_event(kind="covered", rule="health"))
    found = {(each["camera"]["id"], each["rule"]): each for each in await centre.incidents()}
    assert {key: each["event_count"] for key, each in found.items()} == {
        ("gerbang", "halaman"): 5,
        ("pos", "halaman"): 1,
        ("gerbang", "health"): 1,
    }
    assert found["gerbang", "halaman"]["severity"] == 1


async def test_what_follows_a_closed_incident_opens_a_new_one_and_what_came_late_does_not(centre: Centre) -> None:
    await centre.put(an_event(at=AT))
    (first,) = await centre.incidents()
    centre.clock.advance(60)
    await centre.put(an_event(at=AT + timedelta(seconds=45)))
    await close(centre)
    centre.clock.advance(60)
    late, new, newer = (an_event(at=AT + timedelta(seconds=seconds)) for seconds in (30, 61, 62))
    await centre.put(late, new, newer)
    (second,) = await centre.incidents("open")
    assert (second["event_count"], second["number"]) == (2, first["number"] + 1)
    assert [each["event_count"] for each in await centre.incidents("closed")] == [3]
    assert [row["incident"] for row in await stored(centre)] == [first["id"]] * 3 + [second["id"]] * 2


async def test_the_wind_that_people_have_judged_is_counted_where_it_belongs_and_calls_nobody(centre: Centre) -> None:
    wind = {"kind": "motion", "severity": 3, "label": ""}
    await centre.put(an_event(at=AT, **wind))
    centre.clock.advance(60)
    await close(centre)
    centre.clock.advance(JUDGED.total_seconds() - 60)
    await centre.put(an_event(at=centre.clock.now(), **wind))
    (first,) = await centre.incidents()
    assert (first["event_count"], first["state"]) == (2, "closed")
    assert (await told(centre))[-1]["event_count"] == 2
    assert {state for _, state, _ in await ladder(centre, first["id"])} == {"skipped"}
    await centre.put(an_event(at=centre.clock.now()))  # somebody, clearly
    centre.clock.advance(1)
    await centre.put(an_event(at=centre.clock.now(), **wind))
    (second,) = await centre.incidents("open")
    assert second["event_count"] == 2


async def test_an_event_that_belongs_to_two_incidents_makes_one_of_them(centre: Centre) -> None:
    await two_places(centre)
    async with centre.database.write() as connection:
        await cases.set_neighbours(connection, (EDGE, "pos"), [(EDGE, "sumur")])
    centre.clock.advance(600)
    gate, post, well = (
        an_event(camera=camera, at=AT + timedelta(seconds=seconds), severity=severity)
        for camera, seconds, severity in (("gerbang", 0, 3), ("pos", 100, 2), ("sumur", 50, 3))
    )
    await centre.put(gate)
    await centre.put(post)
    first, second = sorted(await centre.incidents(), key=lambda each: each["number"])
    await centre.put(well)
    (left,) = await centre.incidents("open")
    assert (left["id"], left["event_count"], left["severity"]) == (first["id"], 3, 2)
    (gone,) = await centre.incidents("closed")
    assert (gone["id"], gone["resolution"], gone["merged_into"]) == (second["id"], "merged", first["id"])
    assert {row["incident"] for row in await stored(centre)} == {first["id"]}
    assert {state for _, state, _ in await ladder(centre, second["id"])} == {"skipped"}
    detail = await centre.desk.incident(await centre.user(), first["id"])
    assert detail and [each["id"] for each in detail["cameras"]] == ["gerbang", "sumur", "pos"]
    assert [(line["action"], line["note"]) for line in detail["log"]] == [
        ("opened", ""),
        ("absorbed", f"#{second['number']}"),
    ]


async def test_a_person_s_doing_keeps_incidents_apart_and_a_report_does_not(centre: Centre) -> None:
    await two_places(centre)
    async with centre.database.write() as connection:
        await cases.set_neighbours(connection, (EDGE, "pos"), [(EDGE, "sumur")])
    await centre.put(an_event(camera="gerbang", at=AT), an_event(camera="pos", at=AT))
    first, second = sorted((await centre.incidents()), key=lambda each: each["number"])
    await centre.casework.note(await centre.user(), second["id"], "ini lain")
    async with centre.database.write() as connection:
        await incidents.log(connection, first["id"], AT, "Warga", "reported", "", "warga")
    await centre.put(an_event(camera="sumur", at=AT))
    (left,) = await centre.incidents("open")
    assert (left["id"], left["event_count"]) == (second["id"], 3)  # what a person touched takes the other in


async def test_in_a_flood_the_newest_open_incident_of_the_village_takes_the_rest(centre: Centre) -> None:
    cameras = [a_camera(id=f"k{number}", area=f"{VILLAGE}/RW{number + 10}") for number in range(14)]
    await centre.beat(EDGE, a_status(*cameras), AT)
    await centre.put(an_event(camera="k13", kind="dark", at=AT))
    centre.clock.advance(3600)
    now = centre.clock.now()
    for number in range(9):
        await centre.put(an_event(camera=f"k{number}", at=now))
    await centre.put(*(an_event(camera=f"k{number}", at=now) for number in (9, 10, 11)))
    assert [each["event_count"] for each in await centre.incidents()].count(3) == 1
    await centre.put(an_event(camera="k12", kind="dark", at=now), an_event(camera="k12", severity=1, at=now))
    counts = sorted((each["kind"], each["severity"], each["event_count"]) for each in await centre.incidents())
    assert counts == [
        ("dark", 2, 2),  # the one from an hour ago
        ("intrusion", 1, 1),
        *[("intrusion", 2, 1)] * 9,
        ("intrusion", 2, 3),
    ]


async def test_events_out_of_order_give_the_incident_their_own_times(centre: Centre) -> None:
    late, early, middle = (an_event(at=AT + timedelta(seconds=seconds)) for seconds in (90, 0, 45))
    centre.clock.advance(3600)
    await centre.put(late)
    await centre.put(early, middle)
    (incident,) = await centre.incidents()
    assert incident["opened_at"] == "2026-01-01T12:00:00.000Z"
    assert incident["last_event"] == {"id": late.id, "at": "2026-01-01T12:01:30.000Z"}


async def test_an_incident_stands_where_its_camera_does_or_else_where_its_edge_does(centre: Centre) -> None:
    await centre.put(an_event(camera="baru", at=AT))
    await centre.beat(EDGE, a_status(a_camera(), a_camera(id="liar", area="33.03.01")), AT)
    centre.clock.advance(3600)
    await centre.put(an_event(), an_event(camera="liar", at=centre.clock.now()))
    found = {
        each["camera"]["id"]: (each["camera"]["name"], each["camera"]["area"]) for each in await centre.incidents()
    }
    assert found["baru"] == ("baru", VILLAGE)
    assert found["gerbang"] == ("Gerbang utama", f"{VILLAGE}/RW02")
    assert found["liar"][1] == VILLAGE  # an edge cannot put a camera outside its own area


async def test_consoles_are_told_of_each_incident_of_a_batch_as_it_stands_afterwards(centre: Centre) -> None:
    await two_places(centre)
    after = len(await told(centre))
    await centre.put(an_event(), an_event(camera="pos"), an_event())
    assert [(each["camera"]["id"], each["event_count"]) for each in (await told(centre))[after:]] == [
        ("gerbang", 2),
        ("pos", 1),
    ]
    by_number = sorted(await centre.incidents(), key=lambda each: each["number"])
    assert (await told(centre))[after:] == by_number
    async with centre.database.read() as connection:
        lines = (await connection.execute(select(incident_log.c.who, incident_log.c.action))).all()
    assert [tuple(line) for line in lines] == [("system", "opened")] * 2


async def test_a_batch_that_fails_leaves_nothing(centre: Centre) -> None:
    hopeless: Any = an_event(label=None)
    results = await asyncio.gather(centre.put(an_event(), hopeless), return_exceptions=True)
    assert isinstance(results[0], Exception)
    assert (await stored(centre), await centre.incidents(), await told(centre)) == ([], [], [])


async def test_several_writers_open_one_incident_between_them(
    centre: Centre, database_url: str, tmp_path: Path
) -> None:
    others = [await Database.open(database_url) for _ in range(2)]  # as other processes have them
    sinks = [centre.sink, centre.sink, *(Sink(other, centre.bell, centre.clock) for other in others)]
    everything = [an_event() for _ in range(40)]

    async def work(sink: Sink, chosen: list[Event]) -> list[bool]:
        stored = []
        for start in range(0, len(chosen), 7):
            stored += await sink.put_events([Received(EDGE, event, AT) for event in chosen[start : start + 7]])
        return stored

    answers = await asyncio.gather(*(work(sink, random.sample(everything, 40)) for sink in sinks))
    assert sum(answer.count(True) for answer in answers) == 40
    assert [incident["event_count"] for incident in await centre.incidents()] == [40]
    for other in others:
        await other.close()


async def test_the_statements_of_a_batch_do_not_grow_with_its_events_or_cameras(centre: Centre) -> None:
    cameras = [f"kamera-{number}" for number in range(20)]
    await centre.beat(EDGE, a_status(*(a_camera(id=camera, area=RW02) for camera in cameras)), AT)
    with statements(centre.database) as few:
        await centre.put(an_event(camera=cameras[0]))
    with statements(centre.database) as many:
        await centre.put(*(an_event(camera=camera) for camera in cameras * 10))
    assert [each["event_count"] for each in await centre.incidents()] == [201]
    assert len(many) <= len(few) <= 25


async def test_the_statements_of_a_batch_do_not_grow_with_its_edges_or_incidents(centre: Centre) -> None:
    places = {f"pos-{number}": f"33.03.07.{2000 + number}" for number in range(40)}
    async with centre.database.write() as connection:
        await fleet.register(connection, [(edge, edge, area) for edge, area in places.items()])

    async def happen() -> list[str]:
        batch = [Received(edge, an_event(stream=f"{number:016}"), AT) for number, edge in enumerate(places)]
        with statements(centre.database) as made:
            await centre.sink.put_events(batch)
        return made

    await happen()
    assert len(await centre.incidents()) == 40
    assert len(await happen()) <= 25


async def test_the_statements_of_heartbeats_do_not_grow_with_their_edges(centre: Centre) -> None:
    edges = [f"pos-{number}" for number in range(100, 200)]
    async with centre.database.write() as connection:
        await fleet.register(connection, [(edge, edge, VILLAGE) for edge in edges])
    status = a_status(a_camera(), a_camera(id="pos"))
    with statements(centre.database) as few:
        await centre.beat(EDGE, status, AT)
    for again in (status, a_status(a_camera(state="failed"))):
        with statements(centre.database) as many:
            await centre.sink.put_statuses([Heartbeat(edge, again, AT) for edge in edges])
        assert len(many) <= len(few) <= 25


async def test_heartbeats_of_one_edge_in_one_batch_are_taken_in_one_after_another(centre: Centre) -> None:
    lives = [Status(online=False), a_status(a_camera(state="failed"), at=AT), Status(online=False)]
    await centre.sink.put_statuses([Heartbeat(EDGE, each, AT) for each in lives])
    async with centre.database.read() as connection:
        (row,) = await fleet.listed(connection, VILLAGE, [EDGE])
    assert (row["online"], row["seen_at"], row["cameras"][0]["state"]) == (False, AT, "failed")


async def test_latencies_are_those_of_new_events(centre: Centre) -> None:
    event = an_event(at=AT, frame_at=AT - timedelta(milliseconds=40))
    centre.clock.advance(0.25)
    await centre.put(event, event)
    assert centre.sink.frame_to_event.percentiles().p99 == 40
    assert centre.sink.event_to_stored.percentiles().p99 == 250


async def test_a_picture_is_noted_once_and_shown_with_the_incident(centre: Centre) -> None:
    event = an_event()
    await centre.put(event)
    assert await centre.sink.put_media("snapshot", EDGE, event.id, PICTURE) == "stored"
    assert await centre.sink.put_media("snapshot", EDGE, event.id, PICTURE) == "duplicate"
    assert await centre.sink.media_fate("snapshot", EDGE, event.id, PICTURE) == "duplicate"
    (incident,) = await centre.incidents()
    assert (incident["snapshot_event"], incident["clip_event"]) == (event.id, None)
    assert (await told(centre))[-1] == incident


async def test_a_picture_must_be_the_one_that_its_event_named(centre: Centre) -> None:
    event, without = an_event(), an_event(snapshot=None)
    await centre.put(event, without)
    for named, picture in ((event, Media.of(b"another")), (without, PICTURE)):
        assert await centre.sink.media_fate("snapshot", EDGE, named.id, picture) == "mismatch"
        assert await centre.sink.put_media("snapshot", EDGE, named.id, picture) == "mismatch"


async def test_media_of_an_event_of_another_edge_or_of_none_are_unknown(centre: Centre) -> None:
    await centre.register("pos-2")
    event = an_event()
    await centre.put(event)
    for edge, named in (("pos-2", event.id), (EDGE, an_event().id)):
        assert await centre.sink.media_fate("clip", edge, named, None) == "unknown event"
        assert await centre.sink.put_media("clip", edge, named, PICTURE) == "unknown event"


async def test_the_newest_picture_and_clip_are_shown_whatever_comes_last(centre: Centre) -> None:
    older, newer = an_event(), an_event()
    await centre.put(older, newer)
    for event in (newer, older):
        await centre.sink.put_media("snapshot", EDGE, event.id, PICTURE)
        await centre.sink.put_media("clip", EDGE, event.id, Media.of(b"a clip"))
    (incident,) = await centre.incidents()
    assert (incident["snapshot_event"], incident["clip_event"]) == (newer.id, newer.id)


batches = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=6), min_size=1, max_size=8)
PLACES = [(camera, kind) for camera in ("gerbang", "pos") for kind in ("intrusion", "dark")]
SAMPLES = [an_event(camera=PLACES[index % 4][0], kind=PLACES[index % 4][1], score=index / 12) for index in range(12)]


async def forget(centre: Centre) -> None:
    """Empty what an earlier example has written, but for the edge and its cameras."""
    async with centre.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("edges", "cameras", "routings"):
                await connection.execute(table.delete())


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
async def test_any_order_repetition_and_batching_stores_the_same(centre: Centre, parts: list[list[int]]) -> None:
    await forget(centre)
    await two_places(centre)
    centre.clock.advance(600)
    chosen = {index for part in parts for index in part}
    answers = [await centre.put(*(SAMPLES[index] for index in part)) for part in parts]
    assert sum(answer.count(True) for answer in answers) == len(chosen)
    assert {row["id"] for row in await stored(centre)} == {SAMPLES[index].id for index in chosen}
    expected = {
        place: sorted(index for index in chosen if (SAMPLES[index].camera, SAMPLES[index].kind) == place)
        for place in PLACES
    }
    found = {(each["camera"]["id"], each["kind"]): each for each in await centre.incidents()}
    assert {place: each["event_count"] for place, each in found.items()} == {
        place: len(indices) for place, indices in expected.items() if indices
    }
    for place, incident in found.items():
        assert incident["last_event"]["id"] == SAMPLES[expected[place][-1]].id
        assert incident["score"] == SAMPLES[expected[place][-1]].score
