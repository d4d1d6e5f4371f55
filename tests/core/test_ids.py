import threading
import uuid

import msgspec
import pytest

from core import ids
from core.clock import ManualClock
from core.events import Id
from core.ids import new_id


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has made no id yet."""
    monkeypatch.setattr(ids, "_last", (0, 0))


def test_an_id_is_a_uuid_of_version_7_that_the_wire_accepts() -> None:
    made = uuid.UUID(new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert msgspec.convert(str(made), Id) == str(made)


def test_an_id_tells_when_it_was_made() -> None:
    clock = ManualClock()
    clock.advance(1.234)
    assert uuid.UUID(new_id(clock)).int >> 80 == int(clock.now().timestamp() * 1000)


def test_ids_of_one_millisecond_grow_and_never_repeat() -> None:
    made = [new_id(ManualClock()) for _ in range(10_000)]
    assert made == sorted(set(made))


def test_ids_grow_while_the_wall_clock_steps_back() -> None:
    clock, made = ManualClock(), list[str]()
    for seconds in (0.0, -3600.0, 1.0, -0.001, 7200.0, -86_400.0):
        clock.step_wall(seconds)
        made += [new_id(clock) for _ in range(3)]
    assert made == sorted(set(made))


def test_threads_never_share_an_id() -> None:
    made = list[str]()
    threads = [threading.Thread(target=lambda: made.extend([new_id() for _ in range(500)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000
