"""What the edges send: everything that moves, most of it harmless, and the mishaps of cameras and links.

A budget of events is shared out among sources, so that cameras send on average what CENTRE's arithmetic assumes. A
source makes occurrences (a walk, a shower), each of several events. docs/design/simulation.md has the table.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from alerts.people.duty import WIB
from core.events import Severity
from ekamling.simulation.world import Camera, Street, World

T = TypeVar("T")

EVENTS_AN_HOUR = 6.0  # of one camera, on average between 18:00 and 06:00 (the arithmetic that the funnel comes from)
NIGHT = (*range(18, 24), *range(6))  # hours of that average

# Shares of the budget. Assumed: no count of a real site is at hand. Half is people, the rest is what users of other
# systems complain of first (rain, animals, insects, things that alert for ever).
SHARES = {
    "walker": 0.40,
    "resident": 0.14,
    "vehicle": 0.18,
    "animal": 0.12,
    "weather": 0.10,
    "party": 0.03,
    "chatter": 0.03,
}
# How busy an hour is, against the mean of the night: people and vehicles by the clock, animals and weather not.
BUSY = {
    18: 2.4, 19: 2.3, 20: 1.9, 21: 1.4, 22: 0.8, 23: 0.5, 0: 0.3, 1: 0.2, 2: 0.2, 3: 0.3, 4: 0.7, 5: 1.0,
    6: 2.0, 7: 2.4, 8: 2.0, 9: 1.8, 10: 1.8, 11: 1.8, 12: 1.6, 13: 1.5, 14: 1.5, 15: 1.8, 16: 2.2, 17: 2.4,
}  # fmt: skip
BY_THE_CLOCK = frozenset({"walker", "resident", "vehicle"})

WALK = (2, 15)  # cameras in a row
STEP_S = (15.0, 60.0)  # from one camera to the next: 20 to 60 m on foot
RIDE_S = (3.0, 10.0)  # on a motorcycle
VEHICLE_PASSES = (1, 4)
HOME = (1, 3)  # cameras that somebody passes who comes home
ANIMAL_AGAIN = (1, 3)  # a cat is lost and found again by the tracker
SHOWER_MIN = (10.0, 30.0)
SHOWER_EVERY_S = 90.0  # on a camera that it shakes; the rule's own cooldown is 30 s
PARTY_H = 3.0
PARTY_EVERY_S = 90.0
PARTY_CAMERAS = 2
CHATTER_MIN = (60.0, 120.0)
CHATTER_EVERY_S = 20.0  # three a minute: what EEMUA 191 calls chattering
TROUBLES_A_CAMERA_DAY = 1 / 30  # covered, dirty, moved, frozen: once a month (assumed)
TROUBLES = ("covered", "moved", "defocused", "frozen", "silent")
POWER_CUTS_AN_EDGE_DAY = 1 / 30  # of the edge; PLN's SAIFI is a few a year, loose plugs come on top (assumed)
CUT_MIN = (5.0, 60.0)
PORT_CUTS_AN_EDGE_DAY = 1 / 60  # of the cameras' switch alone: the edge lives and tells that all of them are silent
LINK_LOSSES_AN_EDGE_DAY = 0.5  # of the mobile network; the outbox holds what happens meanwhile
LINK_LOSS_MIN = (1.0, 20.0)
LATENCY_S = (0.3, 2.5)  # from the event at the edge to the centre
SEEN_TWICE = 0.01  # sent again because the acknowledgement was lost


@dataclass(frozen=True, order=True)
class Raw:
    """One event as an edge makes it; `at` in seconds from the start. `truth` names the planted incident it shows,
    `source` what made it."""

    at: float
    edge: str
    camera: str
    kind: str
    severity: Severity
    label: str
    score: float
    truth: str = ""
    source: str = ""


@dataclass(frozen=True)
class Party:
    """A wedding party; those who hold it have asked for quiet on these cameras."""

    start: float
    end: float
    cameras: tuple[Camera, ...]


@dataclass
class Traffic:
    """What happens to edges: events, times without power and without a link (edge, from, until), parties."""

    events: list[Raw] = field(default_factory=list)
    cuts: list[tuple[str, float, float]] = field(default_factory=list)
    losses: list[tuple[str, float, float]] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)

    def powered(self, raw: Raw) -> bool:
        """Whether the edge had power to see it."""
        return not any(edge == raw.edge and since <= raw.at < until for edge, since, until in self.cuts)

    def arrival(self, raw: Raw, random: Random) -> float:
        """When an event reaches the centre, in seconds from the start."""
        held = [until for edge, since, until in self.losses if edge == raw.edge and since <= raw.at < until]
        return max(held, default=raw.at) + random.uniform(*LATENCY_S)


class Hours:
    """The simulated time, with how busy each minute of it is."""

    def __init__(self, start: datetime, hours: float) -> None:
        self.seconds = hours * 3600
        mean = sum(BUSY[hour] for hour in NIGHT) / len(NIGHT)
        minutes = range(math.ceil(hours * 60))
        clock = [(start + timedelta(minutes=minute)).astimezone(WIB).hour for minute in minutes]
        self._busy = [BUSY[hour] / mean for hour in clock]
        self._even = [1.0 for _ in minutes]

    def busy(self, source: str) -> float:
        """Hours of average business that this time amounts to."""
        return sum(self._weights(source)) / 60

    def moment(self, source: str, random: Random) -> float:
        """A time at which the source does something, seconds from the start."""
        (minute,) = random.choices(range(len(self._even)), self._weights(source))
        return min((minute + random.random()) * 60, self.seconds)

    def _weights(self, source: str) -> list[float]:
        return self._busy if source in BY_THE_CLOCK else self._even


def make(world: World, hours: Hours, random: Random) -> Traffic:
    """All that is harmless, and all mishaps."""
    traffic = Traffic()
    cameras = world.cameras
    for source, share in SHARES.items():
        budget = round(share * EVENTS_AN_HOUR * len(cameras) * hours.busy(source))
        while budget > 0:
            occurrence = list(_occurrence(source, world, hours, random, traffic))
            kept = sorted(raw for raw in occurrence if raw.at < hours.seconds)[:budget]
            traffic.events += [replace(raw, source=source) for raw in kept]
            budget -= len(kept)
    _mishaps(world, hours, random, traffic)
    traffic.events = sorted(
        raw if raw.source else replace(raw, source="trouble") for raw in traffic.events if traffic.powered(raw)
    )
    return traffic


def _occurrence(source: str, world: World, hours: Hours, random: Random, traffic: Traffic) -> Iterator[Raw]:
    at, street = hours.moment(source, random), random.choice(world.streets)
    match source:
        case "walker":
            yield from walk(at, street, random.randint(*WALK), random)
        case "resident":
            yield from walk(at, street, random.randint(*HOME), random)
        case "vehicle":
            label = random.choice(("motorcycle", "motorcycle", "car"))
            for camera, when in along(at, street, random.randint(*VEHICLE_PASSES), RIDE_S, random):
                yield Raw(when, *camera.key, "crossing", 3, label, random.uniform(0.5, 0.9))
        case "party":
            yield from _party(at, street, random, traffic)
        case _:
            yield from _nobody(source, at, street, random)


def _nobody(source: str, at: float, street: Street, random: Random) -> Iterator[Raw]:
    """What is no person at all."""
    if source == "animal":
        camera = random.choice(street.cameras)
        for _ in range(random.randint(*ANIMAL_AGAIN)):
            yield Raw(at, *camera.key, "intrusion", camera.severity, "person", random.uniform(0.3, 0.5))
            at += random.uniform(30.0, 90.0)
        return
    shower = source == "weather"
    lasts, every_s = (SHOWER_MIN, SHOWER_EVERY_S) if shower else (CHATTER_MIN, CHATTER_EVERY_S)
    for camera in random.sample(street.cameras, max(1, len(street.cameras) // 2) if shower else 1):
        for when in _again(at, at + random.uniform(*lasts) * 60, every_s, random):
            yield Raw(when, *camera.key, "motion", 3, "", random.uniform(0.3, 0.6))


def walk(at: float, street: Street, cameras: int, random: Random, truth: str = "") -> Iterator[Raw]:
    """Somebody on foot past so many cameras in a row."""
    for camera, when in along(at, street, cameras, STEP_S, random):
        yield Raw(when, *camera.key, "intrusion", camera.severity, "person", random.uniform(0.6, 0.95), truth)


def along(
    at: float, street: Street, count: int, pace: tuple[float, float], random: Random
) -> Iterator[tuple[Camera, float]]:
    """Cameras in a row, in either direction, with the time at each."""
    count = min(count, len(street.cameras))
    first = random.randint(0, len(street.cameras) - count)
    row = street.cameras[first : first + count]
    for camera in row if random.random() < 0.5 else row[::-1]:
        yield camera, at
        at += random.uniform(*pace)


def _party(at: float, street: Street, random: Random, traffic: Traffic) -> Iterator[Raw]:
    first = random.randint(0, max(0, len(street.cameras) - PARTY_CAMERAS))
    cameras = street.cameras[first : first + PARTY_CAMERAS]
    end = at + PARTY_H * 3600
    traffic.parties.append(Party(at, end, cameras))
    for camera in cameras:
        for when in _again(at, end, PARTY_EVERY_S, random):
            kind = random.choice(("crowd", "intrusion"))
            yield Raw(when, *camera.key, kind, camera.severity, "person", random.uniform(0.6, 0.95))


def _again(at: float, end: float, every_s: float, random: Random) -> Iterator[float]:
    """Times of something that comes again and again, without memory."""
    while at < end:
        yield at
        at += random.expovariate(1 / every_s)


def _mishaps(world: World, hours: Hours, random: Random, traffic: Traffic) -> None:
    days = hours.seconds / 86_400
    for camera in _drawn(world.cameras, TROUBLES_A_CAMERA_DAY * days, random):
        at = random.uniform(0, hours.seconds)
        traffic.events.append(Raw(at, *camera.key, random.choice(TROUBLES), 2, "", 1.0))
    edges = list(world.edges)
    for edge in _drawn(edges, POWER_CUTS_AN_EDGE_DAY * days, random):
        at = random.uniform(0, hours.seconds)
        traffic.cuts.append((edge, at, at + random.uniform(*CUT_MIN) * 60))
    for edge in _drawn(edges, PORT_CUTS_AN_EDGE_DAY * days, random):
        at = random.uniform(0, hours.seconds)
        own = [camera for camera in world.cameras if camera.edge == edge]
        traffic.events += [Raw(at + random.uniform(0, 10), *each.key, "silent", 2, "", 1.0) for each in own]
    for edge in _drawn(edges, LINK_LOSSES_AN_EDGE_DAY * days, random):
        at = random.uniform(0, hours.seconds)
        traffic.losses.append((edge, at, at + random.uniform(*LINK_LOSS_MIN) * 60))


def _drawn(things: list[T], chance: float, random: Random) -> list[T]:
    """Those that it befalls; at least one, so that a small world has every mishap, too."""
    befallen = [thing for thing in things if random.random() < chance]
    return befallen or [random.choice(things)]
