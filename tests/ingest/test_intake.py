"""What a batch of messages becomes: stored, then acknowledged, and nothing else stops for what is wrong."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from core.events import Ack, Event, Media, Reply, Snapshot, Status, encode
from core.topics import UP, subject
from ingest.intake import Intake, Message, Sinks, Verdict
from ingest.media import MediaFolder
from tests.ingest.fakes import MemoryStore
from tests.messages import AT, JPEG, STREAM, a_camera, a_status, an_event

DONE, RETRY, EARLY, REFUSED = Verdict.DONE, Verdict.RETRY, Verdict.EARLY, Verdict.REFUSED
EDGE = "pos-1"


class Bench:
    """An intake over a store in memory."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        self.folder = folder / "media"
        self.media = MediaFolder(self.folder)
        self.clock = ManualClock(AT)
        sinks = Sinks(events=self.store, media=self.store, fleet=self.store, tally=self.store)
        self.intake = Intake(sinks, self.media, self.clock)

    async def handle(self, *batch: Message) -> tuple[list[Verdict], list[tuple[str, Ack]]]:
        outcome = await self.intake.handle(batch)
        return outcome.verdicts, outcome.acks

    def files(self) -> list[Path]:
        """Everything on the disk."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def message(item: Event | Snapshot | Status | Reply, edge: str = EDGE) -> Message:
    return Message(subject(edge, type(item).__name__.lower()), encode(item))


def changed(event: Event, **fields: Any) -> Message:
    """An event with fields that its type would not allow."""
    return Message(subject(EDGE, "event"), json.dumps({**json.loads(encode(event)), **fields}).encode())


def snapshot(event: Event, jpeg: bytes = JPEG) -> Snapshot:
    return Snapshot(event=event.id, stream=STREAM, jpeg=jpeg)


async def test_events_are_stored_with_sender_and_time_and_acknowledged(bench: Bench) -> None:
    first, second = an_event(), an_event()
    bench.clock.advance(3)
    verdicts, acks = await bench.handle(message(first), message(second))
    assert verdicts == [DONE, DONE]
    assert acks == [(EDGE, Ack(stream=STREAM, seqs=[first.seq, second.seq], events=[first.id, second.id]))]
    assert [(each.edge, each.event, each.at) for each in bench.store.events.values()] == [
        (EDGE, first, AT + timedelta(seconds=3)),
        (EDGE, second, AT + timedelta(seconds=3)),
    ]


async def test_each_edge_and_stream_has_an_ack_of_its_own(bench: Bench) -> None:
    first, second, third = an_event(), an_event(), an_event(stream="00000000000000bb")
    _, acks = await bench.handle(message(first), message(second, "pos-2"), message(third))
    assert acks == [
        (EDGE, Ack(stream=STREAM, seqs=[first.seq], events=[first.id])),
        ("pos-2", Ack(stream=STREAM, seqs=[second.seq], events=[second.id])),
        (EDGE, Ack(stream=third.stream, seqs=[third.seq], events=[third.id])),
    ]


async def test_a_repeat_is_acknowledged_again_and_counted(bench: Bench) -> None:
    event = an_event()
    await bench.handle(message(event))
    verdicts, acks = await bench.handle(message(event), message(event))
    assert (verdicts, acks) == ([DONE, DONE], [(EDGE, Ack(stream=STREAM, seqs=[event.seq] * 2, events=[event.id] * 2))])
    assert (len(bench.store.events), bench.store.counts) == (1, {"duplicates": 2})


async def test_the_sender_is_who_the_broker_let_in_whatever_the_payload_claims(bench: Bench) -> None:
    event = an_event()
    await bench.handle(changed(event, edge="pos-2", id=event.id))
    assert [received.edge for received in bench.store.events.values()] == [EDGE]


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "not an id"},
        {"seq": 0},
        {"seq": 2**53},
        {"severity": 4},
        {"score": 1.5},
        {"box": [0, 0, 1]},
        {"camera": "../../etc"},
        {"camera": "gerbang\n"},
        {"at": "2026-01-01T12:00:00"},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"frame_at": "9999-12-31T23:59:59-23:59"},
        {"label": "x" * 201},
        {"label": "a\0b"},
        {"zone": "\0"},
        {"v": 2},
        {"padding": "x" * 17_000},
    ],
)
async def test_an_event_that_is_not_of_the_contract_is_refused_alone(bench: Bench, fields: dict[str, Any]) -> None:
    good = an_event()
    verdicts, acks = await bench.handle(changed(an_event(), **fields), message(good))
    assert (verdicts, acks) == ([REFUSED, DONE], [(EDGE, Ack(stream=STREAM, seqs=[good.seq], events=[good.id]))])
    assert bench.store.counts == {"refused": 1}


@pytest.mark.parametrize(
    "name", ["ek.v1.pos-1.ack", "ek.v1..event", "ek.v1.POS.event", "ek.v2.pos-1.event", "event", ""]
)
async def test_a_message_on_a_subject_that_is_none_is_refused(bench: Bench, name: str) -> None:
    verdicts, acks = await bench.handle(Message(name, encode(an_event())))
    assert (verdicts, acks, bench.store.counts) == ([REFUSED], [], {"refused": 1})


async def test_a_kind_on_the_channel_of_another_is_refused(bench: Bench) -> None:
    event = an_event()
    batch = [Message(subject(EDGE, channel), encode(event)) for channel in UP if channel != "event"]
    verdicts, acks = await bench.handle(*batch)
    assert (verdicts, acks) == ([REFUSED] * 3, [])
    assert not bench.store.events and not bench.store.statuses


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([*UP, "ack", "x y"]), st.binary(max_size=60)), max_size=5))
async def test_rubbish_is_refused_and_stops_nothing(bench: Bench, batch: list[tuple[str, bytes]]) -> None:
    event = an_event()
    rubbish = [Message(f"ek.v1.{EDGE}.{channel}", payload) for channel, payload in batch]
    verdicts, acks = await bench.handle(*rubbish, message(event))
    assert verdicts == [REFUSED] * len(batch) + [DONE]
    assert acks == [(EDGE, Ack(stream=STREAM, seqs=[event.seq], events=[event.id]))]


async def test_while_events_cannot_be_stored_nothing_is_acknowledged_and_all_comes_again(bench: Bench) -> None:
    bench.store.broken = {"events", "media", "fleet", "counts"}
    event = an_event()
    batch = [message(a_status(a_camera())), message(event), message(snapshot(event))]
    assert await bench.handle(*batch) == ([RETRY] * 3, [])
    bench.store.broken = set()
    verdicts, acks = await bench.handle(*batch)
    assert verdicts == [DONE] * 3
    assert acks == [
        (EDGE, Ack(stream=STREAM, seqs=[event.seq], events=[event.id])),
        (EDGE, Ack(stream=STREAM, snapshots=[event.id])),
    ]
    assert bench.store.counts == {}


async def test_what_was_committed_before_a_failure_stays_acknowledged(bench: Bench) -> None:
    event = an_event()
    bench.store.broken = {"media"}
    verdicts, acks = await bench.handle(message(snapshot(event)), message(event), message(a_status()))
    assert (verdicts, acks) == ([RETRY, DONE, DONE], [(EDGE, Ack(stream=STREAM, seqs=[event.seq], events=[event.id]))])


async def test_a_full_disk_holds_back_pictures_and_not_events(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    event = an_event()
    monkeypatch.setattr(os, "fsync", full)
    verdicts, acks = await bench.handle(message(event), message(snapshot(event)))
    assert (verdicts, acks) == ([DONE, RETRY], [(EDGE, Ack(stream=STREAM, seqs=[event.seq], events=[event.id]))])
    monkeypatch.undo()
    verdicts, _ = await bench.handle(message(snapshot(event)))
    assert verdicts == [DONE]
    assert len(bench.files()) == 1


async def test_rubbish_is_refused_even_while_its_count_cannot_be_kept(bench: Bench) -> None:
    bench.store.broken = {"counts"}
    event = an_event()
    verdicts, acks = await bench.handle(Message("rubbish", b""), message(event))
    assert (verdicts, len(acks)) == ([REFUSED, DONE], 1)


async def test_a_picture_is_stored_and_acknowledged_also_when_it_comes_before_its_event_in_a_batch(
    bench: Bench,
) -> None:
    event = an_event()
    verdicts, acks = await bench.handle(message(snapshot(event)), message(event))
    assert verdicts == [DONE, DONE]
    assert (EDGE, Ack(stream=STREAM, snapshots=[event.id])) in acks
    assert [path.read_bytes() for path in bench.files()] == [JPEG]
    assert bench.store.media == {("snapshot", event.id): Media.of(JPEG)}


async def test_a_picture_whose_event_has_not_come_is_not_acknowledged(bench: Bench) -> None:
    event = an_event()
    assert await bench.handle(message(snapshot(event))) == ([EARLY], [])
    assert (bench.files(), bench.store.counts) == ([], {})  # nothing is wrong: the edge will send it again
    await bench.handle(message(event))
    verdicts, _ = await bench.handle(message(snapshot(event)))
    assert verdicts == [DONE]


async def test_a_picture_that_comes_again_is_acknowledged_again(bench: Bench) -> None:
    event = an_event()
    await bench.handle(message(event), message(snapshot(event)))
    verdicts, acks = await bench.handle(message(snapshot(event)))
    assert (verdicts, acks) == ([DONE], [(EDGE, Ack(stream=STREAM, snapshots=[event.id]))])


async def test_a_picture_of_another_edges_event_is_not_taken(bench: Bench) -> None:
    event = an_event()
    await bench.handle(message(event))
    assert await bench.handle(message(snapshot(event), "pos-2")) == ([EARLY], [])
    assert (bench.files(), bench.store.media) == ([], {})


@pytest.mark.parametrize("jpeg", [JPEG + b"!", b"<svg onload='alert(1)'>"])
async def test_a_picture_that_its_event_did_not_name_never_reaches_the_disk(bench: Bench, jpeg: bytes) -> None:
    event = an_event()
    await bench.handle(message(event))
    assert await bench.handle(message(snapshot(event, jpeg))) == ([REFUSED], [])
    assert (bench.files(), bench.store.counts) == ([], {"refused": 1})


async def test_a_picture_that_is_no_jpeg_is_refused_even_where_its_event_names_it(bench: Bench) -> None:
    page = b"<html>"
    event = an_event(snapshot=Media.of(page))
    await bench.handle(message(event))
    assert await bench.handle(message(snapshot(event, page))) == ([REFUSED], [])
    assert (bench.files(), bench.store.counts) == ([], {"refused": 1})


async def test_heartbeats_are_noted_before_the_events_of_their_batch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("put_statuses", "put_events"):
        monkeypatch.setattr(bench.store, name, noted(order, name, getattr(bench.store, name)))
    await bench.handle(message(an_event()), message(a_status(a_camera())))
    assert order == ["put_statuses", "put_events"]
    assert bench.store.statuses == [(EDGE, a_status(a_camera()), AT)]


def noted(order: list[str], name: str, real: Any) -> Any:
    async def method(*arguments: Any) -> Any:
        order.append(name)
        return await real(*arguments)

    return method


async def test_a_heartbeat_with_a_nul_is_refused(bench: Bench) -> None:
    verdicts, _ = await bench.handle(message(a_status(a_camera(name="a\0b"))))
    assert (verdicts, bench.store.statuses) == ([REFUSED], [])


async def test_a_reply_is_written_to_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    reply = Reply(command=an_event().id, ok=False, message="no such camera")
    with caplog.at_level("INFO"):
        verdicts, _ = await bench.handle(message(reply))
    assert verdicts == [DONE]
    assert f"edge {EDGE} answers {reply.command}: no no such camera" in caplog.text


async def test_batches_at_once_do_not_mix(bench: Bench) -> None:
    events = [an_event() for _ in range(40)]
    answers = await asyncio.gather(*(bench.handle(message(event), message(snapshot(event))) for event in events))
    for event, (verdicts, acks) in zip(events, answers, strict=True):
        assert verdicts == [DONE, DONE]
        assert {seq for _, ack in acks for seq in ack.seqs} == {event.seq}
    assert [path.suffix for path in bench.files()] == [".jpg"]  # the same picture forty times
