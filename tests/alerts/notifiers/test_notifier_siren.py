"""The siren: which pattern is beaten where, and when it stops."""

import pytest

from alerts.notifiers.base import DeliveryError
from alerts.notifiers.settings import SirenCode
from alerts.notifiers.siren import Siren
from core.errors import EkamlingError, ServiceError
from tests.alerts.notifiers.edge_side import Edge
from tests.alerts.notifiers.samples import a_message

CODES = (
    SirenCode("33.03", "thief", "2-2-2"),
    SirenCode("33.03.05.1005", "thief", "5-5-5"),
    SirenCode("33.03", "fire", "3-3-3"),
)


async def test_the_code_of_the_desa_is_beaten() -> None:
    edge = Edge()
    receipt = await Siren(edge, CODES, seconds=30).send("pos-kamling", a_message(kind="thief"))
    assert receipt.provider_id == f"pos-kamling:{a_message().id}"
    ((name, order),) = edge.told
    assert name == "pos-kamling"
    assert (order["action"], order["pattern"], order["seconds"]) == ("sound", "5-5-5", 30)
    assert order["id"] == a_message().id


@pytest.mark.parametrize(
    ("kind", "area", "pattern"),
    [
        ("thief", "33.03.05.1005", "5-5-5"),
        ("thief", "33.03.05.10050", "2-2-2"),
        ("thief", "33.03.06.2001/RW01", "2-2-2"),
        ("fire", "33.03.05.1005/RW02", "3-3-3"),
        ("flood", "33.03.05.1005", "titir"),
        ("thief", "33.04.01.2001", "titir"),
    ],
)
def test_the_smallest_area_with_a_code_decides(kind: str, area: str, pattern: str) -> None:
    assert Siren(Edge(), CODES).pattern(kind, area) == pattern


async def test_without_a_code_it_says_so_where_nothing_else_is_wanted() -> None:
    with pytest.raises(DeliveryError, match=r"no kentongan code for flood in 33\.03.*siren\.codes") as error:
        await Siren(Edge(), CODES, otherwise="").send("pos-kamling", a_message(kind="flood"))
    assert error.value.permanent


async def test_it_stops_when_all_is_over_and_not_when_somebody_comes() -> None:
    edge = Edge()
    await Siren(edge, CODES).send("pos-kamling", a_message(action="acknowledge"))
    await Siren(edge, CODES).send("pos-kamling", a_message(action="resolve"))
    assert [order["action"] for _, order in edge.told] == ["stop"]


@pytest.mark.parametrize("error", [ServiceError("no link"), ConnectionResetError("gone"), TimeoutError()])
async def test_an_edge_that_cannot_be_told_is_tried_again(error: Exception) -> None:
    with pytest.raises(DeliveryError, match="edge pos-kamling") as raised:
        await Siren(Edge(error)).send("pos-kamling", a_message())
    assert not raised.value.permanent


@pytest.mark.parametrize("given", ["", "Pos Kamling", "a/b", "x" * 64, "a\n"])
def test_wrong_edges(given: str) -> None:
    if given == "a\n":
        assert Siren(Edge()).check(given) == "a"
        return
    with pytest.raises(EkamlingError, match="edge"):
        Siren(Edge()).check(given)
