"""The few things that a page of the report is made of: headings, paragraphs and tables."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, Table, TableStyle

from alerts.reporting.charts import FONT, INK, LINE

BOLD = "Helvetica-Bold"
_SHADE = HexColor("#eef2f5")
_BODY = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=13, textColor=INK, spaceAfter=5)
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=8.5, leading=10.5, spaceAfter=0)
_RIGHT = ParagraphStyle("right", parent=_CELL, alignment=TA_RIGHT)
_HEADINGS = (
    ParagraphStyle("title", parent=_BODY, fontName=BOLD, fontSize=26, leading=32, spaceAfter=8),
    ParagraphStyle("place", parent=_BODY, fontName=FONT, fontSize=16, leading=21, spaceAfter=4),
    ParagraphStyle("heading", parent=_BODY, fontName=BOLD, fontSize=13, leading=17, spaceBefore=12),
)


def latin(text: str) -> str:
    """The text in the letters of the built-in fonts (Windows-1252); others become a question mark."""
    return text.encode("cp1252", "replace").decode("cp1252")


def heading(text: str, level: int = 2) -> Paragraph:
    """0 of the report, 1 below it, 2 of a chapter."""
    return Paragraph(escape(latin(text)), _HEADINGS[level])


def paragraph(markup: str) -> Paragraph:
    """A paragraph; `markup` may hold <b>."""
    return Paragraph(latin(markup), _BODY)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    """A table whose head comes again on every page; first column of words, the others of numbers. `widths` in
    points."""
    lines = [[_cell(f"<b>{escape(latin(word))}</b>", place) for place, word in enumerate(head)]]
    lines += [[_cell(escape(latin(word)), place) for place, word in enumerate(row)] for row in rows]
    made = Table(lines, colWidths=list(widths), repeatRows=1, hAlign="LEFT")
    made.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return made


def _cell(markup: str, place: int) -> Paragraph:
    return Paragraph(markup, _CELL if place == 0 else _RIGHT)
