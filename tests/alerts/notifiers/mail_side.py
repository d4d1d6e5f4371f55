"""A mail server on loopback: aiosmtpd, in the test's own loop, with a certificate of its own."""

import asyncio
import ssl
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "kamling", "rahasia-ronda-7"


@dataclass
class Letters:
    """What came in. `refuses` maps a command (`RCPT`, `DATA`) to the answer it gets instead."""

    got: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    hangs: bool = False

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        if "RCPT" in self.refuses:
            return self.refuses["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK: kept"


class MailSide:
    """Runs while it is entered. `tls`: "starttls", "tls" or "none"; `auth`: only who signs in may send."""

    def __init__(self, folder: Path, *, tls: str = "starttls", auth: bool = False) -> None:
        self.letters = Letters()
        self._tls, self._auth = tls, auth
        self._served, self.trusted = certificates(folder)
        self._open: list[SMTP] = []

    async def __aenter__(self) -> "MailSide":
        loop = asyncio.get_running_loop()
        outer = self._served if self._tls == "tls" else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=outer)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for protocol in self._open:
            if isinstance(protocol.transport, asyncio.WriteTransport):
                protocol.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    def _protocol(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Requiring AUTH while not")  # it knows only the TLS that comes later
            protocol = self._made()
        self._open.append(protocol)
        return protocol

    def _made(self) -> SMTP:
        return SMTP(
            self.letters,
            hostname="localhost",
            ident="test",
            tls_context=self._served if self._tls == "starttls" else None,
            require_starttls=self._tls == "starttls",
            auth_required=self._auth,
            auth_require_tls=self._tls == "starttls",
            authenticator=_known,
            loop=asyncio.get_running_loop(),
        )


def _known(_: SMTP, __: Session, ___: Envelope, ____: str, who: object) -> AuthResult:
    good = isinstance(who, LoginPassword) and (who.login, who.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(for the server, for a client that trusts it): a certificate for 127.0.0.1 that lives an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate, private)
    return served, ssl.create_default_context(cafile=str(certificate))
