"""What the key cannot read, according to the connector's check, which runs before the copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from archive.plain import without_request_id
from archive.report.formatting import quantity
from source_opsgenie.streams.list_check import DESELECT, NO_ANSWER

# See source_opsgenie/streams/list_check.py.
WILL_SKIP = re.compile(
    r"^(?P<stream>\w+): a sync cannot read this stream, because (?P<why>.*?)\."
    rf"(?: Nor can it read the child streams: (?P<below>[\w, ]+)\.)? {re.escape(DESELECT)}$",
    re.DOTALL,
)

# The beginnings of the other warnings that say what the key does not see, see source_opsgenie/jsm/check.py.
PARTIAL = ("The owner of the token ", "The token ")

# A team's key reads teams, but none of these: see docs/opsgenie.md.
NOT_FOR_TEAMS = frozenset({"account", "users"})
TEAM_KEY = "The key probably belongs to a team, so it reads only what that team owns: use a key of the account."


@dataclass(frozen=True)
class Sight:
    """What the key cannot read.

    Attributes:
        reasons: the streams that will be skipped, with the reason.
        limits: sentences about what the key does not see in streams that it can read.
        warnings: all other warnings of the check.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    limits: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def unseen(self) -> list[str] | None:
        """Return what the key cannot read, to be compared with an earlier check; None if the check is not complete."""
        is_complete = not any(warning.startswith(NO_ANSWER) for warning in self.warnings)
        return sorted([*self.reasons, *self.limits]) if is_complete else None

    @classmethod
    def of(cls, warnings: Iterable[str]) -> Sight:
        """Sort the warnings of a check."""
        reasons: dict[str, str] = {}
        limits: list[str] = []
        others: list[str] = []
        for warning in warnings:
            found = WILL_SKIP.match(warning)
            if found:
                below = found["below"].split(", ") if found["below"] else []
                reasons |= dict.fromkeys([found["stream"], *below], f"{found['why']}.")
            else:
                (limits if warning.startswith(PARTIAL) else others).append(warning)
        if reasons.keys() >= NOT_FOR_TEAMS and "teams" not in reasons:
            limits.append(TEAM_KEY)
        return cls(reasons, limits, others)

    def before(self, streams: Sequence[str]) -> list[str]:
        """Return what a user must know before these streams are copied, in sentences."""
        skipped = {name: self.reasons[name] for name in streams if name in self.reasons}
        sentences = []
        if skipped:
            sentences.append(f"{len(skipped)} of {quantity(len(streams), 'stream')} cannot be read.")
            sentences += by_reason(skipped)
        sentences += self.limits
        if sentences:
            sentences.append(
                "If another key or token can read more, press Ctrl-C now, and use that one. If you use it later, "
                "choose a new OUTPUT, because further runs into this one read only what has changed."
            )
        return [*sentences, *(f"Warning: {warning}" for warning in self.warnings)]


def by_reason(skipped: Mapping[str, str]) -> list[str]:
    """Return a sentence for each reason for which streams are skipped."""
    reasons: dict[str, list[str]] = {}
    for name, why in skipped.items():
        reasons.setdefault(without_request_id(why), []).append(name)
    return [
        f"{quantity(len(names), 'stream')} will be skipped ({', '.join(names)}), because {why}"
        for why, names in reasons.items()
    ]
