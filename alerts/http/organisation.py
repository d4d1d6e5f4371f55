"""How the centre is organised, as routers: people, duty, their telephones, routing, silences, and who changed what."""

from fastapi import APIRouter

from alerts.cases.silences import Silences
from alerts.http import changes, duty, people, phone, routing, silences, sso
from alerts.people.personnel import Personnel
from alerts.people.turns import Turns
from alerts.services import Services
from alerts.sso.links import Links
from alerts.telling.routing_book import RoutingBook


def routers(services: Services) -> list[APIRouter]:
    """All of them."""
    database, clock = services.database, services.clock
    return [
        people.router(Personnel(database, clock, services.url, services.notifiers)),
        sso.links_router(Links(database, clock, services.sign_in.issuer if services.sign_in else "")),
        duty.router(Turns(database, clock)),
        phone.router(services),
        routing.router(RoutingBook(database, clock, services.notifiers)),
        silences.router(Silences(database, services.bell, clock)),
        changes.router(database),
    ]
