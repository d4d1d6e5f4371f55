"""The ladders that a centre begins with, and the one for an incident of whose ladder nobody could be told. Why they are
so: docs/design/alert-centre.md."""

from collections.abc import Sequence

from alerts.cases.incident import LEVELS, MACHINE_LEVEL
from alerts.cases.signal import HEALTH, PRESENCE
from alerts.people.roles import Role
from alerts.telling.rule import Routing, Rule, Step

ARRIVAL_S = 600  # from being claimed or called to being on the scene: 110's ten minutes (Kapolri, January 2026)
_EVERYBODY = (Role.RONDA, Role.RT, Role.RW, Role.LINMAS, Role.SATPOLPP, Role.POLSEK, Role.OPERATOR)
_POLICE = Step(after_s=ARRIVAL_S, roles=(Role.POLRES,), until="on_scene")
_NEIGHBOURS = (Role.RONDA, Role.RT, Role.RW, Role.LINMAS)


def _at_once(*others: Role) -> tuple[Step, ...]:
    """The ladder of what cannot wait: everybody, and the agencies whose work it is."""
    return (Step(roles=(*_EVERYBODY, *others), until="closed"), _POLICE)


def _neighbours_first(third_s: int, again_s: Sequence[int], last_s: int) -> tuple[Step, ...]:
    """The ladder of what cameras alone say: the neighbourhood, all of it again and again, and operators in the end. Who
    has taken it and comes nowhere is called by the neighbours first, too."""
    return (
        Step(roles=(Role.RONDA,)),
        Step(after_s=60, roles=(Role.RT,)),
        Step(after_s=third_s, roles=(Role.RW, Role.LINMAS)),
        *(Step(after_s=after_s, roles=_NEIGHBOURS) for after_s in again_s),
        Step(after_s=last_s, roles=(Role.SATPOLPP, Role.POLSEK, Role.OPERATOR)),
        Step(since="claimed", after_s=ARRIVAL_S, roles=_NEIGHBOURS, until="on_scene"),
        Step(since="claimed", after_s=3 * ARRIVAL_S, roles=(Role.OPERATOR,), until="on_scene"),
    )


DEFAULT = Routing(
    rules=(
        Rule(
            name="edge silent",
            kinds=("edge_silent",),
            steps=(
                Step(roles=(Role.INSTALLER,)),
                Step(after_s=120, roles=(Role.RT,)),
                Step(after_s=300, roles=(Role.OPERATOR,)),
            ),
        ),
        Rule(
            name="camera trouble",
            kinds=(HEALTH,),
            steps=(
                Step(roles=(Role.INSTALLER,)),
                Step(after_s=120, roles=(Role.RONDA, Role.RT)),
                Step(after_s=3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=4 * 3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=8 * 3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=12 * 3600, roles=(Role.OPERATOR,)),
            ),
        ),
        Rule(name="P1 fire", kinds=("fire",), severities=(1,), steps=_at_once(Role.DAMKAR)),
        Rule(name="P1 flood", kinds=("flood",), severities=(1,), steps=_at_once(Role.BPBD, Role.DAMKAR)),
        Rule(name="P1", severities=(1,), steps=_at_once()),
        Rule(name="confirmed", levels=tuple(level for level in LEVELS if level > MACHINE_LEVEL), steps=_at_once()),
        Rule(
            name="cameras alone, P2",
            kinds=(PRESENCE,),
            severities=(2,),
            steps=_neighbours_first(120, (240, 480, 720, 960), 1200),
        ),
        Rule(
            name="cameras alone, P3",
            kinds=(PRESENCE,),
            severities=(3,),
            steps=_neighbours_first(300, (1800, 3600, 7200, 10_800), 14_400),
        ),
        Rule(
            name="P2, P3",
            steps=(
                Step(roles=(Role.RONDA,)),
                Step(after_s=60, roles=(Role.RT,)),
                Step(after_s=120, roles=(Role.RW, Role.LINMAS, Role.SATPOLPP)),
                Step(after_s=180, roles=(Role.POLSEK,)),
                Step(after_s=300, roles=(Role.OPERATOR,)),
                Step(since="claimed", after_s=ARRIVAL_S, roles=(Role.OPERATOR,), until="on_scene"),
            ),
        ),
    )
)

# For an incident of whose ladder nobody could be told.
LAST_RESORT = Rule(
    name="last resort",
    steps=(Step(roles=(Role.OPERATOR,), until="closed"), Step(after_s=60, roles=(Role.ADMIN,))),
)
