"""A relay on loopback, as an installer would wire a siren to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from edge.siren_settings import SirenSettings


class RelayBox:
    """What it was asked, and the status that it answers with."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                box.asked.append(f"{self.command} {self.path}")
                self.send_response(box.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settings(self, **changes: Any) -> SirenSettings:
        """Of an edge that has this relay."""
        return SirenSettings(relay_on=f"{self.url}/on", relay_off=f"{self.url}/off", **changes)
