"""The page's server: on loopback only, and only for who knows the token of this run."""

import re
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from core.errors import ServiceError
from ekamling.watching.board import Board

HOST = "127.0.0.1"
WAIT_S = 2.0  # for a newer picture, before the page is told how all stands without one
IDLE_S = 15.0  # a connection without a request is closed
ROOM = 32  # connections at a time; a browser opens six
LANGUAGES = ("id", "en")
PAGE = "ekamling.watching"
FILES = {  # path: (package, file in it, type)
    "": (PAGE, "page/watch.html", "text/html; charset=utf-8"),
    "watch.js": (PAGE, "page/watch.js", "text/javascript; charset=utf-8"),
    "watch.css": (PAGE, "page/watch.css", "text/css; charset=utf-8"),
    "icon.svg": (PAGE, "page/icon.svg", "image/svg+xml"),
    "terms.json": ("core", "terms.json", "application/json"),
}
# Everything comes from here, nothing is written into the page itself, and no other page may frame it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Answer = tuple[HTTPStatus, str, bytes]


class Pages:
    """What is answered to a path behind the token."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._files = {
            path: (kind, resources.files(package).joinpath(name).read_text(encoding="utf-8"))
            for path, (package, name, kind) in FILES.items()
        }

    def answer(self, path: str, query: dict[str, list[str]], accepted: str) -> Answer:
        """`accepted` is the Accept-Language header."""
        if path in self._files:
            kind, text = self._files[path]
            if not path:
                text = text.replace('lang="id"', f'lang="{language(query.get("lang", [""])[0], accepted)}"', 1)
            return HTTPStatus.OK, kind, text.encode()
        number = _number(query.get("number", ["0"])[0])
        if path == "state":
            state = self._board.state(number, WAIT_S)
            return HTTPStatus.OK, "application/json", msgspec.json.encode(state)
        picture = self._board.picture(number) if path == "picture" else None
        if picture:
            return HTTPStatus.OK, "image/jpeg", picture
        return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there is nothing here\n"


class WatchServer:
    """Serves the pages from `start` to `stop`."""

    def __init__(self, pages: Pages, port: int) -> None:
        self._token = secrets.token_urlsafe(18)
        try:
            self._server = _Server((HOST, port), _handler(pages, self._token))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no port"
            raise ServiceError(f"port {port} on {HOST} cannot be used ({reason}); give another with --port") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="watch-pages")

    @property
    def url(self) -> str:
        """What to open, token included."""
        return f"http://{HOST}:{self._server.server_port}/{self._token}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A thread for each connection, but no more than `ROOM`: others on this machine may knock too."""

    daemon_threads = True
    _room = threading.Semaphore(ROOM)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: object) -> None:
        """A browser that goes away in the middle of an answer is nothing to tell of."""


def _handler(pages: Pages, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = IDLE_S

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            _, given, path = ("/" + parts.path.lstrip("/") + "/").split("/", 2)
            host = self.headers.get("Host", "").rpartition(":")[0]
            if not secrets.compare_digest(given.encode(), token.encode()) or host not in (HOST, "localhost"):
                self._send((HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", REFUSAL))
            else:
                query = parse_qs(parts.query, max_num_fields=8)
                self._send(pages.answer(path.rstrip("/"), query, self.headers.get("Accept-Language", "")))

        def _send(self, answer: Answer) -> None:
            status, kind, body = answer
            self.send_response(status)
            for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def version_string(self) -> str:
            return "E-Kamling"

        def log_message(self, *_: object) -> None:
            """The path holds the token: it is not logged."""

    return Handler


REFUSAL = b"open the address that `ekamling watch` has printed\n"


def language(wish: str, accepted: str) -> str:
    """The page's language: the one wished for, else the first of Accept-Language that we speak, else Indonesian."""
    words = [wish, *(word.partition(";")[0] for word in accepted.split(","))]
    spoken = (word.strip().lower().partition("-")[0] for word in words)
    return next((word for word in spoken if word in LANGUAGES), LANGUAGES[0])


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else 0
