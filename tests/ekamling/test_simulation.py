"""A small world's night: what it must show whatever its figures are."""

import argparse
import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from alerts.people.duty import WIB
from core.errors import EkamlingError
from ekamling.commands import simulate
from ekamling.simulation import figures, plot, run, traffic, truth, world
from ekamling.simulation.run import Wishes
from ekamling.simulation.traffic import EVENTS_AN_HOUR, NIGHT, Hours

EVENING = datetime(2026, 11, 23, 18, tzinfo=WIB)


def _night(seed: int) -> dict[str, Any]:
    wishes = Wishes(edges=3, hours=1.0, seed=seed, cameras_per_edge=4, operators=2, say=lambda line: None)
    found = run.run(wishes)
    del found["wall_s"]
    return found


@pytest.fixture(scope="module")
def night() -> dict[str, Any]:
    return _night(5)


@pytest.mark.timeout(300)
def test_the_same_seed_gives_the_same_figures(night: dict[str, Any]) -> None:
    assert _night(5) == night


def test_every_event_is_stored_once_though_some_were_sent_twice(night: dict[str, Any]) -> None:
    assert night["funnel"]["events_stored"] == night["funnel"]["raw_events"] > 0


def test_no_true_incident_is_lost(night: dict[str, Any]) -> None:
    assert (night["lost"], night["losses"]) == (0, [])
    assert set(night["truths"]) == {"thief", "loiterer", "fire", "panic"}
    assert night["alarms"]["by_nature"]["true"] >= len(truth.GRAVE)


def test_the_rows_of_the_funnel_add_up(night: dict[str, Any]) -> None:
    funnel, reach = night["funnel"], night["reach"]
    assert sum(reach.values()) == funnel["incidents"]
    assert reach["nobody: for no such reason"] == 0
    assert reach["neighbourhood alone"] + reach["both"] + reach["operators alone"] == funnel["told_to_anybody"]
    assert reach["neighbourhood alone"] + reach["both"] == funnel["told_to_neighbourhood"]
    assert reach["both"] + reach["operators alone"] == funnel["told_to_operators"] == night["alarms"]["all"]
    alarms = night["alarms"]
    for parts in (alarms["by_nature"], alarms["by_severity"]):
        assert sum(parts.values()) == alarms["all"]
    assert sum(alarms["by_10_minutes"]) == alarms["all"] >= alarms["worst_10_minutes"]
    assert night["ratio"] == round(funnel["raw_events"] / alarms["all"], 1)


def test_every_incident_and_every_alarm_has_a_cause(night: dict[str, Any]) -> None:
    causes = night["causes"].values()
    assert sum(each["events"] for each in causes) == night["funnel"]["raw_events"]
    assert sum(each["incidents"] for each in causes) == night["funnel"]["incidents"]
    assert sum(each["alarms"] for each in causes) == night["alarms"]["all"]


def test_what_is_harmless_is_settled_among_neighbours_and_nothing_is_left_open(night: dict[str, Any]) -> None:
    harmless = [night["causes"][source] for source in traffic.SHARES if source in night["causes"]]
    assert sum(each["incidents"] for each in harmless) > 5
    assert [each["alarms"] for each in harmless] == [0] * len(harmless)
    assert night["unanswered"] == 0


def test_true_incidents_are_planted_as_often_as_is_wished() -> None:
    place, hours = world.build(10, 8, 4), Hours(EVENING, 12)
    few = truth.plant(place, hours, traffic.Traffic(), _dice())
    many = truth.plant(place, hours, traffic.Traffic(), _dice(), edge_hours=10)
    assert (len(few.truths), len(many.truths)) == (4, 48)


def test_the_figures_are_read_by_people_and_drawn(night: dict[str, Any]) -> None:
    table = simulate.table(night)
    assert "true incidents lost                   0 of 4" in table
    assert "open at the end, and nobody has it    0" in table
    drawn = ElementTree.fromstring(plot.svg(night))  # noqa: S314 - our own
    bars = [each for each in drawn.iter() if each.tag.endswith("rect")]
    assert len(bars) == 1 + len(night["funnel"]) + len(night["alarms"]["by_10_minutes"])


def test_a_night_has_as_many_events_as_its_cameras_are_said_to_make() -> None:
    place = world.build(20, 8, 4)
    made = traffic.make(place, Hours(EVENING, 12), _dice())
    harmless = [raw for raw in made.events if raw.kind not in traffic.TROUBLES]
    assert len(harmless) == pytest.approx(EVENTS_AN_HOUR * 20 * 8 * len(NIGHT), rel=0.02)
    assert made.events == sorted(made.events)
    assert all(0 <= raw.at < 12 * 3600 for raw in made.events if raw.kind != "silent")


def test_a_thief_passes_cameras_that_stand_beside_each_other() -> None:
    place = world.build(4, 8, 4)
    hours = Hours(EVENING, 12)
    plan = truth.plant(place, hours, traffic.Traffic(), _dice())
    passes = [raw for raw in plan.events if raw.truth == "thief-1"]
    assert 3 <= len(passes) <= 15
    street = next(street for street in place.streets if any(each.edge == passes[0].edge for each in street.cameras))
    row = [camera.key for camera in street.cameras]
    steps = [row.index((raw.edge, raw.camera)) for raw in passes]
    assert {abs(one - other) for one, other in pairwise(steps)} == {1}


def test_an_edge_without_power_sees_nothing() -> None:
    place = world.build(2, 8, 4)
    made = traffic.make(place, Hours(EVENING, 12), _dice())
    (edge, since, until), *_ = made.cuts
    assert not [raw for raw in made.events if raw.edge == edge and since <= raw.at < until]


def test_what_happens_without_a_link_arrives_when_it_is_back() -> None:
    place = world.build(2, 8, 4)
    made = traffic.make(place, Hours(EVENING, 12), _dice())
    (edge, since, until), *_ = made.losses
    raw = traffic.Raw((since + until) / 2, edge, "kamera-1", "intrusion", 2, "person", 0.9)
    assert until < made.arrival(raw, _dice()) < until + 10


def test_the_worst_ten_minutes_may_begin_at_any_moment() -> None:
    times = [EVENING.replace(minute=minute) for minute in (0, 9, 11, 18, 40)]
    assert figures.worst_interval(times) == 3
    assert figures.worst_interval([]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--edges", "0", "--hours", "1"], "--edges 0 must lie between 1 and 5000"),
        (["--edges", "1", "--hours", "0"], "--hours 0 must lie between"),
        (["--edges", "1", "--hours", "nan"], "--hours nan must lie between"),
        (["--edges", "1", "--hours", "1", "--cameras-per-edge", "65"], "--cameras-per-edge 65 must lie"),
        (["--edges", "1", "--hours", "1", "--operators", "0"], "--operators 0 must lie"),
        (["--edges", "1", "--hours", "1", "--truth-every", "0"], "--truth-every 0 must lie between"),
        (["--edges", "1", "--hours", "1", "--truth-every", "nan"], "--truth-every nan must lie between"),
        (["--edges", "1", "--hours", "1", "--plot", "out.png"], "ends in .svg"),
        (["--edges", "1", "--hours", "1", "--plot", "nowhere/out.svg"], "there is no folder nowhere"),
        (["--edges", "1", "--hours", "1", "--routing", "nowhere.json"], "--routing nowhere.json: cannot be read"),
    ],
)
def test_wrong_arguments_get_one_clear_line(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EkamlingError) as raised:
        simulate.run(_options(arguments))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.timeout(300)
def test_the_command_prints_json_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "night.svg"
    arguments = ["--edges", "1", "--hours", "0.25", "--cameras-per-edge", "2", "--json", "--plot", str(picture)]
    assert simulate.run(_options(arguments)) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["simulated"]["cameras"] == 2
    assert "100 %" in printed.err
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def _dice() -> Random:
    return Random(1)  # noqa: S311 - chance that comes again, not a secret


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    simulate.configure(parser)
    return parser.parse_args(arguments)
