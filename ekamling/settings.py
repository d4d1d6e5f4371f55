"""What an administrator writes for a centre: `centre.toml`."""

from collections import Counter
from typing import Annotated

from msgspec import Meta, Struct

from alerts.live.settings import LiveSettings
from alerts.notifiers.settings import NotifierSettings
from alerts.settings import HttpSettings, MapSettings, TargetSettings
from alerts.sso.settings import OidcSettings
from core.errors import EkamlingError
from ingest.settings import BrokerSettings, EdgeAccount


class CentreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `centre.toml`."""

    data: Annotated[str, Meta(description="folder for the database, the pictures and clips, and the broker")]
    database: Annotated[
        str,
        Meta(
            pattern=r"^(sqlite\+aiosqlite:///.+|postgresql\+psycopg://.+)?$",
            description="address of the database: postgresql+psycopg://…; empty: SQLite in the data folder",
        ),
    ] = ""
    http: HttpSettings = HttpSettings()
    live: LiveSettings = LiveSettings()
    map: MapSettings = MapSettings()
    notify: NotifierSettings = NotifierSettings()
    oidc: OidcSettings = OidcSettings()
    targets: TargetSettings = TargetSettings()
    broker: BrokerSettings = BrokerSettings()
    edges: Annotated[list[EdgeAccount], Meta(max_length=100_000, description="the edges that may connect")] = []

    def __post_init__(self) -> None:
        given = Counter(edge.id for edge in self.edges)
        twice = sorted(name for name, times in given.items() if times > 1)
        if twice:
            raise EkamlingError(f"edges: the id {twice[0]!r} is given twice")

    @property
    def database_url(self) -> str:
        """The database's address."""
        return self.database or f"sqlite+aiosqlite:///{self.data}/centre.sqlite3"
