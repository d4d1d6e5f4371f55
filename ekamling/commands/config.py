"""`ekamling config`: check configuration files, and print the reference pages."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from core.errors import ConfigError, EkamlingError
from ekamling import configuration

PAGES = ("configuration", "commands", "api")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say whether edge.toml or centre.toml files are good, and what is wrong")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an edge.toml or a centre.toml")
    reference = actions.add_parser("reference", help="print a reference page, in Markdown")
    reference.add_argument(
        "page", choices=PAGES, nargs="?", default=PAGES[0], help="all keys, all commands, or all HTTP endpoints"
    )


def run(options: argparse.Namespace) -> int:
    """Do it; raises ConfigError with every problem of every file."""
    if options.action == "reference":
        sys.stdout.write(_page(options.page))
        return 0
    problems: list[str] = []
    for path in options.files:
        try:
            sys.stdout.write(f"{path}: {configuration.described(configuration.read(path))}\n")
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return 0


def _page(name: str) -> str:
    """A reference page. Its module is imported only now, because each needs the packages of what it describes."""
    try:
        module: Any = importlib.import_module(f"ekamling.reference.{name}")
        text: str = module.page()
    except ModuleNotFoundError as error:
        raise EkamlingError(
            f"the page {name!r} needs the package {error.name!r}; install E-Kamling with the extras 'edge' and 'server'"
        ) from error
    return text
