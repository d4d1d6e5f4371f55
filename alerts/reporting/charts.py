"""Bar charts of the report, drawn as vectors."""

from collections.abc import Sequence

from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor

from alerts.reporting.wording import number

FONT = "Helvetica"
INK, LINE, BAR = HexColor("#1f2933"), HexColor("#9aa5b1"), HexColor("#1b6e78")
SIZE, SMALL = 8, 6.5  # of the letters, in points
_ROW = 15  # height of a bar with its space, in points


def lying(names: Sequence[str], values: Sequence[int], width: float) -> Drawing:
    """A bar a line, the first on top; `width` in points. There must be at least one."""
    labels = 0.4 * width
    height = _ROW * len(values) + 20
    chart = HorizontalBarChart()
    chart.x, chart.y, chart.width, chart.height = labels, 15, width - labels - 30, height - 20
    chart.data = [tuple(reversed(values))]
    chart.categoryAxis.categoryNames = list(reversed(names))
    chart.categoryAxis.labels.boxAnchor = "e"
    chart.categoryAxis.labels.dx = -4
    return _finished(chart, Drawing(width, height), max(values), (7, 0))


def standing(names: Sequence[str], values: Sequence[int], width: float, height: float) -> Drawing:
    """A bar for each name, side by side; sizes in points."""
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 30, 20, width - 35, height - 35
    chart.data = [tuple(values)]
    chart.categoryAxis.categoryNames = list(names)
    return _finished(chart, Drawing(width, height), max(values), (0, 7))


def _finished(
    chart: VerticalBarChart | HorizontalBarChart, drawing: Drawing, top: int, nudge: tuple[int, int]
) -> Drawing:
    """The chart in its drawing, in our colours; `nudge` moves the numbers away from their bars."""
    chart.bars[0].fillColor, chart.bars[0].strokeColor = BAR, None
    chart.barLabelFormat = lambda value: number(value) if value else ""
    chart.barLabels.dx, chart.barLabels.dy = nudge
    chart.barLabels.boxAnchor = "w" if nudge[0] else "s"
    chart.barWidth, chart.groupSpacing = 10, 5
    axis = chart.valueAxis
    axis.labelTextFormat = number
    step = _step(top)
    axis.valueMin, axis.valueMax, axis.valueStep = 0, (top // step + 1) * step, step
    axis.gridStrokeColor, axis.visibleGrid, axis.gridStrokeWidth = LINE, True, 0.25
    for each in (axis, chart.categoryAxis):
        each.strokeColor, each.strokeWidth = LINE, 0.5
        each.labels.fontName, each.labels.fontSize, each.labels.fillColor = FONT, SIZE, INK
    chart.barLabels.fontName, chart.barLabels.fontSize, chart.barLabels.fillColor = FONT, SMALL, INK
    drawing.add(chart)
    return drawing


def _step(top: int) -> int:
    """A round distance of at most six lines up to `top`: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for times in (1, 2, 5):
            if times * size * 6 >= top:
                return times * size
        size *= 10
