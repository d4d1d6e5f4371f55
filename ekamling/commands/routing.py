"""`ekamling routing`: read and write who is told of an incident, and try it out."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import LEVELS
from alerts.store import routings
from alerts.store.changes import COMMAND_LINE
from alerts.store.database import Database
from alerts.telling import routing_book, routing_document
from alerts.telling.dry_run import Question
from alerts.telling.routing_book import Author
from alerts.telling.rule import KINDS, SEVERITIES, UNCONFIRMED, Routing
from core import config
from core.clock import SystemClock
from core.errors import EkamlingError
from ekamling.folders import make_folder
from ekamling.settings import CentreSettings

CENTRE_AREA = "33.03"
Action = Callable[[AsyncConnection, argparse.Namespace], Awaitable[str]]


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="print the rules that count, or those of a version")
    show.add_argument("--version", type=int, metavar="NUMBER", help="another version than the newest")
    check = actions.add_parser("check", help="say what is wrong with rules in a file, and change nothing")
    put = actions.add_parser("set", help="let the rules in a file count from now on")
    put.add_argument("--note", default="", metavar="TEXT", help="why, for those who read the versions")
    put.add_argument("--area", default=CENTRE_AREA, help="area of the centre, for the record (default %(default)s)")
    for action in (check, put):
        action.add_argument("file", type=Path, metavar="FILE", help="the rules, JSON")
    dry = actions.add_parser("dry-run", help="say who would be told of an incident, and tell nobody")
    dry.add_argument("--kind", required=True, choices=KINDS, metavar="KIND", help="such as intrusion or fire")
    dry.add_argument("--severity", required=True, type=int, choices=SEVERITIES, help="1 is the gravest")
    dry.add_argument(
        "--level", type=int, choices=LEVELS, default=UNCONFIRMED, help="of verification (default %(default)s)"
    )
    dry.add_argument("--area", required=True, metavar="CODE", help="where it is, such as 33.03.05.1003/RW02/RT04")
    dry.add_argument("--at", default="", metavar="TIME", help="when, such as 2026-11-23T22:00+07:00; without it now")
    dry.add_argument("--file", type=Path, metavar="FILE", help="rules that do not count yet; without it those that do")
    dry.add_argument("--json", action="store_true", help="print one JSON object")
    for action in (show, check, put, dry):
        action.add_argument("--config", type=Path, required=True, metavar="FILE", help="centre.toml")


def run(options: argparse.Namespace) -> int:
    """Do it and print what came of it."""
    actions = {"show": _show, "check": _check, "set": _set, "dry-run": _dry_run}
    settings = config.load(options.config, CentreSettings)
    make_folder(Path(settings.data))
    sys.stdout.write(asyncio.run(_with_database(settings, actions[options.action], options)) + "\n")
    return 0


async def _with_database(settings: CentreSettings, action: Action, options: argparse.Namespace) -> str:
    database = await Database.open(settings.database_url)
    try:
        async with database.write() if action is _set else database.read() as connection:
            return await action(connection, options)
    finally:
        await database.close()


async def _show(connection: AsyncConnection, options: argparse.Namespace) -> str:
    if options.version is None:
        return _pretty(await routings.current(connection))
    found = await routings.by_version(connection, options.version)
    if found is None:
        newest = await routings.version(connection)
        raise EkamlingError(f"there is no version {options.version}; the newest is {newest}")
    return _pretty(found)


async def _check(connection: AsyncConnection, options: argparse.Namespace) -> str:
    given = _read(options.file)
    await routing_book.check_names(connection, given, routing_book.known_channels())
    return f"{options.file}: {len(given.rules)} rules that may be used"


async def _set(connection: AsyncConnection, options: argparse.Namespace) -> str:
    wanted = _read(options.file)
    author = Author(user=COMMAND_LINE, name=COMMAND_LINE, area=options.area)
    now, channels = SystemClock().now(), routing_book.known_channels()
    number = await routing_book.write(connection, wanted, author, options.note, now, channels)
    return f"version {number} counts from now on"


async def _dry_run(connection: AsyncConnection, options: argparse.Namespace) -> str:
    value = _read(options.file) if options.file else await routings.current(connection)
    at = _moment(options.at) if options.at else SystemClock().now()
    question = Question(kind=options.kind, severity=options.severity, area=options.area, level=options.level)
    found = await routing_book.answer(connection, value, question, at)
    return msgspec.json.encode(found).decode() if options.json else _table(found)


def _read(file: Path) -> Routing:
    try:
        return routing_document.from_json(file.read_bytes())
    except OSError as error:
        raise EkamlingError(f"{file}: cannot be read: {error.strerror}") from error


def _pretty(value: Routing) -> str:
    return msgspec.json.format(routing_document.to_json(value), indent=2)


def _moment(text: str) -> datetime:
    """A time with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9000:
        raise EkamlingError(f"time {text[:40]!r}: write it with its zone, such as 2026-11-23T22:00+07:00")
    return moment


def _table(found: dict[str, Any]) -> str:
    """The dry run for people: a line for each step, and one for each person below it."""
    lines = [f"{found['area_name']} ({found['area']}): rule {found['rule']!r}"]
    for step in found["told"]:
        who = ", ".join([*step["roles"], *step["users"]])
        note = f" [{step['note'].replace('_', ' ')}]" if step["note"] else ""
        lines.append(f"{step['due_s']:>6} s  {who}, unless {step['until']}{note}")
        lines += [f"          {_person(person)}" for person in step["people"]] or ["          nobody on duty"]
    return "\n".join(lines)


def _person(person: dict[str, Any]) -> str:
    return f"{person['display_name']} ({person['role']} {person['area']}): {', '.join(person['channels'])}"
