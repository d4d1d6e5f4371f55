"""One camera of an edge's configuration, by its id."""

from pathlib import Path

from core import config
from core.errors import EkamlingError
from core.words import nearest
from edge.settings import CameraSettings, EdgeSettings


def load(path: Path, camera: str) -> tuple[EdgeSettings, CameraSettings]:
    """The configuration and the camera in it; EkamlingError names those there are."""
    settings = config.load(path, EdgeSettings)
    return settings, named(settings, camera, path)


def named(settings: EdgeSettings, camera: str, path: Path) -> CameraSettings:
    """The camera of that id in settings that were read from `path`; errors as of `load`."""
    known = {each.id: each for each in settings.cameras}
    if camera not in known:
        raise EkamlingError(f"{path}: has no camera {camera!r}{nearest(camera, known)}; there are: {', '.join(known)}")
    return known[camera]
