"""The figures of a run as a picture: the funnel, and the alarms of every ten minutes. SVG by hand, without scripts."""

from math import log10
from typing import Any
from xml.sax.saxutils import escape

WIDTH, ROW, LEFT, RIGHT = 860, 34, 210, 90
CHART = 220
INK, DIM, BAR, ALARM, LIMIT = "#1d2b36", "#5b6b77", "#2f7d6d", "#c4552d", "#8a2020"


def svg(figures: dict[str, Any]) -> str:
    """The picture, as a whole SVG document."""
    funnel, alarms = figures["funnel"], figures["alarms"]
    simulated = figures["simulated"]
    below = 70 + ROW * len(funnel)
    height = below + CHART + 90
    title = (
        f"{simulated['cameras']} cameras, {simulated['hours']:g} h, seed {simulated['seed']}:"
        f" {'no alarm' if figures['ratio'] is None else format(figures['ratio'], ',.0f') + ' : 1'},"
        f" {figures['lost']} lost"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 32, title, INK, 17),
        *_funnel(funnel),
        *_hours(alarms, simulated["operators"], below),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _funnel(funnel: dict[str, int]) -> list[str]:
    """One bar for each row, on a logarithmic scale."""
    most = log10(max(*funnel.values(), 1) + 1)
    parts = []
    for number, (name, value) in enumerate(funnel.items()):
        top = 52 + ROW * number
        length = (WIDTH - LEFT - RIGHT) * log10(value + 1) / most
        colour = ALARM if name == "told_to_operators" else BAR
        parts += [
            _text(LEFT - 12, top + 19, name.replace("_", " "), INK, 14, "end"),
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{ROW - 8}" rx="3" fill="{colour}"/>',
            _text(LEFT + length + 8, top + 19, f"{value:,}", INK, 14),
        ]
    return parts


def _hours(alarms: dict[str, Any], operators: int, top: int) -> list[str]:
    """Alarms of all operators in each ten minutes, and how many they can bear on average."""
    counts = alarms["by_10_minutes"]
    limit = float(operators)  # one in ten minutes for each of them
    most = max(*counts, limit, 1.0) * 1.1
    bottom, left, width = top + 40 + CHART, 60, WIDTH - 60 - 30
    step = width / len(counts)
    parts = [_text(20, top + 22, "Operator alarms in each 10 minutes", INK, 15)]
    for number, count in enumerate(counts):
        tall = CHART * count / most
        parts.append(
            f'<rect x="{left + step * number:.1f}" y="{bottom - tall:.1f}" width="{max(step - 1, 0.5):.1f}"'
            f' height="{tall:.1f}" fill="{ALARM}"/>'
        )
    line = bottom - CHART * limit / most
    parts += [
        f'<line x1="{left}" y1="{line:.1f}" x2="{left + width}" y2="{line:.1f}" stroke="{LIMIT}"'
        ' stroke-dasharray="6 4"/>',
        _text(left + width, line - 6, f"1 in 10 minutes for each of {operators}", LIMIT, 12, "end"),
        f'<line x1="{left}" y1="{bottom}" x2="{left + width}" y2="{bottom}" stroke="{INK}"/>',
        _text(left - 8, bottom, "0", DIM, 12, "end"),
        _text(left - 8, bottom - CHART / 1.1 + 4, f"{most / 1.1:g}", DIM, 12, "end"),
        _text(left, bottom + 18, "0 h", DIM, 12),
        _text(left + width, bottom + 18, f"{len(counts) / 6:g} h", DIM, 12, "end"),
    ]
    return parts


def _text(x: float, y: float, text: str, colour: str, size: int, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'
    )
