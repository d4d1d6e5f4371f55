"""The report that is printed: pages, words and numbers as people here write them."""

import re
from datetime import date, datetime

import pytest
from msgspec.structs import replace

from alerts.reporting import pdf, wording
from alerts.reporting.clocks import target
from alerts.reporting.figures import Figures
from alerts.reporting.office import Office
from alerts.store.database import Database
from core.clock import ManualClock
from tests.alerts.reporting.ledger import NOON, OCTOBER, an_incident, write

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\) Tj")  # a string that a page shows


def words(document: bytes) -> str:
    """The text of an uncompressed report, its lines joined."""
    found = b" ".join(SHOWN.findall(document)).decode("latin-1")
    found = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), found)
    return re.sub(r"\s+", " ", re.sub(r"\\(.)", r"\1", found))


def pages(document: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", document))


async def counted(database: Database, now: datetime = OCTOBER.end) -> Figures:
    return await Office(database, ManualClock(now)).count("33.03.05", OCTOBER, (target("answer:30:80"),))


async def test_an_empty_month_is_a_report_too(database: Database) -> None:
    document = pdf.report(await counted(database), compressed=False)
    text = words(document)
    assert document.startswith(b"%PDF-") and pages(document) >= 3
    assert "Laporan Bulanan E-Kamling Kecamatan Purbalingga Oktober 2026" in text
    assert "Tidak ada kejadian." in text and "belum ada putusan" in text
    assert "Ekonomi (economy) tidak diukur" in text and "Halaman 2" in text
    assert "Target sendiri: diterima petugas dalam 30 dtk" in text
    assert "Periode ini belum selesai" not in text


async def test_a_busy_month_shows_its_figures(database: Database) -> None:
    after = {"acknowledged": 8.0, "on_scene": 250.0}
    rows = [an_incident(resolution="resolved", after=after) for _ in range(1200)]
    rows += [an_incident(resolution="false", area=f"33.03.05.1005/RW{number:02d}") for number in range(1, 61)]
    await write(database, rows)
    document = pdf.report(await counted(database), compressed=False)
    text = words(document)
    assert "Alarm untuk petugas 1.260" in text
    assert "1.200 dari 1.260 (95,2 %); selang 95 % 93,9 % sampai 96,3 %" in text
    assert "Petugas di lokasi 1.200 4 mnt 10 dtk" in text
    assert "Masuk area terlarang" in text and "gerbang (pos-1) 1.260 60 95,2 % (94-96)" in text
    assert text.count("Wilayah Alarm Benar Palsu") >= 2  # the head comes again on the next page
    assert pages(document) >= 5


async def test_a_month_that_is_not_over_says_so(database: Database) -> None:
    assert "Periode ini belum selesai" in words(pdf.report(await counted(database, now=NOON), compressed=False))


async def test_markup_and_letters_of_far_away_do_no_harm(database: Database) -> None:
    await write(database, [an_incident(agency="<b>Pos</i> & 警察", camera="<para>", resolution="false", rule="<")])
    figures = replace(await counted(database), area_name="Dusun <b> 村")
    text = words(pdf.report(figures, compressed=False)).replace(" ", "")
    assert "<b>Pos</i>&??" in text and "<para>(pos-1)" in text and "Dusun<b>?" in text


async def test_fonts_are_those_that_every_reader_has(database: Database) -> None:
    document = pdf.report(await counted(database), compressed=False)
    assert set(re.findall(rb"/BaseFont /([A-Za-z-]+)", document)) <= {b"Helvetica", b"Helvetica-Bold", b"ZapfDingbats"}
    assert b"/FontFile" not in document
    assert len(pdf.report(await counted(database))) < len(document)


@pytest.mark.parametrize(
    ("first", "last", "title"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), "Februari 2026"),
        (date(2028, 2, 1), date(2028, 2, 28), "1 Februari 2028 - 28 Februari 2028"),
        (date(2026, 8, 17), date(2026, 8, 17), "17 Agustus 2026"),
        (date(2026, 8, 1), date(2026, 9, 30), "1 Agustus 2026 - 30 September 2026"),
    ],
)
def test_a_whole_month_has_its_name(first: date, last: date, title: str, engine_name: str) -> None:
    assert wording.title(first, last) == title


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.4, "0 dtk"), (59.6, "1 mnt"), (250, "4 mnt 10 dtk"), (7200, "2 jam"), (273_700, "3 hari 4 jam")],
)
def test_durations_are_said_in_two_words_at_most(seconds: float | None, text: str, engine_name: str) -> None:
    assert wording.duration(seconds) == text


def test_numbers_are_written_as_people_here_do(engine_name: str) -> None:
    assert (wording.number(1234567.891, 1), wording.percent(0.1234), wording.percent(None)) == (
        "1.234.567,9",
        "12,3 %",
        "-",
    )
