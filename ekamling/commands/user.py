"""`ekamling user`: add people and make sign-in links."""

import argparse
import asyncio
import sys
from pathlib import Path

from alerts.people.accounts import ROLES
from core import config
from ekamling.folders import make_folder
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a user and print a one-time sign-in link")
    add.add_argument("--display-name", default="", metavar="NAME", help="name that others see")
    add.add_argument("--role", choices=ROLES, default="operator")
    add.add_argument("--area", default="33.03", help="code of the area that the user may see")
    link = actions.add_parser("link", help="print a new one-time sign-in link for a user")
    for action in (add, link):
        action.add_argument("name", metavar="USER")
        action.add_argument("--config", type=Path, required=True, metavar="FILE", help="centre.toml")


def run(options: argparse.Namespace) -> int:
    """Do it and print the link."""
    settings = config.load(options.config, CentreSettings)
    make_folder(Path(settings.data))
    sys.stdout.write(asyncio.run(_link(settings, options)) + "\n")
    return 0


async def _link(settings: CentreSettings, options: argparse.Namespace) -> str:
    async with accounts(settings) as people:
        if options.action == "add":
            await people.add(options.name, options.display_name, options.role, options.area)
        return link_url(settings, await people.link(options.name))
