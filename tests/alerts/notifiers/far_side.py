"""A far side on loopback that speaks HTTP/1.1, keeps what it was asked, and answers as a test tells it to."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mime
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def parts(self) -> dict[str, bytes]:
        """The fields of a multipart body."""
        whole = message_from_bytes(b"Content-Type: " + self.headers["content-type"].encode() + b"\r\n\r\n" + self.body)
        return {_name(part): _content(part) for part in whole.walk() if not part.is_multipart()}


@dataclass(frozen=True)
class Said:
    """One answer; `hang` never comes, `endless` never ends, `hang_up` breaks off within."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    endless: bool = False
    hang_up: bool = False


Answering = Callable[[Asked], Said]


def said(value: Any, status: int = 200, **headers: str) -> Said:
    """An answer of JSON; in header names `_` stands for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Said(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


class FarSide:
    """Runs while it is entered; `answering` may be changed at any time."""

    def __init__(self, answering: Answering = lambda _: Said()) -> None:
        self.answering = answering
        self.asked: list[Asked] = []
        self._conversations: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "FarSide":
        self._server = await asyncio.start_server(self._spoken_to, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._conversations):
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _spoken_to(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        try:
            while asked := await _read(reader):
                self.asked.append(asked)
                await _write(writer, self.answering(asked))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            pass  # start_server's own callback would log it
        finally:
            self._conversations.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def nobody() -> int:
    """A port at which nobody answers: it was free a moment ago."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    first = (await reader.readline()).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(first[0], first[1], headers, body)


async def _write(writer: asyncio.StreamWriter, answer: Said) -> None:
    if answer.hang:
        await asyncio.Event().wait()
    lines = [f"HTTP/1.1 {answer.status} Said", *(f"{name}: {value}" for name, value in answer.headers.items())]
    if answer.endless:
        writer.write(("\r\n".join([*lines, "Content-Length: 999999999999"]) + "\r\n\r\n").encode())
        while True:
            writer.write(b" " * 65536)
            await writer.drain()
    if answer.hang_up:
        writer.write(("\r\n".join([*lines, "Content-Length: 100"]) + "\r\n\r\nhalf").encode())
        raise ConnectionResetError
    writer.write(("\r\n".join([*lines, f"Content-Length: {len(answer.body)}"]) + "\r\n\r\n").encode() + answer.body)
    await writer.drain()


def _name(part: Mime) -> str:
    return str(part.get_param("name", header="content-disposition"))


def _content(part: Mime) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content
