"""The demo: three simulated cameras, an edge, a broker, a centre and a console, all real, from one command."""

import asyncio
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core import config
from core.errors import ServiceError, StorageError
from core.latency import percentiles
from ekamling import demo_site
from ekamling.children import Child
from ekamling.demo_site import Site
from ekamling.folders import make_folder
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from ekamling.watcher import Watcher
from ekamling.web import listen

READY_S = 60.0
FULL_MB = 4  # below which nothing can be stored any more
NEEDED_MB = 200  # for a few minutes of events and clips
OPERATOR, WATCHER = "operator", "pemantau"
CALLED = (  # who sits at the other consoles, so that the ladders of the demo reach somebody
    ("satpolpp", "Posko Satpol PP", "satpolpp", "33.03"),
    ("polsek", "Polsek Purbalingga", "polsek", "33.03.05"),
)
STAGES = (
    "frames_decoded",
    "frames_analysed",
    "inferences",
    "tracks",
    "events_published",
    "events_stored",
    "incidents",
    "snapshots",
    "clips",
)


@dataclass(frozen=True)
class Wishes:
    """What the user asked for. `seconds` None: until Ctrl-C. `say` prints a line of progress."""

    port: int
    data: Path | None
    seconds: float | None
    say: Callable[[str], None]


def run(wishes: Wishes) -> dict[str, Any]:
    """Run the demo and return its figures; raises an EkamlingError naming what could not be started."""
    stop = threading.Event()
    listen("127.0.0.1", wishes.port, "--port").close()  # told before anything is written or started
    with _folder(wishes.data) as folder, _signals(stop), ExitStack() as stack:
        site = demo_site.prepare(folder, wishes.port)
        link, token = asyncio.run(_people(site))
        centre, edge = _start(site, stack, wishes.say)
        started = time.monotonic()
        watcher = Watcher(site.url, token, lambda incident: wishes.say(_first(incident, time.monotonic() - started)))
        watcher.start()
        wishes.say(f"Open {link}")
        if wishes.seconds is None:
            wishes.say("Press Ctrl-C to stop.")
        _wait(stop, wishes.seconds, (centre, edge), folder)
        wishes.say("Stopping: the edge hands over what it still holds ...")
        edge.stop()
        figures = _figures(watcher)
        watcher.stop()
    return figures


def missing_stages(figures: dict[str, Any]) -> list[str]:
    """What is wrong with the figures of a run: stages that carried nothing, and events that were lost."""
    problems = [f"{stage} is 0" for stage in STAGES if not figures[stage]]
    if figures["lost"]:
        problems.append(f"{figures['lost']} events were lost")
    if not figures["latency_ms"]["event_to_console"]["p50"]:
        problems.append("the console was told of no event")
    return problems


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """The data folder: the user's, or a fresh one that goes when the demo ends."""
    folder = wanted.absolute() if wanted else Path(tempfile.mkdtemp(prefix="ekamling-demo-"))
    try:
        make_folder(folder, "--data")
        free = shutil.disk_usage(folder).free // 2**20
        if free < NEEDED_MB:
            raise StorageError(
                f"{folder}: only {free} MB are free, the demo needs {NEEDED_MB}; choose another with --data"
            )
        if wanted and any(folder.iterdir()):
            raise StorageError(f"{folder}: is not empty; give --data a new or empty folder")
        yield folder
    finally:
        if not wanted:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the demo in order."""
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _people(site: Site) -> tuple[str, str]:
    """An operator with a sign-in link for the user, and one with a token for our own watcher."""
    settings = config.load(site.centre_config, CentreSettings)
    make_folder(Path(settings.data))
    await demo_site.place(settings.database_url)
    async with accounts(settings) as people:
        await people.add(OPERATOR, "Operator", "operator", "33.03")
        for name, shown_as, role, area in CALLED:
            await people.add(name, shown_as, role, area)
        await people.add(WATCHER, "Pemantau", "auditor", "33.03")
        return link_url(settings, await people.link(OPERATOR)), await people.link(WATCHER)


def _start(site: Site, stack: ExitStack, say: Callable[[str], None]) -> tuple[Child, Child]:
    """Start simulator, centre and edge; each is stopped when the stack unwinds."""
    say("Starting three simulated cameras ...")
    password = {"EKAMLING_SIMULATOR_PASSWORD": site.camera_password}
    arguments = ["simulator", "--port", str(site.camera_port), "--username", demo_site.CAMERA_USER, *site.streams()]
    cameras = Child("the camera simulator", arguments, site.folder / "cameras.log", password)
    stack.callback(cameras.stop)
    say("Starting the centre: broker, database, console ...")
    centre = Child("the centre", ["server", "--config", str(site.centre_config)], site.folder / "centre.log")
    stack.callback(centre.stop)
    cameras.ready(READY_S)
    centre.ready(READY_S)
    say("Starting the edge: RTSP, detector, tracker, rules ...")
    edge = Child("the edge", ["edge", "--config", str(site.edge_config)], site.folder / "edge.log")
    stack.callback(edge.stop)
    return centre, edge


def _wait(stop: threading.Event, seconds: float | None, children: tuple[Child, ...], folder: Path) -> None:
    """Until the time is over, the user stops it, a part ends by itself (ServiceError) or the disk is full."""
    deadline = time.monotonic() + (seconds if seconds is not None else float("inf"))
    while not stop.wait(min(0.25, max(0.0, deadline - time.monotonic()))):
        for child in children:
            if not child.running():
                raise ServiceError(child.last_words())
        if shutil.disk_usage(folder).free < FULL_MB * 2**20:
            raise StorageError(f"{folder}: the disk is full; free some space or choose another with --data")
        if time.monotonic() >= deadline:
            return


def _figures(watcher: Watcher) -> dict[str, Any]:
    """The figures of the run, in the shape that measurements rely on."""
    centre = watcher.statistics()
    loops = centre["loops"]
    return {
        "cameras": centre["cameras"],
        **{
            name: loops.get(name, 0) for name in ("frames_decoded", "frames_analysed", "frames_gated", "frames_dropped")
        },
        "inferences": loops.get("inferences", 0),
        "tracks": loops.get("tracks", 0),
        "events_published": centre["events_published"],
        "events_stored": centre["events_stored"],
        "duplicates": centre["duplicates"],
        "lost": centre["events_published"] - centre["events_stored"],
        "incidents": centre["incidents"],
        "snapshots": centre["snapshots"],
        "clips": centre["clips"],
        "latency_ms": {
            **centre["latency_ms"],
            "event_to_console": msgspec.to_builtins(percentiles(watcher.latencies())),
        },
    }


def _first(incident: dict[str, Any], seconds: float) -> str:
    camera = incident["camera"]
    return f"First incident after {seconds:.1f} s: {incident['kind']} at {camera['name']}, {camera['area_name']}."
