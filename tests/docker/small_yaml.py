"""Reads the little YAML that a compose file needs: maps by indentation, lists, flow lists of words, comments."""

import re
from typing import Any

_FLOW = re.compile(r"^\[(.*)\]$")
_KEY = re.compile(r"^([\w.-]+):(?: (.*))?$")


def read(text: str) -> Any:
    """Maps, lists and texts (nothing is made a number); ValueError for YAML beyond that."""
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in (re.sub(r"(^|\s)#.*$", "", line).rstrip() for line in text.splitlines())
        if line.strip()
    ]
    value, rest = _block(lines)
    if rest:
        raise ValueError(f"cannot place {rest[0][1]!r}")
    return value


Lines = list[tuple[int, str]]


def _block(lines: Lines) -> tuple[Any, Lines]:
    """The value of the lines as far in as the first, and the lines behind it."""
    depth = lines[0][0]
    if lines[0][1].startswith("- "):
        items = []
        while lines and lines[0][0] == depth and lines[0][1].startswith("- "):
            items.append(_scalar(lines[0][1][2:]))
            lines = lines[1:]
        return items, lines
    found: dict[str, Any] = {}
    while lines and lines[0][0] == depth:
        match = _KEY.match(lines[0][1])
        if not match or match[1] in found:
            raise ValueError(f"cannot read {lines[0][1]!r}")
        lines = lines[1:]
        if match[2]:
            found[match[1]] = _scalar(match[2])
        elif lines and lines[0][0] > depth:
            found[match[1]], lines = _block(lines)
        else:
            found[match[1]] = None
    return found, lines


def _scalar(text: str) -> Any:
    text = text.strip()
    if flow := _FLOW.match(text):
        return [_scalar(item) for item in flow[1].split(",")]
    return text[1:-1] if text[:1] == text[-1:] == '"' else text
