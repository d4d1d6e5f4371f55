"""What an edge does to its outbox in some hours, and a mark of each promise: `python -m … FOLDER SEED STEPS`."""

import os
import random
import sys
from pathlib import Path

from core.events import Ack, Event, Media, decode
from core.ids import new_id
from edge.outbox import Outbox
from tests.faults.damage import zeroed
from tests.faults.power.record import MARKS
from tests.messages import an_event

BOX = "outbox"
PICTURE = b"\xff\xd8\xff\xe0"
SPARED = zeroed("sqlite_autoindex_snapshots_1", 0)  # a damage that hides nothing
CLIP = b"\x00\x00\x00\x18ftypmp42"


class Work:
    """An outbox, and what has been promised of it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder / BOX
        self._chance = random.Random(seed)  # noqa: S311
        self._marks = os.open(folder / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._box = opened(self._folder)
        self._events: list[str] = []

    def mark(self, *words: object) -> None:
        os.write(self._marks, (" ".join(map(str, words)) + "\n").encode())

    def step(self) -> None:
        deeds = (self.record, self.record, self.record, self.clip, self.acknowledge, self.uploaded, self.begin_again)
        self._chance.choices(deeds, (8, 8, 8, 3, 4, 2, 1))[0]()

    def record(self) -> None:
        jpeg = PICTURE + self._chance.randbytes(self._chance.choice((900, 9_000, 40_000)))
        jpeg = jpeg if self._chance.random() < 0.7 else b""
        event = an_event(id=new_id(), snapshot=Media.of(jpeg) if jpeg else None)
        kept = self._box.record(event, jpeg)
        self._events.append(kept.id)
        self.mark("recorded", kept.id, kept.stream, kept.seq, Media.of(jpeg).sha256 if jpeg else "-")

    def clip(self) -> None:
        """A clip of one or two events; now and then the same file again."""
        if not self._events:
            return
        mp4 = CLIP + bytes([self._chance.randrange(6)]) * self._chance.choice((3_000, 70_000))
        clip = self._box.clip_folder.put(mp4)
        events = self._chance.sample(self._events, min(len(self._events), self._chance.choice((1, 2))))
        for event in events:
            self.mark("unclipping", event)
        self._box.add_clip(events, clip)
        for event in events:
            self.mark("clipped", event, clip.sha256)

    def acknowledge(self) -> None:
        """The centre has some of what waits."""
        some = [decode(Event, body) for seq in self._box.waiting("event", 8) if (body := self._box.read("event", seq))]
        pictured = [event.id for event in some if self._chance.random() < 0.5]
        for event in some:
            self.mark("forgetting", event.id)
        for each in pictured:
            self.mark("unpicturing", each)
        seqs, ids = [event.seq for event in some], [event.id for event in some]
        self._box.forget(Ack(stream=self._box.stream, seqs=seqs, events=ids))
        self._box.forget(Ack(stream=self._box.stream, snapshots=pictured))

    def uploaded(self) -> None:
        clips = self._box.clips(3)
        for clip in clips:
            self.mark("unclipping", clip.event)
        self._box.forget_clips([clip.event for clip in clips])

    def begin_again(self) -> None:
        """As after a restart; now and then the file was damaged meanwhile."""
        self._box.close()
        if self._chance.random() < 0.4:
            SPARED(self._folder)
            self.mark("damaged")
        self._box = opened(self._folder)
        self.mark("opened")


def opened(folder: Path) -> Outbox:
    return Outbox(folder, budget_bytes=2**26, clip_budget_bytes=2**24)


def main() -> None:
    work = Work(Path(sys.argv[1]), int(sys.argv[2]))
    for _ in range(int(sys.argv[3])):
        work.step()


if __name__ == "__main__":
    main()
