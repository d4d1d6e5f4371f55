"""The web server: up when it answers, down when it is told, and no friend of signals."""

import asyncio
import contextlib
import signal
import socket

import httpx
import pytest
from fastapi import FastAPI

from core.errors import ServiceError
from ekamling.web import WebServer, listen


async def test_it_answers_once_it_is_up_and_ends_when_told() -> None:
    app = FastAPI()
    app.add_api_route("/", lambda: "hello")
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        server = WebServer(app)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            assert (await client.get("/")).json() == "hello"
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
        server.should_exit = True
        await running


def test_a_port_that_is_taken_is_named_with_the_option_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} on 127\.0\.0\.1 cannot be used .*http\.port\Z"):
            listen("127.0.0.1", port)


def test_a_host_that_is_none_of_ours_is_told() -> None:
    with pytest.raises(ServiceError, match=r"port 8080 on 192\.0\.2\.1 cannot be used"):
        listen("192.0.2.1", 8080)


async def test_a_small_answer_is_sent_at_once() -> None:
    accepted = asyncio.get_running_loop().create_future()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen("127.0.0.1", 0) as listener:
        listener.listen()
        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted  # Nagle's algorithm is off
            writer.close()
