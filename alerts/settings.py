"""What an administrator writes about the pages and the database, in `centre.toml`."""

from typing import Annotated

from msgspec import Meta, Struct

from alerts.reporting.clocks import MAX_TARGETS, Clock, targets


class HttpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the console and the API answer."""

    host: Annotated[str, Meta(description="address on which the centre listens")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port of the console and the API")] = 8080
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/]+)?\Z",
            description="address that people type, such as https://kamling.example.go.id; empty: host and port above",
        ),
    ] = ""

    @property
    def url(self) -> str:
        """The address that people type."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return self.public_url or f"http://{host}:{self.port}"


class MapSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies under the map of the console. Without it the map shows areas, sites and cameras alone."""

    base: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/;,'@]+/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{y\})[^\s;']*|/[^\0]+)?\Z",
            description="path of a PMTiles archive on this machine, such as /srv/ekamling/purbalingga.pmtiles, or an "
            "address of tiles with {z}, {x} and {y} in it, which browsers fetch themselves; empty: nothing",
        ),
    ] = ""
    attribution: Annotated[
        str, Meta(max_length=200, description="whom the tiles are owed to; empty: as the archive says")
    ] = ""
    max_zoom: Annotated[int, Meta(ge=0, le=24, description="deepest level of an address; an archive says its own")] = 19


class TargetSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Within what time work should be done here, beside the clocks of 110 and NFPA 1225."""

    clocks: Annotated[
        list[str],
        Meta(
            max_length=MAX_TARGETS,
            description="such as answer:30:80 (80 % are answered within 30 s), dispatch:120 or arrive:900; the spans "
            "are answer, handling, dispatch, arrive and close",
        ),
    ] = []

    def __post_init__(self) -> None:
        targets(self.clocks)  # says what is wrong with one

    @property
    def all(self) -> tuple[Clock, ...]:
        """The usual clocks and those of this centre."""
        return targets(self.clocks)
