"""The chapters of the report, each from figures to what stands on paper."""

from collections.abc import Callable, Sequence
from typing import Any

from reportlab.platypus import KeepTogether, Spacer

from alerts.ground import places
from alerts.reporting import charts, wording
from alerts.reporting.clocks import Span
from alerts.reporting.cube import Summary
from alerts.reporting.figures import Figures, Group
from alerts.reporting.paper import heading, paragraph, table
from alerts.reporting.shares import Share
from alerts.reporting.wording import NOTHING, duration, number, percent
from core import terms

MOST_KINDS, MOST_CAMERAS, MOST_SITES = 12, 15, 30
LANGUAGE = "id"
Chapter = Callable[[Figures, float], list[Any]]


def funnel(figures: Figures, width: float) -> list[Any]:
    """From signals to what people did."""
    total = figures.total
    stages = [
        ("Sinyal kamera, warga, dan instansi lain", total.signals),
        ("Kejadian yang dibuka (di luar yang digabung)", total.alarms + total.trouble + total.silenced + total.tests),
        ("di antaranya uji coba", total.tests),
        ("di antaranya dibungkam (hajatan, pekerjaan jalan)", total.silenced),
        ("di antaranya gangguan kamera atau perangkat", total.trouble),
        ("Alarm untuk petugas", total.alarms),
        ("Diverifikasi petugas", total.verified),
        ("Petugas ditugaskan", total.times[Span.DISPATCH].count),
        ("Petugas di lokasi", total.times[Span.ARRIVE].count),
        ("Ditutup: benar, ditangani", total.precision.part),
        ("Ditutup: palsu", total.precision.whole - total.precision.part),
    ]
    rows = [(name, number(count)) for name, count in stages]
    return [
        heading("Dari sinyal sampai tindakan"),
        table(("Tahap", "Jumlah"), rows, _widths(width, 3, 1)),
        Spacer(1, 6),
        paragraph(f"Presisi (benar dibanding benar dan palsu, menurut petugas): <b>{_interval(total.precision)}</b>."),
    ]


def times(figures: Figures, width: float) -> list[Any]:
    """How long it took, and the clocks."""
    total = figures.total
    rows = [
        (name, number(took.count), duration(took.p50), duration(took.p90), duration(took.p95))
        for span, name in wording.SPANS.items()
        if (took := total.times[span])
    ]
    kept = [
        (
            wording.clock(each.clock),
            f"{number(each.kept.part)} dari {number(each.kept.whole)}",
            percent(each.kept.share),
            NOTHING if each.clock.wanted is None else f"{number(each.clock.wanted)} %",
        )
        for each in total.clocks
    ]
    return [
        heading("Waktu tanggap alarm"),
        table(("Sampai", "Jumlah", "Separuh dalam", "90 % dalam", "95 % dalam"), rows, _widths(width, 2.2, 1, 1, 1, 1)),
        Spacer(1, 8),
        table(("Batas waktu", "Tepat waktu", "Bagian", "Diharapkan"), kept, _widths(width, 2.6, 1, 1, 1)),
    ]


def by_kind(figures: Figures, width: float) -> list[Any]:
    """Bars by kind."""
    found = list(figures.total.kinds.items())
    shown, rest = found[:MOST_KINDS], sum(count for _, count in found[MOST_KINDS:])
    names = [terms.kind(kind, LANGUAGE) for kind, _ in shown] + (["Lainnya"] if rest else [])
    counts = [count for _, count in shown] + ([rest] if rest else [])
    drawn = charts.lying(names, counts, width) if counts else paragraph("Tidak ada kejadian.")
    return [KeepTogether([heading("Kejadian menurut jenis"), drawn])]


def by_hour(figures: Figures, width: float) -> list[Any]:
    """Bars by the hour of day."""
    names = [f"{hour:02d}" for hour in range(24)]
    drawn = charts.standing(names, figures.hours, width, 140)
    return [KeepTogether([heading("Alarm menurut jam (WIB)"), drawn])]


def by_area(figures: Figures, width: float) -> list[Any]:
    """A line for each area."""
    return [heading("Per wilayah"), _groups(("Wilayah", figures.areas), width)]


def by_agency(figures: Figures, width: float) -> list[Any]:
    """A line for each agency that an incident was given to."""
    return [heading("Per instansi"), _groups(("Instansi", figures.agencies), width, "Belum diserahkan")]


def cameras(figures: Figures, width: float) -> list[Any]:
    """Those with most false alarms."""
    worst = [each for each in figures.cameras if _false(each.figures)][:MOST_CAMERAS]
    if not worst:
        return [heading("Kamera dengan alarm palsu terbanyak"), paragraph("Tidak ada alarm palsu dari kamera.")]
    rows = [
        (f"{each.name} ({each.edge})", number(each.figures.alarms), number(_false(each.figures)), _precision(each))
        for each in worst
    ]
    head = ("Kamera", "Alarm", "Palsu", "Presisi (95 %)")
    return [heading("Kamera dengan alarm palsu terbanyak"), table(head, rows, _widths(width, 3, 0.7, 0.7, 1.6))]


def residents(figures: Figures, width: float) -> list[Any]:
    """What residents reported."""
    found = figures.reports
    rows = [
        ("Laporan warga", number(found.count)),
        ("di antaranya kentongan", number(found.urgent)),
        ("Warga yang melapor", number(found.reporters)),
        ("Dijawab dalam 1 jam", _part(found.within_hour)),
        ("Dijawab dalam 24 jam", _part(found.within_day)),
        ("Nilai rata-rata dari pelapor (1-5)", f"{number(found.rating, 2)} ({number(found.ratings)} penilaian)"),
    ]
    return [KeepTogether([heading("Laporan warga"), table(("Ukuran", "Angka"), rows, _widths(width, 2, 1))])]


def coverage(figures: Figures, width: float) -> list[Any]:
    """Sites that must have a camera."""
    covered, missing = figures.coverage.covered, figures.coverage.missing
    parts = [
        heading("Cakupan kamera"),
        paragraph(f"Lokasi yang wajib berkamera dan sudah berkamera: <b>{_part(covered)}</b>."),
    ]
    if missing:
        rows = [(site.name, places.name(site.area)) for site in missing[:MOST_SITES]]
        parts.append(table(("Belum berkamera", "Wilayah"), rows, _widths(width, 1, 1)))
    if len(missing) > MOST_SITES:
        parts.append(paragraph(f"... dan {number(len(missing) - MOST_SITES)} lokasi lain."))
    return parts


def health(figures: Figures, width: float) -> list[Any]:
    """How long cameras were in trouble and edges silent, and how loaded consoles were."""
    found, load = figures.health, figures.load
    share = found.trouble_hours / found.camera_hours if found.camera_hours else None
    rows = [
        ("Kamera", number(found.cameras)),
        ("Jam gangguan kamera", f"{number(found.trouble_hours, 1)} ({percent(share)} dari jam kamera)"),
        ("Perangkat lokasi terputus", f"{number(found.silent_times)} kali, {number(found.silent_hours, 1)} jam"),
        ("Alarm per jam tiap konsol, rata-rata", f"{number(load.per_hour, 2)} (batas {number(load.wanted_per_hour)})"),
        ("Alarm terbanyak dalam 10 menit", f"{load.worst_10_minutes} (batas {load.wanted_10_minutes})"),
        ("Bagian P1 / P2 / P3", _severities(figures.total)),
    ]
    parts = [heading("Kesehatan sistem dan beban konsol"), table(("Ukuran", "Angka"), rows, _widths(width, 1.4, 1))]
    return [KeepTogether(parts)]


def dimensions(figures: Figures, width: float) -> list[Any]:
    """Indicators of a smart city."""
    rows = []
    for each in figures.indicators:
        name = wording.INDICATORS.get(each.name, NOTHING)
        digits = 2 if each.unit == "stars" else 0
        value = percent(each.value) if each.unit == "share" else number(each.value, digits)
        value = value if each.name else wording.NOT_MEASURED
        rows.append(
            (
                f"{wording.DIMENSIONS[each.dimension]}: {name}" if each.name else wording.DIMENSIONS[each.dimension],
                value,
            )
        )
    made = table(("Dimensi kota cerdas", "Angka"), rows, _widths(width, 3, 1))
    return [heading("Indikator kota cerdas"), made]


def method(_figures: Figures, _width: float) -> list[Any]:
    """How it was counted."""
    return [heading("Cara menghitung"), *(paragraph(note) for note in wording.METHOD)]


CHAPTERS: tuple[Chapter, ...] = (
    *(funnel, times, by_kind, by_hour, by_area, by_agency, cameras),
    *(residents, coverage, health, dimensions, method),
)


def _groups(named: tuple[str, Sequence[Group]], width: float, nameless: str = "") -> Any:
    head = (named[0], "Alarm", "Benar", "Palsu", "Presisi (95 %)", "Diterima 50 %", "Di lokasi 50 %")
    rows = [
        (
            each.name or nameless,
            number(each.figures.alarms),
            number(each.figures.precision.part),
            number(_false(each.figures)),
            _precision(each),
            duration(each.figures.times[Span.ANSWER].p50),
            duration(each.figures.times[Span.ARRIVE].p50),
        )
        for each in named[1]
    ]
    return table(head, rows, _widths(width, 2.4, 0.7, 0.7, 0.7, 1.6, 1.1, 1.1)) if rows else paragraph("Tidak ada.")


def _precision(group: Group) -> str:
    found = group.figures.precision
    return f"{percent(found.share)} ({_whole(found.low)}-{_whole(found.high)})" if found.whole else NOTHING


def _whole(value: float | None) -> str:
    return number(None if value is None else value * 100)


def _interval(value: Share) -> str:
    if not value.whole:
        return "belum ada putusan"
    return f"{_part(value)}; selang 95 % {percent(value.low)} sampai {percent(value.high)}"


def _part(value: Share) -> str:
    return f"{number(value.part)} dari {number(value.whole)} ({percent(value.share)})" if value.whole else NOTHING


def _false(figures: Summary) -> int:
    return figures.precision.whole - figures.precision.part


def _severities(figures: Summary) -> str:
    whole = sum(figures.severities.values())
    shares = (figures.severities.get(level, 0) / whole if whole else None for level in (1, 2, 3))
    return " / ".join(percent(share) for share in shares)


def _widths(width: float, *parts: float) -> list[float]:
    return [width * part / sum(parts) for part in parts]
