"""What holds for every channel: receipts, which errors are temporary and which not, time limits, and no secret told."""

import logging
from pathlib import Path

import pytest

from alerts.notifiers.base import DeliveryError
from core.errors import EkamlingError
from tests.alerts.notifiers.rigs import CHANNELS, HTTP, SECRETS, Mood, rig
from tests.alerts.notifiers.samples import JPEG, a_message


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_is_accepted_gives_a_receipt(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "accepts", tmp_path) as made:
        assert made.notifier.channel == channel
        assert made.notifier.check(made.notifier.check(made.address)) == made.notifier.check(made.address)
        for action in ("trigger", "acknowledge", "resolve"):
            for picture in (None, b"", JPEG):
                receipt = await made.notifier.send(made.address, a_message(action=action, picture=picture))
                assert isinstance(receipt.provider_id, str)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("mood", ["busy", "absent"])
async def test_what_may_pass_is_temporary(channel: str, mood: Mood, tmp_path: Path) -> None:
    async with rig(channel, mood, tmp_path) as made:
        with pytest.raises(DeliveryError) as error:
            await made.notifier.send(made.address, a_message())
    assert not error.value.permanent
    assert not error.value.gone
    if mood == "busy" and channel in HTTP:
        assert error.value.retry_after_s == 2


@pytest.mark.parametrize("channel", CHANNELS)
async def test_who_does_not_answer_is_not_waited_for(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "hangs", tmp_path, timeout_s=0.3) as made:
        with pytest.raises(DeliveryError, match=r"did not answer within 0\.3 s") as error:
            await made.notifier.send(made.address, a_message())
    assert not error.value.permanent


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_refusal_is_permanent(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "refuses", tmp_path) as made:
        with pytest.raises(DeliveryError) as error:
            await made.notifier.send(made.address, a_message())
    assert error.value.permanent
    assert str(error.value).isprintable()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_wrong_address_is_named_at_once_and_permanent_later(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "accepts", tmp_path) as made:
        with pytest.raises(EkamlingError):
            made.notifier.check(made.wrong)
        with pytest.raises(DeliveryError) as error:
            await made.notifier.send(made.wrong, a_message())
    assert error.value.permanent


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("mood", ["accepts", "busy", "absent", "echoes", "hangs"])
async def test_no_secret_is_told(channel: str, mood: Mood, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = ""
    async with rig(channel, mood, tmp_path, timeout_s=0.3 if mood == "hangs" else 5.0) as made:
        told += repr(made.notifier)
        try:
            await made.notifier.send(made.address, a_message())
        except DeliveryError as error:
            told += f"{error} {error!r} {error.__cause__}"
    for secret in SECRETS:
        assert secret not in told
        assert secret not in caplog.text


@pytest.mark.parametrize("channel", HTTP)
async def test_who_hangs_up_is_called_again(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "hangs up", tmp_path) as made:
        with pytest.raises(DeliveryError, match="cannot be reached") as error:
            await made.notifier.send(made.address, a_message())
    assert not error.value.permanent


@pytest.mark.parametrize("channel", HTTP)
async def test_an_answer_without_an_end_is_cut(channel: str, tmp_path: Path) -> None:
    async with rig(channel, "endless", tmp_path) as made:
        try:
            await made.notifier.send(made.address, a_message())
        except DeliveryError as error:
            assert "did not answer" not in str(error)
