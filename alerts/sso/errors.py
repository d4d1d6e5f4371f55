"""Why somebody did not get in: a code for the sign-in page, and a sentence for the centre's log."""

from typing import Literal

from core.errors import EkamlingError

Code = Literal["sso_cancelled", "sso_expired", "sso_unknown", "sso_unreachable", "sso_clock", "sso_failed"]


class SsoError(EkamlingError):
    """A sign-in that came to nothing. The page words the code; the sentence may name the provider and the claim."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code: Code = code


def failed(text: str) -> SsoError:
    """The provider's answer does not hold: never the person's fault, and perhaps an attack."""
    return SsoError("sso_failed", text)
