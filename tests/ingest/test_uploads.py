"""Uploads of clips over HTTP, as an edge sends them and as a stranger tries to."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.http import errors
from core.events import MAX_CLIP_BYTES
from ingest import uploads
from ingest.accounts import Account, Accounts
from ingest.clips import ClipIntake
from ingest.media import MediaFolder
from ingest.sinks import Received
from ingest.uploads import MAX_PIECE
from tests.ingest.fakes import MemoryStore
from tests.messages import AT, MP4, an_event

EDGE, PASSWORD = "pos-1", "edge's password"
CLIP = MP4 * 50
EVENT = an_event()
HERE = f"/edge/v1/clips/{EVENT.id}"


@pytest.fixture
def store() -> MemoryStore:
    """Knows one event of the edge."""
    store = MemoryStore()
    store.events[EDGE, EVENT.stream, EVENT.seq] = Received(EDGE, EVENT, AT)
    return store


@pytest.fixture
async def http(store: MemoryStore, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The edge, signed in."""
    accounts = Accounts(
        [Account(edge, edge, "33.03", password) for edge, password in ((EDGE, PASSWORD), ("pos-2", "2"))]
    )
    app = FastAPI()
    errors.install(app)
    app.include_router(uploads.router(accounts, ClipIntake(MediaFolder(tmp_path / "media"), store, store)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre.test", auth=(EDGE, PASSWORD)) as client:
        yield client


def headers(first: int, last: int, total: int = len(CLIP), whole: bytes = CLIP) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()
    return {"Content-Range": f"bytes {first}-{last - 1}/{total}", "Repr-Digest": f"sha-256=:{digest}:"}


async def put(http: httpx.AsyncClient, first: int, last: int, path: str = HERE) -> httpx.Response:
    return await http.put(path, content=CLIP[first:last], headers=headers(first, last))


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


async def offset(http: httpx.AsyncClient) -> int:
    answer = await http.head(HERE)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


async def test_a_clip_is_uploaded_in_pieces_and_once(http: httpx.AsyncClient, store: MemoryStore) -> None:
    assert await offset(http) == 0
    assert (await put(http, 0, 100)).status_code == 202
    done = await put(http, 100, len(CLIP))
    assert (done.status_code, done.headers["Upload-Offset"]) == (201, str(len(CLIP)))
    assert store.media["clip", EVENT.id].size == len(CLIP)
    assert (await put(http, 0, 100)).status_code == 200


async def test_an_upload_goes_on_where_it_broke_off(http: httpx.AsyncClient) -> None:
    await put(http, 0, 100)
    lost = await put(http, 150, 200)
    assert (lost.status_code, lost.headers["Upload-Offset"]) == (409, "100")
    here = await offset(http)
    assert (here, (await put(http, here, len(CLIP))).status_code) == (100, 201)


async def test_a_damaged_upload_is_refused_and_a_good_one_then_works(http: httpx.AsyncClient) -> None:
    damaged = await http.put(HERE, content=b"x" * len(CLIP), headers=headers(0, len(CLIP)))
    assert (damaged.status_code, await offset(http)) == (422, 0)
    assert (await put(http, 0, len(CLIP))).status_code == 201


@pytest.mark.parametrize("auth", [(EDGE, "wrong"), (EDGE, "2"), (EDGE, ""), ("nobody", ""), ("nobody", PASSWORD), None])
async def test_a_stranger_is_told_nothing(http: httpx.AsyncClient, auth: tuple[str, str] | None) -> None:
    http.auth = httpx.BasicAuth(*auth) if auth else httpx.Auth()  # which adds nothing
    for answer in (await put(http, 0, len(CLIP)), await http.head(HERE)):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert "Upload-Offset" not in answer.headers


async def test_an_edge_sees_and_adds_to_its_own_events_only(http: httpx.AsyncClient) -> None:
    await put(http, 0, 100)
    http.auth = httpx.BasicAuth("pos-2", "2")
    assert (await offset(http), (await put(http, 0, 100)).status_code) == (0, 404)
    assert (await put(http, 0, 100, f"/edge/v1/clips/{an_event().id}")).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["..", "../../../../etc/passwd", "..%2f..%2fx", "%2e%2e", "x" * 36, EVENT.id.upper(), f"{EVENT.id}%00", "%00"],
    ids=["above", "far above", "coded slashes", "coded dots", "long", "upper case", "with NUL", "NUL"],
)
async def test_an_event_is_named_by_its_id_only(http: httpx.AsyncClient, tmp_path: Path, name: str) -> None:
    before = files(tmp_path)
    for answer in (await put(http, 0, 100, f"/edge/v1/clips/{name}"), await http.head(f"/edge/v1/clips/{name}")):
        assert answer.status_code in (404, 422)
    assert files(tmp_path) == before


@pytest.mark.parametrize("announced", [True, False])
async def test_a_piece_that_is_too_large_is_not_read_to_its_end(http: httpx.AsyncClient, announced: bool) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 4 * MAX_PIECE:
            sent += 64 * 1024
            yield b"x" * 64 * 1024

    length = {"Content-Length": str(4 * MAX_PIECE)} if announced else {}
    answer = await http.put(HERE, content=endless(), headers={**headers(0, 4 * MAX_PIECE, 8 * MAX_PIECE), **length})
    assert answer.status_code == 413
    assert sent <= 2 * MAX_PIECE
    assert await offset(http) == 0


async def test_a_clip_that_is_too_large_is_refused_with_its_first_piece(http: httpx.AsyncClient) -> None:
    answer = await http.put(HERE, content=CLIP[:10], headers=headers(0, 10, MAX_CLIP_BYTES + 1))
    assert (answer.status_code, await offset(http)) == (413, 0)


async def test_a_clip_of_two_events_is_uploaded_once(http: httpx.AsyncClient, store: MemoryStore) -> None:
    other = an_event()
    store.events[EDGE, other.stream, other.seq] = Received(EDGE, other, AT)
    same = {**headers(0, 1), "Content-Range": f"bytes */{len(CLIP)}"}
    assert (await http.put(f"/edge/v1/clips/{other.id}", headers=same)).status_code == 409
    await put(http, 0, len(CLIP))
    assert (await http.put(f"/edge/v1/clips/{other.id}", headers=same)).status_code == 201
    assert store.media["clip", other.id] == store.media["clip", EVENT.id]


@pytest.mark.parametrize(
    "changes",
    [
        {"Content-Range": "bytes */x"},
        {"Content-Range": "bytes */2000", "Repr-Digest": "md5=:AAAA:"},
        {"Content-Range": "bytes 0-9"},
        {"Content-Range": "bytes 0-8/2000"},
        {"Content-Range": "bytes 0-9/9"},
        {"Content-Range": "bytes 9-0/2000"},
        {"Content-Range": "bytes -1-9/2000"},
        {"Content-Range": "lines 0-9/2000"},
        {"Content-Range": f"bytes 0-9/{'9' * 30}"},
        {"Repr-Digest": "sha-256=::"},
        {"Repr-Digest": "md5=:AAAA:"},
        {"Repr-Digest": "sha-256=:" + "A" * 42 + "==:"},
        {"Repr-Digest": ""},
    ],
)
async def test_a_piece_with_headers_that_make_no_sense_is_refused(
    http: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    answer = await http.put(HERE, content=CLIP[:10], headers={**headers(0, 10, 2000), **changes})
    assert (answer.status_code, await offset(http)) == (400, 0)
    assert answer.json()["error"]["message"]


async def test_a_piece_without_its_headers_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.put(HERE, content=CLIP[:10])).status_code == 422


async def test_a_centre_that_cannot_store_asks_to_try_again(http: httpx.AsyncClient, store: MemoryStore) -> None:
    store.broken = {"media"}
    assert (await put(http, 0, 100)).status_code == 503


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
RANGES = st.tuples(*[st.integers(0, 10**13)] * 3).map(lambda three: f"bytes {three[0]}-{three[1]}/{three[2]}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | RANGES, TEXTS, st.binary(max_size=50), TEXTS)
async def test_whatever_is_sent_is_answered(
    http: httpx.AsyncClient, span: str, digest: str, content: bytes, login: str
) -> None:
    sent = {b"Content-Range": span.strip().encode("latin-1"), b"Repr-Digest": digest.strip().encode("latin-1")}
    assert (await http.put(HERE, content=content, headers=sent)).status_code < 500
    basic = {b"Authorization": b"Basic " + login.strip().encode("latin-1")}
    request = http.build_request("HEAD", HERE, headers=basic)
    assert (await http.send(request, auth=None)).status_code == 401
