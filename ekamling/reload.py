"""A configuration file that is read again when somebody changes it."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from core import config
from core.errors import EkamlingError
from edge.settings import EdgeSettings

LOOK_S = 1.0

log = logging.getLogger("ekamling.reload")


class ConfigWatch:
    """Looks at an edge.toml once a second and applies what changed; a file that is not good changes nothing."""

    def __init__(self, path: Path, apply: Callable[[EdgeSettings], None]) -> None:
        self._path = path
        self._apply = apply
        self._seen = _stamp(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="configuration", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_S):
            stamp = _stamp(self._path)
            if stamp != self._seen:
                self._seen = stamp
                self._read()

    def _read(self) -> None:
        try:
            self._apply(config.load(self._path, EdgeSettings))
        except EkamlingError as error:
            for line in str(error).splitlines():
                log.error("%s", line)
            log.error("the edge goes on with the settings that it had; mend %s and save it again", self._path)


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when the file does; an editor may replace it, so it may be away for a moment."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_ino)
