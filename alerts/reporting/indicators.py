"""Indicators by the six dimensions of a smart city, as far as these data honestly carry them."""

from typing import Literal

from msgspec import Struct

from alerts.reporting.cube import Summary
from alerts.reporting.residents import Reports
from alerts.reporting.shares import Share

Dimension = Literal["governance", "living", "economy", "society", "branding", "environment"]
Unit = Literal["share", "count", "stars", ""]
NOT_MEASURED = "not measured"
HAZARDS = ("flood", "fire")


class Indicator(Struct, frozen=True):
    """One indicator: `value` in `unit` (a share is between 0 and 1), None where there is nothing to say.

    `note` is "not measured" for a dimension about which the centre keeps no data.
    """

    dimension: Dimension
    name: str
    value: float | None
    unit: Unit
    note: str = ""


def indicators(total: Summary, reports: Reports, covered: Share, check_ins: int) -> list[Indicator]:
    """The six dimensions of Indonesia's smart-city plans. What lost goods, trade or the region's image have to do with
    it is not in these data, and no number stands in for it."""
    kept = {each.clock.name: each.kept for each in total.clocks}
    hazards = sum(total.kinds.get(kind, 0) for kind in HAZARDS)
    return [
        _share("governance", "answered_within_10_s", kept.get("110 answer")),
        _share("governance", "reports_answered_within_24_h", reports.within_day),
        Indicator("governance", "rating_by_reporters", reports.rating, "stars"),
        Indicator("living", "incidents_resolved", float(total.precision.part), "count"),
        _share("living", "on_scene_within_10_min", kept.get("110 arrive")),
        _share("living", "sites_with_the_camera_they_need", covered),
        Indicator("economy", "", None, "", NOT_MEASURED),
        Indicator("society", "reports_of_residents", float(reports.count), "count"),
        Indicator("society", "residents_who_reported", float(reports.reporters), "count"),
        Indicator("society", "check_ins_for_ronda", float(check_ins), "count"),
        Indicator("branding", "", None, "", NOT_MEASURED),
        Indicator("environment", "alarms_of_flood_and_fire", float(hazards), "count", "false ones with them"),
    ]


def _share(dimension: Dimension, name: str, value: Share | None) -> Indicator:
    return Indicator(dimension, name, value.share if value else None, "share")
