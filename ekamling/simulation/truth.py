"""The planted true incidents, each with what exactly shows it: the events of cameras, the cries of residents."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from alerts.people.roles import Role
from ekamling.simulation.traffic import Hours, Raw, Traffic, walk
from ekamling.simulation.world import Actor, Street, World

Kind = Literal["thief", "loiterer", "fire", "panic"]

EDGE_HOURS_A_TRUTH = 200.0  # of one kind; far more than Purbalingga has, so that the search for losses means something
THIEF_PASSES = (3, 15)  # cameras
SCORES = (0.4, 0.95)  # less sure than of who walks under a lamp: one in six is no sure sight
LOITERS = (1, 3)  # times that the rule speaks
LOITERS_EVERY_S = 120.0
FALSE_CRIES = (
    1.0  # pressed by mistake or as a prank, for each true one (assumed; 112 lines have far more, see the docs)
)
GRAVE: frozenset[Kind] = frozenset({"thief", "fire", "panic"})
PANICS = ("thief", "danger", "medical")


@dataclass(frozen=True)
class Cry:
    """A kentongan that a resident beats: `truth` is empty for one that means nothing."""

    at: float
    user: str
    kind: str
    area: str
    truth: str


@dataclass(frozen=True)
class Truth:
    """One planted incident."""

    id: str
    kind: Kind
    at: float
    street: Street


@dataclass
class Plan:
    """All that is planted; `events` are the cameras' part of it."""

    truths: list[Truth] = field(default_factory=list)
    events: list[Raw] = field(default_factory=list)
    cries: list[Cry] = field(default_factory=list)


def plant(world: World, hours: Hours, traffic: Traffic, random: Random, edge_hours: float = EDGE_HOURS_A_TRUTH) -> Plan:
    """True incidents, one of each kind in so many hours of an edge, at any time of the run. What an edge without power
    cannot see is no part of it; a thief whom no camera saw at all is planted at another time."""
    plan = Plan()
    each = max(1, round(len(world.edges) * hours.seconds / 3600 / edge_hours))
    residents = [actor for actor in world.actors if actor.role is Role.RESIDENT]
    for number in range(each):
        _seen(plan, "thief", number, (world, hours, traffic), random)
        _seen(plan, "loiterer", number, (world, hours, traffic), random)
        _cried(plan, "fire", number, (world, hours), random.choice(residents), random)
        _cried(plan, "panic", number, (world, hours), random.choice(residents), random)
        for _ in range(round(FALSE_CRIES * 2)):
            pressed = random.choice(residents)
            kind = random.choice((*PANICS, "fire"))
            plan.cries.append(Cry(random.uniform(0, hours.seconds), pressed.name, kind, pressed.area, ""))
    plan.cries.sort(key=lambda cry: cry.at)
    return plan


def _seen(plan: Plan, kind: Kind, number: int, around: tuple[World, Hours, Traffic], random: Random) -> None:
    """Somebody whom cameras see."""
    world, hours, traffic = around
    truth = f"{kind}-{number + 1}"
    while True:
        street, at = random.choice(world.streets), random.uniform(0, hours.seconds * 0.98)
        if kind == "thief":
            seen = walk(at, street, random.randint(*THIEF_PASSES), random, truth)
            made = [replace(raw, score=random.uniform(*SCORES)) for raw in seen]
        else:
            camera = random.choice(street.cameras)
            made = [
                Raw(at + each * LOITERS_EVERY_S, *camera.key, "loitering", 2, "person", random.uniform(*SCORES), truth)
                for each in range(random.randint(*LOITERS))
            ]
        made = [raw for raw in made if raw.at < hours.seconds and traffic.powered(raw)]
        if made:
            plan.truths.append(Truth(truth, kind, made[0].at, street))
            plan.events += made
            return


def _cried(plan: Plan, kind: Kind, number: int, around: tuple[World, Hours], resident: Actor, random: Random) -> None:
    """Something that a resident cries out."""
    world, hours = around
    at = random.uniform(0, hours.seconds * 0.98)
    truth = f"{kind}-{number + 1}"
    street = next(street for street in world.streets if any(camera.area == resident.area for camera in street.cameras))
    told = "fire" if kind == "fire" else random.choice(PANICS)
    plan.truths.append(Truth(truth, kind, at, street))
    plan.cries.append(Cry(at, resident.name, told, resident.area, truth))
