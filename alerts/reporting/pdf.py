"""The report that is printed: A4, in Bahasa Indonesia, with the fonts that every reader of PDF has."""

import io
from datetime import date
from functools import partial
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, PageBreak, SimpleDocTemplate, Spacer

from alerts.people.duty import WIB
from alerts.reporting import wording
from alerts.reporting.chapters import CHAPTERS
from alerts.reporting.charts import FONT, INK, LINE
from alerts.reporting.figures import Figures
from alerts.reporting.paper import heading, latin, paragraph

MARGIN = 20 * mm
HEADING_ROOM = 40 * mm  # a heading stands with some lines below it


def report(figures: Figures, compressed: bool = True) -> bytes:
    """The PDF of some figures. Uncompressed, its text can be read in the file itself."""
    out = io.BytesIO()
    title = f"Laporan E-Kamling {figures.area_name}, {_title(figures)}"
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=latin(title),
        author="E-Kamling",
        lang="id",
        pageCompression=int(compressed),
    )
    parts = [*_title_page(figures), PageBreak()]
    for chapter in CHAPTERS:
        parts += [CondPageBreak(HEADING_ROOM), *chapter(figures, document.width)]
    document.build(parts, onLaterPages=partial(_footer, title=latin(title)))
    return out.getvalue()


def _title(figures: Figures) -> str:
    return wording.title(date.fromisoformat(figures.first), date.fromisoformat(figures.last))


def _title_page(figures: Figures) -> list[Any]:
    begin, end = (date.fromisoformat(day) for day in (figures.first, figures.last))
    first, last = wording.day(begin), wording.day(end)
    made = figures.made_at.astimezone(WIB)
    lines = [
        Spacer(1, 60 * mm),
        heading("Laporan Bulanan E-Kamling" if wording.is_month(begin, end) else "Laporan E-Kamling", 0),
        heading(figures.area_name, 1),
        heading(_title(figures), 1),
        Spacer(1, 10 * mm),
        paragraph(f"Kode wilayah {figures.area}. Kejadian yang diterima pusat pada {first} sampai {last}, hari WIB."),
        paragraph(f"Dibuat {wording.day(made.date())} pukul {made:%H.%M} WIB dari catatan pusat E-Kamling."),
    ]
    if figures.partial:
        lines.append(paragraph("<b>Periode ini belum selesai; angkanya masih akan berubah.</b>"))
    return [*lines, paragraph("Laporan ini tidak memuat nama orang dan tidak memuat gambar.")]


def _footer(canvas: Canvas, document: SimpleDocTemplate, title: str) -> None:
    canvas.saveState()
    canvas.setStrokeColor(LINE)
    canvas.line(MARGIN, 14 * mm, A4[0] - MARGIN, 14 * mm)
    canvas.setFont(FONT, 8)
    canvas.setFillColor(INK)
    canvas.drawString(MARGIN, 10 * mm, title)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"Halaman {document.page}")
    canvas.restoreState()
