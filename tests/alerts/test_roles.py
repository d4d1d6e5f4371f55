import pytest

from alerts.people.roles import CAPABILITIES, Capability, Level, Role, area_level, can, levels, suits
from core.errors import EkamlingError
from tests.alerts.rosters import DISTRICT, REGENCY, RT, RW, VILLAGE

RESPONDERS = {Role.RONDA, Role.LINMAS, Role.RT, Role.RW, Role.BHABINKAMTIBMAS, Role.DAMKAR, Role.BPBD}
COMMANDERS = {Role.POLSEK, Role.POLRES, Role.SATPOLPP, Role.OPERATOR, Role.ADMIN}


def who(capability: Capability) -> set[Role]:
    return {role for role in Role if can(role, capability)}


def test_every_role_has_its_line_in_each_table() -> None:
    assert set(CAPABILITIES) == set(Role)
    assert all(levels(role) for role in Role)


@pytest.mark.parametrize(
    ("capability", "roles"),
    [
        (Capability.REPORT, set(Role) - {Role.AUDITOR}),
        (Capability.SEE, RESPONDERS | COMMANDERS | {Role.AUDITOR}),
        (Capability.RESPOND, RESPONDERS | COMMANDERS),
        (Capability.SILENCE, COMMANDERS | {Role.RT, Role.RW}),
        (Capability.COMMAND, COMMANDERS),
        (Capability.INSTALL, {Role.INSTALLER, Role.ADMIN}),
        (Capability.ADMINISTER, {Role.ADMIN}),
        (Capability.AUDIT, {Role.AUDITOR, Role.ADMIN}),
    ],
)
def test_who_may_do_what(capability: Capability, roles: set[Role]) -> None:
    assert who(capability) == roles


def test_several_capabilities_are_asked_for_together() -> None:
    assert can(Role.AUDITOR, Capability.SEE | Capability.AUDIT)
    assert not can(Role.AUDITOR, Capability.SEE | Capability.RESPOND)


@pytest.mark.parametrize(
    ("area", "level"),
    [
        ("33", Level.PROVINCE),
        (REGENCY, Level.REGENCY),
        (DISTRICT, Level.DISTRICT),
        (VILLAGE, Level.VILLAGE),
        (RW, Level.RW),
        (RT, Level.RT),
    ],
)
def test_the_size_of_an_area_is_read_from_its_code(area: str, level: Level) -> None:
    assert area_level(area) is level


def test_what_is_no_area_suits_nobody() -> None:
    with pytest.raises(EkamlingError, match="is not a code"):
        suits(Role.ADMIN, "Purbalingga")


@pytest.mark.parametrize(
    ("role", "areas"),
    [
        (Role.RESIDENT, [RT, RW, VILLAGE]),
        (Role.RONDA, [RT, RW, VILLAGE]),
        (Role.LINMAS, [RT, RW, VILLAGE, DISTRICT]),
        (Role.RT, [RT, RW, VILLAGE]),
        (Role.RW, [RW, VILLAGE]),
        (Role.BHABINKAMTIBMAS, [VILLAGE, DISTRICT]),
        (Role.POLSEK, [DISTRICT, REGENCY]),
        (Role.POLRES, [REGENCY, "33"]),
        (Role.SATPOLPP, [DISTRICT, REGENCY, "33"]),
        (Role.OPERATOR, [RT, RW, VILLAGE, DISTRICT, REGENCY, "33"]),
    ],
)
def test_a_role_has_areas_of_its_own_size_or_one_more(role: Role, areas: list[str]) -> None:
    assert [area for area in (RT, RW, VILLAGE, DISTRICT, REGENCY, "33") if suits(role, area)] == areas


def test_nobody_is_head_of_the_rt_of_a_whole_regency() -> None:
    assert not suits(Role.RT, REGENCY)
