"""When an order is fulfilled, and what carries it."""

from datetime import timedelta
from typing import get_args

import pytest

from alerts.boxes.order import ANSWER, Mode, Order, carried, given
from alerts.boxes.order import fulfilled as is_fulfilled
from core.events import CameraStatus, Command, Status
from edge.arming import MODES
from tests.messages import AT, a_camera, a_status

LATER = AT + 2 * ANSWER


def an_order(mode: Mode = "night") -> Order:
    return given("pos-1", "blok-a", mode, "Siti", AT)


def night(**changes: object) -> CameraStatus:
    return a_camera(**{"group": "blok-a", "mode": "night", **changes})


def fulfilled(order: Order, status: Status) -> bool:
    return is_fulfilled(order, status, LATER)


def test_the_centre_knows_the_modes_that_edges_know() -> None:
    assert get_args(Mode) == MODES


def test_an_order_is_carried_by_a_command_that_edges_understand() -> None:
    order = an_order("mudik")
    assert carried(order) == Command(id=order.command, name="arm", args={"group": "blok-a", "mode": "mudik"})


def test_two_orders_are_never_taken_for_each_other() -> None:
    assert an_order().command != an_order().command


def test_a_group_that_is_in_the_mode_fulfils_the_order() -> None:
    other = a_camera(id="lain", group="blok-b", mode="armed")
    assert fulfilled(an_order(), a_status(night(), night(id="dua"), other, at=LATER))


@pytest.mark.parametrize(
    "cameras",
    [[night(mode="armed")], [night(), night(id="dua", mode="armed")], [night(mode="")], [night(group="blok-b")], []],
)
def test_a_group_that_is_not_all_in_the_mode_does_not(cameras: list[CameraStatus]) -> None:
    assert not fulfilled(an_order(), a_status(*cameras, at=LATER))


def test_a_heartbeat_that_was_written_about_when_the_order_was_given_or_sent_proves_nothing() -> None:
    just_after = AT + ANSWER - timedelta(seconds=1)
    assert not fulfilled(an_order(), a_status(night(), at=just_after))
    assert not is_fulfilled(an_order(), a_status(night(), at=LATER), just_after)
    sent_again = Order(edge="pos-1", group="blok-a", mode="night", command="id", who="Siti", at=AT, sent_at=LATER)
    assert not fulfilled(sent_again, a_status(night(), at=LATER))


def test_the_brokers_word_that_an_edge_fell_silent_proves_nothing() -> None:
    assert not fulfilled(an_order(), Status(online=False))
