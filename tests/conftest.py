"""Shared by the tests of all rooms: a broker as the centre starts it, and how thoroughly properties are tried."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.brokers import RunningBroker
from tests.loop_thread import LoopThread

hypothesis.settings.register_profile("ekamling", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("ekamling")

pytest_plugins = ["tests.databases"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker that runs, for the edges pos-1 and pos-2; `stop` and `start` restart it on the same ports."""
    with LoopThread() as loop:
        running = RunningBroker(loop, tmp_path / "broker")
        running.start()
        yield running
        running.stop()
