"""What ingest does to the disk of a centre on SQLite, and a mark of each ack: `python -m … FOLDER SEED STEPS`."""

import asyncio
import os
import random
import sys
from pathlib import Path

from core.events import Event, Media, Snapshot, encode
from core.ids import new_id
from core.topics import subject
from ingest.clips import ClipIntake, Piece
from ingest.intake import Intake, Message, Sinks
from tests.alerts.centre import EDGE, Centre
from tests.faults.power.record import MARKS
from tests.faults.power.store import opened
from tests.messages import an_event

PICTURE = b"\xff\xd8\xff\xe0"
CLIP = b"\x00\x00\x00\x18ftypmp42"


class Work:
    """A centre, and what it has acknowledged."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)  # noqa: S311
        self._marks = os.open(folder / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._events: list[Event] = []

    async def open(self) -> None:
        self._database = await opened(self._folder)
        centre = Centre(self._database, self._folder)
        await centre.register()
        sink = centre.sink
        self._intake = Intake(Sinks(events=sink, media=sink, fleet=sink, tally=sink), centre.media, centre.clock)
        self._clips = ClipIntake(centre.media, sink, sink)

    async def close(self) -> None:
        await self._database.close()

    def mark(self, *words: str) -> None:
        os.write(self._marks, (" ".join(words) + "\n").encode())

    async def step(self) -> None:
        deeds = (self.take_in, self.clip, self.share, self.begin_again)
        await self._chance.choices(deeds, (8, 4, 1, 1))[0]()

    async def take_in(self) -> None:
        """A batch of events, with the pictures of most of them."""
        batch = list[Message]()
        pictures = dict[str, str]()
        for _ in range(self._chance.choice((1, 3, 20))):
            jpeg = PICTURE + self._chance.randbytes(self._chance.choice((200, 6_000)))
            event = an_event(id=new_id(), snapshot=Media.of(jpeg))
            self._events.append(event)
            batch.append(Message(subject(EDGE, "event"), encode(event)))
            if self._chance.random() < 0.5:
                picture = Snapshot(event=event.id, stream=event.stream, jpeg=jpeg)
                batch.append(Message(subject(EDGE, "snapshot"), encode(picture)))
                pictures[event.id] = Media.of(jpeg).sha256
        outcome = await self._intake.handle(batch)
        for _, ack in outcome.acks:
            for event_id in ack.events:
                self.mark("stored", event_id)
            for event_id in ack.snapshots:
                self.mark("filed", event_id, "snapshot", pictures[event_id])

    async def clip(self) -> None:
        """A clip in two pieces."""
        mp4 = CLIP + bytes([self._chance.randrange(8)]) * self._chance.choice((3_000, 70_000))
        await self._upload(mp4)

    async def share(self) -> None:
        """The same, of a content that is here already."""
        await self._upload(CLIP + bytes(3_000))

    async def _upload(self, mp4: bytes) -> None:
        if not self._events:
            return
        event, half, whole = self._chance.choice(self._events).id, len(mp4) // 2, Media.of(mp4)
        answer = await self._clips.share(EDGE, event, whole.sha256)
        if answer.status == 409:
            await self._clips.add(EDGE, event, Piece(0, whole.size, whole.sha256, mp4[:half]))
            answer = await self._clips.add(EDGE, event, Piece(half, whole.size, whole.sha256, mp4[half:]))
        if answer.status == 201:
            self.mark("filed", event, "clip", whole.sha256)

    async def begin_again(self) -> None:
        await self.close()
        await self.open()


async def main() -> None:
    work = Work(Path(sys.argv[1]), int(sys.argv[2]))
    await work.open()
    for _ in range(int(sys.argv[3])):
        await work.step()
    await work.close()


if __name__ == "__main__":
    asyncio.run(main())
