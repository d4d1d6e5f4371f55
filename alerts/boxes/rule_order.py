"""The order: which rules people at the centre want on a camera. Values in, values out; no database here.

In words: an order holds all rules of its camera, or says that those of the edge's file count again. It waits until its
edge has answered; it is sent at once while the edge is online, and again with every heartbeat of that edge. `ok` ends
it; a refusal ends the waiting and leaves the reason to be read. A newer order for the same camera replaces it. An edge
that does not tell of its rules does not know the order, and is not waited for.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core import events, rules
from core.events import CameraStatus, Command, Reply
from core.ids import new_id
from core.rules import RulesDocument

State = Literal["waiting", "applied", "refused", "replaced"]
TOO_OLD = "the program of edge {} is too old to take rules from the centre; update it there"


class RuleOrder(Struct, frozen=True, kw_only=True):
    """One order as it is stored. `rules` is their text as JSON, None for those of the edge's file."""

    edge: str
    camera: str
    version: int
    command: str  # id of the command that carries it, and of the edge's answer
    rules: str | None
    who: str
    at: datetime
    state: State = "waiting"
    due: bool = True
    answered_at: datetime | None = None
    note: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """What an edge told of the rules that run on a camera. `asked` is the command that asks for their text."""

    edge: str
    camera: str
    digest: str
    source: str
    version: int
    since: datetime
    document: str | None = None
    asked: str | None = None
    due: bool = False
    note: str = ""


def given(
    camera: tuple[str, str], version: int, wanted: Sequence[dict[str, Any]] | None, who: str, now: datetime
) -> RuleOrder:
    """A new order for a camera, (edge, id); raises WireError where no command can carry it."""
    edge, name = camera
    rules.encode(RulesDocument(camera=name, version=version, rules=None if wanted is None else list(wanted)))
    text = None if wanted is None else msgspec.json.encode(wanted).decode()
    order = RuleOrder(edge=edge, camera=name, version=version, command=new_id(), rules=text, who=who, at=now)
    events.decode(Command, events.encode(carried(order)))
    return order


def carried(order: RuleOrder) -> Command:
    """The command that carries an order to its edge; raises WireError where none can."""
    wanted = None if order.rules is None else msgspec.json.decode(order.rules)
    document = RulesDocument(camera=order.camera, version=order.version, rules=wanted)
    return Command(id=order.command, name=rules.ORDER, args={"document": rules.encode(document)})


def asking(known: Known) -> Command:
    """The command that asks an edge for the rules that run on a camera."""
    return Command(id=known.asked or "", name=rules.READ, args={"camera": known.camera})


def answered(order: RuleOrder, reply: Reply, at: datetime) -> RuleOrder:
    """An order after its edge's answer."""
    if reply.ok:
        return replace(order, state="applied", due=False, answered_at=at)
    note = reply.message or "the edge gives no reason"
    return replace(order, state="refused", due=False, answered_at=at, note=note)


def after_beat(order: RuleOrder, camera: CameraStatus | None, online: bool, at: datetime) -> RuleOrder:
    """A waiting order after a heartbeat, in which its camera stands, or not any more."""
    if camera is not None and not camera.rules:
        return replace(order, state="refused", due=False, answered_at=at, note=TOO_OLD.format(order.edge))
    whose = "file" if order.rules is None else "centre"
    if camera is not None and (camera.rules_version, camera.rules_from) == (order.version, whose):
        return replace(order, state="applied", due=False, answered_at=at)
    return replace(order, due=True) if online else order


def told(known: Known | None, edge: str, camera: CameraStatus, at: datetime) -> Known:
    """What is known of a camera's rules after a heartbeat; while their text is not, it is asked for."""
    if known is None or known.digest != camera.rules:
        known = Known(edge=edge, camera=camera.id, digest=camera.rules, source="", version=0, since=at)
    known = replace(known, source=camera.rules_from, version=camera.rules_version)
    if known.document is None and not known.note:
        return replace(known, asked=known.asked or new_id(), due=True)
    return known


def now_runs(order: RuleOrder, document: str, at: datetime) -> Known:
    """What runs on a camera after its edge took an order and told the rules in full."""
    source = "file" if order.rules is None else "centre"
    return Known(
        edge=order.edge,
        camera=order.camera,
        digest=rules.digest(document),
        source=source,
        version=order.version,
        since=at,
        document=document,
    )


def read(known: Known, reply: Reply) -> Known:
    """What is known after the answer to `asking`. Rules that changed meanwhile are asked for at the next heartbeat."""
    if not reply.ok:
        return replace(known, due=False, note=reply.message or "the edge gives no reason")
    document = reply.document if rules.digest(reply.document) == known.digest else None
    return replace(known, due=False, document=document, asked=None)
