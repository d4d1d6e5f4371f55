"""Entry of the relay's process. Its arguments: the descriptor of the pipe to its supervisor, and where shards connect.

It ends when the pipe closes, and then removes its socket and the folder of it.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.errors import WireError
from core.events import Answer, Command, decode, encode
from core.tasks import stop
from edge.live.messages import HEAD, Watch, framed, from_shard, length
from edge.live.peer import send_from
from edge.live.process import setup_of
from edge.live.relay import Relay

MOST_WAITING = 1024 * 1024  # bytes that a shard may leave unread

log = logging.getLogger("edge.live")


class Link:
    """A shard that is connected."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def tell(self, wanted: Watch) -> None:
        if self._writer.transport.get_write_buffer_size() < MOST_WAITING:
            self._writer.write(framed(wanted))


class Process:
    """The relay with its pipe and its socket."""

    def __init__(self, pipe: "Connection[Any, Any]", path: Path) -> None:
        self._pipe = pipe
        self._path = path
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        settings = setup_of(pipe.recv_bytes())
        send_from(settings.addresses)
        self._relay = Relay(settings, self._say)

    async def run(self) -> None:
        """Work until the supervisor is gone."""
        loop = asyncio.get_running_loop()
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, self._path, limit=MOST_WAITING)
        loop.add_reader(self._pipe.fileno(), self._hear)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        leases = asyncio.create_task(self._relay.run())
        self._pipe.send_bytes(b"ready")  # shards can connect
        try:
            await self._ended.wait()
        finally:
            loop.remove_reader(self._pipe.fileno())
            server.close()
            await stop(leases, *self._tasks)

    def _signalled(self, number: int) -> None:
        """Ctrl-C reaches the whole group; the supervisor ends its processes in order."""
        if number == signal.SIGTERM:
            self._ended.set()

    def _hear(self) -> None:
        """Take in what the supervisor says; without it there is nothing to do."""
        try:
            while self._pipe.poll():
                command = decode(Command, self._pipe.recv_bytes())
                task = asyncio.create_task(self._relay.obey(command))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (EOFError, OSError):
            self._ended.set()
        except WireError as error:
            log.warning("the centre sent what live view does not understand: %s", error)

    def _say(self, answer: Answer) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone; `_hear` finds out
            self._pipe.send_bytes(encode(answer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        try:
            while True:
                size = length(await reader.readexactly(HEAD.size))
                self._relay.heard(link, from_shard(await reader.readexactly(size)))
        except (asyncio.IncompleteReadError, OSError):
            log.debug("a shard is gone")
        except WireError as error:
            log.error("%s", error)
        finally:
            self._relay.lost(link)
            writer.close()


def main() -> int:
    """Run the process."""
    logging.getLogger("aioice").setLevel(logging.WARNING)  # it tells of every candidate
    path = Path(sys.argv[2])
    pipe: Connection[Any, Any] = Connection(int(sys.argv[1]))
    supervisor = os.getppid()
    try:
        asyncio.run(_live(pipe, path))
    except EOFError:
        log.debug("the supervisor ended before it said anything")
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            if os.getppid() != supervisor:  # it is gone, and nobody else removes the folder
                path.parent.rmdir()
    return 0


async def _live(pipe: "Connection[Any, Any]", path: Path) -> None:
    await Process(pipe, path).run()


if __name__ == "__main__":
    sys.exit(main())
