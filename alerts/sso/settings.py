"""What an administrator writes about single sign-on: `[oidc]` in `centre.toml`. Imports nothing that speaks it."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from alerts.notifiers.addresses import web_url
from alerts.people.roles import Role, suits
from core.errors import EkamlingError
from core.events import AreaCode
from core.words import nearest

Scope = Annotated[str, Meta(pattern=r"^[!#-\[\]-~]{1,80}\Z")]  # RFC 6749, 3.3
Host = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,252})\Z")]


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """What members of a group at the provider may be here without a link by an administrator; the first that fits."""

    group: Annotated[str, Meta(min_length=1, max_length=200, description="name of the group, as the provider says it")]
    role: Annotated[str, Meta(description="role that its members get")]
    area: Annotated[AreaCode, Meta(description="area that they get it in")]

    def __post_init__(self) -> None:
        roles = [role.value for role in Role]
        if self.role not in roles:
            raise EkamlingError(f"role: {self.role[:40]!r} is not known{nearest(self.role[:40], roles)}")
        if not suits(Role(self.role), self.area):
            raise EkamlingError(f"area {self.area} is of a size that does not suit the role {self.role}")


class OidcSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Sign-in by the accounts of a government, over OpenID Connect."""

    issuer: Annotated[
        str, Meta(description="address of the provider, exactly as it names itself; empty: no single sign-on")
    ] = ""
    client_id: Annotated[str, Meta(max_length=255, description="name of this centre at the provider")] = ""
    secret_file: Annotated[
        str, Meta(description="file that holds the client's secret, mode 0600; empty: a public client, by PKCE alone")
    ] = ""
    label: Annotated[str, Meta(min_length=1, max_length=60, description="what the button on the sign-in page says")] = (
        "Masuk dengan SSO"
    )
    claim: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=80,
            description="claim by which an administrator knows a person: preferred_username, email, nip, sub …",
        ),
    ] = "preferred_username"
    scopes: Annotated[list[Scope], Meta(max_length=20, description="what is asked of the provider besides openid")] = (
        field(default_factory=lambda: ["profile"])
    )
    hosts: Annotated[
        list[Host],
        Meta(max_length=10, description="further hosts that the provider may name for its keys and tokens"),
    ] = []
    groups_claim: Annotated[
        str, Meta(min_length=1, max_length=80, description="claim that lists the groups of a person")
    ] = "groups"
    grants: Annotated[
        list[Grant], Meta(max_length=200, description="groups whose members need no link by an administrator")
    ] = []

    @property
    def present(self) -> bool:
        """Whether people may sign in so."""
        return bool(self.issuer)

    def __post_init__(self) -> None:
        if not self.issuer:
            return
        web_url(self.issuer, loopback_http=True)
        if urlsplit(self.issuer).query or "?" in self.issuer:
            raise EkamlingError("issuer: has no ? in it")
        if not self.client_id.strip() or not self.client_id.isprintable():
            raise EkamlingError("client_id: is needed with issuer")
