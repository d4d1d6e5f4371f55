"""One day of incidents as columns of numbers: exact, small, and summed up by the hundred thousand in milliseconds.

A day is a `Sheet` where it is stored, with the names it needs; in memory it is `Columns`, whose numbers stand for names
in one `Names` of all days. Nothing is rounded: whatever is summed up from columns is what the rows say.
"""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from alerts.cases.incident import Resolution
from alerts.cases.signal import HEALTH
from alerts.reporting.clocks import Span
from core.errors import StorageError

FORM = 1  # of a stored sheet; one of another form is summed anew
NEVER = -1  # a time or a span that has not come
SPANS = tuple(Span)
Numbers: TypeAlias = "array[int]"
_HOUR = 3_600_000_000  # microseconds
_WIB_HOURS = 7
Kinds: TypeAlias = dict[str, Literal["b", "i", "q"]]
_COUNTS: Kinds = {"place": "i", "way": "i", "hour": "b", "signals": "i", "verified": "b"}
_ROWS: Kinds = {**_COUNTS, **{span.value: "q" for span in SPANS}}
_TOLD: Kinds = {"told_place": "i", "console": "i", "told_at": "q"}
_COLUMNS: Kinds = {**_ROWS, **_TOLD}


class Place(NamedTuple):
    """Where an incident was, and who spoke: `edge`, `camera` and `rule` are empty where no camera did."""

    area: str
    edge: str
    camera: str
    rule: str


class Way(NamedTuple):
    """What an incident was, and what became of it."""

    agency: str
    kind: str
    family: str
    severity: int
    state: str
    resolution: str
    test: bool
    quiet: bool

    @property
    def standing(self) -> str:
        """merged, test, silenced, trouble (of a camera or an edge) or alarm: the work of people."""
        if self.resolution == Resolution.MERGED:
            return "merged"
        if self.test or self.resolution == Resolution.TEST:
            return "test"
        if self.quiet or self.resolution == Resolution.SILENCED:
            return "silenced"
        return "trouble" if self.family == HEALTH else "alarm"


class Sheet(Struct, frozen=True):
    """A day as it is stored: the bytes of each column (little-endian), whose numbers are places in these lists."""

    places: list[Place]
    ways: list[Way]
    consoles: list[str]
    columns: dict[str, bytes]


@dataclass(frozen=True)
class Columns:
    """Incidents, one a row: `place` and `way` by number, `hour` of the day in WIB, `signals`, whether `verified`, and
    by the name of each span its microseconds, NEVER where it did not come so far.

    And what consoles were told, one a row of its own: of an incident at which place (`told_place`), whom (`console`),
    and when (`told_at`, in microseconds).
    """

    column: dict[str, Numbers]

    def __len__(self) -> int:
        return len(self.column["place"])

    def inside(self, wanted: Sequence[bool]) -> "Columns":
        """Those at places for which `wanted`, by the number of a place, is true."""
        found: dict[str, Numbers] = {}
        for names, place in ((_ROWS, "place"), (_TOLD, "told_place")):
            mask = [wanted[number] for number in self.column[place]]
            found |= {name: array(kind, compress(self.column[name], mask)) for name, kind in names.items()}
        return Columns(found)


def joined(days: Iterable[Columns]) -> Columns:
    """Days one after another."""
    found = {name: array(kind) for name, kind in _COLUMNS.items()}
    for day in days:
        for name, values in found.items():
            values.extend(day.column[name])
    return Columns(found)


class Names:
    """The number of every place, way and console of any day; numbers are given once and stay."""

    def __init__(self) -> None:
        self._places: dict[Place, int] = {}
        self._ways: dict[Way, int] = {}
        self._consoles: dict[str, int] = {}

    @property
    def places(self) -> list[Place]:
        return list(self._places)

    @property
    def ways(self) -> list[Way]:
        return list(self._ways)

    def columns(self, sheet: Sheet) -> Columns:
        """A sheet with the numbers of these names."""
        found = {}
        for name, kind in _COLUMNS.items():
            found[name] = array(kind)
            found[name].frombytes(sheet.columns[name])
        places = _given(self._places, sheet.places)
        numbers = {"place": places, "told_place": places, "way": _given(self._ways, sheet.ways)}
        numbers["console"] = _given(self._consoles, sheet.consoles)
        for name, given in numbers.items():
            found[name] = array(_COLUMNS[name], map(given.__getitem__, found[name]))
        return Columns(found)


class Writer:
    """Takes the rows of a day, page by page, and makes its sheet."""

    def __init__(self) -> None:
        self._places: dict[Place, int] = {}
        self._ways: dict[Way, int] = {}
        self._consoles: dict[str, int] = {}
        self._column = {name: array(kind) for name, kind in _COLUMNS.items()}

    def add(self, page: Iterable[Sequence[Any]]) -> None:
        """Rows of incidents: fields of Place, those of Way, signals, and in microseconds: when it was seen, when the
        centre opened it, and when it was claimed, verified, dispatched, arrived and closed (NEVER: it was not)."""
        width, rest = len(Place._fields), len(Place._fields) + len(Way._fields)
        for each in page:
            place, way = Place(*each[:width]), Way(*each[width : rest - 2], *map(bool, each[rest - 2 : rest]))
            signals, seen, opened, claimed, verified, *later = each[rest:]
            row = {"place": _number(self._places, place), "way": _number(self._ways, way), "signals": signals}
            row |= {"hour": (seen // _HOUR + _WIB_HOURS) % 24, "verified": verified != NEVER}
            row |= _spans(opened, claimed, verified, *later)
            for name, value in row.items():
                self._column[name].append(value)

    def tell(self, page: Iterable[Sequence[Any]]) -> None:
        """What consoles were told: the incident's area, who, and when."""
        for area, console, at in page:
            self._column["told_place"].append(_number(self._places, Place(area, "", "", "")))
            self._column["console"].append(_number(self._consoles, console))
            self._column["told_at"].append(at)

    def sheet(self) -> Sheet:
        """The day, when all rows were taken."""
        columns = {name: values.tobytes() for name, values in self._column.items()}
        return Sheet(list(self._places), list(self._ways), list(self._consoles), columns)


def packed(sheet: Sheet) -> bytes:
    """A sheet as it is stored."""
    return zlib.compress(msgspec.msgpack.encode(sheet), 1)


def unpacked(content: bytes) -> Sheet:
    """A sheet that was stored; raises StorageError for what is none."""
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=Sheet)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise StorageError(
            f"a day's figures are damaged ({error}); empty the table day_sums, they are made anew"
        ) from error


def _number(index: dict[Any, int], name: Any) -> int:
    """The number of a name; a new one gets the next."""
    return index.setdefault(name, len(index))


def _given(index: dict[Any, int], names: Iterable[Any]) -> list[int]:
    return [_number(index, name) for name in names]


def _spans(opened: int, claimed: int, verified: int, dispatched: int, arrived: int, closed: int) -> dict[str, int]:
    """What took how long. Who does a later step has answered, too: steps may be skipped."""
    came = [at for at in (claimed, verified, dispatched, arrived, closed) if at != NEVER]
    answered = min(came, default=NEVER)
    ends = {Span.ANSWER: answered, Span.DISPATCH: dispatched, Span.ARRIVE: arrived, Span.CLOSE: closed}
    found: dict[str, int] = {span: NEVER if at == NEVER else max(0, at - opened) for span, at in ends.items()}
    found[Span.HANDLING] = NEVER if dispatched == NEVER else max(0, dispatched - answered)
    return found
