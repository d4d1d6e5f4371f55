"""The built pages, and the headers that everything leaves with."""

import gzip
from pathlib import Path

import pytest

from alerts.http import pages
from alerts.store.database import Database
from tests.alerts.centre import Centre

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
def centre(database: Database, tmp_path: Path) -> Centre:
    """One that looks for its pages itself."""
    return Centre(database, tmp_path)


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pages as Vite leaves it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "m.html"):
        (folder / name).write_text(f"<title>{name}</title>")
    (folder / "assets" / "index-1.js").write_text("'use strict'")
    monkeypatch.setattr(pages, "folder", lambda: folder)
    return folder


@pytest.mark.parametrize("path", pages.ROUTES)
async def test_every_address_has_its_page(centre: Centre, dist: Path, path: str) -> None:
    async with centre.client(None) as browser:
        answer = await browser.get(path)
    assert (answer.status_code, answer.text) == (200, f"<title>{pages.ROUTES[path]}</title>")
    assert answer.headers["cache-control"] == "no-cache"


async def test_files_with_a_hash_in_their_name_are_kept_for_ever(centre: Centre, dist: Path) -> None:
    async with centre.client(None) as browser:
        answer = await browser.get("/assets/index-1.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")


async def test_nothing_outside_the_pages_is_served(centre: Centre, dist: Path) -> None:
    (dist.parent / "secret").write_text("a secret")
    async with centre.client(None) as browser:
        for path in ("/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "//etc/passwd", "/secret", "/.vite"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "http_404")


async def test_pages_that_were_not_built_say_how_to_build_them(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "folder", lambda: tmp_path / "none")
    async with centre.client(None) as browser:
        answer = await browser.get("/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_pages")
    assert "make setup" in answer.text


@pytest.mark.parametrize("path", ["/", "/assets/index-1.js", "/api/v1/session", "/api/v1/incidents", "/no-such-page"])
async def test_everything_leaves_with_the_headers_that_keep_foreign_code_out(
    centre: Centre, dist: Path, path: str
) -> None:
    async with centre.client(None) as browser:
        headers = (await browser.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"] and "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_answers_of_the_api_are_kept_nowhere(centre: Centre) -> None:
    async with centre.client() as browser:
        for path in ("/api/v1/session", "/api/v1/incidents", "/api/v1/nothing"):
            assert (await browser.get(path)).headers["cache-control"] == "no-store"


async def test_files_come_compressed_to_who_takes_them_so(centre: Centre, dist: Path) -> None:
    (dist / "assets" / "index-1.js.gz").write_bytes(gzip.compress(b"'use strict'"))
    async with centre.client(None) as browser:
        small = await browser.get("/assets/index-1.js", headers={"accept-encoding": "gzip, br"})
        plain = await browser.get("/assets/index-1.js", headers={"accept-encoding": "identity"})
    assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert small.text == plain.text == "'use strict'"
    assert small.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize("path", ["/sw.js", "/m.webmanifest"])
async def test_what_keeps_its_name_is_looked_at_anew(centre: Centre, dist: Path, path: str) -> None:
    (dist / path[1:]).write_text("{}")
    async with centre.client(None) as browser:
        assert (await browser.get(path)).headers["cache-control"] == "no-cache"
