"""The page of all commands, made from their own argument parsers."""

import argparse
from collections.abc import Iterator

from ekamling import cli
from ekamling.reference.markdown import GENERATED, table

HEAD = f"""\
# Commands

{GENERATED}

`make setup` puts the command into `.venv/bin/ekamling`. Each prints its own help with `--help`. What goes wrong is one
line on stderr that begins with `ekamling:`, and the exit status is 1 (2 for arguments that cannot be used).
"""


def page() -> str:
    """The whole page, in Markdown."""
    top = cli.parser_for(None)
    parts = [HEAD, f"## `ekamling`\n\nBefore the name of a command:\n\n{_arguments(top)}"]
    for name in cli.COMMANDS:
        parser = _children(cli.parser_for(name))[name]
        parts += [section(each, "##" if each is parser else "###") for each in _tree(parser)]
    return "\n".join(parts)


def _tree(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, then those of its actions."""
    yield parser
    for child in _children(parser).values():
        yield from _tree(child)


def _children(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help for choice in action._choices_actions}
            for name, child in action.choices.items():
                child.description = child.description or helps.get(name)
            return dict(action.choices)
    return {}


def section(parser: argparse.ArgumentParser, level: str) -> str:
    """One command or action, below a heading of that level (`##`)."""
    summary = (parser.description or "").rstrip(".")
    arguments = _arguments(parser)
    return f"{level} `{parser.prog}`\n\n{summary[:1].upper()}{summary[1:]}.\n" + (f"\n{arguments}" if arguments else "")


def _arguments(parser: argparse.ArgumentParser) -> str:
    """A table of the arguments; empty where there are none."""
    rows = [
        (f"`{_shown(action)}`", _meaning(action), _default(action))
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    ]
    return table(("argument", "meaning", "default"), rows) if rows else ""


def _shown(action: argparse.Action) -> str:
    """As one types it: `--port PORT`, `USER`, `FILE ...`."""
    value = str(
        action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper())
    )
    more = " ..." if action.nargs in ("+", "*") else ""
    if not action.option_strings:
        return value + more
    return action.option_strings[-1] if action.nargs == 0 else f"{action.option_strings[-1]} {value}{more}"


def _meaning(action: argparse.Action) -> str:
    return (action.help or "") % vars(action)


def _default(action: argparse.Action) -> str:
    if action.required:
        return "*required*"
    return "" if action.default in (None, "", False, argparse.SUPPRESS) else f"`{action.default}`"
