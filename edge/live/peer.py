"""One viewer's WebRTC connection: an offer in, an answer out, and its track out."""

import base64
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable

import aioice.ice
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from core.errors import EkamlingError
from edge.live.settings import LiveSettings
from edge.live.tracks import Outgoing, Relayed
from edge.settings import read_secret

CREDENTIAL_S = 3600  # for which a relay's password holds
CANDIDATES = 24  # of a viewer that are tried
NAMES = {"H264": "H.264", "VP8": "VP8"}  # of codecs, in SDP and to people
_UNSOUND = (ValueError, AssertionError, LookupError, TypeError, AttributeError)  # what aiortc raises for a wrong SDP

log = logging.getLogger("edge.live.peer")


class BadOffer(EkamlingError):
    """An offer that cannot be answered."""


class Peer:
    """`gone` is called, once, when the viewer left or could not be reached. A track decides on the codec."""

    def __init__(self, settings: LiveSettings, track: Outgoing, gone: Callable[[], None]) -> None:
        self._track = track
        self._gone: Callable[[], None] | None = gone
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers(settings)))
        self._connection.on("connectionstatechange", self._changed)

    async def answer(self, offer: str) -> str:
        """The answer to a browser's offer; raises BadOffer, in one line, for what is none."""
        codec = "H264" if isinstance(self._track, Relayed) else "VP8"
        sound = check(offer, codec)
        sender = self._connection.addTrack(self._track)
        (transceiver,) = [each for each in self._connection.getTransceivers() if each.sender is sender]
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([each for each in codecs if each.name in (codec, "rtx")])
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sound, "offer"))
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except OperationError as error:
            raise BadOffer(f"the offer names no {NAMES[codec]} that can be sent") from error
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


def check(offer: str, codec: str = "H264") -> str:
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
    if not any(re.match(rf"a=rtpmap:\d+ {codec}/90000", line, re.IGNORECASE) for line in lines):
        raise BadOffer(f"the offer names no {NAMES[codec]} that can be sent")
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
