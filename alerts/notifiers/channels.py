"""The notifiers that the settings ask for, with their secrets read; raises EkamlingError where one cannot be used."""

import re
import ssl

import httpx

from alerts.notifiers import secret_files
from alerts.notifiers.apprise import Apprise, library
from alerts.notifiers.base import Notifier
from alerts.notifiers.exchange import Line
from alerts.notifiers.mail import Mail
from alerts.notifiers.settings import (
    AppriseSettings,
    MailSettings,
    NotifierSettings,
    SmsSettings,
    TelegramSettings,
    WebhookSettings,
    WebPushSettings,
    WhatsAppSettings,
)
from alerts.notifiers.siren import Command, Siren
from alerts.notifiers.sms import Sms
from alerts.notifiers.telegram import Telegram
from alerts.notifiers.web_push import WebPush, read_key
from alerts.notifiers.webhook import Webhook
from alerts.notifiers.whatsapp import WhatsApp, WindowOpen, never_open
from core.clock import Clock, SystemClock
from core.errors import EkamlingError

_CLOCK: Clock = SystemClock()
_BOT_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,80}")
_SHORTEST_SECRET = 16


def build(
    settings: NotifierSettings,
    http: httpx.AsyncClient,
    *,
    command: Command | None = None,
    window_open: WindowOpen = never_open,
    clock: Clock = _CLOCK,
) -> dict[str, Notifier]:
    """Every channel that is set up, by its name. `command` hands an order to an edge (without it there is no siren);
    `window_open` says whether the owner of a number wrote to us on WhatsApp in the last 24 hours."""
    made: list[Notifier | None] = [
        _web_push(settings.web_push, http, clock),
        _telegram(settings.telegram, http, clock),
        _whatsapp(settings.whatsapp, http, clock, window_open),
        _mail(settings.mail, clock),
        _webhook(settings.webhook, http, clock),
        _sms(settings.sms, http, clock),
        _apprise(settings.apprise),
    ]
    if command and settings.siren.enabled:
        siren = settings.siren
        made.append(Siren(command, tuple(siren.codes), siren.otherwise, siren.seconds, siren.safe))
    return {notifier.channel: notifier for notifier in made if notifier is not None}


def _web_push(settings: WebPushSettings, http: httpx.AsyncClient, clock: Clock) -> WebPush | None:
    if not settings.key_file:
        return None
    key = read_key(secret_files.text(settings.key_file, whose="the key of web push"), name=settings.key_file)
    line = Line(http, "the push service", clock=clock)
    return WebPush(line, key, settings.contact, settings.ttl_s, tuple(settings.services))


def _telegram(settings: TelegramSettings, http: httpx.AsyncClient, clock: Clock) -> Telegram | None:
    if not settings.token_file:
        return None
    token = secret_files.line(settings.token_file, whose="the token of the Telegram bot")
    if not _BOT_TOKEN.fullmatch(token):
        raise EkamlingError(f"{settings.token_file}: is no token of a Telegram bot; copy the one that @BotFather gave")
    return Telegram(Line(http, "Telegram", secrets=(token,), clock=clock), token)


def _whatsapp(
    settings: WhatsAppSettings, http: httpx.AsyncClient, clock: Clock, window_open: WindowOpen
) -> WhatsApp | None:
    if not settings.token_file:
        return None
    token = secret_files.line(settings.token_file, whose="the access token of WhatsApp")
    if not token.isascii():
        raise EkamlingError(f"{settings.token_file}: is no access token; copy the one of the system user at Meta")
    line = Line(http, "WhatsApp", secrets=(token,), clock=clock)
    return WhatsApp(line, token, settings.sender, settings.template, settings.button, window_open)


def _mail(settings: MailSettings, clock: Clock) -> Mail | None:
    if not settings.host:
        return None
    password = secret_files.line(settings.password_file, whose="the password for mail") if settings.user else ""
    return Mail(
        settings.host,
        settings.port,
        settings.sender,
        settings.security,
        settings.user,
        password,
        settings.sender_name,
        ssl.create_default_context(),
        clock=clock,
    )


def _webhook(settings: WebhookSettings, http: httpx.AsyncClient, clock: Clock) -> Webhook | None:
    if not settings.secret_file:
        return None
    secret = secret_files.line(settings.secret_file, whose="the secret of the webhooks")
    if len(secret) < _SHORTEST_SECRET:
        raise EkamlingError(f"{settings.secret_file}: must hold at least {_SHORTEST_SECRET} characters")
    return Webhook(Line(http, "webhook", secrets=(secret,), clock=clock), secret)


def _sms(settings: SmsSettings, http: httpx.AsyncClient, clock: Clock) -> Sms | None:
    if not settings.url:
        return None
    secret = secret_files.line(settings.secret_file, whose="the key of the SMS gateway") if settings.secret_file else ""
    return Sms(Line(http, "the SMS gateway", secrets=(secret,), clock=clock), settings, secret)


def _apprise(settings: AppriseSettings) -> Apprise | None:
    if not settings.targets and not settings.schemes:
        return None
    targets = {
        target.name: secret_files.line(target.url_file, whose=f"the address of the apprise target {target.name}")
        for target in settings.targets
    }
    made = Apprise(library(), targets, frozenset(settings.schemes))
    for name in targets:
        try:
            made.service(name)
        except EkamlingError as error:
            raise EkamlingError(f"notify.apprise.targets[{name}]: {error}") from None
    return made
