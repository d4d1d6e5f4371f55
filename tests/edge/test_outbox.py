"""The outbox against a model of it, against kill -9 and against full disks."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.errors import StorageError
from core.events import Ack, Event, OutboxStatus, Snapshot, decode
from core.ids import new_id
from edge.outbox import Outbox
from tests.edge.fakes import an_event, keep, opened

MB = 1024 * 1024
EVERYTHING = 10_000


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = opened(tmp_path / "edge")
    yield box
    box.close()


def test_an_event_is_numbered_and_kept_as_it_will_be_sent(outbox: Outbox) -> None:
    first, second = an_event(), an_event()
    numbered = [outbox.record(first, b"one"), outbox.record(second, b"two")]
    assert [(event.id, event.seq, event.stream) for event in numbered] == [
        (first.id, 1, outbox.stream),
        (second.id, 2, outbox.stream),
    ]
    assert outbox.waiting("event", 9) == outbox.waiting("snapshot", 9) == [1, 2]
    assert outbox.waiting("event", 1) == [1]
    assert decode(Event, outbox.read("event", 2) or b"") == numbered[1]
    assert decode(Snapshot, outbox.read("snapshot", 2) or b"") == Snapshot(
        event=second.id, stream=outbox.stream, jpeg=b"two"
    )


def test_what_happens_now_overtakes_a_backlog(outbox: Outbox) -> None:
    for _ in range(12):
        outbox.record(an_event(), b"jpeg")
    assert outbox.waiting("event", 12) == list(range(1, 13))
    assert outbox.waiting("event", 8) == outbox.waiting("snapshot", 8) == [11, 12, 1, 2, 3, 4, 5, 6]
    outbox.record(an_event(), b"jpeg")
    assert outbox.waiting("event", 8) == [12, 13, 1, 2, 3, 4, 5, 6]
    outbox.forget(Ack(stream=outbox.stream, seqs=[1, 2, 3, 12, 13]))
    assert outbox.waiting("event", 8) == list(range(4, 12))


def test_what_was_acknowledged_is_forgotten(outbox: Outbox) -> None:
    events = [outbox.record(an_event(), b"jpeg") for _ in range(3)]
    assert outbox.forget(Ack(stream=outbox.stream, seqs=[1, 3, 99], snapshots=[events[1].id, new_id()]))
    assert outbox.waiting("event", 9) == [2]
    assert outbox.waiting("snapshot", 9) == [1, 3]
    assert outbox.read("event", 1) is None


def test_an_ack_of_an_event_that_had_the_number_before_makes_it_forget_nothing(outbox: Outbox) -> None:
    """As it comes where the disk was put back to an older copy."""
    event = outbox.record(an_event(), b"")
    assert outbox.forget(Ack(stream=outbox.stream, seqs=[event.seq], events=[new_id()]))
    assert outbox.waiting("event", 9) == [event.seq]
    assert outbox.forget(Ack(stream=outbox.stream, seqs=[event.seq], events=[event.id]))
    assert outbox.waiting("event", 9) == []


def test_the_ack_of_another_life_is_refused(outbox: Outbox) -> None:
    event = outbox.record(an_event(), b"jpeg")
    assert not outbox.forget(Ack(stream="f" * 16, seqs=[1], snapshots=[event.id]))
    assert outbox.waiting("event", 9) == outbox.waiting("snapshot", 9) == [1]


def test_an_edge_whose_disk_was_lost_begins_a_new_stream(tmp_path: Path) -> None:
    streams = set()
    for _ in range(2):
        box = opened(tmp_path / "edge")
        streams.add(box.stream)
        box.close()
        shutil.rmtree(tmp_path / "edge")
    assert len(streams) == 2


def test_a_clip_is_a_file_named_by_its_content(outbox: Outbox, tmp_path: Path) -> None:
    event = new_id()
    keep(outbox, b"mp4", event)
    (clip,) = outbox.clips()
    assert (clip.event, clip.size, clip.sha256) == (event, 3, hashlib.sha256(b"mp4").hexdigest())
    assert clip.path.read_bytes() == b"mp4"
    outbox.forget_clips([event])
    assert outbox.clips() == []
    assert list((tmp_path / "edge" / "clips").iterdir()) == []


def test_events_that_share_a_clip_share_its_file_until_the_last_is_gone(outbox: Outbox) -> None:
    one, other = new_id(), new_id()
    keep(outbox, b"mp4", one, other)
    first, second = outbox.clips()
    assert (first.event, second.event, first.path) == (one, other, second.path)
    assert outbox.status().bytes - 3 == outbox.status().bytes // 4096 * 4096
    outbox.forget_clips([one])
    assert second.path.read_bytes() == b"mp4"
    outbox.forget_clips([other])
    assert not second.path.exists()


def test_a_shared_clip_over_the_budget_is_given_up_for_all_its_events(tmp_path: Path) -> None:
    box = opened(tmp_path, clip_budget=150)
    keep(box, bytes(100), new_id(), new_id())
    last = new_id()
    keep(box, bytes(99), last)
    assert [clip.event for clip in box.clips()] == [last]
    assert box.status().clips_evicted == 2
    assert len(list((tmp_path / "clips").iterdir())) == 1
    box.close()


def test_clips_of_version_0_1_are_found_again(tmp_path: Path) -> None:
    """They were named by their event."""
    box = opened(tmp_path)
    event = new_id()
    keep(box, b"mp4", event)
    box.clips()[0].path.rename(tmp_path / "clips" / f"{event}.mp4")
    box.close()
    box = opened(tmp_path)
    (clip,) = box.clips()
    assert (clip.event, clip.path.read_bytes()) == (event, b"mp4")
    box.close()


def test_a_clip_that_will_never_be_sent_is_counted(outbox: Outbox) -> None:
    keep(outbox, b"mp4", new_id())
    outbox.forget_clips([clip.event for clip in outbox.clips()], lost=True)
    assert outbox.status().clips_evicted == 1


def test_threads_record_and_forget_at_once(outbox: Outbox) -> None:
    def work() -> None:
        for _ in range(20):
            event = outbox.record(an_event(), b"jpeg")
            outbox.waiting("event", 5)
            outbox.forget(Ack(stream=outbox.stream, seqs=[event.seq], snapshots=[event.id]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = outbox.status()
    assert (status.recorded, status.events, status.snapshots) == (80, 0, 0)


# --- against a model

sizes = st.integers(1, 40_000)


class OutboxMachine(RuleBasedStateMachine):
    """Any order of what an edge and its centre do, with budgets small enough to be reached often."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.box = self.open()
        self.stream = self.box.stream
        self.events: list[int] = []
        self.snapshots: list[int] = []
        self.ids: dict[int, str] = {}
        self.clips: list[tuple[str, int]] = []
        self.recorded = 0
        self.before = OutboxStatus()

    def open(self) -> Outbox:
        return opened(self.folder, budget=600_000, clip_budget=100_000)

    def teardown(self) -> None:
        self.box.close()
        shutil.rmtree(self.folder)

    @rule(size=sizes)
    def record(self, size: int) -> None:
        self.recorded += 1
        event = self.box.record(an_event(), os.urandom(size))
        assert (event.seq, event.stream) == (self.recorded, self.stream)
        self.ids[event.seq] = event.id
        self.events.append(event.seq)
        self.snapshots.append(event.seq)
        self.take_note_of_evictions(event.seq)

    def take_note_of_evictions(self, newest: int) -> None:
        """The oldest went, they were counted, and no event went while a picture was left to give."""
        kept_events = self.box.waiting("event", EVERYTHING)
        kept_snapshots = self.box.waiting("snapshot", EVERYTHING)
        status = self.box.status()
        gone_events = len(self.events) - len(kept_events)
        gone_snapshots = len(self.snapshots) - len(kept_snapshots)
        assert kept_events == self.events[gone_events:]
        assert kept_snapshots == self.snapshots[gone_snapshots:]
        assert status.events_lost - self.before.events_lost == gone_events
        assert status.snapshots_evicted - self.before.snapshots_evicted == gone_snapshots
        if gone_events:
            assert kept_snapshots == [newest]
        assert newest in kept_events
        self.events, self.snapshots, self.before = kept_events, kept_snapshots, status

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        seqs = data.draw(st.lists(st.sampled_from(sorted(self.ids)), max_size=20))
        pictures = data.draw(st.lists(st.sampled_from(sorted(self.ids)), max_size=20))
        assert self.box.forget(Ack(stream=self.stream, seqs=seqs, snapshots=[self.ids[seq] for seq in pictures]))
        self.events = [seq for seq in self.events if seq not in seqs]
        self.snapshots = [seq for seq in self.snapshots if seq not in pictures]

    @rule()
    def acknowledge_another_life(self) -> None:
        assert not self.box.forget(Ack(stream="0" * 16, seqs=self.events, snapshots=list(self.ids.values())))

    @rule(size=st.integers(8, 60_000))
    def add_clip(self, size: int) -> None:
        self.clips.append((new_id(), size))
        keep(self.box, os.urandom(size), self.clips[-1][0])
        evicted = 0
        while sum(size for _, size in self.clips) > 100_000:
            self.clips.pop(0)
            evicted += 1
        assert self.box.status().clips_evicted - self.before.clips_evicted == evicted
        self.before = self.box.status()

    @precondition(lambda self: self.clips)
    @rule(data=st.data())
    def forget_clips(self, data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from([event for event, _ in self.clips])))
        self.box.forget_clips(sorted(gone))
        self.clips = [clip for clip in self.clips if clip[0] not in gone]

    @rule(litter=st.sampled_from(["", "half.part", "orphan.mp4"]))
    def start_again(self, litter: str) -> None:
        """With what a crash may leave: a file that was being written, or one that was not noted yet."""
        self.box.close()
        if litter:
            (self.folder / "clips" / litter).write_bytes(b"left over")
        self.box = self.open()

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.box.stream == self.stream
        assert self.box.waiting("event", EVERYTHING) == self.events
        assert self.box.waiting("snapshot", EVERYTHING) == self.snapshots
        assert [(clip.event, clip.size) for clip in self.box.clips(EVERYTHING)] == self.clips
        files = sorted(path.stat().st_size for path in (self.folder / "clips").iterdir())
        assert files == sorted(size for _, size in self.clips)

    @invariant()
    def the_figures_are_right(self) -> None:
        status = self.box.status()
        assert (status.events, status.snapshots, status.clips) == (
            len(self.events),
            len(self.snapshots),
            len(self.clips),
        )
        assert status.recorded == self.recorded
        assert status.bytes <= 600_000 + 100_000


OutboxMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40)
TestOutboxAgainstItsModel = OutboxMachine.TestCase


# --- budgets

NO_ROOM = "the outbox has nothing to give up"


def test_pictures_go_before_events_and_events_before_nothing(tmp_path: Path) -> None:
    """30 pictures fit. Many events are recorded: all of them stay, and the newest pictures."""
    box = opened(tmp_path, budget=MB)
    for _ in range(100):
        box.record(an_event(), os.urandom(30_000))
    status = box.status()
    assert (status.events, status.events_lost) == (100, 0)
    assert status.snapshots + status.snapshots_evicted == 100
    assert box.waiting("snapshot", 1)[0] == status.snapshots_evicted + 1
    box.close()


def test_when_no_picture_is_left_the_oldest_events_go_and_are_counted(tmp_path: Path) -> None:
    box = opened(tmp_path, budget=128 * 1024)
    for _ in range(400):
        event = box.record(an_event(), b"jpeg")
        box.forget(Ack(stream=box.stream, snapshots=[event.id]))
    status = box.status()
    assert status.events_lost > 0
    assert status.events + status.events_lost == status.recorded == 400
    assert box.waiting("event", EVERYTHING) == list(range(status.events_lost + 1, 401))
    assert (tmp_path / "outbox.sqlite3").stat().st_size <= 128 * 1024
    box.close()


def test_a_budget_that_holds_nothing_is_told_in_one_line_and_counted(tmp_path: Path) -> None:
    opened(tmp_path).close()
    box = opened(tmp_path, budget=4096)
    with pytest.raises(StorageError, match=NO_ROOM) as refused:
        box.record(an_event(), os.urandom(40_000))
    assert "\n" not in str(refused.value)
    assert box.status().events_lost == 1
    box.close()
    box = opened(tmp_path)
    assert box.record(an_event(), os.urandom(40_000)).seq == 1
    box.close()


def test_a_clip_makes_room_for_its_own_line(tmp_path: Path) -> None:
    """The table of clips lives in the same budget as events and pictures."""
    box = opened(tmp_path, budget=256 * 1024, clip_budget=100 * MB)
    for _ in range(30):
        box.record(an_event(), os.urandom(30_000))
    for _ in range(400):
        keep(box, b"mp4", new_id())
    assert box.status().clips == 400
    box.close()


def test_a_clip_larger_than_the_budget_is_counted_and_leaves_nothing(tmp_path: Path) -> None:
    box = opened(tmp_path, clip_budget=100)
    keep(box, bytes(101), new_id())
    assert (box.status().clips, box.status().clips_evicted) == (0, 1)
    assert list((tmp_path / "clips").iterdir()) == []
    box.close()


# --- disks

RECORDER = """
import os, sys
from pathlib import Path
from tests.edge.fakes import an_event, keep, opened
from core.ids import new_id
box = opened(Path(sys.argv[1]), clip_budget=10**9)
while True:
    event = box.record(an_event(), os.urandom(20_000))
    keep(box, event.id.encode() * 1000, event.id)
    print(event.seq, event.id, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 5, 17])
def test_what_was_recorded_is_there_after_kill_9(tmp_path: Path, lines: int) -> None:
    with subprocess.Popen([sys.executable, "-c", RECORDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        told = [child.stdout.readline().split() for _ in range(lines)]
        child.kill()
        told += [line.split() for line in child.stdout if line.endswith("\n")]
    box = opened(tmp_path, clip_budget=10**9)
    waiting, clips = box.waiting("event", EVERYTHING), {clip.event: clip for clip in box.clips(EVERYTHING)}
    assert waiting[: len(told)] == [int(seq) for seq, _ in told]
    assert box.waiting("snapshot", EVERYTHING) == waiting
    for _, event in told:
        assert clips[event].path.read_bytes() == event.encode() * 1000
    assert box.record(an_event(), b"jpeg").seq == waiting[-1] + 1
    box.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("needs root to mount a small file system")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(box: Outbox) -> int:
    """Record until the disk is full; how many went in."""
    for count in range(1000):
        try:
            box.record(an_event(), os.urandom(30_000))
        except StorageError as error:
            assert "free some space" in str(error)
            assert "\n" not in str(error)
            return count
    raise AssertionError("the disk never filled")


def test_a_full_disk_is_one_line_and_loses_nothing_that_was_recorded(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 * MB))
    box = opened(small_disk / "edge", budget=96 * MB)
    count = fill(box)
    status = box.status()
    assert (status.events, status.events_lost, status.snapshots_evicted) == (count, 1, 0)
    ballast.unlink()
    assert box.record(an_event(), os.urandom(30_000)).seq == count + 1
    assert box.forget(Ack(stream=box.stream, seqs=list(range(1, count + 1))))
    assert box.waiting("event", EVERYTHING) == [count + 1]
    box.close()


def test_a_full_disk_is_no_reason_to_give_up_what_waits(small_disk: Path) -> None:
    """Giving up makes room in the file, not on the disk."""
    ballast = [small_disk / f"ballast-{number}" for number in range(24)]
    for file in ballast:
        file.write_bytes(bytes(4096))
    box = opened(small_disk / "edge", budget=96 * MB)
    count, tries = fill(box), 1
    for file in ballast:  # room for a page more, and a page more: enough to give something up, and for nothing else
        file.unlink()
        count, tries = count + fill(box), tries + 1
    status = box.status()
    assert (status.events, status.snapshots, status.snapshots_evicted) == (count, count, 0)
    assert status.events_lost == tries
    box.close()


def test_a_clip_that_finds_the_disk_full_leaves_no_half_file(small_disk: Path) -> None:
    box = opened(small_disk / "edge", clip_budget=96 * MB)
    with pytest.raises(OSError, match="No space left on device"):
        box.clip_folder.put(bytes(5 * MB))
    assert list((small_disk / "edge" / "clips").iterdir()) == []
    keep(box, bytes(MB), new_id())
    assert box.status().clips == 1
    box.close()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="file/edge: the outbox cannot be used: Not a directory"):
        opened(tmp_path / "file" / "edge")


def test_a_closed_outbox_refuses_in_one_line(tmp_path: Path) -> None:
    box = opened(tmp_path)
    box.close()
    with pytest.raises(StorageError, match="the outbox cannot be used: Cannot operate on a closed database"):
        box.waiting("event", 1)
