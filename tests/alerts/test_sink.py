"""What edges write, on both engines: each event once, folded into one open incident of its camera and rule."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from alerts.incident import Resolution, closed, opened
from alerts.sink import Sink
from alerts.store import feed
from alerts.store import incidents as store
from alerts.store.database import Database
from alerts.store.schema import events, incident_log, incidents
from core.errors import StorageError
from core.events import Event, Media
from ingest.sinks import Received
from tests.alerts.centre import EDGE, VILLAGE, Centre, statements
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
        await centre.desk.close(user, incident["id"], Resolution.RESOLVED, "")


async def test_an_event_is_stored_as_it_came(centre: Centre) -> None:
    await centre.sink.put_status(EDGE, a_status(a_camera()), AT)
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


async def test_a_repeat_is_known_by_its_number_and_by_its_id(centre: Centre) -> None:
    event = an_event()
    assert await centre.put(event) == [True]
    assert await centre.put(event) == [False]
    assert await centre.put(replace(event, id=an_event().id)) == [False]
    assert await centre.put(replace(event, seq=event.seq + 1000)) == [False]
    assert [incident["event_count"] for incident in await centre.incidents()] == [1]


async def test_a_repeat_within_a_batch_is_stored_once(centre: Centre) -> None:
    event, other = an_event(), an_event()
    assert await centre.put(event, other, event, replace(other, id=an_event().id)) == [True, True, False, False]
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


async def test_events_of_one_camera_and_rule_fold_into_the_open_incident(centre: Centre) -> None:
    await centre.put(an_event(severity=2), an_event(severity=1))
    await centre.put(an_event(severity=3), an_event(camera="pos"), an_event(rule="jalan"))
    found = {(each["camera"]["id"], each["rule"]): each for each in await centre.incidents()}
    assert {key: each["event_count"] for key, each in found.items()} == {
        ("gerbang", "halaman"): 3,
        ("pos", "halaman"): 1,
        ("gerbang", "jalan"): 1,
    }
    assert found["gerbang", "halaman"]["severity"] == 1


async def test_after_a_closed_incident_comes_a_new_one(centre: Centre) -> None:
    await centre.put(an_event())
    (first,) = await centre.incidents()
    await close(centre)
    await centre.put(an_event(), an_event())
    (second,) = await centre.incidents("open")
    assert (second["event_count"], second["number"]) == (2, first["number"] + 1)
    assert [each["event_count"] for each in await centre.incidents("closed")] == [1]


async def test_events_out_of_order_give_the_incident_their_own_times(centre: Centre) -> None:
    late, early, middle = (an_event(at=AT + timedelta(seconds=seconds)) for seconds in (90, 0, 45))
    await centre.put(late)
    await centre.put(early, middle)
    (incident,) = await centre.incidents()
    assert incident["opened_at"] == "2026-01-01T12:00:00.000Z"
    assert incident["last_event"] == {"id": late.id, "at": "2026-01-01T12:01:30.000Z"}


async def test_an_incident_stands_where_its_camera_does_or_else_where_its_edge_does(centre: Centre) -> None:
    await centre.put(an_event(camera="baru"))
    await centre.sink.put_status(EDGE, a_status(a_camera(), a_camera(id="liar", area="33.03.01")), AT)
    await centre.put(an_event(), an_event(camera="liar"))
    found = {
        each["camera"]["id"]: (each["camera"]["name"], each["camera"]["area"]) for each in await centre.incidents()
    }
    assert found["baru"] == ("baru", VILLAGE)
    assert found["gerbang"] == ("Gerbang utama", f"{VILLAGE}/RW02")
    assert found["liar"][1] == VILLAGE  # an edge cannot put a camera outside its own area


async def test_consoles_are_told_of_each_incident_of_a_batch_as_it_stands_afterwards(centre: Centre) -> None:
    await centre.put(an_event(), an_event(camera="pos"), an_event())
    assert [(each["camera"]["id"], each["event_count"]) for each in await told(centre)] == [("gerbang", 2), ("pos", 1)]
    assert await told(centre) == await centre.incidents() or await told(centre) == (await centre.incidents())[::-1]
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


async def test_the_database_itself_allows_one_open_incident_of_a_camera_and_rule(centre: Centre) -> None:
    done, first, second = (opened(an_event().id, EDGE, VILLAGE, an_event(), AT) for _ in range(3))
    with pytest.raises(StorageError, match=r"one_open_incident|edge, incidents\.camera, incidents\.rule"):
        async with centre.database.write() as connection:
            for incident in (closed(done, Resolution.TEST, AT), first, second):
                await store.save(connection, incident)
    assert await centre.incidents() == []


async def test_the_statements_of_a_batch_do_not_grow_with_its_events(centre: Centre) -> None:
    await centre.sink.put_status(EDGE, a_status(a_camera()), AT)
    with statements(centre.database) as few:
        await centre.put(an_event())
    with statements(centre.database) as many:
        await centre.put(*(an_event() for _ in range(50)))
    assert len(many) <= len(few) <= 10


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
PLACES = [(camera, rule) for camera in ("gerbang", "pos") for rule in ("halaman", "jalan")]
SAMPLES = [an_event(camera=PLACES[index % 4][0], rule=PLACES[index % 4][1], score=index / 12) for index in range(12)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
async def test_any_order_repetition_and_batching_stores_the_same(centre: Centre, parts: list[list[int]]) -> None:
    async with centre.database.write() as connection:
        for table in (incident_log, events, incidents):
            await connection.execute(table.delete())
    chosen = {index for part in parts for index in part}
    answers = [await centre.put(*(SAMPLES[index] for index in part)) for part in parts]
    assert sum(answer.count(True) for answer in answers) == len(chosen)
    assert {row["id"] for row in await stored(centre)} == {SAMPLES[index].id for index in chosen}
    expected = {
        place: sorted(index for index in chosen if (SAMPLES[index].camera, SAMPLES[index].rule) == place)
        for place in PLACES
    }
    found = {(each["camera"]["id"], each["rule"]): each for each in await centre.incidents()}
    assert {place: each["event_count"] for place, each in found.items()} == {
        place: len(indices) for place, indices in expected.items() if indices
    }
    for place, incident in found.items():
        assert incident["last_event"]["id"] == SAMPLES[expected[place][-1]].id
        assert incident["score"] == SAMPLES[expected[place][-1]].score
