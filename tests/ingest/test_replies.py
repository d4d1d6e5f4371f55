"""Answers of edges to commands: handed on, before the heartbeats that came with them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import StorageError
from core.events import Reply, encode
from core.ids import new_id
from core.topics import subject
from ingest.intake import Intake, Message, Sinks, Verdict
from ingest.media import MediaFolder
from ingest.sinks import Heartbeat
from tests.ingest.fakes import MemoryStore
from tests.messages import AT, a_status

EDGE = "pos-1"


class Heard(MemoryStore):
    """A store that also takes answers, and knows what came first."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []
        self.replies: list[tuple[str, Reply, datetime]] = []

    async def put_statuses(self, batch: Sequence[Heartbeat]) -> None:
        self.order += ["status"] * len(batch)
        await super().put_statuses(batch)

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        if "replies" in self.broken:
            raise StorageError("memory: the replies cannot be written")
        self.order.append("reply")
        self.replies.append((edge, reply, at))


@pytest.fixture
def store() -> Heard:
    return Heard()


@pytest.fixture
def intake(store: Heard, tmp_path: Path) -> Intake:
    sinks = Sinks(events=store, media=store, fleet=store, tally=store, replies=store)
    return Intake(sinks, MediaFolder(tmp_path / "media"), ManualClock(AT))


REPLY = Reply(command=new_id(), ok=False, message="no such group")
BATCH = [
    Message(subject(EDGE, "status"), encode(a_status())),
    Message(subject(EDGE, "reply"), encode(REPLY)),
]


async def test_an_answer_is_handed_on_with_its_sender_and_before_any_heartbeat(intake: Intake, store: Heard) -> None:
    outcome = await intake.handle(BATCH)
    assert outcome.verdicts == [Verdict.DONE, Verdict.DONE]
    assert (store.replies, store.order) == ([(EDGE, REPLY, AT)], ["reply", "status"])


async def test_an_answer_that_cannot_be_noted_comes_again(intake: Intake, store: Heard) -> None:
    store.broken = {"replies"}
    assert (await intake.handle(BATCH)).verdicts == [Verdict.RETRY, Verdict.RETRY]
    store.broken = set()
    assert (await intake.handle(BATCH)).verdicts == [Verdict.DONE, Verdict.DONE]


async def test_where_nobody_gives_commands_an_answer_is_only_logged(store: Heard, tmp_path: Path) -> None:
    sinks = Sinks(events=store, media=store, fleet=store, tally=store)
    outcome = await Intake(sinks, MediaFolder(tmp_path / "media"), ManualClock(AT)).handle(BATCH)
    assert (outcome.verdicts, store.replies) == ([Verdict.DONE, Verdict.DONE], [])
