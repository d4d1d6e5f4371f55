"""The place: villages of Purbalingga with streets of cameras, and the people who answer for them.

A street is what two edges watch: cameras in a row, each beside the one before. Every edge is an RW, every four cameras
of it an RT. docs/design/simulation.md tells where the numbers come from.
"""

from dataclasses import dataclass

from alerts.ground import areas_tree
from alerts.people.roles import Level, Role, area_level
from core.errors import EkamlingError
from core.events import Severity

REGENCY = "33.03"
EDGES_A_STREET = 2  # so that a walk can pass 15 cameras, and cross from one edge to another
CAMERAS_A_RT = 4  # an RT is some 30 to 50 houses along two or three lanes
ROAD_EVERY = 3  # one camera in so many looks at a road: severity 3, as in the demo; the others at yards: 2
RONDA_A_RT = 4  # men of one night's list; the usual hut (pos kamling) holds four to six
RESIDENTS_A_RT = 2  # who may beat the kentongan in the run; more would change nothing
LINMAS_A_VILLAGE = 2  # on call at night
MOST_EDGES, MOST_CAMERAS, MOST_OPERATORS = 5_000, 64, 200


@dataclass(frozen=True)
class Camera:
    """One camera; `severity` is that of its rule for people."""

    edge: str
    id: str
    area: str
    severity: Severity

    @property
    def key(self) -> tuple[str, str]:
        return self.edge, self.id


@dataclass(frozen=True)
class Street:
    """Cameras in a row; those beside each other in the list are neighbours."""

    village: str
    cameras: tuple[Camera, ...]


@dataclass(frozen=True)
class Actor:
    """Somebody with a role. Who has no phone sits before a console, or (a resident) is never told."""

    name: str
    role: Role
    area: str
    phone: bool


@dataclass(frozen=True)
class World:
    """All of it. `edges` gives the area of each edge, `operators` the people at the command centre's consoles."""

    edges: dict[str, str]
    streets: tuple[Street, ...]
    actors: tuple[Actor, ...]
    operators: int

    @property
    def cameras(self) -> list[Camera]:
        return [camera for street in self.streets for camera in street.cameras]


def build(edges: int, cameras_per_edge: int, operators: int) -> World:
    """A world of that size, always the same one; raises EkamlingError for a size that it cannot have."""
    _check("--edges", edges, MOST_EDGES)
    _check("--cameras-per-edge", cameras_per_edge, MOST_CAMERAS)
    _check("--operators", operators, MOST_OPERATORS)
    villages = [place.code for place in areas_tree.regency(REGENCY) if area_level(place.code) == Level.VILLAGE]
    wanted = -(-edges // EDGES_A_STREET)
    known: dict[str, str] = {}
    streets = []
    for number in range(wanted):
        place = number * len(villages) // wanted if wanted <= len(villages) else number % len(villages)
        first = EDGES_A_STREET * (number // len(villages)) + 1
        own = min(EDGES_A_STREET, edges - number * EDGES_A_STREET)
        cameras: list[Camera] = []
        for part in range(own):
            edge, area = f"pos-{len(known) + 1}", f"{villages[place]}/RW{first + part:02d}"
            known[edge] = area
            cameras += [_camera(edge, area, index) for index in range(cameras_per_edge)]
        streets.append(Street(villages[place], tuple(cameras)))
    return World(known, tuple(streets), tuple(_actors(streets, operators)), operators)


def _check(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise EkamlingError(f"{name} {value} must lie between 1 and {most}")


def _camera(edge: str, area: str, index: int) -> Camera:
    severity: Severity = 3 if index % ROAD_EVERY == 0 else 2
    return Camera(edge, f"kamera-{index + 1}", f"{area}/RT{index // CAMERAS_A_RT + 1:02d}", severity)


def _actors(streets: list[Street], operators: int) -> list[Actor]:
    """Everybody, from the RT up to the regency."""
    found: list[Actor] = []

    def add(count: int, role: Role, area: str, phone: bool = True) -> None:
        known = len(found)
        found.extend(Actor(f"{role}-{known + each}", role, area, phone) for each in range(1, count + 1))

    cameras = [camera for street in streets for camera in street.cameras]
    for area in dict.fromkeys(camera.area for camera in cameras):
        add(RONDA_A_RT, Role.RONDA, area)
        add(1, Role.RT, area)
        add(RESIDENTS_A_RT, Role.RESIDENT, area, phone=False)
    for area in dict.fromkeys(areas_tree.parent(camera.area) for camera in cameras):
        add(1, Role.RW, area)
    villages = dict.fromkeys(street.village for street in streets)
    for area in villages:
        add(LINMAS_A_VILLAGE, Role.LINMAS, area)
    for area in dict.fromkeys(areas_tree.parent(village) for village in villages):
        add(1, Role.POLSEK, area, phone=False)
        add(1, Role.INSTALLER, area)
    add(operators, Role.OPERATOR, REGENCY, phone=False)
    for role in (Role.SATPOLPP, Role.POLRES, Role.ADMIN):
        add(1, role, REGENCY, phone=False)
    for role in (Role.DAMKAR, Role.BPBD):
        add(1, role, REGENCY)
    return found
