"""A wall clock that goes wrong while a process runs, by as many seconds as a file says."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from core.clock import SystemClock

FILE = "EKAMLING_TEST_CLOCK"  # names the file


def install() -> None:
    """Let every clock of this process read the file; monotonic time stays as it is, as on a real machine."""
    path, right = Path(os.environ[FILE]), SystemClock.now

    def now(clock: SystemClock) -> datetime:
        return right(clock) + timedelta(seconds=float(path.read_text() or 0))

    patch.object(SystemClock, "now", now).start()
