"""What each piece of a clip leads to."""

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StorageError
from core.events import Event, Media
from ingest.clips import Answer, ClipIntake, Piece
from ingest.media import MediaFolder
from ingest.sinks import Received
from tests.ingest.fakes import MemoryStore
from tests.messages import AT, MP4, an_event

EDGE = "pos-1"
CLIP = MP4 * 20
DIGEST = Media.of(CLIP).sha256


class Bench:
    """A clip intake over a store in memory that knows one event."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        self.folder = folder / "media"
        self.media = MediaFolder(self.folder)
        self.clips = ClipIntake(self.media, self.store, self.store)
        self.event = self.knows(an_event())

    def knows(self, event: Event) -> str:
        self.store.events[EDGE, event.stream, event.seq] = Received(EDGE, event, AT)
        return event.id

    async def add(self, first: int, last: int, content: bytes = CLIP, digest: str = DIGEST, edge: str = EDGE) -> Answer:
        piece = Piece(first, len(content), digest, content[first:last])
        return await self.clips.add(edge, self.event, piece)

    def left(self) -> list[Path]:
        return [path for path in (self.folder / "partial").iterdir()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_last_piece_completes_the_clip(bench: Bench) -> None:
    assert await bench.add(0, 100) == Answer(202, 100)
    assert bench.clips.offset(EDGE, bench.event) == 100
    assert await bench.add(100, len(CLIP)) == Answer(201, len(CLIP))
    assert bench.store.media == {("clip", bench.event): Media.of(CLIP)}
    assert bench.media.path("clip", DIGEST).read_bytes() == CLIP
    assert bench.left() == []


async def test_a_clip_that_is_here_is_not_taken_again(bench: Bench) -> None:
    await bench.add(0, len(CLIP))
    assert (await bench.add(0, len(CLIP))).status == 200
    assert (await bench.add(0, 10)).status == 200
    assert bench.left() == []


async def test_a_piece_that_does_not_continue_is_told_where_to_go_on(bench: Bench) -> None:
    await bench.add(0, 100)
    for first in (0, 50, 101):
        assert await bench.add(first, 200) == Answer(409, 100)
    assert await bench.add(100, 200) == Answer(202, 200)


async def test_a_clip_of_an_unknown_event_or_of_another_edge_leaves_nothing(bench: Bench) -> None:
    assert (await bench.add(0, 10, edge="pos-2")).status == 404
    bench.event = an_event().id
    assert (await bench.add(0, 10)).status == 404
    assert bench.left() == []


@pytest.mark.parametrize(
    ("content", "digest"), [(CLIP, "0" * 64), (b"no MP4 " * 20, Media.of(b"no MP4 " * 20).sha256), (b"x", "0" * 64)]
)
async def test_a_whole_that_is_not_what_was_announced_is_refused_and_a_good_one_then_works(
    bench: Bench, content: bytes, digest: str
) -> None:
    assert (await bench.add(0, len(content), content, digest)).status == 422
    assert (bench.store.counts, bench.left(), bench.store.media) == ({"refused": 1}, [], {})
    assert (await bench.add(0, len(CLIP))).status == 201


async def test_a_clip_whose_completion_failed_is_completed_by_an_empty_piece(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(bench.media, "keep", full)
    with pytest.raises(StorageError):
        await bench.add(0, len(CLIP))
    monkeypatch.undo()
    assert bench.clips.offset(EDGE, bench.event) == len(CLIP)
    assert (await bench.add(len(CLIP), len(CLIP))).status == 201


async def test_the_same_clip_for_two_events_is_stored_once(bench: Bench) -> None:
    await bench.add(0, len(CLIP))
    bench.event = bench.knows(an_event())
    assert (await bench.add(0, len(CLIP))).status == 201
    assert len([path for path in bench.folder.rglob("*.mp4")]) == 1


async def test_a_file_that_came_with_one_event_is_noted_for_another_without_being_sent(bench: Bench) -> None:
    await bench.add(0, len(CLIP))
    other = bench.knows(an_event())
    assert await bench.clips.share(EDGE, other, DIGEST) == Answer(201, len(CLIP))
    assert await bench.clips.share(EDGE, other, DIGEST) == Answer(200)
    assert bench.store.media["clip", other] == Media.of(CLIP)


async def test_a_file_that_is_not_here_has_to_be_sent(bench: Bench) -> None:
    await bench.add(0, 100)
    assert await bench.clips.share(EDGE, bench.event, DIGEST) == Answer(409, 100)
    assert bench.store.media == {}


async def test_a_file_cannot_be_noted_for_an_event_of_another_edge(bench: Bench) -> None:
    await bench.add(0, len(CLIP))
    other = bench.knows(an_event())
    assert await bench.clips.share("pos-2", other, DIGEST) == Answer(404)
    assert ("clip", other) not in bench.store.media


async def test_the_same_piece_sent_twice_at_once_spoils_nothing(bench: Bench) -> None:
    answers = await asyncio.gather(*(bench.add(0, 100) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [202, 409, 409, 409]
    assert {answer.offset for answer in answers} == {100}
    answers = await asyncio.gather(*(bench.add(100, len(CLIP)) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert bench.left() == []
    assert bench.media.path("clip", DIGEST).read_bytes() == CLIP


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, len(CLIP)), max_size=6))
async def test_any_cut_into_pieces_gives_the_same_clip(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("clip"))
    borders = [0, *sorted(cuts), len(CLIP)]
    statuses = [(await bench.add(first, last)).status for first, last in itertools.pairwise(borders)]
    assert 201 in statuses and set(statuses) <= {200, 201, 202}
    assert bench.media.path("clip", DIGEST).read_bytes() == CLIP
