"""The order: which mode people at the centre want a group of cameras in. Values in, values out; no database here.

In words: an order waits until its edge answers. It is sent at once while the edge is online, and again with every
heartbeat of that edge. `ok` ends it; a refusal ends the waiting and leaves the reason to be read. A newer order for the
same group takes its place.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from core.events import Command, Status
from core.ids import new_id

Mode = Literal["armed", "night", "mudik", "disarmed"]  # those that edges know
ANSWER = timedelta(seconds=10)  # in which an edge that is there has answered


class Order(Struct, frozen=True, kw_only=True):
    """One order as it is stored. `due`: it is to be sent; `refusal`: why the edge did not obey, None while it waits."""

    edge: str
    group: str
    mode: Mode
    command: str  # id of the command that carries it, and of the edge's answer
    who: str
    at: datetime
    due: bool = True
    sent_at: datetime | None = None
    refusal: str | None = None


def given(edge: str, group: str, mode: Mode, who: str, now: datetime) -> Order:
    """A new order."""
    return Order(edge=edge, group=group, mode=mode, command=new_id(), who=who, at=now)


def carried(order: Order) -> Command:
    """The command that carries an order to its edge."""
    return Command(id=order.command, name="arm", args={"group": order.group, "mode": order.mode})


def fulfilled(order: Order, status: Status, at: datetime) -> bool:
    """Whether a heartbeat that came `at` shows that nothing is left to do: all cameras of the group are in that mode.

    A heartbeat says nothing about an order that was given or sent just before: it may have been written before the
    order came and show a mode that the group is about to leave. Then the edge's own answer decides.
    """
    if status.at is None or min(at, status.at) - (order.sent_at or order.at) < ANSWER:
        return False
    return {camera.mode for camera in status.cameras if camera.group == order.group} == {order.mode}
