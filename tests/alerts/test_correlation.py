"""Which incident a signal belongs to, sentence by sentence as docs/design/alert-centre.md has them."""

import itertools
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from alerts.cases import correlation
from alerts.cases.correlation import (
    FLOOD,
    FLOOD_WINDOW,
    JUDGED,
    NEIGHBOUR,
    SAME_AREA,
    SAME_CAMERA,
    Camera,
    Part,
    Workbench,
)
from alerts.cases.incident import Incident, Resolution, State, claimed, closed
from alerts.cases.mutes import Mute, muted_by
from alerts.cases.signal import FAMILIES, REPORTED, Signal, Source
from tests.alerts.signals import RT, VILLAGE, a_mute, a_report, a_signal, a_silent_edge
from tests.messages import AT

OTHER_RT = f"{VILLAGE}/RW02/RT05"
SECOND = timedelta(seconds=1)


class Table:
    """A workbench to which signals come one by one; `now` is when the centre gets them."""

    def __init__(self, beside: Iterable[tuple[str, str]] = (), mutes: Sequence[Mute] = ()) -> None:
        neighbours: dict[Camera, set[Camera]] = {}
        for one, other in beside:
            neighbours.setdefault(("pos-1", one), set()).add(("pos-1", other))
            neighbours.setdefault(("pos-1", other), set()).add(("pos-1", one))
        self.bench = Workbench(neighbours=neighbours)
        self.mutes = mutes
        self.now = AT
        self._ids = (f"incident-{number:04}" for number in itertools.count(1))
        self._went: dict[str, str] = {}

    def put(self, *signals: Signal) -> list[str]:
        """The incident of each signal, once all have come."""
        for signal in signals:
            mute = muted_by(signal, self.mutes, signal.at)
            self._went[signal.id] = self.bench.take(signal, self.now, lambda: next(self._ids), mute).id
        return [self.of(signal) for signal in signals]

    def of(self, signal: Signal) -> str:
        """The incident that a signal belongs to now."""
        into = {merge.merged: merge.into for merge in self.bench.merges}
        incident = self._went[signal.id]
        while incident in into:
            incident = into[incident]
        return incident

    def close(self, incident: str, at: datetime, resolution: Resolution = Resolution.FALSE) -> None:
        case = self.bench.cases[incident]
        case.incident = closed(case.incident, resolution, at)

    def claim(self, incident: str) -> None:
        case = self.bench.cases[incident]
        case.incident = claimed(case.incident, "budi", "Budi", self.now)

    def remember(self) -> None:
        """As if all that is here had been stored, and a new batch came."""
        for case in self.bench.cases.values():
            case.before = case.incident
        self.bench.opened.clear()
        self.bench.changed.clear()

    @property
    def open(self) -> list[Incident]:
        return [case.incident for case in self.bench.cases.values() if case.incident.state is not State.CLOSED]


def together(*signals: Signal, beside: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether signals become one incident."""
    return len(set(Table(beside).put(*signals))) == 1


def just(after: timedelta, past: bool = False) -> float:
    return (after + SECOND * past).total_seconds()


# 1. the same camera


@pytest.mark.parametrize("sign", [1, -1])
def test_what_a_camera_sees_within_half_an_hour_is_one_incident(sign: int) -> None:
    assert together(a_signal(0), a_signal(sign * just(SAME_CAMERA)))
    assert not together(a_signal(0), a_signal(sign * just(SAME_CAMERA, past=True)))
    assert together(a_signal(0), a_signal(1500), a_signal(3000))  # each one goes on from the last


def test_rule_and_kind_do_not_part_what_is_of_one_family() -> None:
    assert together(a_signal(0, rule="halaman"), a_signal(600, rule="jalan", kind="loitering"))
    assert not together(a_signal(0, kind="intrusion"), a_signal(1, kind="covered"))


def test_a_camera_of_another_edge_is_another_camera() -> None:
    assert not together(a_signal(0), a_signal(300, edge="pos-2"))


def test_trouble_of_a_camera_lasts_as_long_as_its_incident_is_open() -> None:
    assert together(a_signal(0, kind="dark"), a_signal(86400, kind="covered"))


# 2. the neighbour


@pytest.mark.parametrize("sign", [1, -1])
def test_what_the_neighbour_saw_within_two_minutes_is_the_same(sign: int) -> None:
    apart = {"area": OTHER_RT}
    within, past = sign * just(NEIGHBOUR), sign * just(NEIGHBOUR, past=True)
    assert together(a_signal(0), a_signal(within, "pos", **apart), beside=[("gerbang", "pos")])
    assert not together(a_signal(0), a_signal(past, "pos", **apart), beside=[("gerbang", "pos")])
    assert not together(a_signal(0), a_signal(within, "pos", **apart))


def test_a_person_who_walks_past_fifteen_cameras_is_one_incident() -> None:
    street = [f"kamera-{number}" for number in range(15)]
    walk = [
        a_signal(100 * number, camera, area=f"{VILLAGE}/RW{number + 1:02}/RT01") for number, camera in enumerate(street)
    ]
    table = Table(beside=itertools.pairwise(street))
    assert len(set(table.put(*walk))) == 1
    (incident,) = table.open
    assert (incident.event_count, incident.opened_at, incident.last_event) == (15, AT, walk[-1].id)
    assert together(*reversed(walk), beside=itertools.pairwise(street))


# 3. the same smallest area


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("area", [RT, f"{VILLAGE}/RW02", VILLAGE])
def test_what_is_seen_in_one_small_area_within_a_minute_is_the_same(area: str, sign: int) -> None:
    within, past = sign * just(SAME_AREA), sign * just(SAME_AREA, past=True)
    assert together(a_signal(0, area=area), a_signal(within, "pos", area=area))
    assert not together(a_signal(0, area=area), a_signal(past, "pos", area=area))


@pytest.mark.parametrize("area", ["33", "33.03", "33.03.05"])
def test_a_district_is_no_small_area(area: str) -> None:
    assert not together(a_signal(0, area=area), a_signal(1, "pos", area=area))


def test_an_rt_is_not_the_next_one_nor_its_rw() -> None:
    assert not together(a_signal(0), a_signal(1, "pos", area=OTHER_RT))
    assert not together(a_signal(0), a_signal(1, "pos", area=f"{VILLAGE}/RW02"))


# 4. people and cameras


@pytest.mark.parametrize("kind", ["thief", "danger"])
def test_who_beats_the_kentongan_saw_what_the_camera_saw(kind: str) -> None:
    for order in itertools.permutations([a_signal(0, severity=2), a_report(kind, 30)]):
        table = Table()
        assert len(set(table.put(*order))) == 1
        (incident,) = table.open
        assert (incident.kind, incident.source, incident.severity, incident.family) == (
            kind,
            Source.REPORT,
            1,
            "presence",
        )
    assert not together(a_signal(0), a_report(kind, just(SAME_AREA, past=True)))
    assert not together(a_signal(0), a_report(kind, 1, area=OTHER_RT))


@pytest.mark.parametrize(
    ("one", "other"), [pair for pair in itertools.combinations([*REPORTED, "presence", "health"], 2)]
)
def test_each_kind_of_report_stands_alone_but_for_what_a_camera_sees_too(one: str, other: str) -> None:
    def made(kind: str, seconds: float) -> Signal:
        kinds = {"presence": "loitering", "health": "dark"}
        return a_signal(seconds, kind=kinds[kind]) if kind in kinds else a_report(kind, seconds)

    folds = {one, other} in ({"thief", "presence"}, {"danger", "presence"})
    assert together(made(one, 0), made(other, 1)) == together(made(other, 0), made(one, 1)) == folds


def test_two_cries_about_what_one_camera_saw_are_one_incident_whatever_came_first() -> None:
    for order in itertools.permutations([a_signal(0), a_report("thief", 10), a_report("danger", 20)]):
        assert together(*order)


# several at once


def test_two_incidents_that_a_signal_belongs_to_become_one() -> None:
    table = Table(beside=[("a", "b"), ("b", "c")])
    ends = [a_signal(0, "a", area=RT), a_signal(0, "c", area=OTHER_RT, severity=1)]
    first, second = table.put(*ends)
    table.remember()
    assert first != second
    (third,) = table.put(a_signal(10, "b", area=f"{VILLAGE}/RW09"))
    assert third == table.of(ends[1]) == first
    gone = table.bench.cases[second].incident
    assert (gone.state, gone.resolution, gone.merged_into) == (State.CLOSED, Resolution.MERGED, first)
    (incident,) = table.open
    assert (incident.event_count, incident.severity) == (3, 1)
    assert {key[1] for key in table.bench.cases[first].parts} == {"a", "b", "c"}
    assert table.bench.changed == {first, second}


def test_what_was_opened_and_merged_within_one_batch_leaves_no_trace() -> None:
    table = Table(beside=[("a", "b"), ("b", "c")])
    signals = [a_signal(0, "a"), a_signal(0, "c", area=OTHER_RT), a_signal(10, "b", area=f"{VILLAGE}/RW09")]
    (incident,) = set(table.put(*signals))
    assert set(table.bench.cases) == table.bench.changed == set(table.bench.opened) == {incident}
    assert [len(times) for times in table.bench.openings.values()] == [1]


@pytest.mark.parametrize("how", ["claim", "touched"])
def test_what_people_have_touched_is_put_into_nothing_but_takes_others_in(how: str) -> None:
    table = Table(beside=[("a", "b"), ("b", "c")])
    first, second = table.put(a_signal(0, "a", area=RT), a_signal(0, "c", area=OTHER_RT))
    table.remember()
    if how == "claim":
        table.claim(second)
    else:
        table.bench.cases[second].touched = True
    assert table.put(a_signal(10, "b", area=f"{VILLAGE}/RW09")) == [second]
    assert table.bench.cases[first].incident.merged_into == second


def test_of_two_that_people_have_touched_the_nearer_one_takes_the_signal() -> None:
    table = Table(beside=[("a", "b")])
    first, second = table.put(a_signal(0, "a", area=RT), a_signal(200, "b", area=OTHER_RT))
    table.claim(first)
    table.claim(second)
    assert table.put(a_signal(100, "b", area=OTHER_RT)) == [second]
    assert {incident.id for incident in table.open} == {first, second}


# 0. late, and closed


def test_a_late_signal_of_what_people_have_judged_belongs_to_the_closed_incident() -> None:
    table = Table()
    (incident,) = table.put(a_signal(0))
    table.close(incident, AT + timedelta(seconds=90), Resolution.RESOLVED)
    assert table.put(a_signal(60), a_signal(90)) == [incident, incident]
    found = table.bench.cases[incident].incident
    assert (found.state, found.event_count, table.open) == (State.CLOSED, 3, [])


def test_a_thief_behind_the_cat_is_not_taken_for_the_cat() -> None:
    table = Table()
    (cat,) = table.put(a_signal(0))
    table.put(a_signal(30))
    table.close(cat, AT + timedelta(seconds=70), Resolution.FALSE)
    assert table.put(a_signal(20)) == [cat]  # of what they saw, come late
    (thief,) = table.put(a_signal(68))
    assert thief != cat
    assert [each.id for each in table.open] == [thief]


def test_what_happens_after_the_closing_or_far_from_it_opens_a_new_incident() -> None:
    table = Table()
    (incident,) = table.put(a_signal(0))
    table.close(incident, AT + timedelta(seconds=90))
    (second,) = table.put(a_signal(91))
    assert second != incident
    assert table.put(a_signal(-just(SAME_CAMERA, past=True), "gerbang", area=OTHER_RT)) != [incident]
    assert table.put(a_signal(60, "pos")) == [second]  # another camera: nobody has judged what it saw


def test_a_late_signal_that_is_graver_than_what_people_judged_is_heard() -> None:
    table = Table()
    (incident,) = table.put(a_signal(0, severity=2))
    table.close(incident, AT + timedelta(seconds=90))
    assert table.put(a_signal(60, severity=1)) != [incident]
    assert [each.severity for each in table.open] == [1]


# 5. judged


WIND: dict[str, Any] = {"kind": "motion", "severity": 3, "label": "", "score": 0.55}
CLOSED = AT + timedelta(seconds=70)


def judged(**first: Any) -> tuple[Table, str]:
    """A table with an incident that people have closed as a false alarm."""
    table = Table(beside=[("gerbang", "pos")])
    (incident,) = table.put(a_signal(0, **{**WIND, **first}))
    table.close(incident, CLOSED)
    return table, incident


def test_the_wind_is_judged_once_in_half_an_hour_and_counted() -> None:
    table, wind = judged()
    last = 70 + just(JUDGED)
    assert set(table.put(a_signal(71, **WIND), a_signal(900, **WIND), a_signal(last, **WIND))) == {wind}
    found = table.bench.cases[wind].incident
    assert (found.event_count, found.state, table.open) == (4, State.CLOSED, [])
    assert wind in table.bench.changed  # consoles see the count
    assert table.put(a_signal(last + 1, **WIND)) != [wind]


def test_wind_that_comes_again_after_half_an_hour_is_judged_again() -> None:
    table, wind = judged()
    assert table.put(a_signal(just(SAME_CAMERA, past=True), **WIND)) != [wind]


def test_trouble_of_a_camera_is_never_taken_for_what_was_judged() -> None:
    table, trouble = judged(kind="covered", severity=2)
    assert table.put(a_signal(100, **{**WIND, "kind": "covered", "severity": 2})) != [trouble]


@pytest.mark.parametrize(
    "more",
    [
        {"label": "person", "score": 0.5},
        {"severity": 2},
        {"severity": 1},
        {"kind": "left"},
        {"kind": "covered"},
        {"camera": "pos"},
        {"edge": "pos-2"},
    ],
)
def test_who_is_seen_clearly_and_what_is_graver_other_or_elsewhere_is_never_taken_for_the_wind(
    more: dict[str, Any],
) -> None:
    table, wind = judged()
    seen: dict[str, Any] = {**WIND, **more}
    assert table.put(a_signal(100, **seen)) != [wind]
    assert len(table.open) == 1


def test_what_is_reported_is_never_taken_for_what_was_judged() -> None:
    table, wind = judged(kind="intrusion", severity=2, label="person", score=0.4)
    assert table.put(a_report("thief", 100)) != [wind]


@pytest.mark.parametrize("resolution", [Resolution.RESOLVED, Resolution.TEST])
def test_only_what_was_judged_a_false_alarm_takes_more(resolution: Resolution) -> None:
    table = Table()
    (incident,) = table.put(a_signal(0, **WIND))
    table.close(incident, CLOSED, resolution)
    assert table.put(a_signal(100, **WIND)) != [incident]


def test_what_was_taken_in_after_the_judgement_does_not_hide_what_came_before_it() -> None:
    table, cat = judged(kind="intrusion", severity=2, label="person", score=0.4)
    assert table.put(a_signal(100, score=0.4)) == [cat]
    (thief,) = table.put(a_signal(60))  # late: after the last that they saw, before they judged
    assert thief != cat
    assert table.bench.cases[cat].incident.last_event_at == AT


def test_an_open_incident_takes_the_wind_before_a_judged_one_does() -> None:
    table, wind = judged()
    (thief,) = table.put(a_signal(100))
    assert table.put(a_signal(110, **WIND)) == [thief] != [wind]


def test_a_merged_incident_takes_nothing_more() -> None:
    table = Table(beside=[("a", "b"), ("b", "c")])
    table.put(a_signal(0, "a", area=RT), a_signal(0, "c", area=OTHER_RT))
    table.remember()
    (incident,) = table.put(a_signal(10, "b", area=f"{VILLAGE}/RW09"))
    assert table.put(a_signal(20, "c", area=OTHER_RT), a_signal(-5, "c", area=OTHER_RT)) == [incident, incident]


# quiet


def test_silence_and_what_people_should_hear_never_mix() -> None:
    silence = a_mute(area=RT)
    table = Table(mutes=[silence])
    quiet, grave, report = table.put(a_signal(0), a_signal(1, severity=1), a_report("thief", 2))
    assert quiet != grave == report
    assert {each.id: each.quiet for each in table.open} == {quiet: silence.id, grave: None}
    assert table.put(a_signal(-1)) == [grave]  # before the silence began
    assert table.put(a_signal(3)) == [quiet]


def test_what_a_silence_has_closed_takes_nothing_that_people_should_hear() -> None:
    table = Table(mutes=[a_mute(area=RT)])
    (quiet,) = table.put(a_signal(0))
    table.close(quiet, AT + timedelta(hours=1), Resolution.SILENCED)
    assert table.put(a_signal(600)) == [quiet]
    assert table.put(a_report("thief", 610)) != [quiet]
    assert table.put(a_signal(600, severity=1)) != [quiet]


def test_a_test_and_a_silence_do_not_mix_either() -> None:
    trial, silence = a_mute(purpose="test", edge="pos-1", camera="pos"), a_mute()
    table = Table(mutes=[silence, trial])
    first, second = table.put(a_signal(0), a_signal(1, "pos"))
    assert first != second
    assert {each.id: each.test for each in table.open} == {first: False, second: True}


# inhibition


def test_while_an_edge_is_silent_trouble_of_its_cameras_is_part_of_that() -> None:
    trouble = [a_signal(5000, "gerbang", kind="dark", area=OTHER_RT), a_signal(9000, "pos", kind="frozen")]
    for order in itertools.permutations([a_silent_edge(0), *trouble]):
        table = Table()
        assert len(set(table.put(*order))) == 1
        assert [each.kind for each in table.open] == ["edge_silent"]


def test_a_silent_edge_takes_no_other_edge_and_no_intruder() -> None:
    table = Table()
    (silent,) = table.put(a_silent_edge(0))
    assert table.put(a_signal(300, kind="dark", edge="pos-2")) != [silent]
    assert table.put(a_signal(0, kind="intrusion")) != [silent]


# 5. flood


def flooded(kinds: Sequence[str] = ("intrusion",)) -> Table:
    """A village in which as many incidents were opened as make a flood, one after another, all unlike."""
    table = Table()
    for number in range(FLOOD):
        table.now = AT + SECOND * number
        table.put(a_signal(0, f"k{number}", area=f"{VILLAGE}/RW{number + 10}", kind=kinds[number % len(kinds)]))
    assert len(table.open) == FLOOD
    return table


def one_more(camera: str = "lain", **changes: object) -> Signal:
    return a_signal(5, camera, **{"area": f"{VILLAGE}/RW99", **changes})


def test_in_a_flood_a_signal_belongs_to_the_newest_open_incident_of_its_family_in_the_village() -> None:
    table = flooded(kinds=("dark", "intrusion"))
    presence = [each.id for each in table.open if each.family == "presence"]
    health = [each.id for each in table.open if each.family == "health"]
    assert table.put(one_more(), one_more(kind="silent", edge="pos-9")) == [presence[-1], health[-1]]
    table.close(presence[-1], table.now)
    assert table.put(one_more(camera="lagi", at=table.now + SECOND)) == [presence[-2]]


def test_no_flood_hides_what_is_gravest_nor_what_people_report_nor_another_village() -> None:
    table = flooded()
    there = {each.id for each in table.open}
    heard = table.put(one_more(severity=1), a_report("quarrel", area=RT), one_more("jauh", area="33.03.05.2001/RW01"))
    assert len({*heard, *there}) == FLOOD + 3


def test_a_flood_is_over_when_its_incidents_are_old() -> None:
    table = flooded()
    table.now = AT + FLOOD_WINDOW
    (incident,) = table.put(one_more())
    assert table.bench.opened[-1] == incident


def test_one_incident_less_is_no_flood() -> None:
    table = flooded()
    table.bench.openings[VILLAGE].pop()
    (incident,) = table.put(one_more())
    assert table.bench.opened[-1] == incident


def test_a_flood_goes_into_nothing_that_people_should_not_hear() -> None:
    table = flooded()
    table.mutes = [a_mute(kind="loitering")]
    assert table.put(one_more(kind="loitering")) != [table.open[FLOOD - 1].id]


# whatever the order

CAMERAS = ("a", "b", "c", "d")
kinds = st.sampled_from([kind for kind in FAMILIES if kind != "edge_silent"][:9])
seen = st.builds(
    lambda camera, kind, area, seconds: a_signal(seconds, camera, kind=kind, area=area, severity=3),
    st.sampled_from(CAMERAS),
    kinds,
    st.sampled_from([RT, OTHER_RT, "33.03.05"]),
    st.integers(0, 200).map(lambda number: 30 * number),
)
cried = st.builds(
    a_report, st.sampled_from(["thief", "danger", "fire"]), st.integers(0, 6000), area=st.sampled_from([RT, OTHER_RT])
)
outages = st.builds(a_silent_edge, st.integers(0, 6000), edge=st.sampled_from(["pos-1", "pos-2"]))
happenings = st.lists(seen | cried | outages, min_size=1, max_size=9)  # fewer than make a flood
beside = st.sets(st.sampled_from(list(itertools.combinations(CAMERAS, 2))))


def partition(table: Table, signals: Iterable[Signal]) -> set[frozenset[str]]:
    """The signals of each incident."""
    found: dict[str, set[str]] = {}
    for signal in signals:
        found.setdefault(table.of(signal), set()).add(signal.id)
    return {frozenset(each) for each in found.values()}


@given(happenings, beside, st.randoms(use_true_random=False), st.data())
def test_any_order_repetition_and_batching_gives_the_same_incidents(
    signals: list[Signal], beside: set[tuple[str, str]], random: Random, data: DataObject
) -> None:
    straight, shuffled = Table(beside), Table(beside)
    straight.put(*signals)
    again = data.draw(st.lists(st.sampled_from(signals), max_size=4))
    mixed = random.sample([*signals, *again], len(signals) + len(again))
    for signal in mixed:
        shuffled.put(signal)
        if random.random() < 0.3:
            shuffled.remember()
    assert partition(shuffled, signals) == partition(straight, signals)
    for table, count in ((straight, len(signals)), (shuffled, len(mixed))):
        assert sum(incident.event_count for incident in table.open) == count  # none is lost
        assert {incident.id for incident in table.open} == {table.of(signal) for signal in signals}
        for incident in table.open:
            own = [signal for signal in signals if table.of(signal) == incident.id]
            assert incident.severity == min(signal.severity for signal in own)
            assert incident.opened_at == min(signal.at for signal in own)
            assert incident.last_event_at == max(signal.at for signal in own)


@given(happenings, beside, st.lists(st.sampled_from(["claim", "close", ""]), min_size=9, max_size=9))
def test_whatever_people_do_meanwhile_no_signal_is_lost(
    signals: list[Signal], beside: set[tuple[str, str]], deeds: list[str]
) -> None:
    table = Table(beside)
    for number, (signal, deed) in enumerate(zip(signals, deeds, strict=False)):
        table.now = AT + timedelta(seconds=700 * number)
        (incident,) = table.put(signal)
        case = table.bench.cases[incident]
        if deed == "claim" and case.open and case.incident.claimant is None:
            table.claim(incident)
        elif deed == "close" and case.open:
            table.close(incident, table.now)
        table.remember()
    standing = [case.incident for case in table.bench.cases.values() if case.incident.merged_into is None]
    assert sum(incident.event_count for incident in standing) == len(signals)
    assert {table.of(signal) for signal in signals} == {incident.id for incident in standing}


def test_a_signal_is_compared_only_with_what_stands_near_it(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    nearness = correlation._nearness

    def counted(part: Part, other: Part, group: str, beside: Collection[Camera]) -> int:
        compared.append(part)
        return nearness(part, other, group, beside)

    monkeypatch.setattr(correlation, "_nearness", counted)
    table, places = Table(), 300
    signals = [a_signal(edge=f"pos-{place}", area=f"33.03.05.{2000 + place}/RW01") for place in range(places)]
    assert len(set(table.put(*signals))) == places
    assert compared == []  # of 45,000 pairs, none
    table.put(*(a_signal(edge=f"pos-{place}", area=f"33.03.05.{2000 + place}/RW01") for place in range(places)))
    assert len(table.open) == places
    assert len(compared) <= 4 * places
