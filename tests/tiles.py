"""Small archives of map tiles around Purbalingga, in PMTiles' own form."""

import gzip
import io
import math
from pathlib import Path

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

PLACE = (109.36, -7.39)
DEEPEST = 10
ATTRIBUTION = '© <a href="https://example.org">Peta &amp; Data</a>'
EXTENT = 4096


def tile_of(z: int) -> tuple[int, int]:
    """Column and row of the tile in which the place lies (OpenStreetMap, "Slippy map tilenames")."""
    longitude, latitude = PLACE
    x = (longitude + 180) / 360 * 2**z
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**z
    return int(x), int(y)


def png(colour: tuple[int, int, int] = (200, 60, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(file, "PNG")
    return file.getvalue()


def water() -> bytes:
    """A vector tile (Mapbox Vector Tile 2.1) with one polygon over all of it, in a layer that is called water."""
    corners = [(9, 0, 0), (26, EXTENT, 0, 0, EXTENT, -EXTENT, 0), (15,)]  # MoveTo, three times LineTo, ClosePath
    numbers = b""
    for command, *parameters in corners:
        numbers += _varint(command) + b"".join(
            _varint(value << 1 if value >= 0 else -value * 2 - 1) for value in parameters
        )
    polygon = _field(3, 3) + _field(4, numbers)  # of type polygon, and its geometry
    return _field(3, _field(15, 2) + _field(1, b"water") + _field(2, polygon) + _field(5, EXTENT))


def archive(path: Path, *, vector: bool = False) -> Path:
    """Every tile around the place down to level 10."""
    content = gzip.compress(water()) if vector else png()
    with write(str(path)) as writer:
        for z in range(DEEPEST + 1):
            writer.write_tile(zxy_to_tileid(z, *tile_of(z)), content)
        west, south, east, north = 109.1, -7.6, 109.7, -7.1
        header = {
            "tile_type": TileType.MVT if vector else TileType.PNG,
            "tile_compression": Compression.GZIP if vector else Compression.NONE,
            "min_lon_e7": int(west * 1e7),
            "min_lat_e7": int(south * 1e7),
            "max_lon_e7": int(east * 1e7),
            "max_lat_e7": int(north * 1e7),
        }
        writer.finalize(header, {"attribution": ATTRIBUTION})
    return path


def _field(number: int, value: int | bytes) -> bytes:
    """A field of Protocol Buffers: a number, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
