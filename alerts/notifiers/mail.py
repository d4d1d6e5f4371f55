"""Mail, by SMTP: a plain text with the picture attached, one connection a message."""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import ClassVar

import aiosmtplib

from alerts.notifiers import addresses
from alerts.notifiers.base import CALLS, DeliveryError, Message, Receipt, checked, cleaned, letter
from alerts.notifiers.exchange import TIMEOUT_S
from alerts.notifiers.settings import Security
from alerts.notifiers.texts import one_line
from core.clock import Clock, SystemClock

_CLOCK: Clock = SystemClock()
_NO_SUCH_MAILBOX = re.compile(r"\b5\.1\.(1|6|10)\b")  # RFC 3463 and RFC 7505: no such mailbox, moved, takes no mail


@dataclass(frozen=True)
class Mail:
    """`security`: the connection turns to TLS (`starttls`, port 587), begins with it (`tls`, port 465), or has none."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender_name: str = "E-Kamling"
    tls: ssl.SSLContext | None = None
    timeout_s: float = TIMEOUT_S
    clock: Clock = _CLOCK
    channel: ClassVar[str] = "mail"

    def check(self, address: str) -> str:
        """A mail address."""
        return addresses.mailbox(address)

    async def send(self, address: str, message: Message) -> Receipt:
        mail = self._written(checked(self, address), cleaned(message))
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password or None,
            local_hostname=self._domain,  # else aiosmtplib asks the DNS, and the loop waits for it
            timeout=self.timeout_s,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=self.tls,
        )
        try:
            async with asyncio.timeout(self.timeout_s):
                await client.connect()
                await client.send_message(mail)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise self._error(error) from None
        finally:
            client.close()
        return Receipt(str(mail["Message-ID"]))

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2]

    def _written(self, address: str, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = f"{_phrase(self.sender_name)} <{self.sender}>"
        mail["To"] = address
        mail["Subject"] = _literal(message.title) or f"E-Kamling {message.number}"
        mail["Date"] = format_datetime(self.clock.now())
        mail["Message-ID"] = self._id(message.id)
        mail["References"] = mail["In-Reply-To"] = self._id(f"incident.{message.incident}")  # one thread an incident
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in answer
        mail["X-Auto-Response-Suppress"] = "All"
        if message.severity == 1 and message.action in CALLS:
            mail["Importance"] = "high"
        mail.set_content(letter(message, with_answer=True) + "\n")
        if message.picture:
            mail.add_attachment(message.picture, maintype="image", subtype="jpeg", filename=f"{message.number}.jpg")
        return mail

    def _id(self, name: str) -> str:
        return f"<{name}@{self._domain}>"

    def _error(self, error: Exception) -> DeliveryError:
        """What went wrong, in the server's own words where it had any: 4xx passes, 5xx stays (RFC 5321, 4.2.1)."""
        refused = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
        if isinstance(refused, aiosmtplib.SMTPResponseException) and refused.code > 0:
            said = self._hidden(str(refused.message))
            if isinstance(refused, aiosmtplib.SMTPAuthenticationError):
                said = "it does not accept the user and password"
            gone = isinstance(refused, aiosmtplib.SMTPRecipientRefused) and bool(_NO_SUCH_MAILBOX.search(said))
            text = f"mail server {self.host} answered {refused.code}: {said}"
            return DeliveryError(one_line(text, 200), permanent=refused.code >= 500, gone=gone)
        if isinstance(error, TimeoutError):
            return DeliveryError(f"mail server {self.host} did not answer within {self.timeout_s:g} s", permanent=False)
        if isinstance(error, ConnectionError | OSError):
            why = type(error).__name__
            return DeliveryError(f"mail server {self.host} cannot be reached ({why})", permanent=False)
        text = f"mail server {self.host} cannot do what the settings ask: {self._hidden(str(error))}"
        return DeliveryError(one_line(text, 200), permanent=True)

    def _hidden(self, text: str) -> str:
        return one_line(text.replace(self.password, "***") if self.password else text, 160)


def _phrase(name: str) -> str:
    """A name before an address, quoted (RFC 5322)."""
    return '"' + re.sub(r'["\\]', "", _literal(one_line(name, 80))) + '"'


def _literal(text: str) -> str:
    """A text that no reader takes for an encoded word (RFC 2047), in which line ends could hide."""
    return text.replace("=?", "= ?")
