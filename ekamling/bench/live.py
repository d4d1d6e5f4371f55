"""How quick live view is, from a simulated camera to a picture in Chromium, and what it costs the edge."""

import asyncio
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from core.errors import ServiceError
from core.latency import percentiles
from core.process import cpu_seconds, descendants, resident_bytes
from ekamling import demo_site
from ekamling.bench import footage, stamped
from ekamling.bench.live_site import LiveSite, Serve, live_site
from ekamling.demo_site import CAMERA_USER, Site
from ekamling.simulator import CameraSimulator, SimulatedCamera

CAMERA = demo_site.CAMERAS[0].id
VIEWERS = 4
ROUNDS = 2
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--allow-loopback-in-peer-connection",
]
READY_S = 90.0
BETWEEN_S = 0.37  # between two starts, so that they fall on other places of the group of pictures
BEGINNING_MS = 2000.0  # of a view, in which the packets since the last keyframe are shown
HEARTBEAT_S = 20.0  # of an edge, whose counts the centre shows
# Shows a camera for some seconds: [milliseconds to the first picture, [wall clock in ms, number], ...] of each viewer.
WATCH = """async ([edge, camera, stream, viewers, seconds, square, bits, check]) => {
  const one = async () => {
    const began = performance.now();
    const peer = new RTCPeerConnection({ iceServers: [] });
    peer.addTransceiver('video', { direction: 'recvonly' });
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, width: 320 });
    document.body.replaceChildren(...document.body.children, video);
    peer.ontrack = ({ track, receiver }) => {
      receiver.jitterBufferTarget = 0;
      video.srcObject = new MediaStream([track]);
    };
    await peer.setLocalDescription(await peer.createOffer());
    const path = `/api/v1/cameras/${edge}/${camera}/live?stream=${stream}`;
    const headers = { 'content-type': 'application/sdp' };
    const reply = await fetch(path, { method: 'POST', headers, body: peer.localDescription.sdp });
    const sdp = await reply.text();
    if (reply.status !== 201) throw new Error(sdp);
    await peer.setRemoteDescription({ type: 'answer', sdp });
    const canvas = new OffscreenCanvas(square * (bits + check), square);
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const read = () => {
      pen.drawImage(video, 0, 0);
      const { data } = pen.getImageData(0, square / 2, canvas.width, 1);
      const bit = (place) => (data[(place * square + square / 2) * 4] > 128 ? 1 : 0);
      let number = 0, ones = 0, told = 0;
      for (let place = 0; place < bits; place += 1) { number |= bit(place) << place; ones += bit(place); }
      for (let place = 0; place < check; place += 1) told |= bit(bits + place) << place;
      return ones + 1 === told ? number : null;
    };
    const seen = [];
    let first = null;
    const until = performance.now() + 10000;
    await new Promise((done, fail) => {
      const step = (now, { expectedDisplayTime }) => {
        const shown = Math.max(now, expectedDisplayTime);
        first ??= shown - began;
        seen.push([performance.timeOrigin + shown, read()]);
        if (shown - began - first >= seconds * 1000) done();
        else video.requestVideoFrameCallback(step);
      };
      video.requestVideoFrameCallback(step);
      setTimeout(() => first === null && fail(new Error('no picture in 10 s')), until - performance.now());
    });
    const lost = (await peer.getStats()).values().find((each) => each.type === 'inbound-rtp').packetsLost;
    peer.close();
    video.remove();
    await fetch(reply.headers.get('location'), { method: 'DELETE' });
    return [first, seen, lost];
  };
  return Promise.all(Array.from({ length: viewers }, one));
}"""
SIGN_IN = """async (token) => (await fetch('/api/v1/session/link', {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }),
})).status"""
EDGES = "async () => (await (await fetch('/api/v1/edges')).json()).edges"
COUNTS = "async () => (await (await fetch('/api/v1/statistics')).json()).loops"


@dataclass(frozen=True)
class Wishes:
    """How often a view is started, for how long viewers look, and how many cameras the edge has."""

    starts: int
    seconds: float
    cameras: int
    say: Callable[[str], None]


@dataclass
class Clock:
    """When the simulator sent its first picture, by the wall clock."""

    began: float = 0.0
    ready: threading.Event = field(default_factory=threading.Event)

    def ages_ms(self, seen: list[tuple[float, int | None]]) -> list[float]:
        """How old each picture was when it was shown, those of the beginning left out: they are old on purpose."""
        length = stamped.SECONDS * 1000.0
        known = [(at, number) for at, number in seen if number is not None and at - seen[0][0] > BEGINNING_MS]
        return [(at - self.began * 1000 - number * 1000 / footage.FPS) % length for at, number in known]


def run(wishes: Wishes) -> dict[str, Any]:
    """All figures of `ekamling bench live`."""
    with tempfile.TemporaryDirectory(prefix="ekamling-bench-") as name:
        folder, clock = Path(name), Clock()
        wishes.say("making the streams ...")
        clips = {stream.name: stamped.build(stream, folder) for stream in (footage.SUB, footage.MAIN)}
        people = [("viewer", "operator", "33.03")]
        more = _more_cameras(wishes.cameras)
        serve = _served(clips, wishes.cameras, clock)
        with live_site(folder / "site", people, viewers=VIEWERS, more=more, serve=serve) as site, _page(site) as page:
            wishes.say("waiting for the cameras ...")
            _await_cameras(page, wishes.cameras)
            started = _starts(page, clock, wishes)
            _give_way()
            return {
                **started,
                "load": {kind: _load(site, page, kind, wishes) for kind in ("sub", "main")},
                "cameras": wishes.cameras,
                "cores": len(os.sched_getaffinity(0)),
            }


def _starts(page: Page, clock: Clock, wishes: Wishes) -> dict[str, Any]:
    """First pictures of many starts, and the age of all pictures of one longer look."""
    first = {"sub": list[float](), "main": list[float]()}
    for stream, times in first.items():
        for _ in range(wishes.starts):
            ((shown, _, _),) = _watch(page, stream, 1, 0.0)
            times.append(shown / 1000)
            time.sleep(BETWEEN_S)
        wishes.say(f"first pictures of the {stream} stream: {_ms(times)}")
    ages = {}
    for stream in first:
        ((_, seen, lost),) = _watch(page, stream, 1, wishes.seconds)
        ages[stream] = {**_ms([age / 1000 for age in clock.ages_ms(seen)]), "pictures": len(seen), "packets_lost": lost}
        wishes.say(f"age of pictures of the {stream} stream: {ages[stream]}")
    return {"first_picture_ms": {stream: _ms(times) for stream, times in first.items()}, "glass_to_glass_ms": ages}


def _load(site: LiveSite, page: Page, stream: str, wishes: Wishes) -> dict[str, Any]:
    """What the edge spends and its analysis drops, without viewers and with four, in turn, so that what else the
    machine does falls on both."""
    samples: dict[int, list[dict[str, float]]] = {0: [], VIEWERS: []}
    for _ in range(ROUNDS):
        for viewers, of in samples.items():
            of.append(_sample(site, page, stream, viewers, wishes.seconds))
            wishes.say(f"{viewers} viewers of the {stream} stream: {of[-1]}")
    return {str(viewers): _medians(of) for viewers, of in samples.items()}


def _give_way() -> None:
    """Let the browser, which decodes for four viewers on this very machine, have only what the edge leaves."""
    for pid in descendants(os.getpid()):
        if any(name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() for name in CHROMIUM):
            os.setpriority(os.PRIO_PROCESS, pid, 19)


def _sample(site: LiveSite, page: Page, stream: str, viewers: int, seconds: float) -> dict[str, float]:
    counts = _fresh_counts(page)
    edge, relay = _edge_pids(site)
    used, relayed, began = cpu_seconds(edge), cpu_seconds(relay), time.monotonic()
    seen = 0
    if viewers:
        seen = min(len(pictures) for _, pictures, _ in _watch(page, stream, viewers, seconds))
    else:
        time.sleep(seconds)
    elapsed = time.monotonic() - began
    used, relayed = cpu_seconds(edge) - used, cpu_seconds(relay) - relayed
    after = _fresh_counts(page)
    analysed, dropped = (after[name] - counts[name] for name in ("frames_analysed", "frames_dropped"))
    return {
        "edge_core_percent": round(100 * used / elapsed, 1),
        "relay_core_percent": round(100 * relayed / elapsed, 1),
        "relay_mb": round(resident_bytes(relay) / 2**20, 1),
        "dropped_percent": round(100 * dropped / max(1, analysed + dropped), 1),
        "fewest_pictures_a_second": round(seen / seconds, 1),
    }


def _medians(samples: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(sample[name] for sample in samples), 1) for name in samples[0]}


def _watch(page: Page, stream: str, viewers: int, seconds: float) -> list[tuple[float, Any, int]]:
    page.evaluate("document.body.replaceChildren()")
    wanted = [demo_site.EDGE, CAMERA, stream, viewers, seconds, stamped.SQUARE, stamped.BITS, stamped.CHECK_BITS]
    found: list[tuple[float, Any, int]] = page.evaluate(WATCH, wanted)
    return found


def _ms(seconds: list[float]) -> dict[str, Any]:
    found = percentiles([each * 1000 for each in seconds])
    return {"p50": found.p50, "p95": found.p95, "most": round(max(seconds) * 1000, 1), "of": len(seconds)}


def _edge_pids(site: LiveSite) -> tuple[list[int], list[int]]:
    """All processes of the edge, and of these the relay's."""
    edge = [site.edge.pid, *descendants(site.edge.pid)]
    relay = [pid for pid in edge if b"edge.live" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    return edge, relay


def _fresh_counts(page: Page) -> dict[str, int]:
    """What the loops counted, as of a heartbeat that comes now."""
    before = page.evaluate(EDGES)[0]["seen_at"]
    deadline = time.monotonic() + 2 * HEARTBEAT_S
    while page.evaluate(EDGES)[0]["seen_at"] == before and time.monotonic() < deadline:
        time.sleep(0.2)
    counts: dict[str, int] = page.evaluate(COUNTS)
    return counts


def _await_cameras(page: Page, cameras: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        edges = page.evaluate(EDGES)
        if sum(camera["state"] == "ok" for edge in edges for camera in edge["cameras"]) >= cameras:
            time.sleep(3.0)
            return
        time.sleep(0.5)
    raise ServiceError(f"not all of the {cameras} cameras were there after {READY_S:.0f} s")


@contextmanager
def _page(site: LiveSite) -> Iterator[Page]:
    """A browser that has signed in."""
    path = os.environ.get("EKAMLING_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        raise ServiceError("no Chromium found; install it, or set EKAMLING_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            page = browser.new_page()
            page.goto(f"{site.url}/api/v1/session")  # an empty page of the centre's own, without its console
            if page.evaluate(SIGN_IN, site.tokens["viewer"]) != 200:
                raise ServiceError("the centre lets nobody in")
            yield page
        finally:
            browser.close()


def _names(cameras: int) -> list[str]:
    own = [camera.id for camera in demo_site.CAMERAS]
    return own + [f"kamera-{number}" for number in range(len(own) + 1, cameras + 1)]


def _more_cameras(cameras: int) -> str:
    """Further cameras of the edge, as its file names them."""
    return "".join(
        f'''
[[cameras]]
id = "{name}"
name = "{name}"
area = "{demo_site.AREA}"
url = "rtsp://127.0.0.1:{{PORT}}/{name}/main"
sub_url = "rtsp://127.0.0.1:{{PORT}}/{name}/sub"
username = "{CAMERA_USER}"
password_file = "{{FOLDER}}/cameras.secret"

[[cameras.rules]]
id = "halaman"
kind = "intrusion"
zone = [[0, 0], [1, 0], [1, 1], [0, 1]]
'''
        for name in _names(cameras)[len(demo_site.CAMERAS) :]
    )


def _served(clips: dict[str, Path], cameras: int, clock: Clock) -> Serve:
    """The cameras, simulated in this process, so that it is known when each picture goes out."""

    @contextmanager
    def serve(site: Site) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(_simulate(site, clips, cameras, clock, ended)))
        thread.start()
        try:
            if not clock.ready.wait(READY_S):
                raise ServiceError("the camera simulator did not start")
            yield
        finally:
            ended.set()
            thread.join()

    return serve


async def _simulate(site: Site, clips: dict[str, Path], cameras: int, clock: Clock, ended: threading.Event) -> None:
    streams = [
        SimulatedCamera(f"{name}/{kind}", path, 0 if name == CAMERA else number * 1.7 % stamped.SECONDS)
        for number, name in enumerate(_names(cameras))
        for kind, path in clips.items()
    ]
    simulator = CameraSimulator(streams, port=site.camera_port, username=CAMERA_USER, password=site.camera_password)
    await simulator.start()
    clock.began = time.time()  # its own clock was started in the line before
    clock.ready.set()
    await asyncio.to_thread(ended.wait)
    await simulator.stop()
