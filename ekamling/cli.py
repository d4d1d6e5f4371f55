"""The command line. Each command is a module of its own, imported only when it is called."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from core.errors import EkamlingError
from ekamling import logs

COMMANDS = {
    "demo": "run the whole pipeline on bundled footage",
    "edge": "run an edge beside its cameras",
    "arm": "arm or disarm groups of cameras on an edge",
    "siren": "try out or stop the siren beside an edge",
    "server": "run the centre",
    "backup": "copy a running centre into a folder",
    "restore": "put a centre back from a backup",
    "audit": "prove that the record of changes is as it was written",
    "camera": "look at a camera before it is put into service",
    "watch": "look at a camera's loop live, in a browser page on this machine",
    "simulate": "a night of a regency in minutes: how many alarms reach whom",
    "simulator": "serve a clip as a camera, over RTSP",
    "user": "add people and make sign-in links",
    "routing": "read, write and try out who is told of an incident",
    "area": "load and list the areas of a regency",
    "report": "write the monthly report of an area, as PDF and CSV",
    "model": "list, import, measure and export what recognises people and vehicles",
    "evaluate": "measure detection, tracking and rules against ground truth",
    "bench": "measure speed against the ways of peers",
    "config": "check a configuration file, or print the reference of all keys",
}

EXTRAS = "ekamling[edge], ekamling[server], ekamling[demo] or ekamling[evaluate]"

log = logging.getLogger("ekamling")


def program() -> int:
    """The command as a process of its own."""
    os.umask(0o077)  # what we write holds pictures of people and passwords: it is its owner's alone
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status. What goes wrong is one line on stderr, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parser = parser_for(next((word for word in given if word in COMMANDS), None))
        options = parser.parse_args(given)
        logs.configure(options.log, verbose=options.verbose)
        return int(options.run(options))
    except EkamlingError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"ekamling: {line}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"ekamling: the package {error.name} is missing; install the extra of this command: {EXTRAS}\n"
        )
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        log.debug("internal error", exc_info=True)
        sys.stderr.write(f"ekamling: internal error: {error or type(error).__name__} (--verbose shows where)\n")
        return 70


def parser_for(command: str | None) -> argparse.ArgumentParser:
    """The parser; only the module of the called command is imported for its options."""
    parser = argparse.ArgumentParser(prog="ekamling", description="E-Kamling: the neighbourhood watch, electronic.")
    parser.add_argument("--log", choices=("text", "json"), default="text", help="form of the log lines on stderr")
    parser.add_argument("--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == command:
            module: Any = importlib.import_module(f"ekamling.commands.{name}")
            module.configure(sub)
            sub.set_defaults(run=module.run)
    return parser
