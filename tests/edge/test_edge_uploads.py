"""Uploads of clips to the centre's own HTTP routes, behind a door that a test can close."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from core.events import Media
from core.ids import new_id
from edge import uploads as uploads_module
from edge.outbox import Outbox
from edge.settings import CentreLink
from edge.uploads import TRIES, Uploader
from ingest import uploads as routes
from ingest.accounts import Account, Accounts
from ingest.clips import ClipIntake
from ingest.media import MediaFolder
from ingest.sinks import Fate, MediaKind
from tests.edge.fakes import an_event, keep, opened
from tests.patience import pause, until

SECRET = "rahasia"
PIECE = 1000
StartUploader = Callable[..., Uploader]
Door = Callable[[str, int], int]


@dataclass
class Desk:
    """The centre's store: events that it knows, clips that it has, oddities that it counted."""

    known: set[str] = field(default_factory=set)
    clips: dict[str, Media] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    async def media_fate(self, kind: MediaKind, edge: str, event: str, media: Media | None) -> Fate:
        if event in self.clips:
            return "duplicate"
        return "stored" if event in self.known else "unknown event"

    async def put_media(self, kind: MediaKind, edge: str, event: str, media: Media) -> Fate:
        self.clips[event] = media
        return "stored"

    async def count(self, name: str, amount: int = 1) -> None:
        self.odd.append(name)


class Centre:
    """The routes on a port of their own. `door` sees each request first and may answer it with a status itself."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk()
        self.door: Door = lambda method, count: 0
        self.requests: list[tuple[str, str]] = []
        accounts = Accounts([Account("pos-1", "Pos 1", "33.03.05.1005", SECRET)])
        self._app = FastAPI()
        self._app.include_router(routes.router(accounts, ClipIntake(MediaFolder(folder), self.desk, self.desk)))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self._serve, interface="asgi3", lifespan="off", ws="none", log_level="error")
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        span = headers.get(b"content-range", b"").decode()
        self.requests.append((scope["method"], span))
        status = self.door(scope["method"], len(self.requests))
        if not status:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        until(lambda: self._server.started)
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def pieces(self) -> list[str]:
        """The parts of clips that were sent, as their Content-Range tells."""
        return [span.removeprefix("bytes ") for method, span in self.requests if method == "PUT"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_module, "PIECE", PIECE)
    monkeypatch.setattr(uploads_module, "RETRY_S", 0.01)
    monkeypatch.setattr(uploads_module, "RETRY_MAX_S", 0.02)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path / "media")
    yield running
    running.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = opened(tmp_path / "edge")
    yield box
    box.close()


@pytest.fixture
def start(outbox: Outbox, centre: Centre) -> Iterator[StartUploader]:
    started: list[Uploader] = []

    def begin(*, url: str = "", secret: str = SECRET) -> Uploader:
        link = CentreLink(mqtt_host="127.0.0.1", url=url or centre.url, secret_file="unused")
        uploader = Uploader("pos-1", link, secret, outbox)
        uploader.start()
        started.append(uploader)
        return uploader

    yield begin
    for uploader in started:
        uploader.stop()


def an_mp4(size: int = 3500) -> bytes:
    return b"\x00\x00\x00\x18ftypiso5" + bytes(number % 251 for number in range(size - 12))


def add(outbox: Outbox, centre: Centre, content: bytes, *, known: bool = True) -> str:
    event = new_id()
    keep(outbox, content, event)
    if known:
        centre.desk.known.add(event)
    return event


def sent(outbox: Outbox) -> bool:
    return not outbox.status().clips


def test_a_clip_is_sent_in_pieces_and_forgotten(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    event = add(outbox, centre, an_mp4())
    start()
    until(lambda: sent(outbox))
    assert centre.desk.clips == {event: Media.of(an_mp4())}
    assert centre.pieces == ["0-999/3500", "1000-1999/3500", "2000-2999/3500", "3000-3499/3500"]
    assert outbox.status().clips_evicted == 0


def test_clips_go_in_the_order_in_which_they_came(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    events = [add(outbox, centre, an_mp4(size)) for size in (100, 200, 300)]
    start()
    until(lambda: sent(outbox))
    assert list(centre.desk.clips) == events


def test_a_clip_of_three_events_crosses_the_link_once(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    events = [add(outbox, centre, an_mp4(900)) for _ in range(3)]
    start()
    until(lambda: sent(outbox))
    assert list(centre.desk.clips) == events
    assert centre.pieces == ["0-899/900", "*/900", "*/900"]


def test_a_shared_clip_that_the_centre_lost_is_sent_again(
    start: StartUploader, centre: Centre, outbox: Outbox, tmp_path: Path
) -> None:
    first = add(outbox, centre, an_mp4(900))
    uploader = start()
    until(lambda: sent(outbox))
    next((tmp_path / "media").rglob("*.mp4")).unlink()
    second = add(outbox, centre, an_mp4(900))
    uploader.wake()
    until(lambda: sent(outbox))
    assert list(centre.desk.clips) == [first, second]
    assert centre.pieces == ["0-899/900", "*/900", "0-899/900"]


def test_a_new_clip_is_sent_at_once(
    start: StartUploader, centre: Centre, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "RETRY_S", 1000.0)
    uploader = start()
    pause(0.1)
    add(outbox, centre, an_mp4())
    uploader.wake()
    until(lambda: sent(outbox))


def test_a_broken_upload_goes_on_where_it_broke(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    """The centre's proxy fails from the third piece on, for a while."""
    down = threading.Event()
    down.set()
    centre.door = lambda method, count: 503 if count > 3 and down.is_set() else 0
    add(outbox, centre, an_mp4())
    start()
    until(lambda: len(centre.requests) > 10)
    assert not sent(outbox)
    down.clear()
    until(lambda: sent(outbox))
    assert centre.pieces[:2] == ["0-999/3500", "1000-1999/3500"]
    assert centre.pieces[-2:] == ["2000-2999/3500", "3000-3499/3500"]


def test_an_upload_whose_last_answer_was_lost_is_done(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    event = add(outbox, centre, an_mp4())
    centre.desk.clips[event] = Media.of(an_mp4())
    start()
    until(lambda: sent(outbox))
    assert outbox.status().clips_evicted == 0


def test_a_clip_that_comes_before_its_event_waits_for_it(
    start: StartUploader, centre: Centre, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While events wait in the outbox a 404 is no refusal, however often it comes."""
    monkeypatch.setattr(uploads_module, "TRIES", 3)
    outbox.record(an_event(), b"jpeg")
    event = add(outbox, centre, an_mp4(), known=False)
    start()
    until(lambda: len(centre.pieces) > 10)
    assert not sent(outbox)
    centre.desk.known.add(event)
    until(lambda: sent(outbox))
    assert event in centre.desk.clips


def test_a_clip_that_is_always_refused_is_given_up_and_counted(
    start: StartUploader, centre: Centre, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = add(outbox, centre, an_mp4(), known=False)
    event = add(outbox, centre, an_mp4(500))
    start()
    until(lambda: sent(outbox))
    assert centre.pieces.count("0-999/3500") == TRIES
    assert list(centre.desk.clips) == [event]
    assert outbox.status().clips_evicted == 1
    assert f"clip {stranger} is given up" in caplog.text


def test_a_clip_that_was_damaged_on_the_disk_is_refused_by_its_hash_and_given_up(
    start: StartUploader, centre: Centre, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "TRIES", 2)
    add(outbox, centre, an_mp4())
    damaged = bytearray(an_mp4())
    damaged[2000] ^= 1
    outbox.clips()[0].path.write_bytes(damaged)
    start()
    until(lambda: sent(outbox))
    assert centre.desk.clips == {}
    assert centre.desk.odd == ["refused", "refused"]
    assert outbox.status().clips_evicted == 1


def test_a_piece_that_does_not_fit_is_sent_from_where_the_centre_stands(
    start: StartUploader, centre: Centre, outbox: Outbox
) -> None:
    """The first HEAD is answered by somebody who knows nothing; the centre then tells where it stands."""
    centre.door = lambda method, count: 503 if count == 3 else 204 if count == 4 else 0
    add(outbox, centre, an_mp4())
    start()
    until(lambda: sent(outbox))
    assert centre.pieces[2:4] == ["0-999/3500", "1000-1999/3500"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
def test_an_answer_that_says_nothing_about_the_clip_never_loses_it(
    start: StartUploader, centre: Centre, outbox: Outbox, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "TRIES", 2)
    centre.door = lambda method, count: status if count <= 6 else 0
    add(outbox, centre, an_mp4())
    start()
    until(lambda: sent(outbox))
    assert len(centre.desk.clips) == 1


def test_a_wrong_password_keeps_the_clips(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    add(outbox, centre, an_mp4())
    start(secret="wrong")
    until(lambda: len(centre.requests) > TRIES)
    assert not sent(outbox)
    assert centre.desk.clips == {}


@pytest.mark.parametrize("status", [202, 409])
def test_a_centre_that_never_gets_further_is_not_asked_without_end(
    start: StartUploader, centre: Centre, outbox: Outbox, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers as if a piece had come, and stands at the same byte each time."""
    monkeypatch.setattr(uploads_module, "TRIES", 4)
    centre.door = lambda method, count: status if method == "PUT" else 0
    add(outbox, centre, an_mp4())
    start()
    until(lambda: sent(outbox))
    assert len(centre.pieces) == 4


def test_a_centre_that_cannot_be_reached_is_tried_again(
    start: StartUploader, centre: Centre, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    add(outbox, centre, an_mp4())
    start(url="http://127.0.0.1:1")
    until(lambda: caplog.text.count("waits: the centre cannot be reached") > 3)
    assert not sent(outbox)


def test_a_clip_that_is_gone_from_the_disk_is_told_counted_and_does_not_block(
    start: StartUploader, centre: Centre, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    gone, event = add(outbox, centre, an_mp4(3400)), add(outbox, centre, an_mp4())
    outbox.clips()[0].path.unlink()
    start()
    until(lambda: sent(outbox))
    assert list(centre.desk.clips) == [event]
    assert f"clip {gone} is gone from the disk: No such file or directory" in caplog.text
    assert outbox.status().clips_evicted == 1


def test_an_uploader_stops_soon(start: StartUploader, centre: Centre, outbox: Outbox) -> None:
    centre.door = lambda method, count: 503
    add(outbox, centre, an_mp4())
    uploader = start()
    until(lambda: centre.requests)
    uploader.stop()
    assert "uploads" not in {thread.name for thread in threading.enumerate()}
