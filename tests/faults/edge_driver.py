"""An edge as `ekamling edge` runs it, whose shards need no cameras, and which keeps a ledger of what it promised.

A line of the ledger is written when `record` has returned: from then on the event may never be lost.
"""

import os
import signal
import sys
import time
from pathlib import Path
from unittest.mock import patch

import msgspec
from msgspec import Struct

from core import config
from core.clock import SystemClock
from core.errors import StorageError
from core.events import Event
from edge import shards
from edge.outbox import Outbox
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor
from tests.faults import wrong_clock


class Entry(Struct, frozen=True, array_like=True):
    """One event that was put on the disk; `picture`: with a snapshot; `at`: true seconds since 1970."""

    id: str
    camera: str
    stream: str
    seq: int
    picture: bool
    at: float


def keep(ledger: Path) -> None:
    """Note what every outbox of this process records."""
    file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    record = Outbox.record

    def noted(outbox: Outbox, event: Event, jpeg: bytes) -> Event:
        try:
            kept = record(outbox, event, jpeg)
        except StorageError:
            os.write(file, b"refused\n")
            raise
        entry = Entry(kept.id, kept.camera, kept.stream, kept.seq, bool(jpeg), time.time())
        os.write(file, msgspec.json.encode(entry) + b"\n")
        return kept

    patch.object(Outbox, "record", noted).start()


def main() -> None:
    wrong_clock.install()
    settings = config.load(Path(sys.argv[1]), EdgeSettings)
    keep(Path(sys.argv[2]))
    patch.object(shards, "PROGRAM", "tests.faults.shard_driver").start()
    supervisor = Supervisor(settings, "test", SystemClock())
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
    supervisor.run()


if __name__ == "__main__":
    main()
