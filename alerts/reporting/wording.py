"""The words of the monthly report, in Bahasa Indonesia."""

from datetime import date, timedelta

from alerts.reporting.clocks import Clock, Span
from alerts.reporting.indicators import Dimension

MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
SPANS = {
    Span.ANSWER: "Diterima petugas",
    Span.HANDLING: "Dari diterima sampai ditugaskan",
    Span.DISPATCH: "Petugas ditugaskan",
    Span.ARRIVE: "Petugas di lokasi",
    Span.CLOSE: "Selesai",
}
CLOCKS = {
    "110 answer": "110: diterima dalam 10 detik",
    "110 arrive": "110: di lokasi dalam 10 menit",
    "NFPA answer": "NFPA 1225: diterima dalam 10 detik",
    "NFPA dispatch": "NFPA 1225: ditugaskan dalam 60 detik setelah diterima",
}
DIMENSIONS: dict[Dimension, str] = {
    "governance": "Tata kelola (governance)",
    "living": "Kehidupan (living)",
    "economy": "Ekonomi (economy)",
    "society": "Masyarakat (society)",
    "branding": "Citra daerah (branding)",
    "environment": "Lingkungan (environment)",
}
INDICATORS = {
    "answered_within_10_s": "Alarm yang diterima dalam 10 detik",
    "reports_answered_within_24_h": "Laporan warga yang dijawab dalam 24 jam",
    "rating_by_reporters": "Nilai dari pelapor (1-5)",
    "incidents_resolved": "Kejadian yang ditangani sampai selesai",
    "on_scene_within_10_min": "Petugas di lokasi dalam 10 menit",
    "sites_with_the_camera_they_need": "Lokasi wajib kamera yang sudah berkamera",
    "reports_of_residents": "Laporan warga",
    "residents_who_reported": "Warga yang melapor",
    "check_ins_for_ronda": "Absen masuk ronda",
    "alarms_of_flood_and_fire": "Alarm banjir dan kebakaran",
}
METHOD = (
    "Kejadian dihitung menurut waktu diterima pusat. Yang digabung dihitung sekali, pada kejadian induknya. Uji coba "
    "dan yang dibungkam tidak masuk presisi maupun waktu tanggap.",
    "Presisi hanya memakai putusan petugas (benar atau palsu), dengan selang Wilson 95 % (E. B. Wilson, 1927). Selang "
    "yang lebar berarti putusannya masih sedikit.",
    "Waktu tanggap dihitung dari saat pusat membuka kejadian; 'diterima' adalah tindakan pertama petugas. Bagian yang "
    "tepat waktu dihitung dari semua alarm untuk 'diterima', dan dari yang sampai ke tahap itu untuk batas lain.",
    "Batas waktu hanya pembanding, bukan pernyataan bahwa suatu standar dipenuhi: layanan 110 menurut Kapolri (Januari "
    "2026), dan NFPA 1225 yang mengharapkan 90 % tepat waktu.",
    "Beban konsol menurut EEMUA 191 dan ISA-18.2: rata-rata paling banyak 1 alarm tiap 10 menit (6 per jam) dan paling "
    "banyak 10 dalam 10 menit mana pun. Rata-rata dihitung seolah konsol selalu dijaga, jadi angka terendah.",
    "Jam gangguan dihitung dari tanda pertama sampai kejadian gangguan ditutup. Untuk dimensi kota cerdas yang datanya "
    "tidak dikumpulkan pusat, tidak ada angka pengganti.",
)
NOT_MEASURED = "tidak diukur"
NOTHING = "-"


def day(value: date) -> str:
    """`31 Oktober 2026`."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def is_month(first: date, last: date) -> bool:
    """Whether two days hold one whole month."""
    same = (first.year, first.month) == (last.year, last.month)
    return same and first.day == 1 and (last + timedelta(days=1)).day == 1


def title(first: date, last: date) -> str:
    """A whole month by its name, else its days."""
    if is_month(first, last):
        return f"{MONTHS[first.month - 1]} {first.year}"
    return day(first) if first == last else f"{day(first)} - {day(last)}"


def number(value: float | None, digits: int = 0) -> str:
    """As people here write it: 1.234,5."""
    if value is None:
        return NOTHING
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def percent(value: float | None) -> str:
    """A share between 0 and 1 as `12,5 %`."""
    return NOTHING if value is None else f"{number(value * 100, 1)} %"


def duration(seconds: float | None) -> str:
    """As people say it: 8 dtk, 4 mnt 10 dtk, 2 jam 5 mnt, 3 hari 4 jam."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    for size, name, smaller, lesser in ((86_400, "hari", 3600, "jam"), (3600, "jam", 60, "mnt"), (60, "mnt", 1, "dtk")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {lesser}" if rest else "")
    return f"{whole} dtk"


def clock(value: Clock) -> str:
    """A clock by its name; one of the centre's own by what it wants."""
    return CLOCKS.get(value.name, f"Target sendiri: {SPANS[value.span].lower()} dalam {duration(value.seconds)}")
