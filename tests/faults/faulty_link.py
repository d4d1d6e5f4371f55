"""A TCP relay on loopback that is as bad as the link of a village: held, one-way, lossy, slow, reset.

TCP hides a loss behind a delay, and so does this: what the link loses comes later, in order, after the pause in which
a sender would have noticed (200 ms, doubled with every further loss of the same segment: RFC 6298, as Linux does it).
"""

import asyncio
import contextlib
import random
import socket
import struct
from typing import Literal

from tests.loop_thread import LoopThread

Way = Literal["up", "down"]
SEGMENT = 1400  # bytes
FIRST_TIMEOUT_S = 0.2


class FaultyLink:
    """Listens on `port` and relays to `target`, a port of this machine, or to the first of the `others` that answers.
    Well until something of it is set."""

    def __init__(self, loop: LoopThread, target: int, seed: int, *others: int) -> None:
        self._loop = loop
        self._targets = (target, *others)
        self.reached = 0  # the port to which the newest connection was relayed
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = {"up": asyncio.Event(), "down": asyncio.Event()}
        self.loss = 0.0  # share of segments
        self.bytes_s = 0.0  # that pass each way; 0 for as many as come
        for way in self._open.values():
            way.set()
        self._server = loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def hold(self, *ways: Way) -> None:
        """Let nothing pass these ways until `release`."""
        for way in ways:
            self._loop.call(self._open[way].clear)

    def release(self) -> None:
        for way in self._open.values():
            self._loop.call(way.set)

    def reset(self) -> None:
        """Break every connection off, both ends told by a RST."""
        self._loop.call(self._reset)

    def _reset(self) -> None:
        for writer in tuple(self._writers):
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def close(self) -> None:
        self._loop.run(self._close())

    async def _close(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first target that answers; OSError where none does."""
        for target in self._targets:
            with contextlib.suppress(OSError):
                found = await asyncio.open_connection("127.0.0.1", target)
                self.reached = target
                return found
        raise ConnectionRefusedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._open["up"].wait()  # or nobody would answer
            beyond, onward = await self._reach()
        except OSError:
            self._end(writer, task)
            return
        self._writers.add(onward)
        pumps = [
            asyncio.ensure_future(self._pump("up", reader, onward)),
            asyncio.ensure_future(self._pump("down", beyond, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._end(onward, task)
            self._end(writer, task)

    def _end(self, writer: asyncio.StreamWriter, task: "asyncio.Task[None]") -> None:
        writer.close()
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _pump(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(SEGMENT):
                await self._open[way].wait()
                pause = FIRST_TIMEOUT_S
                while self._chance.random() < self.loss:
                    await asyncio.sleep(pause)
                    pause *= 2
                if self.bytes_s:
                    await asyncio.sleep(len(data) / self.bytes_s)
                writer.write(data)
                await writer.drain()
