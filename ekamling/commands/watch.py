"""`ekamling watch`: look at one camera's loop live, in a browser page on this machine."""

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2

from core.clock import SystemClock
from detectors import choice, registry
from detectors.fitted import FittedDetector
from edge.arming import MODES, Arming
from edge.channel import Credentials
from edge.connection import Connection
from edge.equipment import Equipment
from edge.holidays import holidays
from edge.rules.calendar import Calendar
from edge.rules.settings import Mode
from edge.settings import CameraSettings, EdgeSettings, read_secret
from edge.tracking import LOWEST
from ekamling import cameras
from ekamling.reload import ConfigWatch
from ekamling.watching.board import Board
from ekamling.watching.server import Pages, WatchServer
from ekamling.watching.work import CameraWatch

PATIENCE_S = 20.0  # for the first picture
TICK_S = 1.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("camera", metavar="CAMERA", help="id of a camera in edge.toml")
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        help="edge.toml that knows the camera; rules and zones that change in it are taken over at once",
    )
    parser.add_argument("--port", type=int, default=8555, help="port of the page on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--main", action="store_true", help="look at the main stream, not the sub stream")
    parser.add_argument(
        "--mode",
        choices=MODES,
        help="mode in which the rules are tried, such as night: around the clock; without it the one the edge is in",
    )


def run(options: argparse.Namespace) -> int:
    """Watch until SIGTERM or SIGINT. Nothing that is seen is stored or sent."""
    settings, camera = cameras.load(options.config, options.camera)
    connection = _connection(camera, main=options.main)
    mode = options.mode or _mode(settings, camera)
    cv2.setNumThreads(1)
    equipment = _equipment(settings)
    board = Board(camera, mode, connection, equipment.calendar, equipment.clock)
    server = WatchServer(Pages(board), options.port)
    watch = CameraWatch(camera, mode, connection, equipment, board)
    changes = ConfigWatch(options.config, lambda new: watch.apply(cameras.named(new, camera.id, options.config)))
    ended = threading.Event()
    try:
        changes.start()
        watch.start(PATIENCE_S)  # until here Ctrl-C breaks off at once
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: ended.set())
        server.start()
        sys.stdout.write(f"Open {server.url}\nNothing is sent or stored. Ctrl-C ends it.\n")
        sys.stdout.flush()
        while not ended.wait(TICK_S):
            watch.tick()
    finally:
        changes.stop()
        board.close()
        watch.stop()
        server.stop()
    return 0


def _connection(camera: CameraSettings, *, main: bool) -> Connection:
    password = read_secret(camera.password_file, whose=f"camera {camera.id}") if camera.password_file else ""
    url = camera.url if main or not camera.sub_url else camera.sub_url
    return Connection(camera.id, url, Credentials(camera.username, password))


def _mode(settings: EdgeSettings, camera: CameraSettings) -> Mode:
    """The mode of the camera's group on this machine's edge; armed where there is no edge yet."""
    return Arming(Path(settings.data)).modes.get(camera.group, "armed")


def _equipment(settings: EdgeSettings) -> Equipment:
    """A detector and a calendar as a shard has them."""
    detection, clock = settings.detection, SystemClock()
    folder = Path(detection.models) if detection.models else None
    model = registry.find(detection.model, folder)
    backend = choice.prepare(model, detection.backend, folder)
    year = datetime.now(UTC).year
    return Equipment(
        detector=FittedDetector(model, score_threshold=LOWEST, backend=backend),
        slot=threading.Semaphore(1),
        model=model.name,
        clock=clock,
        calendar=Calendar(ZoneInfo(settings.time_zone), holidays(settings, (year, year + 1))),
    )
