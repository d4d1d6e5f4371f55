"""All rules of one camera, asked together."""

from collections.abc import Sequence
from datetime import datetime

from edge.rules.base import Firing, Rule
from edge.rules.intrusion import Intrusion
from edge.settings import RuleSettings
from edge.tracking import Track

KINDS = {"intrusion": Intrusion}


class RuleEngine:
    """Builds the rules that a camera's settings ask for and gathers what they say."""

    def __init__(self, settings: Sequence[RuleSettings]) -> None:
        self._rules: list[Rule] = [KINDS[rule.kind](rule) for rule in settings]

    def update(self, tracks: Sequence[Track], now: float, moment: datetime) -> list[Firing]:
        """Every firing of one picture; see `Rule.update` for the two clocks."""
        return [firing for rule in self._rules for firing in rule.update(tracks, now, moment)]
