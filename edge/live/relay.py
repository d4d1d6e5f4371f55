"""The relay: the process of an edge that sends live view to its viewers. It knows views, leases and streams.

It is told what the centre wants, and answers, through `say`. A view lives on a lease: what the centre does not renew in
time ends by itself, whatever happened to the centre or to the link.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from core.errors import EkamlingError
from core.events import Answer, Command
from edge.live.feed import wished
from edge.live.messages import FromShard, Here, Still, Stream, Unit, Watch, Wish
from edge.live.peer import BadOffer, Peer, Relayed
from edge.live.settings import LiveSettings
from edge.live.viewing import Coded, Group, Viewing

LEASE_S = 5.0  # of a view from the centre's last word on it, unless that says another
LONGEST_LEASE_S = 60.0
CONNECT_S = 15.0  # for a viewer to connect after the answer
LOOK_S = 0.25  # between two looks at leases
STILLS_A_STREAM = 4  # cameras that may be looked at by single pictures, for each stream that the uplink has room for
STILL_WAIT_S = 3.0  # for the first picture of a camera, when pictures only are asked for
STILLS_S = 5.0  # after the last picture that was asked for, in which more are made

log = logging.getLogger("edge.live.relay")


class ShardLink(Protocol):
    """A shard, as the relay talks to it."""

    def tell(self, wanted: Watch) -> None:
        """Say what is watched from now on."""
        ...


@dataclass(eq=False)
class View:
    """One viewer of one stream. `until`: monotonic seconds at which its lease is over."""

    id: str
    camera: str
    stream: Stream
    until: float
    viewing: Viewing
    connect_by: float
    peer: Peer | None = None
    track: Relayed | None = None
    connected: bool = False


@dataclass
class Stills:
    """The newest picture of a camera whose pictures are asked for."""

    asked: float
    jpeg: bytes = b""
    came: asyncio.Event = field(default_factory=asyncio.Event)


class Relay:
    """All views of one edge. Everything runs on one event loop."""

    def __init__(self, settings: LiveSettings, say: Callable[[Answer], None]) -> None:
        self._settings = settings
        self._say = say
        self._shards: dict[ShardLink, dict[str, dict[Stream, str]]] = {}
        self._views: dict[str, View] = {}
        self._groups: dict[tuple[str, Stream], Group] = {}
        self._stills: dict[str, Stills] = {}
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
        stream = wished(codecs, wish)
        if stream is None:
            if codecs:
                return _no(command, "codec", f"camera {camera} sends no H.264, only {', '.join(codecs.values())}")
            return _no(command, "no-picture", f"camera {camera} brings no picture at the moment")
        now = monotonic()
        view = View(command.id, camera, stream, now + _lease(command), Viewing(), now + CONNECT_S)
        self._views[view.id] = view  # before the first wait: places are counted
        try:
            sdp = await self._connect(view, command.args.get("sdp", ""))
        except BaseException:
            self._views.pop(view.id, None)
            self._close(view)
            raise
        self._tell_shard(camera, stream, on=True)
        log.info("view %s of camera %s begins (%s stream)", view.id, camera, stream)
        return Answer(command=command.id, ok=True, stream=stream, sdp=sdp)

    async def _connect(self, view: View, offer: str) -> str:
        def started() -> None:
            view.connected = True
            group = self._groups.get((view.camera, view.stream))
            view.viewing.begin(group.packets if group else [])

        view.track = Relayed(view.viewing, started)
        view.peer = Peer(self._settings, view.track, lambda: self._end(view.id, "left"))
        return await view.peer.answer(offer)

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
        stills = self._stills.get(camera)
        if stills is None:
            if len(self._stills) >= STILLS_A_STREAM * self._settings.viewers:
                return _no(command, "full", "as many cameras of this edge are watched as it allows")
            stills = self._stills[camera] = Stills(monotonic())
            self._tell_shard(camera, "pictures", on=True)
        stills.asked = monotonic()
        if not stills.jpeg:
            try:
                await asyncio.wait_for(stills.came.wait(), STILL_WAIT_S)
            except TimeoutError:
                return _no(command, "no-picture", f"camera {camera} brings no picture at the moment")
        return Answer(command=command.id, ok=True, jpeg=stills.jpeg)

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
                if stills := self._stills.get(camera):
                    stills.jpeg = jpeg
                    stills.came.set()

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
        for camera in self._stills:
            if camera in self._shards[shard]:
                shard.tell(Watch(camera, "pictures", on=True))

    def _tell_shard(self, camera: str, wish: Wish, *, on: bool) -> None:
        for shard, cameras in self._shards.items():
            if camera in cameras:
                shard.tell(Watch(camera, wish, on))

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
        for camera, stills in list(self._stills.items()):
            if now - stills.asked > STILLS_S:
                del self._stills[camera]
                self._tell_shard(camera, "pictures", on=False)

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
