"""`ekamling audit`: prove that the record of changes is as it was written, here or elsewhere."""

import argparse
import asyncio
import sys
from pathlib import Path

from alerts.audit import key, package, record
from alerts.audit.record import Checked
from alerts.store.database import Database
from core import config
from core.clock import SystemClock
from ekamling.folders import database_there
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="check the record in the centre's database")
    export = actions.add_parser("export", help="write the record into a folder that can be checked anywhere")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="an empty folder, or one that is not there yet")
    for action in (check, export):
        action.add_argument("--config", type=Path, default=Path("centre.toml"), metavar="FILE", help="centre.toml")
    verify = actions.add_parser("verify", help="check such a folder, without the centre")
    verify.add_argument("folder", type=Path, metavar="FOLDER", help="what `export` wrote")
    verify.add_argument("--key", default="", metavar="HEX", help="the centre's public key, learned elsewhere")


def run(options: argparse.Namespace) -> int:
    """Do it, and print one line: what was found whole. A record that is not ends with 1 and says where it shows."""
    if options.action == "verify":
        manifest, checked = asyncio.run(package.check(options.folder, options.key))
        known = "as given" if options.key else "which nobody compared: give --key to be sure whose it is"
        sys.stdout.write(f"{_told(checked)}; taken out {manifest.at:{record.WHEN}} under key {manifest.key}, {known}\n")
        return 0
    settings = config.load(options.config, CentreSettings)
    database_there(settings.database_url)
    checked = asyncio.run(_checked(settings, options.folder if options.action == "export" else None))
    where = f"{options.folder}: " if options.action == "export" else ""
    keys = f"; public key {', '.join(checked.keys)}" if checked.keys else ""
    sys.stdout.write(f"{where}{_told(checked)}{keys}\n")
    return 0


async def _checked(settings: CentreSettings, folder: Path | None) -> Checked:
    database = await Database.open(settings.database_url)
    try:
        if folder is None:
            return await record.check(database)
        return await package.take_out(database, key.signer(Path(settings.data)), SystemClock(), folder)
    finally:
        await database.close()


def _told(checked: Checked) -> str:
    newest = f", the newest of {checked.last:{record.WHEN}}" if checked.last else ""
    signatures = f"{checked.vouched} of them under {checked.checkpoints} signatures"
    return f"{checked.changes} changes{newest}, all as they were written; {signatures}"
