"""The siren: carries out what the centre orders, once, in time, and not for longer than the installer allows.

An order carries its own id, by which a repeat is known, and the moment after which it must not sound any more. It is
worked on by a thread of its own, so that neither acks nor cameras wait for a loudspeaker; its answer goes up when it is
known whether something sounds.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from core.beats import groups
from core.clock import Clock
from core.errors import EkamlingError, ServiceError
from core.events import Command, Instant, Reply
from edge import kentongan
from edge.siren_settings import SirenSettings
from edge.sounders import all_off, all_on, sounders

COMMAND = "siren"
FARTHEST = timedelta(minutes=2)  # ahead of which no order ends: one that does shows a clock that is wrong
REMEMBERED = 200  # orders whose answer is kept for a repeat
LOOK_S = 0.2  # while it sounds
AGAIN_S = 5.0  # until what did not fall silent is silenced again
STOP_FILE = "siren.stop"
SOUND_FILE = "siren.wav"

T = TypeVar("T")

log = logging.getLogger("edge.siren")


class Order(Struct, frozen=True, kw_only=True):
    """What stands in the arguments of a `siren` command. A stop without `incident` is of whatever sounds; one with a
    `pattern` beats it once where nothing else sounds then, to say that all is safe."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    action: Literal["sound", "stop"]
    expires: Instant
    incident: Annotated[str, Meta(max_length=64)] = ""
    pattern: Annotated[str, Meta(max_length=40)] = ""
    seconds: Annotated[int, Meta(ge=1, le=3600)] = 60


@dataclass
class _Sounding:
    incident: str
    pattern: str
    until: float  # by the monotonic clock


class Siren:
    """`reply` takes each answer, on the siren's own thread."""

    def __init__(self, settings: SirenSettings, folder: Path, clock: Clock, reply: Callable[[Reply], None]) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._reply = reply
        self._sounders = sounders(settings)
        self._orders: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._answers: dict[str, Reply] = {}  # by the order's id, the oldest first
        self._sounding: _Sounding | None = None
        self._silence_due: float | None = clock.monotonic() if settings.present else None  # what the last life left on
        self._stop_stamp = 0
        self._thread = threading.Thread(target=self._run, name="siren", daemon=True)

    def start(self) -> None:
        self._stop_stamp = _stamp(self._folder / STOP_FILE)
        self._thread.start()

    def stop(self) -> None:
        """Fall silent and end."""
        self._orders.put(None)
        self._thread.join()

    def take(self, command: Command) -> None:
        """Work on a command of the centre soon; returns at once."""
        self._orders.put(command)

    def sounds(self) -> bool:
        """Whether it was told to sound and not yet told to end."""
        return self._sounding is not None

    def _run(self) -> None:
        while True:
            try:
                command = self._orders.get(timeout=self._wait_s())
            except queue.Empty:
                self._safely(self._look)
                continue
            if command is None:
                break
            reply = self._safely(partial(self.answer, command))
            failed = Reply(
                command=command.id, ok=False, message="the siren failed unexpectedly; the edge's log says why"
            )
            self._reply(reply or failed)
        self._safely(self._silence)

    def _safely(self, work: Callable[[], T]) -> T | None:
        """Do something that must not end the thread: a siren that cannot be stopped is worse than one that fails."""
        try:
            return work()
        except Exception:
            log.exception("the siren failed unexpectedly")
            self._silence_due = self._clock.monotonic()  # whatever it was about to do, nothing is left sounding
            return None

    def _wait_s(self) -> float | None:
        busy = self._sounding is not None or self._silence_due is not None
        return LOOK_S if busy else None

    def _look(self) -> None:
        """End what has sounded long enough or is stopped by hand, and silence again what did not fall silent."""
        now = self._clock.monotonic()
        if self._sounding is not None:
            stamp = _stamp(self._folder / STOP_FILE)
            if stamp != self._stop_stamp:
                log.warning("the siren is stopped at the edge itself")
            if stamp != self._stop_stamp or now >= self._sounding.until:
                self._stop_stamp = stamp
                self._silence()
        elif self._silence_due is not None and now >= self._silence_due:
            self._silence()

    def answer(self, command: Command) -> Reply:
        """Carry out a command, or say why not; the answer to a repeat is the first one's."""
        try:
            order = read(command)
            known = self._answers.get(order.id)
            if known is None:
                known = Reply(command=command.id, ok=True, message=self._carry_out(order)[:200])
                self._remember(order, known)
            return msgspec.structs.replace(known, command=command.id)
        except EkamlingError as error:
            log.error("an order to the siren is refused: %s", error)
            return Reply(command=command.id, ok=False, message=str(error)[:200])

    def _carry_out(self, order: Order) -> str:
        """Do it; what went wrong beside. Raises EkamlingError where it cannot be done."""
        if not self._settings.present:
            raise EkamlingError("this edge has no siren; give [siren] its player or relay_on in edge.toml")
        if order.action == "stop":
            self._stop(order)
            if self._sounding is not None or not order.pattern:
                return ""
        self._check_time(order)
        return self._sound(order)

    def _stop(self, order: Order) -> None:
        if self._sounding is None or order.incident not in ("", self._sounding.incident):
            return
        log.info("the centre stops the siren")
        trouble = self._silence()
        if trouble:
            raise ServiceError(trouble)

    def _check_time(self, order: Order) -> None:
        left = order.expires - self._clock.now()
        if left < timedelta(0):
            raise EkamlingError(
                f"the order comes {-left.total_seconds():.0f} s too late by this edge's clock; check clock and link"
            )
        if left > FARTHEST:
            raise EkamlingError("this edge's clock is behind the centre's; set it, as by NTP")

    def _sound(self, order: Order) -> str:
        now = self._sounding
        if now is not None and (now.incident, now.pattern) == (order.incident, order.pattern):
            return ""  # several people of one step may have this siren among their contacts
        seconds = min(order.seconds, self._settings.max_seconds) if order.action == "sound" else 0
        content = kentongan.sound(order.pattern, seconds)
        if self._sounding is not None:
            self._silence()
        path = self._folder / SOUND_FILE
        try:
            path.write_bytes(content)
        except OSError as error:
            log.error("%s: the sound cannot be written (%s); only a relay can sound", path, error.strerror)
        self._stop_stamp = _stamp(self._folder / STOP_FILE)
        try:
            trouble = all_on(self._sounders, path)
        except ServiceError:
            self._silence()  # a relay that did not answer may be on all the same
            raise
        self._silence_due = None
        lasts = kentongan.duration(content)
        self._sounding = _Sounding(order.incident, order.pattern, self._clock.monotonic() + lasts)
        log.info("the siren beats %s for %.0f s, incident %s", order.pattern, lasts, order.incident)
        if trouble:
            log.error("not all of the siren sounds: %s", trouble)
        return trouble

    def _silence(self) -> str:
        """Switch everything off; what is not off is tried again."""
        trouble = all_off(self._sounders)
        self._sounding = None
        self._silence_due = self._clock.monotonic() + AGAIN_S if trouble else None
        if trouble:
            log.error("the siren may still sound: %s", trouble)
        return trouble

    def _remember(self, order: Order, reply: Reply) -> None:
        self._answers[order.id] = reply
        while len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]


def read(command: Command) -> Order:
    """The order in a command; raises EkamlingError where it is none."""
    try:
        order = msgspec.convert(command.args, Order, strict=False)
    except msgspec.ValidationError as error:
        raise EkamlingError(f"an order to the siren that this edge does not understand: {error}") from None
    if order.action == "sound" or order.pattern:
        groups(order.pattern)
    return order


def ask_to_stop(folder: Path) -> None:
    """Let a siren that sounds on this machine fall silent; raises OSError where the folder is not there."""
    path = folder / STOP_FILE
    path.touch()


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
