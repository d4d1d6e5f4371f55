"""`ekamling siren`: try out, or stop, the siren beside an edge, on the edge itself."""

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from core import config
from core.clock import Clock, SystemClock
from core.errors import EkamlingError, ServiceError, StorageError
from edge import kentongan
from edge.rules.calendar import Calendar
from edge.rules.schedule import Schedule
from edge.settings import EdgeSettings
from edge.siren import ask_to_stop
from edge.sounders import all_off, all_on, sounders

TEST_FILE = "siren-test.wav"
LONGEST_S = 30


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = actions.add_parser("test", help="let it sound now, for a few seconds, and say what is wrong")
    test.add_argument("--pattern", default="1-1-1", help="kentongan code: groups of beats, or titir (default 1-1-1)")
    test.add_argument("--seconds", type=int, default=5, help=f"for how long, {LONGEST_S} at most (default 5)")
    test.add_argument("--anyway", action="store_true", help="also within the quiet hours")
    stop = actions.add_parser("stop", help="let it fall silent, when the centre let it sound")
    for action in (test, stop):
        action.add_argument("--config", type=Path, required=True, metavar="FILE", help="edge.toml")


def run(options: argparse.Namespace) -> int:
    """Do it; what cannot be done is one line."""
    settings = config.load(options.config, EdgeSettings)
    if not settings.siren.present:
        raise EkamlingError(f"{options.config}: [siren] has neither player nor relay_on, so there is nothing to sound")
    folder = Path(settings.data)
    if not folder.is_dir():
        raise EkamlingError(f"{folder}: is not there yet; start the edge once, it makes its folder")
    if options.action == "stop":
        return _stop(folder)
    if not 1 <= options.seconds <= min(LONGEST_S, settings.siren.max_seconds):
        most = min(LONGEST_S, settings.siren.max_seconds)
        raise EkamlingError(f"--seconds {options.seconds}: a test lasts 1 to {most} seconds")
    if not options.anyway:
        refuse_when_quiet(settings, SystemClock())
    return _test(settings, folder, options.pattern, options.seconds)


def refuse_when_quiet(settings: EdgeSettings, clock: Clock) -> None:
    """Raise EkamlingError within the hours in which neighbours sleep."""
    quiet, zone = settings.siren.quiet, ZoneInfo(settings.time_zone)
    if quiet and Schedule.parse([quiet]).armed(clock.now().astimezone(zone), Calendar(zone)):
        raise EkamlingError(f"no test within the quiet hours, {quiet} (siren.quiet); wait, or add --anyway")


def _stop(folder: Path) -> int:
    try:
        ask_to_stop(folder)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror})") from error
    sys.stdout.write("the edge is asked to fall silent\n")
    return 0


def _test(settings: EdgeSettings, folder: Path, pattern: str, seconds: int) -> int:
    content = kentongan.sound(pattern, seconds)
    path = folder / TEST_FILE
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{path}: the sound cannot be written ({error.strerror})") from error
    those = sounders(settings.siren)
    try:
        with _until_stopped() as stopped:
            trouble = all_on(those, path)
            lasts = kentongan.duration(content)
            sys.stdout.write(f"beating {pattern} for {lasts:.0f} s; Ctrl-C ends it\n")
            sys.stdout.flush()
            stopped.wait(lasts)
    finally:
        left_on = all_off(those)
        path.unlink(missing_ok=True)
        if left_on:
            sys.stderr.write(f"ekamling: it may still sound: {left_on}\n")
    if trouble or left_on:
        raise ServiceError(trouble or "the siren did not fall silent")
    sys.stdout.write("done\n")
    return 0


@contextlib.contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM, so that nothing is left sounding."""
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
