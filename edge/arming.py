"""Which mode each group of cameras is in. It stands in a file, so that it outlives a power cut.

The edge and `ekamling arm` on the same machine both write the file; the last one counts.
"""

import logging
from pathlib import Path
from typing import get_args

import msgspec

from core.errors import EkamlingError, StorageError
from core.files import write_durably
from core.words import nearest
from edge.rules.settings import Mode

FILE = "arming.json"
MODES: tuple[Mode, ...] = get_args(Mode)

log = logging.getLogger("edge.arming")


class Arming:
    """The modes of one edge's groups; a group that was never told is `armed`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stamp = 0
        self.modes: dict[str, Mode] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read the file if it is another one than before; whether a mode changed by that.

        A file that cannot be read changes nothing: at worst everything stays armed.
        """
        try:
            stamp = self._path.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._stamp:
            return False
        self._stamp, before = stamp, self.modes
        if stamp:
            self.modes = self._read()
        return self.modes != before

    def _read(self) -> dict[str, Mode]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Mode])
        except (OSError, msgspec.DecodeError) as error:
            log.error("%s: cannot be read (%s); the cameras stay as they are, set their mode again", self._path, error)
            return self.modes

    def set(self, group: str, mode: str) -> None:
        """Put a group into a mode, for good; raises EkamlingError for an unknown mode, StorageError where it cannot."""
        self.refresh()
        known = {name: name for name in MODES}
        if mode not in known:
            raise EkamlingError(f"{mode!r} is not a mode{nearest(mode, MODES)}; there are {', '.join(MODES)}")
        modes = self.modes | {group: known[mode]}
        try:
            write_durably(self._path, msgspec.json.encode(modes))
            self._stamp = self._path.stat().st_mtime_ns
        except OSError as error:
            raise StorageError(f"{self._path}: the mode cannot be kept ({error.strerror})") from error
        self.modes = modes
