"""Apprise: what arrives at a service, what is refused, and that nothing needs it where it is not set up."""

import sys
from pathlib import Path

import httpx
import pytest

from alerts.notifiers import apprise as apprise_module
from alerts.notifiers import channels
from alerts.notifiers.apprise import Apprise, library
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.settings import AppriseSettings, AppriseTarget, NotifierSettings
from core.errors import EkamlingError
from tests.alerts.notifiers.far_side import FarSide, Said
from tests.alerts.notifiers.samples import a_message


def an_apprise(far: FarSide, *schemes: str) -> Apprise:
    return Apprise(library(), {"desa": f"json://127.0.0.1:{far.port}/desa"}, frozenset(schemes))


async def test_a_message_arrives_whole(far: FarSide) -> None:
    receipt = await an_apprise(far).send("desa", a_message())
    (asked,) = far.asked
    assert (receipt.provider_id, asked.target) == ("", "/desa")
    assert (asked.json["title"], asked.json["type"]) == ("Kejadian 42: orang di area terlarang", "failure")
    for part in ("Mohon periksa.", "https://kamling.example.go.id/a/tk_", "query=-7.388"):
        assert part in asked.json["message"]


@pytest.mark.parametrize(
    ("action", "severity", "kind"),
    [("trigger", 1, "failure"), ("trigger", 3, "warning"), ("acknowledge", 1, "info"), ("resolve", 1, "success")],
)
async def test_the_sort_of_message_is_told(far: FarSide, action: str, severity: int, kind: str) -> None:
    await an_apprise(far).send("desa", a_message(action=action, severity=severity))
    assert far.asked[0].json["type"] == kind


async def test_an_address_in_full_must_be_of_a_sort_that_is_allowed(far: FarSide) -> None:
    address = f"json://127.0.0.1:{far.port}/rw"
    with pytest.raises(EkamlingError, match=r"json:// are not in notify\.apprise\.schemes"):
        an_apprise(far).check(address)
    allowed = an_apprise(far, "json")
    await allowed.send(allowed.check(f" {address} "), a_message())
    assert far.asked[0].target == "/rw"
    for wrong in ("syslog://", "file:///etc/passwd", "jsons://127.0.0.1", "lain"):
        with pytest.raises(EkamlingError, match="apprise"):
            allowed.check(wrong)


async def test_an_error_never_holds_the_address(far: FarSide) -> None:
    with pytest.raises(EkamlingError) as error:
        an_apprise(far).check("tgram://123456:rahasia/")
    assert "rahasia" not in str(error.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(far: FarSide, status: int) -> None:
    async with FarSide() as other:
        far.answering = lambda _: Said(status, headers={"Location": f"{other.url}/x"})
        notifier = Apprise(library(), {"desa": f"json://127.0.0.1:{far.port}/?redirect=yes"})
        with pytest.raises(DeliveryError):
            await notifier.send("desa", a_message())
        assert other.asked == []


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (429, False), (500, False), (503, False)]
)
async def test_the_status_says_whether_to_try_again(far: FarSide, status: int, permanent: bool) -> None:
    far.answering = lambda _: Said(status)
    with pytest.raises(DeliveryError, match=f"error={status}") as error:
        await an_apprise(far).send("desa", a_message())
    assert error.value.permanent == permanent


async def test_messages_that_hang_do_not_pile_up(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise_module, "AT_ONCE", 2)
    far.answering = lambda _: Said(hang=True)
    notifier = Apprise(library(), {"desa": f"json://127.0.0.1:{far.port}/"}, timeout_s=0.1)
    told = []
    for _ in range(3):
        with pytest.raises(DeliveryError) as error:
            await notifier.send("desa", a_message())
        told.append(str(error.value))
    assert told == ["apprise: did not answer within 0.1 s"] * 2 + ["apprise: too many messages are on their way"]


# --- set up, or not


def settings(folder: Path, url: str = "json://127.0.0.1:9/") -> AppriseSettings:
    path = folder / "desa.url"
    path.write_text(url)
    path.chmod(0o600)
    return AppriseSettings(targets=[AppriseTarget("desa", str(path))])


async def test_it_is_there_where_it_is_set_up(http: httpx.AsyncClient, tmp_path: Path) -> None:
    made = channels.build(NotifierSettings(apprise=settings(tmp_path)), http)
    assert made["apprise"].check("desa") == "desa"
    assert "apprise" not in channels.build(NotifierSettings(), http)


async def test_without_the_extra_one_line_says_what_to_do(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert channels.build(NotifierSettings(), http) == {}
    with pytest.raises(EkamlingError, match=r"apprise: its package is not installed; run pip install 'ekamling\["):
        channels.build(NotifierSettings(apprise=settings(tmp_path)), http)


async def test_a_target_that_cannot_be_used_is_named(http: httpx.AsyncClient, tmp_path: Path) -> None:
    with pytest.raises(EkamlingError, match=r"targets\[desa\]: apprise: cannot use an address of rahasia://"):
        channels.build(NotifierSettings(apprise=settings(tmp_path, "rahasia://x")), http)


def test_a_name_is_given_once() -> None:
    with pytest.raises(EkamlingError, match="given twice"):
        AppriseSettings(targets=[AppriseTarget("desa", "a"), AppriseTarget("desa", "b")])
