"""What lies under the map: an archive of the centre's own, an address, or nothing."""

import gzip
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from alerts.ground.base_map import Archive, base_map
from alerts.http import pages
from alerts.settings import MapSettings
from core import config
from core.errors import ConfigError, EkamlingError
from ekamling.settings import CentreSettings
from tests import tiles
from tests.alerts.centre import VILLAGE, Centre

ADDRESS = "https://peta.example.go.id:8443/dasar/{z}/{x}/{y}.png"


@pytest.mark.parametrize("vector", [False, True])
def test_an_archive_says_what_it_is_and_gives_its_tiles(tmp_path: Path, vector: bool) -> None:
    found = Archive(tiles.archive(tmp_path / "peta.pmtiles", vector=vector), "")
    about = found.description
    assert about.kind == ("vector" if vector else "raster")
    assert (about.min_zoom, about.max_zoom, about.attribution) == (0, tiles.DEEPEST, "© Peta & Data")
    assert about.bounds == (109.1, -7.6, 109.7, -7.1)
    tile = found.tile(tiles.DEEPEST, *tiles.tile_of(tiles.DEEPEST))
    assert tile
    content = gzip.decompress(tile.content) if tile.encoding else tile.content
    assert content == (tiles.water() if vector else tiles.png())
    assert found.tile(tiles.DEEPEST, 0, 0) is None
    assert found.origin == ""


@pytest.mark.parametrize(
    "content", [b"", b"PMTiles", b"PMTiles\x02" + bytes(200), b"PMTiles\x03" + bytes(200), b"\x89PNG" * 99]
)
def test_a_file_that_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "peta.pmtiles"
    path.write_bytes(content)
    with pytest.raises(EkamlingError, match=f"map.base: {path} is no PMTiles archive"):
        Archive(path, "")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EkamlingError, match=r"map\.base: .*/nowhere cannot be read: No such file"):
        base_map(f"{tmp_path}/nowhere", "", 19)


async def test_an_address_is_for_the_browsers_who_may_go_there() -> None:
    found = base_map(ADDRESS, "© Kabupaten", 17)
    assert found
    assert (found.description.kind, found.description.tiles, found.description.max_zoom) == ("raster", ADDRESS, 17)
    assert found.tile(0, 0, 0) is None
    vector = base_map(ADDRESS.replace(".png", ".mvt?key=a"), "", 17)
    assert vector
    assert vector.description.kind == "vector"
    app = FastAPI()
    pages.install(app, found.origin)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://centre") as client:
        policy = (await client.get("/nowhere")).headers["content-security-policy"]
    assert "connect-src 'self' https://peta.example.go.id:8443;" in policy
    assert policy.count("example") == 1


@pytest.mark.parametrize(
    "base",
    [
        "peta.pmtiles",
        "ftp://peta/{z}/{x}/{y}",
        "https://peta/{z}/{x}.png",
        "https://user:secret@peta/{z}/{x}/{y}",
        "https://peta;script-src/{z}/{x}/{y}",
        "https://peta/{z}/{x}/{y}; img-src *",
    ],
)
def test_an_address_that_leads_nowhere_is_refused(tmp_path: Path, base: str) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(f'data = "x"\n[map]\nbase = "{base}"\n')
    with pytest.raises(ConfigError, match=r"map\.base"):
        config.load(file, CentreSettings)
    assert MapSettings(base="/srv/peta purbalingga.pmtiles").base


async def test_a_centre_without_a_base_says_so(centre: Centre) -> None:
    async with centre.client("operator") as client:
        assert (await client.get("/api/v1/map/base")).json() == {"base": None}
        assert (await client.get("/api/v1/map/tiles/0/0/0")).status_code == 204
        assert (await client.get("/api/v1/map/tiles/25/0/0")).status_code == 422
    async with centre.client("resident", f"{VILLAGE}/RW02/RT04") as client:
        assert (await client.get("/api/v1/map/base")).status_code == 403
        assert (await client.get("/api/v1/map/tiles/0/0/0")).status_code == 403
