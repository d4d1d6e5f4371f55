"""How long cameras were in trouble and edges silent, from the incidents that say so."""

from typing import NamedTuple

from msgspec import Struct

_HOUR = 3_600_000_000  # microseconds


class Spell(NamedTuple):
    """A trouble of one camera, or of a whole edge (`camera` empty), in microseconds; `end` None: it still lasts."""

    edge: str
    camera: str
    start: int
    end: int | None


class Trouble(Struct, frozen=True):
    """Of one camera or edge: how often, and for how many hours in all. What overlaps counts once."""

    edge: str
    camera: str
    times: int
    hours: float


class Health(Struct, frozen=True, kw_only=True):
    """Hours in which an incident of trouble stood open: from its first sign until somebody closed it.

    `camera_hours` is what all cameras of the area together could have watched.
    """

    cameras: int
    edges: int
    edges_online_now: int
    camera_hours: float
    trouble_hours: float
    silent_times: int
    silent_hours: float
    worst_cameras: list[Trouble]
    silent_edges: list[Trouble]


class Tally:
    """Takes spells ordered by edge, camera and start, and counts what lies between two moments in microseconds."""

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self._found: list[Trouble] = []
        self._place, self._times, self._covered, self._until = ("", ""), 0, 0, start

    def add(self, spell: Spell) -> None:
        """One more spell."""
        if (spell.edge, spell.camera) != self._place:
            self._finish()
            self._place, self._covered, self._until = (spell.edge, spell.camera), 0, self._start
        first, last = max(spell.start, self._until), min(self._end if spell.end is None else spell.end, self._end)
        self._times += 1
        if last > first:
            self._covered, self._until = self._covered + last - first, last

    def troubles(self) -> list[Trouble]:
        """The trouble of each camera and edge, when all spells were taken."""
        self._finish()
        return self._found

    def _finish(self) -> None:
        """Be done with one camera or edge."""
        if self._times:
            self._found.append(Trouble(*self._place, self._times, round(self._covered / _HOUR, 2)))
        self._times = 0


def health(found: list[Trouble], hours: float, cameras: int, edges: int, online: int, most: int | None) -> Health:
    """Figures of an area; the worst `most` cameras and edges by name."""
    worst = sorted(found, key=lambda each: (-each.hours, each.edge, each.camera))
    of_cameras = [each for each in worst if each.camera]
    of_edges = [each for each in worst if not each.camera]
    return Health(
        cameras=cameras,
        edges=edges,
        edges_online_now=online,
        camera_hours=round(cameras * hours, 1),
        trouble_hours=round(sum(each.hours for each in of_cameras), 2),
        silent_times=sum(each.times for each in of_edges),
        silent_hours=round(sum(each.hours for each in of_edges), 2),
        worst_cameras=of_cameras[:most],
        silent_edges=of_edges[:most],
    )
