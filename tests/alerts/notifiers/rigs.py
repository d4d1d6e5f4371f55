"""Each channel with its far side, which accepts, is busy, refuses, hangs, or throws back all it was told."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.notifiers.apprise import Apprise, library
from alerts.notifiers.base import Notifier
from alerts.notifiers.exchange import Line
from alerts.notifiers.mail import Mail
from alerts.notifiers.settings import SmsSettings
from alerts.notifiers.siren import Siren
from alerts.notifiers.sms import Sms
from alerts.notifiers.telegram import Telegram
from alerts.notifiers.web_push import WebPush
from alerts.notifiers.webhook import Webhook
from alerts.notifiers.whatsapp import WhatsApp
from core.errors import ServiceError
from tests.alerts.notifiers.edge_side import Edge
from tests.alerts.notifiers.far_side import Asked, FarSide, Said, nobody, said
from tests.alerts.notifiers.mail_side import PASSWORD, USER, MailSide
from tests.alerts.notifiers.samples import PHONE, a_line
from tests.alerts.notifiers.subscriber import CONTACT, Browser

Mood = Literal["accepts", "busy", "refuses", "hangs", "absent", "echoes", "endless", "hangs up"]
HTTP = ("web_push", "telegram", "whatsapp", "webhook", "sms")
CHANNELS = (*HTTP, "apprise", "mail", "siren")
SECRETS = ("9876543:a-secret-of-nobody-else-0123456789", PASSWORD)


@dataclass(frozen=True)
class Rig:
    """A notifier, an address that it takes, and an address that it does not."""

    notifier: Notifier
    address: str
    wrong: str


@contextlib.asynccontextmanager
async def rig(channel: str, mood: Mood, folder: Path, *, timeout_s: float = 5.0) -> AsyncIterator[Rig]:
    """The channel before a far side in this mood."""
    if channel == "siren":
        error = ServiceError("the edge is silent") if mood in ("busy", "absent") else None
        codes = "" if mood == "refuses" else "titir"
        yield Rig(Siren(Edge(error, hangs=mood == "hangs"), (), codes, timeout_s=timeout_s), "pos-kamling", "A B")
    elif channel == "mail":
        async with MailSide(folder, auth=True) as side:
            answers = {"busy": "450 4.3.2 later", "refuses": "550 5.7.1 never", "echoes": f"550 {PASSWORD} is wrong"}
            side.letters.refuses = {"RCPT": answers[mood]} if mood in answers else {}
            side.letters.hangs = mood == "hangs"
            port = await nobody() if mood == "absent" else side.port
            sender = "kamling@example.go.id"
            mail = Mail("127.0.0.1", port, sender, "starttls", USER, PASSWORD, tls=side.trusted, timeout_s=timeout_s)
            yield Rig(mail, "lurah@example.go.id", "lurah")
    else:
        async with FarSide() as far, httpx.AsyncClient(trust_env=False) as http:
            port = await nobody() if mood == "absent" else far.port
            if channel == "apprise":
                login = quote(SECRETS[0], safe="")
                target = f"json://kamling:{login}@127.0.0.1:{port}/desa"
                far.answering = _mood(mood, lambda _: Said())
                yield Rig(Apprise(library(), {"desa": target}, timeout_s=timeout_s), "desa", "json://127.0.0.1")
                return
            url = f"http://127.0.0.1:{port}"
            made, accepting = _over_http(channel, a_line(http, channel, SECRETS[0], timeout_s=timeout_s), url)
            far.answering = _mood(mood, accepting)
            yield made


def _over_http(channel: str, line: Line, url: str) -> tuple[Rig, Callable[[Asked], Said]]:
    secret = SECRETS[0]
    match channel:
        case "telegram":
            sent = {"ok": True, "result": {"message_id": 1}}
            return Rig(Telegram(line, secret, url), "-1001234567890", "ronda"), lambda _: said(sent)
        case "whatsapp":
            good = said({"messages": [{"id": "w"}]})
            return Rig(WhatsApp(line, secret, "1065", "kejadian", api=url), PHONE, "110"), lambda _: good
        case "webhook":
            return Rig(
                Webhook(line, secret, loopback_http=True), f"{url}/hook", "http://far.example/"
            ), lambda _: Said()
        case "sms":
            body = '{"to": "{to}", "text": "{text}", "key": "{secret}"}'
            json_header = ["Content-Type: application/json"]
            gateway = SmsSettings(url=f"{url}/{{secret}}", headers=json_header, body=body, secret_file="key")
            return Rig(Sms(line, gateway, secret), PHONE, "110"), lambda _: Said()
    browser = Browser()
    key = ec.generate_private_key(ec.SECP256R1())
    push = WebPush(line, key, CONTACT, services=(), loopback_http=True)
    return Rig(push, browser.subscription(url), "{}"), browser.service


def _mood(mood: Mood, accepting: Callable[[Asked], Said]) -> Callable[[Asked], Said]:
    match mood:
        case "busy":
            return lambda _: said({"ok": False, "description": "busy"}, 503, Retry_After="2")
        case "refuses":
            return lambda _: said({"ok": False, "description": "never"}, 400)
        case "hangs":
            return lambda _: Said(hang=True)
        case "hangs up":
            return lambda _: Said(hang_up=True)
        case "endless":
            return lambda _: Said(endless=True)
        case "echoes":
            return _echoed
    return accepting


def _echoed(asked: Asked) -> Said:
    """A refusal that throws back what was asked, in every place where an error takes words from."""
    words = f"{asked.target} {json.dumps(asked.headers)} {asked.body.decode('utf-8', 'replace')}"
    return said(
        {"ok": False, "description": words, "error": {"code": 5, "message": words}}, 400, Location="/" + words[:50]
    )
