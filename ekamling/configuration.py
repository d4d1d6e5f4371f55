"""A configuration file of either kind: which one it is, and what it says in a few words."""

import tomllib
from pathlib import Path

from msgspec import Struct, structs

from core import config
from core.errors import ConfigError, EkamlingError
from edge.holidays import holidays
from edge.settings import EdgeSettings
from ekamling.settings import CentreSettings

Settings = EdgeSettings | CentreSettings
KINDS: dict[str, type[Settings]] = {"edge": EdgeSettings, "centre": CentreSettings}


def read(path: Path) -> Settings:
    """Load an edge.toml or a centre.toml; raises ConfigError with a line for each problem."""
    settings = config.load(path, _kind(path))
    if isinstance(settings, EdgeSettings):
        try:
            holidays(settings, ())
        except EkamlingError as error:
            raise ConfigError([f"{path}: {error}"]) from error
    return settings


def described(settings: Settings) -> str:
    """What the settings hold, as `a good edge configuration: 3 cameras, 4 rules`."""
    if isinstance(settings, EdgeSettings):
        rules = sum(len(camera.rules) for camera in settings.cameras)
        return f"a good edge configuration: {_counted(len(settings.cameras), 'camera')}, {_counted(rules, 'rule')}"
    return f"a good centre configuration: {_counted(len(settings.edges), 'edge')}"


def _kind(path: Path) -> type[Settings]:
    """The kind that shares more keys with the file; raises ConfigError where neither is closer."""
    try:
        keys = set(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return CentreSettings  # `load` says what is wrong with the file itself
    edge, centre = len(keys & _keys(EdgeSettings)), len(keys & _keys(CentreSettings))
    if edge == centre:
        raise ConfigError([f"{path}: is neither an edge's configuration (id, centre, cameras) nor a centre's (edges)"])
    return EdgeSettings if edge > centre else CentreSettings


def _keys(kind: type[Struct]) -> set[str]:
    return {field.encode_name for field in structs.fields(kind)}


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
