"""`ekamling area`: load a regency's tree of areas, and complete it with RW and RT."""

import argparse
import asyncio
import sys
from pathlib import Path

from alerts.ground.areas_desk import AreasDesk
from alerts.ground.areas_tree import Place
from alerts.store.database import Database
from core import config
from core.clock import SystemClock
from ekamling.folders import make_folder
from ekamling.settings import CentreSettings

PURBALINGGA = "33.03"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    load = actions.add_parser("load", help="load a regency with its districts and villages; again changes nothing")
    load.add_argument("code", metavar="CODE", nargs="?", default=PURBALINGGA, help="Kemendagri's code of the regency")
    listed = actions.add_parser("list", help="list the regencies that are loaded, or everything within an area")
    listed.add_argument("code", metavar="CODE", nargs="?", default="", help="code of the area")
    add = actions.add_parser("add", help="name an RW or RT of a village that is loaded")
    add.add_argument("code", metavar="CODE", help="such as 33.03.05.1003/RW02 or 33.03.05.1003/RW02/RT04")
    add.add_argument("name", metavar="NAME", help="as people call it")
    for action in (load, listed, add):
        action.add_argument("--config", type=Path, default=Path("centre.toml"), metavar="FILE", help="centre.toml")


def run(options: argparse.Namespace) -> int:
    """Do it and print what was done."""
    settings = config.load(options.config, CentreSettings)
    make_folder(Path(settings.data))
    sys.stdout.write(asyncio.run(_done(settings, options)))
    return 0


async def _done(settings: CentreSettings, options: argparse.Namespace) -> str:
    database = await Database.open(settings.database_url)
    try:
        desk = AreasDesk(database, SystemClock())
        if options.action == "load":
            return await desk.load(options.code) + "\n"
        if options.action == "add":
            return _line(await desk.add(options.code, options.name))
        return "".join(_line(place) for place in await desk.listed(options.code))
    finally:
        await database.close()


def _line(place: Place) -> str:
    return f"{place.code}\t{place.name}\n"
