"""What an administrator writes about the channels, in `centre.toml`. A channel without its first key is not there.

This file imports no channel: an edge reads configurations too, and has none of their libraries.
"""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from alerts.notifiers.addresses import mailbox
from core.beats import BEATS
from core.errors import EkamlingError
from core.events import AreaCode, Slug

# Where the push services of Chrome, Firefox, Edge and Safari stand. A subscription comes from its user: without such a
# list the centre could be made to call any host.
SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com")

Security = Literal["starttls", "tls", "none"]
NumberForm = Literal["+62", "62", "0"]

_HEADER = re.compile(r"[A-Za-z0-9-]+: *[\x20-\x7e]+")


def _needs(key: str, value: str, **others: str) -> None:
    for other, given in others.items():
        if value and not given:
            raise EkamlingError(f"{other}: is needed with {key}")


def _is_json(body: str) -> bool:
    try:
        json.loads(re.sub(r"\{(to|text|secret)\}", "0", body))
    except ValueError:
        return False
    return True


class WebPushSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages to browsers and to the pages that people put on their home screen."""

    key_file: Annotated[
        str, Meta(description="file that holds the private key (P-256, PEM), mode 0600; empty: no web push")
    ] = ""
    contact: Annotated[
        str,
        Meta(
            pattern=r"^(mailto:[^@\s]+@[A-Za-z0-9.-]+|https://[A-Za-z0-9.-]+)?\Z",
            description="where push services reach you: mailto:name@example.go.id; required with key_file",
        ),
    ] = ""
    ttl_s: Annotated[
        int, Meta(ge=0, le=2_419_200, description="how long a message waits for a telephone that is off, in seconds")
    ] = 3600
    services: Annotated[
        list[str], Meta(description="hosts of the push services that may be called; an empty list: any host")
    ] = field(default_factory=lambda: [*SERVICES])

    def __post_init__(self) -> None:
        _needs("key_file", self.key_file, contact=self.contact)


class TelegramSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages of a Telegram bot."""

    token_file: Annotated[
        str, Meta(description="file that holds the bot's token and nothing else, mode 0600; empty: no Telegram")
    ] = ""
    webhook_secret_file: Annotated[
        str, Meta(description="file with the secret_token that was given to setWebhook; empty: buttons do not work")
    ] = ""


class WhatsAppSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages over the WhatsApp Cloud API of Meta."""

    token_file: Annotated[
        str, Meta(description="file that holds a system user's access token, mode 0600; empty: no WhatsApp")
    ] = ""
    sender: Annotated[
        str, Meta(pattern=r"^[0-9]{0,30}\Z", description="id of the phone number at Meta, not the number itself")
    ] = ""
    template: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9_]{0,512}\Z",
            description="name of the approved template: four texts (title, place, message, address)",
        ),
    ] = ""
    button: Annotated[bool, Meta(description="whether the template has one quick reply by which people answer")] = True
    app_secret_file: Annotated[
        str, Meta(description="file with the secret of the app at Meta; empty: answers and receipts are not taken")
    ] = ""
    verify_token_file: Annotated[
        str, Meta(description="file with the word that Meta asks for when the webhook is set up")
    ] = ""

    def __post_init__(self) -> None:
        _needs("token_file", self.token_file, sender=self.sender, template=self.template)


class MailSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Mail over a server of yours."""

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]*\Z", description="name of the mail server; empty: no mail")] = (
        ""
    )
    port: Annotated[int, Meta(ge=1, le=65535, description="its port: 587 with starttls, 465 with tls")] = 587
    security: Annotated[
        Security, Meta(description="when the connection is encrypted: later (starttls), at once (tls), or never (none)")
    ] = "starttls"
    sender: Annotated[str, Meta(description="address that the mail comes from; required with host")] = ""
    sender_name: Annotated[str, Meta(max_length=80, description="name that the mail comes from")] = "E-Kamling"
    user: Annotated[str, Meta(description="name by which the centre signs in; empty: it does not")] = ""
    password_file: Annotated[str, Meta(description="file that holds the password and nothing else, mode 0600")] = ""

    def __post_init__(self) -> None:
        _needs("host", self.host, sender=self.sender)
        if self.sender:
            mailbox(self.sender)
        if bool(self.user) != bool(self.password_file):
            raise EkamlingError("user and password_file: give both or neither")
        if self.user and self.security == "none":
            raise EkamlingError('security: with "none" the password would travel in the clear; use starttls or tls')


class WebhookSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Signed messages to other applications."""

    secret_file: Annotated[
        str, Meta(description="file from which each receiver's key is made, mode 0600; empty: no webhooks")
    ] = ""


class SmsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """SMS over a gateway that is called by HTTP; {to}, {text} and {secret} stand for number, text and key."""

    url: Annotated[
        str,
        Meta(pattern=r"^(https?://\S+)?\Z", description="address of the gateway, with its parameters; empty: no SMS"),
    ] = ""
    method: Annotated[Literal["POST", "GET"], Meta(description="how it is called")] = "POST"
    headers: Annotated[list[str], Meta(description="headers, each as Name: value")] = []
    body: Annotated[str, Meta(description="body of the call, escaped as the header Content-Type says")] = ""
    secret_file: Annotated[str, Meta(description="file that holds the gateway's key, mode 0600")] = ""
    number: Annotated[NumberForm, Meta(description="how the gateway wants numbers: +62812…, 62812… or 0812…")] = "+62"
    accepted: Annotated[
        str, Meta(description="text that the answer holds when the SMS was accepted; empty: any answer of 2xx counts")
    ] = ""
    id_key: Annotated[str, Meta(description="where a JSON answer names the SMS, such as data.id; empty: nowhere")] = ""

    def __post_init__(self) -> None:
        if self.url:
            for problem in self._problems():
                raise EkamlingError(problem)

    def _problems(self) -> Iterator[str]:
        whole = "\n".join((self.url, self.body, *self.headers))
        yield from (
            f"{{{blank}}} stands neither in url nor in body" for blank in ("to", "text") if f"{{{blank}}}" not in whole
        )
        if ("{secret}" in whole) != bool(self.secret_file):
            yield "secret_file: is needed where {secret} stands in url, headers or body, and only there"
        if re.search(r"\{(to|text|secret)\}", self.url.partition("://")[2].partition("/")[0]):
            yield "url: the host cannot be a blank"
        yield from (
            f"headers: {line[:40]!r} is not Name: value" for line in self.headers if not _HEADER.fullmatch(line)
        )
        if any("json" in line.lower() for line in self.headers if line.lower().startswith("content-type")):
            if not _is_json(self.body):
                yield "body: is not JSON, although the header Content-Type says so"


class SirenCode(Struct, frozen=True, forbid_unknown_fields=True):
    """A kentongan code of a desa; of several that fit, the one of the smallest area is beaten."""

    area: Annotated[AreaCode, Meta(description="area in which the code is known")]
    kind: Annotated[str, Meta(min_length=1, max_length=64, description="kind of incident: thief, fire, intrusion …")]
    pattern: Annotated[
        str, Meta(pattern=rf"^({BEATS})\Z", description="groups of beats, such as 2-2-2, or titir: fast and unbroken")
    ]


class SirenSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Loudspeakers and sirens at edges."""

    enabled: Annotated[bool, Meta(description="whether edges are told to sound at all")] = False
    seconds: Annotated[int, Meta(ge=1, le=600, description="for how long it sounds unless somebody stops it")] = 60
    otherwise: Annotated[
        str,
        Meta(
            pattern=rf"^({BEATS})?\Z",
            description="what is beaten where no code fits: a pattern; empty: nothing",
        ),
    ] = "titir"
    safe: Annotated[
        str,
        Meta(
            pattern=rf"^({BEATS})?\Z",
            description="what is beaten once when all is over, such as 1-7-1 (doro muluk); empty: it only falls silent",
        ),
    ] = ""
    codes: Annotated[list[SirenCode], Meta(max_length=10_000, description="kentongan codes of the desa")] = []


class AppriseTarget(Struct, frozen=True, forbid_unknown_fields=True):
    """A service that Apprise knows, under a name that administrators give to people."""

    name: Annotated[Slug, Meta(description="name of the target: small letters, digits, hyphens")]
    url_file: Annotated[str, Meta(description="file that holds its address in Apprise's form, mode 0600")]


class AppriseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages over Apprise, which must be installed: pip install ekamling[apprise]."""

    schemes: Annotated[
        list[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9+.-]{0,30}\Z")]],
        Meta(
            max_length=50,
            description="sorts of addresses that administrators may give to people, such as ntfys; empty: targets only",
        ),
    ] = []
    targets: Annotated[list[AppriseTarget], Meta(max_length=200, description="services by name")] = []

    def __post_init__(self) -> None:
        names = [target.name for target in self.targets]
        if len(set(names)) < len(names):
            raise EkamlingError("targets: a name is given twice")


class NotifierSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The channels by which people, sirens and other applications are told."""

    web_push: WebPushSettings = WebPushSettings()
    telegram: TelegramSettings = TelegramSettings()
    whatsapp: WhatsAppSettings = WhatsAppSettings()
    mail: MailSettings = MailSettings()
    webhook: WebhookSettings = WebhookSettings()
    sms: SmsSettings = SmsSettings()
    siren: SirenSettings = SirenSettings()
    apprise: AppriseSettings = AppriseSettings()
