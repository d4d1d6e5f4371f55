"""The guide to routing says what the code does, in both languages."""

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.people.duty import ON_CALL
from alerts.people.roles import Level, Role, levels
from alerts.telling.defaults import DEFAULT
from alerts.telling.routing import choose
from alerts.telling.routing_document import from_json
from alerts.telling.rule import Rule, Step
from tests.alerts.rosters import RT, at

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
ENGLISH, INDONESIAN = GUIDE / "routing.md", GUIDE / "routing.id.md"
BOTH = pytest.mark.parametrize("page", [ENGLISH, INDONESIAN], ids=["en", "id"])

ROLES: dict[Role, tuple[str, str]] = {
    Role.RESIDENT: ("resident", "warga"),
    Role.RONDA: ("ronda", "ronda"),
    Role.LINMAS: ("Satlinmas", "Satlinmas"),
    Role.RT: ("head of the RT", "ketua RT"),
    Role.RW: ("head of the RW", "ketua RW"),
    Role.BHABINKAMTIBMAS: ("Bhabinkamtibmas", "Bhabinkamtibmas"),
    Role.POLSEK: ("Polsek", "Polsek"),
    Role.POLRES: ("Polres", "Polres"),
    Role.SATPOLPP: ("Satpol PP", "Satpol PP"),
    Role.DAMKAR: ("Damkar", "Damkar"),
    Role.BPBD: ("BPBD", "BPBD"),
    Role.INSTALLER: ("installer", "pemasang"),
    Role.OPERATOR: ("command centre", "pusat komando"),
    Role.ADMIN: ("administrator", "pengelola"),
    Role.AUDITOR: ("auditor", "auditor"),
}
LEVELS: dict[Level, tuple[str, str]] = {
    Level.REGENCY: ("regency", "kabupaten"),
    Level.DISTRICT: ("district", "kecamatan"),
    Level.VILLAGE: ("village", "desa"),
    Level.RW: ("RW", "RW"),
    Level.RT: ("RT", "RT"),
}
RULES: dict[str, tuple[str, str]] = {
    "edge silent": ("an edge is silent", "perangkat tidak bersuara"),
    "camera trouble": ("trouble of a camera", "gangguan kamera"),
    "P1 fire": ("fire, severity 1", "kebakaran, tingkat 1"),
    "P1 flood": ("flood, severity 1", "banjir, tingkat 1"),
    "P1": ("all else, severity 1", "lainnya, tingkat 1"),
    "confirmed": ("confirmed by a person (level 3, 4)", "dipastikan orang (taraf 3, 4)"),
    "cameras alone, P2": ("cameras alone, severity 2", "kamera saja, tingkat 2"),
    "cameras alone, P3": ("cameras alone, severity 3", "kamera saja, tingkat 3"),
    "P2, P3": ("all else, severity 2, 3", "lainnya, tingkat 2, 3"),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "at once": ("at once", "seketika"),
    "after": ("after {} s", "setelah {} detik"),
    "after claim": ("{} s after the claim", "{} detik setelah diterima"),
    "claimed": ("somebody has claimed it", "sudah ada yang menerima"),
    "on_scene": ("somebody is on the scene", "sudah ada yang di lokasi"),
    "closed": ("it is closed", "sudah selesai"),
    "any": ("any", "semua"),
    "yes": ("yes", "ya"),
    "no": ("no", "tidak"),
}


def cells(row: list[str]) -> str:
    return f"| {' | '.join(row)} |"


def ladder(language: int) -> list[str]:
    """The rows of the default ladder, in a language: 0 English, 1 Indonesian. What is told again is one row."""
    return [
        cells([RULES[rule.name][language], *told(list(same), language)])
        for rule in DEFAULT.rules
        for _, same in groupby(rule.steps, key=lambda step: replace(step, after_s=0))
    ]


def told(same: list[Step], language: int) -> list[str]:
    step = same[0]
    wait = "after claim" if step.since == "claimed" else "after" if step.after_s else "at once"
    return [
        WORDS[wait][language].format(", ".join(str(each.after_s) for each in same)),
        ", ".join(ROLES[role][language] for role in step.roles),
        WORDS[step.until][language],
    ]


def roles(language: int) -> list[str]:
    rows = []
    for role, names in ROLES.items():
        every = levels(role) == frozenset(Level)
        sizes = [LEVELS[level][language] for level in sorted(levels(role))] if not every else [WORDS["any"][language]]
        on_call = WORDS["yes" if ON_CALL[role] else "no"][language]
        rows.append(cells([f"`{role}`", names[language], ", ".join(sizes), on_call]))
    return rows


def tables(page: Path) -> list[list[str]]:
    """The rows of every table of a page, without its heading."""
    found = re.findall(r"^\|.*\n\| ---.*\n((?:\|.*\n)+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [table.splitlines() for table in found]


def example(page: Path) -> str:
    found = re.search(r"^```json\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no example"
    return found[1]


@pytest.mark.parametrize(("page", "language"), [(ENGLISH, 0), (INDONESIAN, 1)], ids=["en", "id"])
def test_the_tables_of_the_guide_are_the_default_ladder_and_the_roles(page: Path, language: int) -> None:
    found = tables(page)
    assert found[0] == ladder(language)
    assert found[1] == roles(language)


@BOTH
def test_the_keys_of_a_rule_and_a_step_are_explained(page: Path) -> None:
    explained = [row.split("`")[1] for table in tables(page)[2:] for row in table]
    assert explained == [*Rule.__struct_fields__, *Step.__struct_fields__]


@BOTH
def test_the_example_is_a_routing_that_may_be_used(page: Path) -> None:
    routing = from_json(example(page))
    night, day = at(0, "23:00"), at(0, "12:00")
    assert [choose(routing, "fire", 1, RT, night).name, choose(routing, "covered", 3, RT, day).name] == [
        "fire",
        "cameras by day",
    ]
    assert choose(routing, "covered", 3, RT, night).name == "all else"


def test_both_languages_show_the_same_example() -> None:
    assert example(ENGLISH) == example(INDONESIAN)
