"""Rules and ladders, plain ones and any, for the tests of who is told."""

from hypothesis import strategies as st

from alerts.people.roles import Role
from alerts.telling.rule import KINDS, Hours, Rule, Stage, Step
from tests.alerts.rosters import DISTRICT, OTHER_RT, OTHER_VILLAGE, REGENCY, RT, RW, VILLAGE

STEP = Step(roles=(Role.RT,))
ALL = Rule(name="all", steps=(STEP,))
X = Rule(name="x", steps=(STEP,))

AREAS = (REGENCY, DISTRICT, VILLAGE, OTHER_VILLAGE, RW, RT, OTHER_RT)
an_area = st.sampled_from(AREAS)
roles = st.lists(st.sampled_from([Role.RONDA, Role.RT, Role.RW, Role.POLSEK]), min_size=1, max_size=3).map(tuple)
until: st.SearchStrategy[Stage] = st.sampled_from(["claimed", "on_scene", "closed"])
opened_steps = st.builds(Step, after_s=st.integers(0, 900), roles=roles, until=until)
claimed_steps = st.builds(
    Step, after_s=st.integers(0, 900), roles=roles, until=st.just("on_scene"), since=st.just("claimed")
)
ladders = st.lists(opened_steps | claimed_steps, max_size=5).map(
    lambda steps: tuple(sorted(steps, key=lambda step: step.after_s))
)
clocks = st.times().map(lambda moment: moment.strftime("%H:%M"))
hours = st.builds(Hours, start=clocks, end=clocks, days=st.frozensets(st.integers(0, 6), min_size=1))
rules = st.builds(
    Rule,
    name=st.text("abc", min_size=1, max_size=3),
    steps=st.tuples(opened_steps.map(lambda step: Step(roles=step.roles))).flatmap(
        lambda first: ladders.map(lambda later: first + later)
    ),
    kinds=st.lists(st.sampled_from([*KINDS[:4], "fire", "presence"]), max_size=2).map(tuple),
    severities=st.lists(st.integers(1, 3), max_size=2).map(tuple),
    levels=st.lists(st.integers(0, 4), max_size=3).map(tuple),
    area=st.sampled_from(["", *AREAS]),
    hours=st.none() | hours,
)
