"""The relay: the process of an edge that sends live view to its viewers. It knows views, leases and streams.

It is told what the centre wants, and answers, through `say`. A view lives on a lease: what the centre does not renew in
time ends by itself, whatever happened to the centre or to the link.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from core.clock import Clock, SystemClock
from core.errors import EkamlingError
from core.events import Answer, Command
from edge.live.messages import FromShard, Here, Still, Stream, Unit, Watch, Wish
from edge.live.peer import BadOffer, Peer
from edge.live.pictures import NoPicture, Pictures
from edge.live.plan import planned
from edge.live.settings import LiveSettings
from edge.live.tracks import MadeAnew, Outgoing, Relayed, can_encode, mark_of
from edge.live.viewing import Coded, Group, Viewing

LEASE_S = 5.0  # of a view from the centre's last word on it, unless that says another
LONGEST_LEASE_S = 60.0
CONNECT_S = 15.0  # for a viewer to connect after the answer
LOOK_S = 0.25  # between two looks at leases
STILLS_A_STREAM = 4  # cameras that may be looked at by single pictures, for each stream that the uplink has room for

log = logging.getLogger("edge.live.relay")


class ShardLink(Protocol):
    """A shard, as the relay talks to it."""

    def tell(self, wanted: Watch) -> None:
        """Say what is watched from now on."""
        ...


@dataclass(eq=False)
class View:
    """One viewer of one stream. `until`: monotonic seconds at which its lease is over; `anew`: it is encoded anew."""

    id: str
    camera: str
    stream: Stream
    until: float
    viewing: Viewing
    connect_by: float
    peer: Peer | None = None
    track: Outgoing | None = None
    connected: bool = False
    anew: bool = False


class Relay:
    """All views of one edge. Everything runs on one event loop."""

    def __init__(self, settings: LiveSettings, say: Callable[[Answer], None], clock: Clock | None = None) -> None:
        self._settings = settings
        self._say = say
        self._shards: dict[ShardLink, dict[str, dict[Stream, str]]] = {}
        self._views: dict[str, View] = {}
        self._groups: dict[tuple[str, Stream], Group] = {}
        self._clock = clock or SystemClock()
        self._pictures = Pictures(STILLS_A_STREAM * settings.viewers, self._clock, self._want_pictures)
        self._closing: set[asyncio.Task[None]] = set()

    # --- what the centre wants

    async def obey(self, command: Command) -> None:
        """Do one command; every command but the renewal of leases gets one answer."""
        try:
            match command.name:
                case "live":
                    answer = await self._begin(command)
                case "live-keep":
                    self._keep(command)
                    return
                case "live-end":
                    self._end(command.args.get("view", ""), "")
                    answer = Answer(command=command.id, ok=True)
                case "live-picture":
                    answer = await self._picture(command)
                case _:
                    answer = _no(command, "unknown", f"this edge does not know the command {command.name!r}")
        except BadOffer as error:
            answer = _no(command, "bad-offer", str(error))
        except EkamlingError as error:
            answer = _no(command, "failed", str(error))
        self._say(answer)

    async def _begin(self, command: Command) -> Answer:
        camera = command.args.get("camera", "")
        wish: Stream = "main" if command.args.get("stream") == "main" else "sub"
        if command.id in self._views:
            return _no(command, "failed", "this view has begun already")
        if len(self._views) >= self._settings.viewers:
            many = self._settings.viewers
            return _no(command, "full", f"{many} people watch cameras of this edge already, which is all it allows")
        codecs = self._codecs(camera)
        plan = planned(codecs, wish, touched=self._settings.burn_in)
        if plan is None:
            return _no(command, "no-picture", f"camera {camera} brings no picture at the moment")
        if plan.anew and (why := self._why_not_anew(camera, codecs)):
            return _no(command, "codec", why)
        now = monotonic()
        stream = plan.stream
        view = View(command.id, camera, stream, now + _lease(command), Viewing(), now + CONNECT_S, anew=plan.anew)
        self._views[view.id] = view  # before the first wait: places are counted
        try:
            sdp = await self._connect(view, codecs[stream], command.args)
        except BaseException:
            self._views.pop(view.id, None)
            self._close(view)
            raise
        self._tell_shard(camera, stream, on=True)
        log.info("view %s of camera %s begins (%s stream)", view.id, camera, stream)
        return Answer(command=command.id, ok=True, stream=stream, sdp=sdp)

    def _why_not_anew(self, camera: str, codecs: Mapping[Stream, str]) -> str:
        """Why no further view can be encoded anew; empty where it can."""
        most = self._settings.transcodes if can_encode() else 0
        if sum(view.anew for view in self._views.values()) < most:
            return ""
        if "h264" in codecs.values():
            return f"the viewer's name is drawn into {most} views at most, and so many are watched"
        sent = f"camera {camera} sends no H.264, only {', '.join(codecs.values())}"
        return f"{sent}; {most} such views at most are encoded anew, and so many are watched" if most else sent

    async def _connect(self, view: View, codec: str, args: Mapping[str, str]) -> str:
        def started() -> None:
            view.connected = True
            group = self._groups.get((view.camera, view.stream))
            view.viewing.begin(group.packets if group else [])

        if view.anew:
            view.track = MadeAnew(view.viewing, started, codec, mark_of(args.get("viewer", ""), self._clock.now))
        else:
            view.track = Relayed(view.viewing, started)
        view.peer = Peer(self._settings, view.track, lambda: self._end(view.id, "left"))
        return await view.peer.answer(args.get("sdp", ""))

    def _keep(self, command: Command) -> None:
        """Renew leases; a view that is not here any more is said to have ended."""
        for name in filter(None, command.args.get("views", "").split(",")):
            if view := self._views.get(name):
                view.until = monotonic() + _lease(command)
            else:
                self._say_ended(name, "ended")

    async def _picture(self, command: Command) -> Answer:
        camera = command.args.get("camera", "")
        if not self._settings.viewers:
            return _no(command, "off", "this edge gives no live view; see live.viewers in its edge.toml")
        try:
            jpeg = await self._pictures.newest(camera, command.args.get("viewer", ""))
        except NoPicture as none:
            return _no(command, none.code, str(none))
        return Answer(command=command.id, ok=True, jpeg=jpeg)

    # --- what shards bring

    def heard(self, shard: ShardLink, message: FromShard) -> None:
        """Take in what a shard says."""
        match message:
            case Here(cameras):
                self._shards[shard] = cameras
                self._watch_again(shard)
            case Unit(camera, stream, data, pts, keyframe):
                self._spread(camera, stream, Coded(data, pts, keyframe))
            case Still(camera, jpeg):
                self._pictures.take(camera, jpeg)

    def lost(self, shard: ShardLink) -> None:
        """A shard is gone; it comes back, or another one with its cameras."""
        self._shards.pop(shard, None)

    def _spread(self, camera: str, stream: Stream, coded: Coded) -> None:
        watching = [view for view in self._views.values() if (view.camera, view.stream) == (camera, stream)]
        if not watching:
            return
        self._groups.setdefault((camera, stream), Group()).add(coded)
        for view in watching:
            if view.viewing.take(coded) and view.track:
                view.track.wake()

    def _watch_again(self, shard: ShardLink) -> None:
        """A shard that came back, or a stream that did, is told what is watched of it."""
        for view in self._views.values():
            if view.stream in self._shards[shard].get(view.camera, {}):
                shard.tell(Watch(view.camera, view.stream, on=True))
        for camera in self._pictures.cameras:
            if camera in self._shards[shard]:
                shard.tell(Watch(camera, "pictures", on=True))

    def _tell_shard(self, camera: str, wish: Wish, *, on: bool) -> None:
        for shard, cameras in self._shards.items():
            if camera in cameras:
                shard.tell(Watch(camera, wish, on))

    def _want_pictures(self, camera: str, on: bool) -> None:
        self._tell_shard(camera, "pictures", on=on)

    def _codecs(self, camera: str) -> dict[Stream, str]:
        return next((cameras[camera] for cameras in self._shards.values() if camera in cameras), {})

    # --- the end of views

    async def run(self) -> None:
        """End what is over, until cancelled; then everything."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                self.look(monotonic())
        finally:
            for name in list(self._views):
                self._end(name, "stopped")
            await asyncio.gather(*self._closing, return_exceptions=True)

    def look(self, now: float) -> None:
        """End the views whose lease is over or whose viewer never came, and pictures that nobody asks for."""
        for view in list(self._views.values()):
            if now >= view.until:
                self._end(view.id, "lapsed")
            elif not view.connected and now >= view.connect_by:
                self._end(view.id, "unreached")
        self._pictures.look(now)

    @property
    def watched(self) -> int:
        """How many views there are."""
        return len(self._views)

    def _end(self, name: str, code: str) -> None:
        """End a view; with a `code` the centre is told."""
        view = self._views.pop(name, None)
        if view is None:
            return
        self._close(view)
        if not any((one.camera, one.stream) == (view.camera, view.stream) for one in self._views.values()):
            self._groups.pop((view.camera, view.stream), None)
            self._tell_shard(view.camera, view.stream, on=False)
        log.info("view %s of camera %s ends%s", view.id, view.camera, f" ({code})" if code else "")
        if code:
            self._say_ended(name, code)

    def _close(self, view: View) -> None:
        if view.peer:
            task = asyncio.create_task(view.peer.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _say_ended(self, name: str, code: str) -> None:
        self._say(Answer(command=name, ok=False, code=code, message="the view has ended"))


def _no(command: Command, code: str, message: str) -> Answer:
    return Answer(command=command.id, ok=False, code=code, message=message[:200])


def _lease(command: Command) -> float:
    try:
        asked = float(command.args.get("lease_s", ""))
    except ValueError:
        return LEASE_S
    return min(max(asked, 0.0), LONGEST_LEASE_S) if asked == asked else LEASE_S  # NaN is not even itself
