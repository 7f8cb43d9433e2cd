"""Who is on call at a moment, and who is next."""

from __future__ import annotations

from integration_tests.sandbox.configuration.callees import Callees, named
from integration_tests.sandbox.configuration.parts import Row, typed
from integration_tests.sandbox.configuration.schedules import Schedules
from integration_tests.sandbox.configuration.timelines import Period, Timelines
from integration_tests.sandbox.text import DAY

# No shift is longer, so the next one begins within this time.
HORIZON = 31 * DAY


class OnCalls:
    """Reads the timelines at one moment. Asked `flat`, the answer has other keys: names instead of trees."""

    def __init__(self, schedules: Schedules, timelines: Timelines, callees: Callees) -> None:
        self.schedules = schedules
        self.timelines = timelines
        self.callees = callees

    def on_calls(self, moment: int, *, flat: bool = False) -> list[Row]:
        """Return who is on call, schedule by schedule."""
        return [self._on_calls(schedule["id"], moment, flat) for schedule in self.schedules.schedules(False)]

    def schedule_on_calls(self, schedule_id: str, moment: int, *, flat: bool = False) -> Row | None:
        """Return who is on call in one schedule."""
        return None if self.schedules.schedule(schedule_id) is None else self._on_calls(schedule_id, moment, flat)

    def _on_calls(self, schedule_id: str, moment: int, flat: bool) -> Row:
        periods = [
            period
            for rotation in self._rotations(schedule_id)
            for period in self.timelines.final(schedule_id, rotation, moment, moment + 1)
        ]
        row: Row = {"_parent": self.schedules.parent(schedule_id)}
        who = {"onCallRecipients": self._names(periods)} if flat else {"onCallParticipants": self._trees(periods)}
        return row | who

    def next_on_calls(self, schedule_id: str, moment: int, *, flat: bool = False) -> Row | None:
        """Return who is next: in each rotation, and exactly next, in those rotations that change first."""
        if self.schedules.schedule(schedule_id) is None:
            return None
        following = [
            next(period for period in periods if period.start > moment)
            for rotation in self._rotations(schedule_id)
            for periods in [self.timelines.final(schedule_id, rotation, moment, moment + HORIZON)]
            if any(period.start > moment for period in periods)
        ]
        first = min((period.start for period in following), default=0)
        exact = [period for period in following if period.start == first]
        row: Row = {"_parent": self.schedules.parent(schedule_id)}
        if flat:
            return row | {
                "nextOnCallParticipants": self._names(following),
                "exactNextOnCallParticipants": self._names(exact),
            }
        return row | {
            "nextOnCallRecipients": self._trees(following),
            # One object in the specification, a list of them in an official client: both are to be expected.
            "exactNextOnCallRecipients": [_listed_origin(tree) for tree in self._trees(exact)],
        }

    def _rotations(self, schedule_id: str) -> list[Row]:
        is_enabled = self.schedules.parent(schedule_id)["enabled"]
        return (self.schedules.schedule_rotations(schedule_id) or []) if is_enabled else []

    def _trees(self, periods: list[Period]) -> list[Row]:
        trees = []
        for period in periods:
            if "id" in period.recipient:
                tree = self.callees.tree(period.recipient)
                if period.forwarded_from:
                    tree["forwardedFrom"] = named(typed("user", period.forwarded_from))
                trees.append(tree)
        return trees

    def _names(self, periods: list[Period]) -> list[str]:
        users = [user["name"] for period in periods for user in self.callees.users(period.recipient)]
        return list(dict.fromkeys(users))


def _listed_origin(tree: Row) -> Row:
    return tree | ({"forwardedFrom": [tree["forwardedFrom"]]} if "forwardedFrom" in tree else {})
