"""The map of the console with something under it, in a real browser over the real centre."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import tiles
from tests.ekamling.settings_desk import REGENCY, settings_desks

SOON_MS = 30_000
PEOPLE = {"budi": ("Budi", "operator", REGENCY)}


class Tiles(BaseHTTPRequestHandler):
    """A server of tiles as there are many: anybody may have them, from any page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(tiles.png())

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def tile_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Tiles) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("vector", [False, True])
def test_the_map_lies_over_an_archive_of_the_centre(tmp_path: Path, vector: bool) -> None:
    path = tiles.archive(tmp_path / "peta.pmtiles", vector=vector)
    with settings_desks(tmp_path, PEOPLE, cameras=False, more=f'[map]\nbase = "{path}"\n') as desks:
        budi = desks.of("budi")
        with budi.page.expect_response(lambda one: "/map/tiles/" in one.url and one.status == 200) as answer:
            budi.at("rail-map").click()
        assert answer.value.body() == (tiles.water() if vector else tiles.png())
        expect(budi.at("map-base")).to_have_text("© Peta & Data")
        expect(budi.at("map")).to_have_attribute("data-ready", "true")
        budi.at("theme").click()
        expect(budi.at("map-base")).to_have_text("© Peta & Data")
        assert budi.problems == []


@pytest.mark.timeout(180)
def test_the_map_lies_over_tiles_of_an_address_and_is_whole_without_them(tmp_path: Path) -> None:
    with tile_server() as address:
        more = f'[map]\nbase = "{address}"\nattribution = "© Kabupaten"\n'
        with settings_desks(tmp_path, PEOPLE, cameras=False, more=more) as desks:
            budi = desks.of("budi")
            tile = address.partition("{")[0]
            with budi.page.expect_response(lambda one: one.url.startswith(tile) and one.status == 200):
                budi.at("rail-map").click()
            expect(budi.at("map-base")).to_have_text("© Kabupaten")
            assert budi.problems == []

            budi.page.route(f"{tile}**", lambda route: route.abort())
            budi.page.reload()
            expect(budi.at("map-base")).to_have_text("Peta dasar tidak dapat diambil", timeout=SOON_MS)
            expect(budi.at("map")).to_have_attribute("data-ready", "true")
            budi.took("ERR_FAILED")
            assert budi.problems == []
