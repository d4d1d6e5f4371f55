"""One viewer's WebRTC connection: an offer in, an answer out, and coded pictures as the camera made them."""

import asyncio
import base64
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable
from fractions import Fraction

import aioice.ice
import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from av.stream import Stream

from core.errors import EkamlingError
from edge.live.settings import LiveSettings
from edge.live.viewing import CLOCK_HZ, Viewing
from edge.settings import read_secret

TICK = Fraction(1, CLOCK_HZ)
HASTE_S = 0.003  # between pictures of the beginning, so that a network does not get them in one burst
CREDENTIAL_S = 3600  # for which a relay's password holds
CANDIDATES = 24  # of a viewer that are tried
_UNSOUND = (ValueError, AssertionError, LookupError, TypeError, AttributeError)  # what aiortc raises for a wrong SDP

log = logging.getLogger("edge.live.peer")


class BadOffer(EkamlingError):
    """An offer that cannot be answered."""


class Relayed(MediaStreamTrack):
    """A viewing as aiortc wants it: it packs coded packets for RTP as they are. `started` is called once, when the
    viewer is connected."""

    kind = "video"

    def __init__(self, viewing: Viewing, started: Callable[[], None]) -> None:
        super().__init__()
        self._viewing = viewing
        self._started: Callable[[], None] | None = started
        self._more = asyncio.Event()

    def wake(self) -> None:
        """Say that a picture waits."""
        self._more.set()

    async def recv(self) -> "av.Packet[Stream]":
        if self._started:
            started, self._started = self._started, None
            started()
        while not self._viewing.waiting:
            self._more.clear()
            await self._more.wait()
            if self.readyState != "live":
                raise MediaStreamError
        picture = self._viewing.waiting.popleft()
        if picture.hasty:
            await asyncio.sleep(HASTE_S)
        packet = av.Packet(picture.data)
        packet.pts, packet.time_base = picture.at, TICK
        return packet


class Peer:
    """`gone` is called, once, when the viewer left or could not be reached."""

    def __init__(self, settings: LiveSettings, track: Relayed, gone: Callable[[], None]) -> None:
        self._track = track
        self._gone: Callable[[], None] | None = gone
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers(settings)))
        self._connection.on("connectionstatechange", self._changed)

    async def answer(self, offer: str) -> str:
        """The answer to a browser's offer; raises BadOffer, in one line, for what is none."""
        sound = check(offer)
        sender = self._connection.addTrack(self._track)
        (transceiver,) = [each for each in self._connection.getTransceivers() if each.sender is sender]
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.name in ("H264", "rtx")])
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sound, "offer"))
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except OperationError as error:
            raise BadOffer("the offer names no H.264 that can be sent") from error
        except (*_UNSOUND, InvalidStateError, InvalidAccessError) as error:
            raise BadOffer(f"the offer cannot be answered: {_line(error)}") from error
        return self._connection.localDescription.sdp

    async def close(self) -> None:
        """Say goodbye to the viewer."""
        self._gone = None
        self._track.stop()
        self._track.wake()
        await self._connection.close()

    def _changed(self) -> None:
        if self._connection.connectionState in ("failed", "closed") and self._gone:
            gone, self._gone = self._gone, None
            gone()


def check(offer: str) -> str:
    """The offer as it is answered; raises BadOffer where it does not ask for one video and nothing else.

    Names of mDNS (`….local`), behind which browsers hide their addresses, are left out: looking them up takes seconds
    where nobody answers, and the viewer's own first packet tells its address.
    """
    lines = offer.replace("\r\n", "\n").rstrip("\n").split("\n")
    if not lines[0].startswith("v=0"):
        raise BadOffer("the offer is no SDP: it must begin with v=0")
    kinds = [line[2:].split(" ")[0] for line in lines if line.startswith("m=")]
    if kinds != ["video"]:
        raise BadOffer(f"the offer must ask for one video and nothing else, not for {', '.join(kinds) or 'nothing'}")
    for wanted in ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"):
        if not any(line.startswith(wanted) for line in lines):
            raise BadOffer(f"the offer has no {wanted[2:-1]}")
    if not any(re.match(r"a=rtpmap:\d+ H264/90000", line, re.IGNORECASE) for line in lines):
        raise BadOffer("the offer names no H.264 that can be sent")
    candidates = [line for line in lines if line.startswith("a=candidate:") and ".local " not in line]
    others = [line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join([*others, *candidates[:CANDIDATES], ""])


def servers(settings: LiveSettings, now: float | None = None) -> list[RTCIceServer]:
    """The STUN and TURN servers as aiortc wants them.

    A relay's password is made for this hour: base64(HMAC-SHA1(secret, "expiry:name")), as
    draft-uberti-behave-turn-rest-00 has it and coturn checks it.
    """
    found = [RTCIceServer(settings.stun)] if settings.stun else []
    if settings.turn:
        name, password = "", ""
        if settings.turn_secret_file:
            secret = read_secret(settings.turn_secret_file, whose="the relay for live view")
            name = f"{int(time.time() if now is None else now) + CREDENTIAL_S}:edge"
            password = base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()
        found.append(RTCIceServer(settings.turn, name, password))
    return found


def send_from(addresses: list[str]) -> None:
    """Let every connection of this process send from these addresses; for none, from all but loopback.

    aioice takes all addresses that the machine has, the one in the cameras' own network too, and has no setting for
    it: the function that lists them is put in its place. Only the relay's process does so.
    """
    if addresses:

        def listed(use_ipv4: bool, use_ipv6: bool) -> list[str]:
            return [one for one in addresses if (use_ipv6 if ":" in one else use_ipv4)]

        aioice.ice.get_host_addresses = listed


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120] or type(error).__name__
