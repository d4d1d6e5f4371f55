"""What the web application asks: the desks of all rooms, made once from what the centre stands on."""

from dataclasses import dataclass

from alerts.boxes.arming import Arming
from alerts.boxes.rules import CameraRules
from alerts.boxes.sirens import Sirens
from alerts.cases.casework import Casework
from alerts.cases.desk import Desk
from alerts.cases.regrouping import Regrouping
from alerts.cases.silences import Silences
from alerts.cases.statistics import Statistics
from alerts.cases.verdicts import Verdicts
from alerts.exchange.applications import Applications
from alerts.exchange.cap_desk import CapDesk
from alerts.exchange.hooks import Hooks
from alerts.ground.areas_desk import AreasDesk
from alerts.ground.reach import Reach
from alerts.ground.sites import Sites
from alerts.http.stream import Stream
from alerts.http.throttle import Throttle
from alerts.live.views import Live
from alerts.neighbours.residents import Residents
from alerts.people.accounts import Accounts
from alerts.people.personnel import Personnel
from alerts.people.turns import Turns
from alerts.reporting.office import Office
from alerts.services import Services
from alerts.sso.links import Links
from alerts.telling.replies import Replies
from alerts.telling.routing_book import RoutingBook
from alerts.telling.window import Window


@dataclass(frozen=True)
class Parts:
    """One of each; routes hold them for as long as the application runs."""

    accounts: Accounts
    applications: Applications
    areas: AreasDesk
    arming: Arming
    cap: CapDesk
    casework: Casework
    desk: Desk
    hooks: Hooks
    links: Links
    live: Live
    office: Office
    personnel: Personnel
    reach: Reach
    regrouping: Regrouping
    replies: Replies
    residents: Residents
    routing: RoutingBook
    rules: CameraRules
    silences: Silences
    sirens: Sirens
    sites: Sites
    statistics: Statistics
    throttle: Throttle
    turns: Turns
    updates: Stream
    verdicts: Verdicts
    window: Window

    @classmethod
    def of(cls, services: Services) -> "Parts":
        database, bell, clock = services.database, services.bell, services.clock
        accounts, casework = Accounts(database, clock), Casework(database, bell, clock)
        return cls(
            accounts=accounts,
            applications=Applications(database, bell, clock),
            areas=AreasDesk(database, clock),
            arming=Arming(database, bell, clock),
            cap=CapDesk(database, clock, services.url),
            casework=casework,
            desk=Desk(database),
            hooks=Hooks(database, clock, services.notifiers.get("webhook")),
            links=Links(database, clock, services.sign_in.issuer if services.sign_in else ""),
            live=Live(database, clock, services.live, services.edges),
            office=Office(database, clock, services.targets),
            personnel=Personnel(database, clock, services.url, services.notifiers),
            reach=Reach(database, clock),
            regrouping=Regrouping(database, bell, clock),
            replies=Replies(services, casework),
            residents=Residents(database, bell, clock, services.keep_photo),
            routing=RoutingBook(database, clock, services.notifiers),
            rules=CameraRules(database, bell, clock),
            silences=Silences(database, bell, clock),
            sirens=Sirens(database, bell, clock),
            sites=Sites(database, clock),
            statistics=Statistics(database, services.sink),
            throttle=Throttle(clock),
            turns=Turns(database, clock),
            updates=Stream(database, accounts, bell, clock),
            verdicts=Verdicts(database, bell, clock),
            window=Window(database, clock),
        )
