"""What may lie under the map: tiles out of an archive on this machine, or from an address.

Neither is needed: without one the map is drawn from areas and cameras alone, and it stays so wherever tiles fail.
"""

import html
import re
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, TileType

from core.errors import EkamlingError

Kind = Literal["raster", "vector"]
OWN = "/api/v1/map/tiles/{z}/{x}/{y}"  # where browsers get the tiles of an archive
DEEPEST = 24
TYPES = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}
ENCODINGS = {Compression.NONE: None, Compression.GZIP: "gzip", Compression.BROTLI: "br", Compression.ZSTD: "zstd"}
VECTOR = re.compile(r"\.(pbf|mvt)\Z")
TAGS = re.compile(r"<[^>]*>")


class Description(Struct, frozen=True):
    """What a browser has to know of it; `bounds` west, south, east, north in degrees."""

    kind: Kind
    tiles: str
    min_zoom: int
    max_zoom: int
    attribution: str
    bounds: tuple[float, float, float, float] | None = None


class Tile(Struct, frozen=True):
    """One tile as it stands in the archive, and how browsers are told to read it."""

    content: bytes
    media_type: str
    encoding: str | None


class BaseMap(Protocol):
    """Tiles for the browsers. `origin`: where else than from the centre they come, for the pages' content policy."""

    description: Description
    origin: str

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """One tile; None where there is none. Reads the disk."""
        ...


class Address:
    """Tiles that browsers fetch themselves."""

    def __init__(self, template: str, attribution: str, max_zoom: int) -> None:
        parts = urlsplit(template)
        kind: Kind = "vector" if VECTOR.search(parts.path) else "raster"
        self.description = Description(kind, template, 0, max_zoom, attribution)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Nothing: they are not here."""
        return None


class Archive:
    """A PMTiles archive (version 3). Raises EkamlingError for a file that is none."""

    origin = ""

    def __init__(self, path: Path, attribution: str) -> None:
        try:
            with path.open("rb") as file:
                self._reader = Reader(MmapSource(file))
            header, metadata = self._reader.header(), self._reader.metadata()
            self._type, self._encoding = TYPES[header["tile_type"]], ENCODINGS[header["tile_compression"]]
        except OSError as error:
            raise EkamlingError(f"map.base: {path} cannot be read: {error.strerror}") from error
        except Exception as error:  # the library raises whatever the bytes lead it to
            raise EkamlingError(
                f"map.base: {path} is no PMTiles archive of version 3 with tiles that browsers read"
            ) from error
        corners = [header[f"{name}_e7"] / 1e7 for name in ("min_lon", "min_lat", "max_lon", "max_lat")]
        self.description = Description(
            "vector" if header["tile_type"] is TileType.MVT else "raster",
            OWN,
            header["min_zoom"],
            header["max_zoom"],
            attribution or html.unescape(TAGS.sub("", str(metadata.get("attribution", "")))),
            (corners[0], corners[1], corners[2], corners[3]),
        )

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """One tile, compressed as it is kept."""
        content = self._reader.get(z, x, y)
        return Tile(content, self._type, self._encoding) if content else None


def base_map(base: str, attribution: str, max_zoom: int) -> BaseMap | None:
    """What the configuration names: an address with {z}, {x} and {y}, the path of an archive, or nothing."""
    if not base:
        return None
    if "://" in base:
        return Address(base, attribution, max_zoom)
    return Archive(Path(base), attribution)
