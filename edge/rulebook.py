"""Rules that the centre gave an edge's cameras in the place of those in `edge.toml`. They outlive a power cut.

A document is taken whole or not at all: it is judged by the code that reads `edge.toml`, written to the disk, and only
then put to work. What cannot be taken leaves everything as it was.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core import config, rules
from core.errors import ConfigError, EkamlingError, StorageError
from core.files import write_durably
from core.rules import MAX_RULES, RulesDocument
from edge.rules.settings import RuleSettings
from edge.settings import CameraSettings, EdgeSettings

FILE = "rules.json"

log = logging.getLogger("edge.rulebook")

_encoder = msgspec.json.Encoder()


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a camera's settings that the centre may give."""

    rules: list[RuleSettings]


class Running(Struct, frozen=True, kw_only=True):
    """What is looked for on one camera: the rules in full, whose they are, and the last document of the centre."""

    document: str
    digest: str
    source: Literal["file", "centre"]
    version: int = 0


class Rulebook:
    """The centre's documents of one edge, one a camera at most, over the rules of its file."""

    def __init__(self, folder: Path, settings: EdgeSettings) -> None:
        self._path = folder / FILE
        self._kept = self._read()
        self._file = settings
        self.settings = settings
        self.running: dict[str, Running] = {}
        self.open(settings)

    def open(self, settings: EdgeSettings) -> None:
        """Take other settings from the file; what the centre gave goes on counting, where it still can."""
        self._file = settings
        self._bring([self._effective(camera) for camera in settings.cameras])

    def take(self, document: RulesDocument) -> bool:
        """Keep a document and count by it; whether that changes anything. A number that was taken before is no news.

        Raises EkamlingError for a camera or rule that cannot be, and for a document older than the one in force;
        StorageError where it cannot be kept. Then nothing has changed.
        """
        camera = self._camera(document.camera)
        kept = self._kept.get(camera.id)
        if kept and document.version < kept.version:
            raise EkamlingError(
                f"camera {camera.id}: rules {document.version} are older than rules {kept.version}, which it has"
            )
        if kept == document and camera.id in self.running and self.running[camera.id].version == document.version:
            return False
        judged = camera if document.rules is None else judge(self._file, camera, document.rules)
        self._write(self._kept | {camera.id: document})
        self._bring([judged if each.id == camera.id else each for each in self.settings.cameras])
        return True

    def told(self, name: str) -> str:
        """The rules of a camera as JSON; raises EkamlingError for one that this edge does not have."""
        return self.running[self._camera(name).id].document

    def _bring(self, cameras: list[CameraSettings]) -> None:
        """Make these the cameras, each with the rules that count."""
        self.settings = replace(self._file, cameras=cameras)
        own = {camera.id: camera.rules for camera in self._file.cameras}
        self.running = {camera.id: self._run(camera, own[camera.id]) for camera in cameras}

    def _run(self, camera: CameraSettings, own: list[RuleSettings]) -> Running:
        text = _encoder.encode(camera.rules).decode()
        kept = self._kept.get(camera.id)
        given = kept is not None and kept.rules is not None
        if kept is None or (given and camera.rules is own):  # what is kept could not be used
            return Running(document=text, digest=rules.digest(text), source="file")
        source: Literal["file", "centre"] = "centre" if given else "file"
        return Running(document=text, digest=rules.digest(text), source=source, version=kept.version)

    def _effective(self, camera: CameraSettings) -> CameraSettings:
        """A camera of the file with the rules that the centre gave it; they may have become impossible meanwhile."""
        kept = self._kept.get(camera.id)
        if kept is None or kept.rules is None:
            return camera
        try:
            return judge(self._file, camera, kept.rules)
        except EkamlingError as error:
            log.error("%s; rules %d of the centre cannot be used, those of the file count", error, kept.version)
            return camera

    def _camera(self, name: str) -> CameraSettings:
        found = next((camera for camera in self._file.cameras if camera.id == name), None)
        if found is None:
            names = ", ".join(camera.id for camera in self._file.cameras[:8])
            raise EkamlingError(f"this edge has no camera {name!r}; it has {names}")
        return found

    def _write(self, kept: dict[str, RulesDocument]) -> None:
        try:
            write_durably(self._path, _encoder.encode(kept))
        except OSError as error:
            raise StorageError(f"{self._path}: the rules cannot be kept ({error.strerror})") from error
        self._kept = kept

    def _read(self) -> dict[str, RulesDocument]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, RulesDocument])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            log.error("%s: cannot be read (%s); the file's rules count, give the centre's again", self._path, error)
            return {}


def judge(settings: EdgeSettings, camera: CameraSettings, tables: Sequence[dict[str, Any]]) -> CameraSettings:
    """A camera with these rules, by the code that reads `edge.toml`; raises EkamlingError with one line that names the
    camera and the key."""
    if len(tables) > MAX_RULES:
        raise EkamlingError(f"camera {camera.id}: rules: at most {MAX_RULES} rules, found {len(tables)}")
    try:
        built = config.build({"rules": list(tables)}, _Rules, name=f"camera {camera.id}")
        changed = replace(camera, rules=built.rules)
    except ConfigError as error:
        more = len(error.problems) - 1
        raise EkamlingError(error.problems[0] + (f" (and {more} more)" if more else "")) from error
    except EkamlingError as error:
        raise EkamlingError(f"camera {camera.id}: {error}") from error
    replace(settings, cameras=[changed])  # what holds for an edge as a whole, such as its holidays
    return changed
