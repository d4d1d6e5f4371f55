"""`ekamling report`: the monthly report of an area, as PDF and CSV in Bahasa Indonesia."""

import argparse
import asyncio
from pathlib import Path

from alerts.ground.areas_desk import AreasDesk
from alerts.reporting import pdf, table
from alerts.reporting.clocks import Clock, targets
from alerts.reporting.figures import Figures
from alerts.reporting.office import Office
from alerts.reporting.period import Period, of_month
from alerts.store.database import Database
from core import areas, config
from core.clock import SystemClock
from core.errors import EkamlingError, StorageError
from core.files import write_durably
from ekamling.folders import database_there
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", required=True, metavar="MONTH", help="such as 2026-10; its days are days in WIB")
    parser.add_argument("--area", required=True, metavar="CODE", help="code of an area, such as 33.03.05")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="where to write the report that is printed")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="where to write the table, with all cameras and rules")
    parser.add_argument(
        "--target",
        action="append",
        metavar="SPAN:SECONDS[:PERCENT]",
        help="a clock of one's own beside those of 110 and NFPA 1225, such as answer:30:80; may be given again",
    )
    parser.add_argument("--config", type=Path, default=Path("centre.toml"), metavar="FILE", help="centre.toml")


def run(options: argparse.Namespace) -> int:
    """Count, and write what was asked for."""
    if options.pdf is None and options.csv is None:
        raise EkamlingError("nothing to write: give --pdf FILE, --csv FILE or both")
    area, period = areas.check(options.area), of_month(options.month)
    settings = config.load(options.config, CentreSettings)
    clocks = targets(options.target or (), settings.targets.all)
    database_there(settings.database_url)
    figures = asyncio.run(_figures(settings, area, period, clocks))
    if options.csv:
        _write(options.csv, table.csv(figures).encode())
    if options.pdf:
        _write(options.pdf, pdf.report(figures))
    return 0


async def _figures(settings: CentreSettings, area: str, period: Period, clocks: tuple[Clock, ...]) -> Figures:
    database = await Database.open(settings.database_url)
    try:
        await AreasDesk(database, SystemClock()).learn()
        return await Office(database, SystemClock()).count(area, period, clocks, None)
    finally:
        await database.close()


def _write(path: Path, content: bytes) -> None:
    try:
        write_durably(path, content)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
