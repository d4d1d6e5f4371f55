"""The provider: its description, its keys, and a code turned into an ID token. No redirect of it is followed, and it is
called on its own host only, or on those that the settings name."""

import base64
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
from msgspec import Struct

from alerts.notifiers.addresses import web_url
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.exchange import Line, Reply
from alerts.notifiers.texts import one_line
from alerts.sso.errors import SsoError, failed
from alerts.sso.id_token import Expected, Jwk, NoKey, verified
from alerts.sso.settings import OidcSettings
from core.clock import Clock
from core.errors import EkamlingError

FRESH_S = 3600.0  # for which its description and keys are believed
PAUSE_S = 30.0  # between two looks for newer keys, so that wrong tokens cannot make us call it without end
MOST_KEYS = 50


class Description(Struct, frozen=True):
    """What stands under /.well-known/openid-configuration, as far as it is needed (OpenID Connect Discovery, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(Struct, frozen=True):
    id_token: str = ""
    error: str = ""
    error_description: str = ""


class Provider:
    """One provider of single sign-on. Raises SsoError throughout."""

    def __init__(self, settings: OidcSettings, secret: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self.settings = settings
        self._secret = secret
        self._line = Line(http, "the sign-in provider", secrets=(secret,), clock=clock)
        self._clock = clock
        self._described: tuple[Description, float] | None = None
        self._keys: tuple[list[Jwk], float] | None = None

    async def description(self) -> Description:
        """Its description, at most an hour old."""
        now = self._clock.monotonic()
        if self._described is None or now - self._described[1] > FRESH_S:
            url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            self._described = self._checked(_read(await self._call("GET", url), Description)), now
        return self._described[0]

    async def page(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """The address to which a browser goes to sign in."""
        endpoint = (await self.description()).authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(["openid", *self.settings.scopes])),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims(self, code: str, verifier: str, redirect_uri: str, nonce: str) -> dict[str, Any]:
        """Who signed in, for the code that the browser brought back."""
        token = await self._token(code, verifier, redirect_uri)
        expected = Expected(self.settings.issuer, self.settings.client_id, nonce, self._clock.now().timestamp())
        try:
            return verified(token, await self._published(), expected)
        except NoKey:
            if not self._may_look_again():
                raise
            self._keys = None
            return verified(token, await self._published(), expected)

    async def _token(self, code: str, verifier: str, redirect_uri: str) -> str:
        described = await self.description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        name = self.settings.client_id
        if not self._secret:
            form["client_id"] = name
        elif "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(name)}:{quote_plus(self._secret)}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": name, "client_secret": self._secret}
        reply = await self._call("POST", described.token_endpoint, headers=headers, data=form)
        tokens = _read(reply, _Tokens)
        if tokens.error or not tokens.id_token:
            said = one_line(f"{tokens.error} {tokens.error_description}", 150)
            raise failed(self._line.hidden(f"the provider gave no ID token: {said}"))
        return tokens.id_token

    async def _published(self) -> list[Jwk]:
        now = self._clock.monotonic()
        if self._keys is None or now - self._keys[1] > FRESH_S:
            uri = (await self.description()).jwks_uri
            found: list[Jwk] = list(_read(await self._call("GET", uri), _Keys).keys[:MOST_KEYS])
            self._keys = found, now
        return self._keys[0]

    def _may_look_again(self) -> bool:
        return self._keys is None or self._clock.monotonic() - self._keys[1] >= PAUSE_S

    def _checked(self, described: Description) -> Description:
        """The description, if it is this provider's and leads nowhere else."""
        if described.issuer != self.settings.issuer:
            raise failed("the provider names itself otherwise than oidc.issuer in centre.toml")
        own = urlsplit(self.settings.issuer)
        allowed = {own.hostname or "", *self.settings.hosts}
        for url in (described.authorization_endpoint, described.token_endpoint, described.jwks_uri):
            try:
                web_url(url, loopback_http=own.scheme == "http")
            except EkamlingError:
                raise failed("the provider names an address of its own that is not https") from None
            if (urlsplit(url).hostname or "") not in allowed:
                raise failed("the provider names an address on another host; if it is right, add it to oidc.hosts")
        return described

    async def _call(self, method: str, url: str, **request: Any) -> Reply:
        try:
            reply = await self._line.call(method, url, **request)
        except DeliveryError as error:
            raise SsoError("sso_unreachable", str(error)) from None
        if reply.status >= 500 or reply.status == 429:
            raise SsoError("sso_unreachable", f"the provider answered {reply.status}")
        if not reply.ok and reply.status not in (400, 401):  # which explain themselves, at the token's address
            raise failed(f"the provider answered {reply.status}; redirects are not followed")
        return reply


T = TypeVar("T", bound=Struct)


def _read(reply: Reply, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise failed(f"the provider answered {reply.status} with something that is not of OpenID Connect") from None
