"""The wire: golden messages that decode for ever, and what holds for every message."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import events
from core.errors import WireError
from core.events import (
    Ack,
    Answer,
    CameraCounts,
    CameraStatus,
    Command,
    Event,
    Media,
    Message,
    OutboxStatus,
    Reply,
    Snapshot,
    Status,
    decode,
    encode,
)

GOLDEN = Path(__file__).parent.parent / "wire" / "v1"
ID = "01a2b3c4-d5e6-7f01-8a2b-3c4d5e6f7081"
COMMAND_ID = "01a2b3c4-d5e6-7f01-8a2b-3c4d5e6f7082"
STREAM = "00112233445566ff"
WIB = timezone(timedelta(hours=7))
KINDS: dict[str, type[Any]] = {
    "event": Event,
    "snapshot": Snapshot,
    "ack": Ack,
    "status": Status,
    "command": Command,
    "reply": Reply,
    "answer": Answer,
}

EVENT = Event(
    id=ID,
    stream=STREAM,
    seq=4711,
    camera="gerbang",
    rule="halaman",
    kind="intrusion",
    severity=2,
    at=datetime(2026, 11, 22, 22, 15, 30, 250_000, tzinfo=UTC),
    frame_at=datetime(2026, 11, 22, 22, 15, 30, 125_000, tzinfo=UTC),
    label="person",
    score=0.8125,
    track=17,
    box=(0.25, 0.125, 0.375, 0.5),
    zone="halaman",
    model="nanodet-g-416@84171bea",
    snapshot=Media(sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", size=34567),
    clip_follows=True,
    v=1,
)
MINIMAL = Event(
    id=ID,
    stream=STREAM,
    seq=1,
    camera="a",
    rule="b",
    kind="intrusion",
    severity=3,
    at=datetime(2026, 11, 23, 5, 15, 30, tzinfo=WIB),
    frame_at=datetime(2026, 11, 22, 22, 15, 30, tzinfo=UTC),
    label="",
    score=0,
    track=0,
    box=(0, 0, 1, 1),
    zone="",
    model="",
    snapshot=None,
    clip_follows=False,
    v=1,
)
STATUS = Status(
    online=True,
    at=datetime(2026, 11, 22, 22, 16, tzinfo=UTC),
    started_at=datetime(2026, 11, 22, 20, tzinfo=UTC),
    stream=STREAM,
    version="0.1.0",
    cameras=[
        CameraStatus(
            id="gerbang",
            name="Gerbang utama",
            area="33.03.05.1005/RW02/RT04",
            state="ok",
            reason="",
            fps=4.98,
            counts=CameraCounts(
                frames_decoded=1000,
                frames_analysed=200,
                frames_gated=150,
                frames_dropped=3,
                inferences=47,
                tracks=5,
                events=2,
                clips=1,
                reconnects=4,
                packets_lost=6,
            ),
        ),
        CameraStatus(
            id="pos-kamling",
            name="Pos kamling",
            area="33.03.05.1005",
            state="failed",
            reason="camera 10.0.0.7 does not answer on port 554: timed out",
            fps=0.0,
            counts=CameraCounts(),
        ),
    ],
    outbox=OutboxStatus(
        events=3,
        snapshots=2,
        clips=1,
        bytes=123456,
        recorded=4711,
        events_lost=7,
        snapshots_evicted=8,
        clips_evicted=9,
    ),
    v=1,
)
GROUPED = Status(
    online=True,
    cameras=[
        CameraStatus(
            id="gerbang",
            name="Gerbang utama",
            area="33.03.05.1005",
            state="ok",
            group="blok-a",
            mode="mudik",
            troubles=["covered"],
        )
    ],
)
RULED = Status(
    online=True,
    cameras=[
        CameraStatus(
            id="gerbang",
            name="Gerbang utama",
            area="33.03.05.1005",
            state="ok",
            rules="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            rules_from="centre",
            rules_version=7,
        )
    ],
)
DAMAGED = Status(online=True, outbox=OutboxStatus(events=3, recorded=4711, events_lost=7, damaged=True))
CANONICAL: dict[str, Message] = {
    "status-damaged.json": DAMAGED,
    "event.json": EVENT,
    "ack-events.json": Ack(stream=STREAM, seqs=[4711, 4712], snapshots=[ID], events=[ID, f"{ID[:-1]}2"], v=1),
    "command.json": Command(id=COMMAND_ID, name="status", args={"detail": "full"}, v=1),
    "reply-document.json": Reply(command=COMMAND_ID, ok=True, document='[{"id":"halaman"}]', v=1),
    "answer.msgpack": Answer(
        command=COMMAND_ID, ok=True, stream="sub", sdp="v=0\r\n", jpeg=b"\xff\xd8\xff", message="", code="", v=1
    ),
    "answer-refusal.msgpack": Answer(command=COMMAND_ID, ok=False, code="full", message="4 people watch already", v=1),
    "snapshot.msgpack": Snapshot(event=ID, stream=STREAM, jpeg=b"\xff\xd8\xff\xe0 a picture \xff\xd9", v=1),
}
LENIENT: dict[str, Message] = {
    "ack.json": Ack(stream=STREAM, seqs=[4711, 4712], snapshots=[ID], v=1),  # as it was before it named events
    "event-minimal.json": MINIMAL,
    "event-newer.json": EVENT,
    "status.json": STATUS,  # as it was written before cameras had groups
    "status-groups.json": GROUPED,  # ... before edges told which rules run
    "status-rules.json": RULED,  # ... before they told of a damaged outbox
    "reply.json": Reply(command=COMMAND_ID, ok=False, message="this edge does not know the command 'dance'", v=1),
    "status-will.json": Status(online=False),
}
ALL = CANONICAL | LENIENT


def kind_of(name: str) -> type[Any]:
    return KINDS[name.partition(".")[0].partition("-")[0]]


def test_every_golden_message_is_tested() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(ALL)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_golden_message_means_for_ever_what_it_meant(name: str) -> None:
    read = decode(kind_of(name), (GOLDEN / name).read_bytes())
    for field in type(ALL[name]).__struct_fields__:
        assert getattr(read, field) == getattr(ALL[name], field), field


@pytest.mark.parametrize("name", sorted(CANONICAL))
def test_a_message_is_written_as_it_always_was(name: str) -> None:
    assert encode(CANONICAL[name]) == (GOLDEN / name).read_bytes()


def test_a_reader_keeps_the_writers_offset_from_utc() -> None:
    assert decode(Event, (GOLDEN / "event-minimal.json").read_bytes()).at.utcoffset() == timedelta(hours=7)


def test_media_is_named_by_its_content() -> None:
    assert Media.of(b"abc") == Media(sha256=hashlib.sha256(b"abc").hexdigest(), size=3)


# --- what an edge or a centre may not say

GOOD_EVENT: dict[str, Any] = msgspec.json.decode((GOLDEN / "event.json").read_bytes())
GOOD_STATUS: dict[str, Any] = msgspec.json.decode((GOLDEN / "status.json").read_bytes())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "01a2b3c4-d5e6-4f01-8a2b-3c4d5e6f7081"),
        ("id", ID.upper()),
        ("id", ID + "\n"),
        ("stream", "00112233445566f"),
        ("seq", 0),
        ("seq", 2**53),
        ("seq", "1"),
        ("camera", "../etc"),
        ("camera", "gerbang\n"),
        ("camera", ""),
        ("severity", 0),
        ("severity", 4),
        ("at", "2026-11-22T22:15:30"),
        ("at", 1_795_000_000),
        ("frame_at", None),
        ("label", "x" * 201),
        ("score", 1.01),
        ("track", -1),
        ("box", [0, 0, 1]),
        ("box", [0, 0, 1, 1.1]),
        ("snapshot", {"sha256": "9f86", "size": 1}),
        ("snapshot", {"sha256": "0" * 64, "size": 0}),
        ("v", 2),
    ],
)
def test_an_event_with_a_wrong_field_is_refused(field: str, value: object) -> None:
    with pytest.raises(WireError, match="Event is not of the contract"):
        decode(Event, msgspec.json.encode(GOOD_EVENT | {field: value}))


REQUIRED = [field.encode_name for field in msgspec.structs.fields(Event) if field.required]


@pytest.mark.parametrize("field", REQUIRED)
def test_an_event_without_a_required_field_is_refused(field: str) -> None:
    with pytest.raises(WireError, match=f"missing required field `{field}`"):
        decode(Event, msgspec.json.encode({key: value for key, value in GOOD_EVENT.items() if key != field}))


@pytest.mark.parametrize(
    "change",
    [
        {"area": "33.03.05.1005/RW2"},
        {"area": "33.03.05.1005\n"},
        {"state": "sleeping"},
        {"fps": -1},
        {"counts": {"events": -1}},
    ],
)
def test_a_status_with_a_wrong_camera_is_refused(change: dict[str, object]) -> None:
    camera = GOOD_STATUS["cameras"][0] | change
    with pytest.raises(WireError, match="Status is not of the contract"):
        decode(Status, msgspec.json.encode(GOOD_STATUS | {"cameras": [camera]}))


LIMITS = [
    (Event, 16 * 1024),
    (Snapshot, 49 * 1024),
    (Ack, 64 * 1024),
    (Status, 256 * 1024),
    (Command, 64 * 1024),
    (Reply, 256 * 1024),
    (Answer, 145 * 1024),
]


@pytest.mark.parametrize(("kind", "limit"), LIMITS)
def test_a_message_over_its_limit_is_not_even_parsed(kind: type[Any], limit: int) -> None:
    with pytest.raises(WireError, match=f"{kind.__name__} of {limit + 1} bytes is over its limit of {limit}"):
        decode(kind, b" " * (limit + 1))


def test_an_event_padded_to_exactly_its_limit_is_read() -> None:
    assert decode(Event, encode(EVENT).ljust(events.MAX_EVENT_BYTES)) == EVENT


def test_the_largest_snapshot_fits_its_message_and_a_larger_does_not() -> None:
    largest = Snapshot(event=ID, stream=STREAM, jpeg=bytes(events.MAX_SNAPSHOT_BYTES))
    assert decode(Snapshot, encode(largest)) == largest
    over = msgspec.structs.replace(largest, jpeg=bytes(events.MAX_SNAPSHOT_BYTES + 1))
    with pytest.raises(WireError):
        decode(Snapshot, encode(over))


def test_a_status_of_the_most_cameras_with_the_longest_words_fits_its_limit() -> None:
    camera = CameraStatus(
        id="c" * 63,
        name="n" * 80,
        area="33.03.05.1005/RW102/RT104",
        state="failed",
        reason="r" * 200,
        rules="0" * 64,
        rules_from="centre",
        rules_version=2**53 - 1,
    )
    assert decode(Status, encode(Status(online=True, cameras=[camera] * 256)))


# --- for any valid message

texts = st.text(max_size=200)
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
id_texts = st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", fullmatch=True)
streams = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
counts = st.integers(0, 2**53 - 1)
sequences = st.integers(1, 2**53 - 1)
fractions = st.floats(0, 1)
instants = st.datetimes(timezones=st.sampled_from([UTC, WIB, timezone(-timedelta(hours=3, minutes=30))]))
areas = st.sampled_from(["33", "33.03", "33.03.05.1005", "33.03.05.1005/RW02", "33.03.05.1005/RW02/RT04"])
media = st.builds(Media, sha256=hashes, size=st.integers(1, events.MAX_CLIP_BYTES))
v = st.just(1)
event_messages = st.builds(
    Event,
    id=id_texts,
    stream=streams,
    seq=sequences,
    camera=slugs,
    rule=slugs,
    kind=slugs,
    severity=st.sampled_from([1, 2, 3]),
    at=instants,
    frame_at=instants,
    label=texts,
    score=fractions,
    track=counts,
    box=st.tuples(fractions, fractions, fractions, fractions),
    zone=texts,
    model=texts,
    snapshot=st.none() | media,
    clip_follows=st.booleans(),
    v=v,
)
camera_statuses = st.builds(
    CameraStatus,
    id=slugs,
    name=texts,
    area=areas,
    state=st.sampled_from(["connecting", "ok", "failed"]),
    reason=texts,
    fps=st.floats(0, 1000),
    counts=st.builds(CameraCounts, **{field: counts for field in CameraCounts.__struct_fields__}),
)
status_messages = st.builds(
    Status,
    online=st.booleans(),
    at=st.none() | instants,
    started_at=st.none() | instants,
    stream=st.none() | streams,
    version=texts,
    cameras=st.lists(camera_statuses, max_size=3),
    outbox=st.builds(
        OutboxStatus,
        **{field: counts for field in OutboxStatus.__struct_fields__ if field != "damaged"},
        damaged=st.booleans(),
    ),
    v=v,
)
messages: st.SearchStrategy[Message] = st.one_of(
    event_messages,
    status_messages,
    st.builds(Snapshot, event=id_texts, stream=streams, jpeg=st.binary(min_size=1, max_size=500), v=v),
    st.builds(Ack, stream=streams, seqs=st.lists(sequences), snapshots=st.lists(id_texts, max_size=5), v=v),
    st.builds(Command, id=id_texts, name=slugs, args=st.dictionaries(texts, texts, max_size=3), v=v),
    st.builds(Reply, command=id_texts, ok=st.booleans(), message=texts, v=v),
)


@given(messages)
def test_a_message_survives_the_wire(message: Message) -> None:
    kind: type[Any] = type(message)
    assert decode(kind, encode(message)) == message


kinds = st.sampled_from(list(KINDS.values()))


def read_or_refuse(kind: type[Any], payload: bytes) -> None:
    """What decodes is a message that encodes again; everything else is a WireError of one line."""
    try:
        message = decode(kind, payload)
    except WireError as error:
        assert "\n" not in str(error)
    else:
        assert decode(kind, encode(message)) == message


@given(kinds, st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(kind: type[Any], payload: bytes) -> None:
    read_or_refuse(kind, payload)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[type[Any], bytes]:
    """A golden message with a part of it cut, replaced or repeated."""
    name = draw(st.sampled_from(sorted(ALL)))
    payload = (GOLDEN / name).read_bytes()
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(payload))] * 2)))
    inserted = draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(payload[start:end] * 2)))
    kind = draw(st.one_of(st.just(kind_of(name)), kinds))
    return kind, payload[:start] + inserted + payload[end:]


@given(damaged())
def test_a_damaged_message_is_read_or_refused(case: tuple[type[Any], bytes]) -> None:
    read_or_refuse(*case)


@pytest.mark.parametrize("payload", [b"[" * 16_000, b'{"a":' * 3_000, b"\x91" * 16_000, b"\xdf\xff\xff\xff\xff"])
@pytest.mark.parametrize("kind", [Event, Snapshot])
def test_nesting_and_lying_lengths_are_refused(kind: type[Any], payload: bytes) -> None:
    with pytest.raises(WireError):
        decode(kind, payload)
