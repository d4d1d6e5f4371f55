"""A viewer of live view without a browser: aiortc at the other end, on loopback."""

import asyncio

import aioice.ice
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av.video.frame import VideoFrame

from tests.patience import PATIENCE_S


def listed(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Loopback, which aioice leaves out."""
    return ["127.0.0.1"] if use_ipv4 else []


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections of this process stay on loopback."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", listed)


class Viewer:
    """One peer. `pictures` is how many came."""

    def __init__(self) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
        self._connection.on("track", self._track.set_result)
        self.frames: list[VideoFrame] = []

    async def offer(self) -> str:
        """What a browser would post."""
        self._connection.addTransceiver("video", direction="recvonly")
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """The answer to it."""
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def picture(self) -> VideoFrame:
        """The next picture."""
        track = await asyncio.wait_for(self._track, PATIENCE_S)
        frame = await asyncio.wait_for(track.recv(), PATIENCE_S)
        assert isinstance(frame, VideoFrame)
        self.frames.append(frame)
        return frame

    @property
    def state(self) -> str:
        return self._connection.connectionState

    async def close(self) -> None:
        await self._connection.close()
