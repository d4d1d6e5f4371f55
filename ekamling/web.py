"""The web server of the centre: uvicorn, started and stopped by us and not by signals."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from core.errors import ServiceError

GRACE_S = 5


class WebServer(uvicorn.Server):
    """Serves an application on sockets that are bound already; `up` is set when it answers."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, lifespan="off")
        )
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever puts the parts together."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()  # what is there now stays; the collector need not walk through it in the middle of a large answer
        self.up.set()


def listen(host: str, port: int, option: str = "http.port") -> socket.socket:
    """A bound socket; taken before anything else starts, so that a port that is taken is told at once.

    `option` is what a user changes to choose another.
    """
    # Only where the protocol is named does asyncio set TCP_NODELAY on what it accepts; else small answers wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ServiceError(
            f"port {port} on {host} cannot be used ({error.strerror}); stop what holds it or change {option}"
        ) from error
    return listener
