"""Words for messages to people."""

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?` for the known name that a misspelt one is nearest to; nothing where none is near."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
