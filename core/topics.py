"""Names of the MQTT topics: one tree an edge, `ek/v1/{edge}/…`, so that a broker can bind each edge to its own."""

import re

from core.errors import WireError

ROOT = "ek/v1"
UP = ("event", "snapshot", "status", "reply")
BRIEF = ("live",)  # up as well, and kept by nobody: worth nothing a moment later
DOWN = ("ack", "cmd")

SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}\Z"  # \Z, because $ would let a line break through
_SLUG = re.compile(SLUG_PATTERN)


def topic(edge: str, channel: str) -> str:
    """The topic of one channel of one edge."""
    return f"{ROOT}/{edge}/{channel}"


def subject(edge: str, channel: str) -> str:
    """The same topic as NATS names it inside the broker; `*` as the edge means all of them."""
    return topic(edge, channel).replace("/", ".")


def parse_subject(name: str) -> tuple[str, str]:
    """(edge, channel) of a NATS subject; raises WireError where it is none of ours.

    The broker has authorised this name, so the edge in it is the sender: no payload is asked who sent it.
    """
    root, separator, rest = name.partition("ek.v1.")
    edge, _, channel = rest.partition(".")
    if root or not separator or not _SLUG.match(edge) or channel not in UP + BRIEF:
        raise WireError(f"subject {name[:80]!r} is not one of ek.v1.EDGE.{{{','.join(UP + BRIEF)}}}")
    return edge, channel
