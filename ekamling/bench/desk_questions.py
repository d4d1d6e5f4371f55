"""What the desk bench asks: every GET route of the API, and what people do to an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

API = "/api/v1"

# GET routes that are no question with an answer of their own
LEFT_OUT: Mapping[str, str] = {
    "/stream": "never ends",
    "/session/sso/start": "needs a provider of sign-in",
    "/session/sso/callback": "needs a provider of sign-in",
    "/inbound/whatsapp": "a handshake with the provider",
    "/reports/{report}/photo.jpg": "a file as the snapshot is one",
    "/map/tiles/{z}/{x}/{y}": "read from an archive that a centre need not have",
    "/cameras/{edge}/{camera}/pictures/{view}": "needs an edge that sends pictures",
}


@dataclass(frozen=True)
class Question:
    """One request. Names in braces are replaced by what the bench has; `note` says what sets it apart from others of
    the same route. `file`: a whole file to download, which the aim for answers is not about; `changing`: an incident
    of a day before is changed before each request."""

    path: str
    query: str = ""
    method: Literal["GET", "POST"] = "GET"
    body: Any = None
    note: str = ""
    file: bool = False
    changing: bool = False


MONTH = "from={first}&to={last}"
DAY = "from={last}&to={last}"

QUESTIONS = (
    Question("/incidents", "limit=200"),
    Question("/incidents", "limit=1000"),
    Question("/incidents", "state=closed&limit=200"),
    Question("/incidents/{incident}"),
    Question("/incidents/{incident}/reports"),
    Question("/incidents/{incident}/reach"),
    Question("/incidents/{incident}/cap"),
    Question("/incidents/{incident}/notes", method="POST", body={"note": "bench"}),
    Question("/incidents/{incident}/verify", method="POST", body={"level": 2}),
    Question("/figures", MONTH),
    Question("/figures", MONTH, note="of a day before, an incident changed", changing=True),
    Question("/figures", MONTH + "&area={village}"),
    Question("/figures", DAY),
    Question("/map"),
    Question("/map/base"),
    Question("/edges"),
    Question("/edges/{edge}/groups/{group}"),
    Question("/edges/{edge}/cameras/{camera}/place"),
    Question("/edges/{edge}/cameras/{camera}/rules"),
    Question("/events/{event}/snapshot.jpg"),
    Question("/events/{event}/clip.mp4"),
    Question("/statistics"),
    Question("/reports"),
    Question("/suggestions", "days=7"),
    Question("/session"),
    Question("/session/ways"),
    Question("/people"),
    Question("/people/{name}"),
    Question("/people/{name}/contacts"),
    Question("/people/{name}/shifts"),
    Question("/people/{name}/absences"),
    Question("/people/{name}/sso"),
    Question("/duty"),
    Question("/duty/check-in"),
    Question("/push"),
    Question("/routing"),
    Question("/routing/versions"),
    Question("/routing/versions/{number}"),
    Question("/silences"),
    Question("/changes"),
    Question("/areas"),
    Question("/sites"),
    Question("/sites/{site}"),
    Question("/live"),
    Question("/views"),
    Question("/cap/feed"),
    Question("/hooks"),
    Question("/figures.csv", MONTH, file=True),
    Question("/figures.pdf", MONTH, file=True),
    Question("/exports/incidents.csv", DAY, file=True),
    Question("/exports/incidents.parquet", DAY, file=True),
    Question("/exports/labelled.jsonl", DAY, file=True),
)


def missing(described: Mapping[str, Any]) -> list[str]:
    """GET routes of an OpenAPI document that are neither asked nor left out with a reason."""
    asked = {f"{API}{question.path}" for question in QUESTIONS if question.method == "GET"}
    left_out = {f"{API}{path}" for path in LEFT_OUT}
    return sorted(path for path, ways in described["paths"].items() if "get" in ways and path not in asked | left_out)
