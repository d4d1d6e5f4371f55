"""The relay: real WebRTC on loopback, with shards that are played by the test."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.events import Answer, Command
from core.ids import new_id
from core.tasks import stop
from edge.live import pictures as pictures_module
from edge.live import relay as relay_module
from edge.live.messages import Here, Still, Stream, Unit, Watch
from edge.live.relay import Relay
from edge.live.settings import LiveSettings
from edge.rtsp.packet import Packet, StreamInfo
from tests.edge.viewers import Viewer, loopback
from tests.patience import PATIENCE_S

__all__ = ["loopback"]
Footage = tuple[StreamInfo, list[Packet]]
USUAL = LiveSettings()
H264: dict[Stream, str] = {"main": "h264", "sub": "h264"}
GREY = np.full((180, 320, 3), 128, np.uint8)
JPEG = cv2.imencode(".jpg", GREY)[1].tobytes()


class PlayedShard:
    """A shard of one camera that sends the footage again and again while it is watched."""

    def __init__(self, relay: Relay, packets: list[Packet], codecs: dict[Stream, str], name: str = "gerbang") -> None:
        self._relay = relay
        self._packets = packets
        self._codecs = codecs
        self._name = name
        self.told: list[Watch] = []
        self.clock = 0

    def tell(self, wanted: Watch) -> None:
        self.told.append(wanted)
        if wanted.wish == "pictures" and wanted.on:
            self._relay.heard(self, Still(wanted.camera, JPEG))

    def here(self) -> None:
        self._relay.heard(self, Here({self._name: self._codecs}))

    def watched(self, stream: Stream) -> bool:
        of = [each.on for each in self.told if each.wish == stream]
        return bool(of) and of[-1]

    async def run(self) -> None:
        """Send what is watched, faster than a camera would."""
        number = 0
        while True:
            await asyncio.sleep(0.01)
            packet = self._packets[number % len(self._packets)]
            number += 1
            self.clock += 9000
            for stream in self._codecs:
                if self.watched(stream):
                    unit = Unit(self._name, stream, packet.data, self.clock, packet.keyframe)
                    self._relay.heard(self, unit)


class RunningRelay:
    """A relay, and what it says."""

    def __init__(self, settings: LiveSettings) -> None:
        self.said: list[Answer] = []
        self._heard = asyncio.Event()
        self.relay = Relay(settings, self._say)

    def _say(self, answer: Answer) -> None:
        self.said.append(answer)
        self._heard.set()

    async def ask(self, name: str, **args: str) -> Answer:
        command = Command(id=new_id(), name=name, args=args)
        await self.relay.obey(command)
        return await self.about(command.id)

    async def about(self, command: str, *, ended: bool = False) -> Answer:
        """What was said about a command; with `ended`, that its view is over."""

        async def find() -> Answer:
            while True:
                for answer in self.said:
                    if answer.command == command and (not ended or not answer.ok):
                        return answer
                self._heard.clear()
                await self._heard.wait()

        return await asyncio.wait_for(find(), PATIENCE_S)

    async def view(self, viewer: Viewer, stream: str = "sub", name: str = "Sri") -> Answer:
        """A view that a viewer has accepted, for a minute."""
        offer = await viewer.offer()
        answer = await self.ask("live", camera="gerbang", stream=stream, viewer=name, sdp=offer, lease_s="60")
        if answer.ok:
            await viewer.accept(answer.sdp)
        return answer


@asynccontextmanager
async def running(
    footage: Footage, settings: LiveSettings = USUAL, codecs: dict[Stream, str] = H264
) -> AsyncIterator[tuple[RunningRelay, PlayedShard]]:
    it = RunningRelay(settings)
    shard = PlayedShard(it.relay, footage[1], codecs)
    shard.here()
    tasks = [asyncio.create_task(it.relay.run()), asyncio.create_task(shard.run())]
    try:
        yield it, shard
    finally:
        await stop(*tasks)


@asynccontextmanager
async def viewers(count: int) -> AsyncIterator[list[Viewer]]:
    made = [Viewer() for _ in range(count)]
    try:
        yield made
    finally:
        for viewer in made:
            await viewer.close()


async def until(look: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE_S
    while not look():
        assert monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("loopback")
async def test_a_viewer_sees_the_camera_s_own_pictures(footage: Footage) -> None:
    async with running(footage) as (it, shard), viewers(1) as (viewer,):
        answer = await it.view(viewer)
        assert (answer.ok, answer.stream) == (True, "sub")
        for _ in range(10):
            picture = await viewer.picture()
        assert np.asarray(picture.to_ndarray(format="gray")).std() > 20  # the lawn and its walkers, no grey slab
        assert shard.told == [Watch("gerbang", "sub", on=True)]


@pytest.mark.usefixtures("loopback")
async def test_several_viewers_share_one_stream_and_the_last_one_ends_it(footage: Footage) -> None:
    async with running(footage) as (it, shard), viewers(2) as (one, other):
        first, second = await it.view(one), await it.view(other)
        await one.picture()
        await other.picture()
        await it.ask("live-end", view=first.command)
        await other.picture()
        assert shard.watched("sub")
        await it.ask("live-end", view=second.command)
        await until(lambda: it.relay.watched == 0 and not shard.watched("sub"))
        await until(lambda: one.state == "closed")


@pytest.mark.usefixtures("loopback")
async def test_one_viewer_too_many_is_refused_and_disturbs_nobody(footage: Footage) -> None:
    async with running(footage, LiveSettings(viewers=2)) as (it, _), viewers(3) as (one, other, third):
        await it.view(one)
        await it.view(other)
        refused = await it.view(third)
        assert (refused.ok, refused.code) == (False, "full")
        assert refused.message == "2 people watch cameras of this edge already, which is all it allows"
        await one.picture()
        await other.picture()


@pytest.mark.usefixtures("loopback")
async def test_a_view_that_the_centre_does_not_renew_ends_by_itself(footage: Footage) -> None:
    async with running(footage) as (it, shard), viewers(2) as (kept, left):
        keeps = await it.view(kept)
        lapses = await it.view(left)
        await kept.picture()
        await left.picture()
        command = Command(id=new_id(), name="live-keep", args={"views": lapses.command, "lease_s": "0"})
        await it.relay.obey(command)
        ended = await it.about(lapses.command, ended=True)
        assert ended.code == "lapsed"
        await until(lambda: left.state == "closed")
        await it.relay.obey(Command(id=new_id(), name="live-keep", args={"views": keeps.command, "lease_s": "60"}))
        await kept.picture()
        assert shard.watched("sub")


async def test_the_renewal_of_a_view_that_is_not_here_says_that_it_has_ended(footage: Footage) -> None:
    async with running(footage) as (it, _):
        gone = new_id()
        await it.relay.obey(Command(id=new_id(), name="live-keep", args={"views": gone}))
        assert (await it.about(gone, ended=True)).code == "ended"


@pytest.mark.usefixtures("loopback")
async def test_the_centre_is_told_when_a_viewer_leaves(footage: Footage) -> None:
    async with running(footage) as (it, shard), viewers(1) as (viewer,):
        answer = await it.view(viewer)
        await viewer.picture()
        await viewer.close()
        assert (await it.about(answer.command, ended=True)).code == "left"
        await until(lambda: not shard.watched("sub"))


@pytest.mark.usefixtures("loopback")
async def test_a_viewer_who_never_connects_loses_the_place(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "CONNECT_S", 0.2)
    async with running(footage) as (it, _), viewers(1) as (viewer,):
        answer = await it.ask("live", camera="gerbang", sdp=await viewer.offer(), lease_s="60")
        assert (await it.about(answer.command, ended=True)).code == "unreached"
        assert it.relay.watched == 0


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("codecs", "wish", "sent"),
    [
        ({"main": "h264", "sub": "h264"}, "main", "main"),
        ({"main": "hevc", "sub": "h264"}, "main", "sub"),
        ({"main": "h264", "sub": "mjpeg"}, "sub", "main"),
        ({"sub": "h264"}, "main", "sub"),
    ],
)
async def test_what_is_no_h264_gives_way_to_the_stream_that_is(
    footage: Footage, codecs: dict[Stream, str], wish: str, sent: str
) -> None:
    async with running(footage, codecs=codecs) as (it, _), viewers(1) as (viewer,):
        answer = await it.view(viewer, stream=wish)
        assert (answer.ok, answer.stream) == (True, sent)
        await viewer.picture()


@pytest.mark.parametrize(
    ("codecs", "camera", "code", "line"),
    [
        ({"main": "hevc", "sub": "mjpeg"}, "gerbang", "codec", "camera gerbang sends no H.264, only hevc, mjpeg"),
        ({"sub": "h264"}, "taman", "no-picture", "camera taman brings no picture at the moment"),
    ],
)
async def test_a_camera_that_cannot_be_shown_is_refused_in_one_line(
    footage: Footage, codecs: dict[Stream, str], camera: str, code: str, line: str
) -> None:
    async with running(footage, LiveSettings(transcodes=0), codecs=codecs) as (it, _):
        answer = await it.ask("live", camera=camera, sdp="v=0")
        assert (answer.ok, answer.code, answer.message) == (False, code, line)


def without(offer: str, start: str) -> str:
    return "".join(line for line in offer.splitlines(keepends=True) if not line.startswith(start))


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda _: "", "the offer is no SDP: it must begin with v=0"),
        (lambda _: "\x00\xff" * 50, "the offer is no SDP: it must begin with v=0"),
        (lambda _: "v=0\r\n", "the offer must ask for one video and nothing else, not for nothing"),
        (lambda offer: offer + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "not for video, audio"),
        (lambda offer: without(offer, "a=ice-ufrag"), "the offer has no ice-ufrag"),
        (lambda offer: without(offer, "a=fingerprint"), "the offer has no fingerprint"),
        (lambda offer: offer.replace("H264", "VP9"), "the offer names no H.264 that can be sent"),
        (lambda offer: offer.replace("packetization-mode=1", "packetization-mode=7"), "names no H.264"),
        (lambda offer: re.sub(r"m=video \d+", "m=video nine", offer), "the offer cannot be answered"),
        (lambda offer: offer.replace("IN IP4", "IN IP9"), "the offer cannot be answered"),
        (lambda offer: without(offer, "a=rtcp-mux"), "the offer cannot be answered: RTCP mux is not enabled"),
        (lambda offer: offer + "a=candidate:1 1 udp\r\n", "the offer cannot be answered"),
    ],
)
async def test_an_offer_that_is_none_is_refused_in_one_line(
    footage: Footage, spoil: Callable[[str], str], line: str
) -> None:
    async with running(footage) as (it, shard), viewers(1) as (viewer,):
        answer = await it.ask("live", camera="gerbang", sdp=spoil(await viewer.offer()))
        assert (answer.ok, answer.code) == (False, "bad-offer")
        assert line in answer.message
        assert "\n" not in answer.message
        assert it.relay.watched == 0
        assert not shard.watched("sub")


def changed(jpeg: bytes) -> NDArray[np.bool_]:
    """Where a picture is no longer grey."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.asarray(np.abs(picture.astype(int) - 128) > 40)


async def test_each_viewer_gets_the_picture_with_the_own_name(footage: Footage) -> None:
    async with running(footage) as (it, _):
        asked = [it.ask("live-picture", camera="gerbang", viewer=name) for name in ("Sri", "Bambang Wijaya")]
        short, long = await asyncio.gather(*asked)
        assert changed(short.jpeg).sum() < changed(long.jpeg).sum()


async def test_a_picture_that_cannot_be_marked_does_not_go_out(
    footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "JPEG", b"\xff\xd8\xff no picture")
    async with running(footage) as (it, _):
        answer = await it.ask("live-picture", camera="gerbang")
        assert (answer.ok, answer.code, answer.jpeg) == (False, "failed", b"")


async def test_pictures_are_made_while_they_are_asked_for(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(footage, codecs={"sub": "mjpeg"}) as (it, shard):
        answer = await it.ask("live-picture", camera="gerbang", viewer="Bu Sri")
        assert answer.ok
        marked = changed(answer.jpeg)
        assert marked.any()
        assert not marked[GREY.shape[0] // 4 :].any()  # what the camera saw is left as it is
        assert shard.told == [Watch("gerbang", "pictures", on=True)]
        it.relay.look(monotonic() + pictures_module.KEPT_S + 1)
        assert shard.told[-1] == Watch("gerbang", "pictures", on=False)
        monkeypatch.setattr(pictures_module, "FIRST_S", 0.05)
        nothing = await it.ask("live-picture", camera="taman")
        assert (nothing.ok, nothing.code) == (False, "no-picture")


@pytest.mark.usefixtures("loopback")
async def test_a_shard_that_comes_back_goes_on_for_its_viewers(footage: Footage) -> None:
    async with running(footage) as (it, shard), viewers(1) as (viewer,):
        await it.view(viewer)
        await viewer.picture()
        it.relay.lost(shard)
        shard.told.clear()
        shard.clock = 0  # and its camera's clock begins anew
        shard.here()
        assert shard.told == [Watch("gerbang", "sub", on=True)]
        seen = len(viewer.frames)
        while len(viewer.frames) < seen + 5:
            await viewer.picture()
        times = [frame.pts or 0 for frame in viewer.frames]
        assert times == sorted(times)


async def test_a_command_that_is_none_of_ours_is_answered(footage: Footage) -> None:
    async with running(footage) as (it, _):
        answer = await it.ask("live-dance")
        assert answer.message == "this edge does not know the command 'live-dance'"


async def test_pictures_of_more_cameras_than_the_uplink_bears_are_refused(
    footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "STILLS_A_STREAM", 1)
    async with running(footage, LiveSettings(viewers=1)) as (it, _):
        assert (await it.ask("live-picture", camera="gerbang")).ok
        assert (await it.ask("live-picture", camera="gerbang")).ok  # however many look at it
        refused = await it.ask("live-picture", camera="taman")
        assert (refused.ok, refused.code) == (False, "full")
