"""Mail, against aiosmtpd with and without TLS and signing in."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from alerts.notifiers.base import DeliveryError
from alerts.notifiers.mail import Mail
from core.clock import ManualClock
from core.errors import EkamlingError
from tests.alerts.notifiers.mail_side import PASSWORD, USER, MailSide
from tests.alerts.notifiers.samples import HOSTILE, JPEG, NOW, TOKEN, a_message

SENDER = "kamling@example.go.id"
TO = "lurah.bancar@example.go.id"


def mail(side: MailSide, **changed: Any) -> Mail:
    values: dict[str, Any] = {"security": "none", "tls": side.trusted, "clock": ManualClock(NOW), "timeout_s": 5.0}
    return Mail("127.0.0.1", side.port, SENDER, **{**values, **changed})


async def test_a_mail_has_text_picture_and_a_name_that_lasts(tmp_path: Path) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        receipt = await mail(side).send(TO, a_message(picture=JPEG))
    (got,) = side.letters.got
    assert side.letters.envelopes[0].rcpt_tos == [TO]
    assert got["Message-ID"] == receipt.provider_id == f"<{a_message().id}@example.go.id>"
    assert got["Subject"] == a_message().title
    assert got["From"] == "E-Kamling <kamling@example.go.id>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Importance"] == "high"
    assert got["References"] == got["In-Reply-To"] == f"<incident.{a_message().incident}@example.go.id>"
    assert got["Date"].datetime == NOW
    text, picture = got.iter_parts()
    assert f"Terima: https://kamling.example.go.id/a/{TOKEN}" in text.get_content()
    assert picture.get_content() == JPEG
    assert picture.get_content_type() == "image/jpeg"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_connection_is_encrypted_and_signed_in(tmp_path: Path, security: str) -> None:
    async with MailSide(tmp_path, tls=security, auth=True) as side:
        await mail(side, security=security, user=USER, password=PASSWORD).send(TO, a_message())
    assert len(side.letters.got) == 1


async def test_a_wrong_password_is_permanent_and_never_shown(tmp_path: Path) -> None:
    async with MailSide(tmp_path, auth=True) as side:
        with pytest.raises(DeliveryError, match="user and password") as error:
            await mail(side, security="starttls", user=USER, password="salah-sekali").send(TO, a_message())
    assert error.value.permanent
    assert "salah" not in str(error.value)


async def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        with pytest.raises(DeliveryError, match="cannot do what the settings ask") as error:
            await mail(side, security="starttls").send(TO, a_message())
    assert error.value.permanent
    assert side.letters.got == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path, security: str) -> None:
    async with MailSide(tmp_path, tls=security) as side:
        with pytest.raises(DeliveryError) as error:
            await mail(side, security=security, tls=ssl.create_default_context()).send(TO, a_message())
    assert not error.value.permanent
    assert side.letters.got == []


@pytest.mark.parametrize(
    ("command", "answer", "permanent", "gone"),
    [
        ("RCPT", "450 4.2.1 try again", False, False),
        ("RCPT", "550 5.1.1 no such user", True, True),
        ("RCPT", "550 5.7.1 policy", True, False),
        ("DATA", "451 4.3.0 greylisted", False, False),
        ("DATA", "554 5.6.0 spam", True, False),
        ("DATA", "554 " + "x" * 400, True, False),
    ],
)
async def test_refusals(tmp_path: Path, command: str, answer: str, permanent: bool, gone: bool) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        side.letters.refuses[command] = answer
        with pytest.raises(DeliveryError, match=answer[:3]) as error:
            await mail(side).send(TO, a_message())
    assert (error.value.permanent, error.value.gone) == (permanent, gone)
    assert len(str(error.value)) <= 200


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
@example("=?utf-8?q?a=0D=0ABcc:_semua@example.com?=", "an encoded word that holds line ends")
@example("Baris satu\r\nBcc: semua@example.com", "line ends as they are")
async def test_no_text_becomes_a_header_or_a_command(tmp_path: Path, title: str, body: str) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        message = a_message(title=title, body=body, place=title)
        await mail(side, sender_name=title).send(TO, message)
    (got,) = side.letters.got
    assert side.letters.envelopes[0].rcpt_tos == [TO]
    assert set(got.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted"),
        *("X-Auto-Response-Suppress", "Importance", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    }
    assert "\n" not in str(got["Subject"])


@pytest.mark.parametrize(
    ("given", "kept"), [(" Lurah@Bancar.EXAMPLE.go.id ", "Lurah@bancar.example.go.id"), ("a+b@x.id", "a+b@x.id")]
)
async def test_addresses(tmp_path: Path, given: str, kept: str) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        assert mail(side).check(given) == kept


@pytest.mark.parametrize(
    "given", ["", "a", "a@", "@b", "a@b\nc@d", "A <a@b>", "a b@c", "a,b@c", ".a@b", "a@-b", "a@b..c", "é@b"]
)
async def test_wrong_addresses(tmp_path: Path, given: str) -> None:
    async with MailSide(tmp_path, tls="none") as side:
        with pytest.raises(EkamlingError, match="mail address"):
            mail(side).check(given)
