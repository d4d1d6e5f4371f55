"""What several tests of the edge need: simulated cameras, the bundled footage as packets, and patience."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import accumulate
from typing import Protocol

import av
import pytest
from av.bitstream import BitStreamFilterContext

from edge.rtsp.packet import Packet, StreamInfo
from ekamling.footage import clip
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.loop_thread import LoopThread

SUB, MAIN = clip("vtest-sub.mp4"), clip("vtest-main.mp4")
STREAMS = (("main", MAIN), ("sub", SUB))


class CountingSimulator(CameraSimulator):
    """A simulator that knows how often somebody connected."""

    connections = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await super()._serve(reader, writer)


class Cameras:
    """Simulated cameras on one port, which can be unplugged and plugged in again."""

    def __init__(self, loop: LoopThread, *, username: str = "", password: str = "") -> None:
        self._loop = loop
        self._login = {"username": username, "password": password}
        self._served: CountingSimulator | None = None
        self.port = 0
        self.plug_in()

    def plug_in(self) -> None:
        streams = [SimulatedCamera(f"{name}/{kind}", clip) for name in ("a", "b") for kind, clip in STREAMS]
        self._served = CountingSimulator(streams, port=self.port, **self._login)
        self.port = self._loop.run(self._served.start())

    def unplug(self) -> None:
        if self._served:
            self._loop.run(self._served.stop())
            self._served = None

    @property
    def connections(self) -> int:
        """How often somebody connected since they were plugged in."""
        return self._served.connections if self._served else 0

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{path}"


class StartCameras(Protocol):
    """Plugs in cameras, with a login if one is given."""

    def __call__(self, *, username: str = "", password: str = "") -> Cameras: ...


@pytest.fixture
def cameras() -> Iterator[StartCameras]:
    """Starts simulated cameras `a/main`, `a/sub`, `b/main` and `b/sub`; keywords as those of the simulator."""
    with LoopThread() as loop, ExitStack() as stack:

        def start(*, username: str = "", password: str = "") -> Cameras:
            started = Cameras(loop, username=username, password=password)
            stack.callback(started.unplug)
            return started

        yield start


@pytest.fixture(scope="session")
def footage() -> tuple[StreamInfo, list[Packet]]:
    """The bundled main stream as the RTSP client would hand it on: 10 pictures a second, a keyframe every 2 s."""
    with av.open(str(MAIN)) as container:
        stream = container.streams.video[0]
        to_annex_b = BitStreamFilterContext("h264_mp4toannexb", stream)
        coded = [made for packet in container.demux(stream) for made in to_annex_b.filter(packet) if made.size]
    ticks = accumulate([0] + [9000] * (len(coded) - 1))
    packets = [
        Packet(bytes(packet), pts, packet.is_keyframe, 1000 + pts / 90_000)
        for packet, pts in zip(coded, ticks, strict=True)
    ]
    return StreamInfo("h264", b""), packets
