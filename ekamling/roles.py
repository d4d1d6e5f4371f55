"""What a process of the centre does: all of it on one machine, or a part, any number of times."""

from enum import StrEnum

from core.errors import ConfigError
from ekamling.settings import CentreSettings


class Role(StrEnum):
    """One part of the centre. Each may run several times at once: PostgreSQL and the broker share out the work."""

    BROKER = "broker"  # takes what edges send, and carries what they are told
    INGEST = "ingest"  # puts it into the database, and acknowledges it
    ALERTS = "alerts"  # ladders, messages, the watch over edges, housekeeping
    WEB = "web"  # consoles, phones, uploads, other applications


Roles = frozenset[Role]
ALL: Roles = frozenset(Role)


def parsed(text: str) -> Roles:
    """Roles by their names, with commas between; ValueError names the one that is none."""
    return frozenset(Role(name.strip()) for name in text.split(","))


def told(roles: Roles) -> str:
    return ", ".join(role for role in Role if role in roles)


def check(settings: CentreSettings, roles: Roles) -> None:
    """Raise ConfigError where a process of these roles cannot work with others."""
    if roles == ALL or roles == {Role.BROKER}:
        return
    if settings.database_url.startswith("sqlite"):
        raise ConfigError(
            [
                f"database: a process with the role {told(roles)} shares it with others, which SQLite cannot: set "
                'database = "postgresql+psycopg://USER@HOST/NAME", or run all roles in one process'
            ]
        )
