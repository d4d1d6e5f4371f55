"""By which messengers show that a call to the centre is theirs."""

from msgspec import Struct

from alerts.notifiers import secret_files
from alerts.notifiers.settings import NotifierSettings


class Secrets(Struct, frozen=True, kw_only=True):
    """The secrets that calls must carry; an empty one lets no call in."""

    telegram: str = ""
    whatsapp_app: str = ""
    whatsapp_verify: str = ""


def secrets_of(settings: NotifierSettings) -> Secrets:
    """The secrets from their files; raises EkamlingError for one that cannot be read."""

    def read(path: str, whose: str) -> str:
        return secret_files.line(path, whose=whose) if path else ""

    return Secrets(
        telegram=read(settings.telegram.webhook_secret_file, "the secret of Telegram's calls"),
        whatsapp_app=read(settings.whatsapp.app_secret_file, "the secret of the app at Meta"),
        whatsapp_verify=read(settings.whatsapp.verify_token_file, "the verify token of WhatsApp's calls"),
    )
