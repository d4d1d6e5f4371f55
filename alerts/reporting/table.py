"""Figures as one table for a spreadsheet, its head in Bahasa Indonesia: a row for the whole, each area, agency, camera
and rule."""

from typing import Any

from alerts.reporting.cube import Summary
from alerts.reporting.figures import Figures, Group
from alerts.reporting.sheets import csv_text

_NAMES = ("bagian", "kode", "nama", "dari", "sampai")
_COUNTS = ("alarm", "gangguan", "uji", "dibungkam", "digabung", "sinyal", "benar", "palsu")
_PRECISION = ("presisi", "presisi_terendah_95", "presisi_tertinggi_95")
_SPANS = {
    "answer": "diterima",
    "handling": "diterima_sampai_ditugaskan",
    "dispatch": "ditugaskan",
    "arrive": "di_lokasi",
    "close": "selesai",
}
_WHOLE = (
    *("laporan_warga", "laporan_dijawab", "laporan_dijawab_24_jam", "nilai_rata_rata", "lokasi_wajib_kamera"),
    *("lokasi_tanpa_kamera", "kamera", "jam_gangguan_kamera", "jam_perangkat_terputus", "alarm_per_jam_konsol"),
    *("alarm_10_menit_terbanyak", "absen_ronda"),
)


def head(figures: Figures) -> list[str]:
    """The names of the columns. Times are in seconds, shares between 0 and 1; the last ones hold for the whole only."""
    times = [f"{name}_{rank}_dtk" for name in _SPANS.values() for rank in ("p50", "p90", "p95")]
    clocks = [f"dalam_batas {each.clock.name}" for each in figures.total.clocks]
    return [*_NAMES, *_COUNTS, *_PRECISION, *times, *clocks, *_WHOLE]


def lines(figures: Figures) -> list[list[Any]]:
    """The rows below the head."""
    days = [figures.first, figures.last]
    whole = ["seluruhnya", figures.area, figures.area_name, *days, *_summary(figures.total), *_of_all(figures)]
    empty = [None] * len(_WHOLE)
    parts = (
        ("wilayah", figures.areas),
        ("instansi", figures.agencies),
        ("kamera", figures.cameras),
        ("aturan", figures.rules),
    )
    return [whole] + [
        [part, _code(group), group.name, *days, *_summary(group.figures), *empty]
        for part, groups in parts
        for group in groups
    ]


def csv(figures: Figures) -> str:
    """The whole table."""
    return csv_text([head(figures), *lines(figures)])


def _code(group: Group) -> str:
    return group.area or group.agency or " / ".join(part for part in (group.edge, group.camera, group.rule) if part)


def _summary(figures: Summary) -> list[Any]:
    precision = figures.precision
    counts = [figures.alarms, figures.trouble, figures.tests, figures.silenced, figures.merged, figures.signals]
    verdicts = [precision.part, precision.whole - precision.part, precision.share, precision.low, precision.high]
    times = [value for span in _SPANS for value in _ranks(figures, span)]
    return [*counts, *verdicts, *times, *(each.kept.share for each in figures.clocks)]


def _ranks(figures: Summary, span: str) -> tuple[float | None, float | None, float | None]:
    found = figures.times[span]
    return found.p50, found.p90, found.p95


def _of_all(figures: Figures) -> list[Any]:
    reports, covered, health, load = figures.reports, figures.coverage.covered, figures.health, figures.load
    return [
        *(reports.count, reports.answered.part, reports.within_day.part, reports.rating),
        *(covered.whole, covered.whole - covered.part),
        *(health.cameras, health.trouble_hours, health.silent_hours),
        *(load.per_hour, load.worst_10_minutes, figures.ronda.check_ins),
    ]
