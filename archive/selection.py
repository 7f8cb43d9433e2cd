"""What a run copies of an account: everything, unless the configuration or `--streams` selects a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.report.formatting import quantity
from source_opsgenie.config import Config

TIMELINES = "schedule_timelines"

# Opsgenie began in 2012, so no account has anything older.
EARLIEST = "2012-01-01"


@dataclass(frozen=True)
class Selection:
    """What a run copies of an account.

    Attributes:
        streams: the names of the streams that the run copies.
        of: the number of streams that it could copy.
        start_date: the day before which alerts, incidents and on-call timelines are not copied; None if there is none.
        alert_query: the query that selects alerts; None for all alerts.
        older: how many alerts and incidents were created before that day; None where the API does not say.
    """

    streams: Sequence[str] = ()
    of: int = 0
    start_date: str | None = None
    alert_query: str | None = None
    older: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def make(cls, config: Config, streams: Sequence[str], of: int, older: Mapping[str, int | None]) -> Selection:
        """Return what a configuration and the chosen streams select."""
        start = config.start_date
        return cls(
            streams,
            of,
            None if start is None else start.strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z"),
            config.alert_query,
            older,
        )

    @property
    def is_whole(self) -> bool:
        """Return whether nothing of the account is left out."""
        return not self._restrictions

    @property
    def sentence(self) -> str:
        """Return a sentence about the part of the account that is copied; an empty text for the whole account."""
        if self.is_whole:
            return ""
        return f"Only a part of the account is selected: {'; '.join(self._restrictions)}."

    @property
    def is_of_all_rows(self) -> bool:
        """Return whether nothing is left out of the streams that are copied."""
        return not self._restrictions_of_rows

    @property
    def leaves_out_older(self) -> bool:
        """Return whether alerts or incidents were or may have been created before the start date.

        An early start date leaves out none of them. It is set for the on-call timelines.
        """
        return self.start_date is not None and bool(self._left_out)

    @property
    def _left_out(self) -> dict[str, int | None]:
        return {name: count for name, count in self.older.items() if count != 0}

    @property
    def _restrictions(self) -> list[str]:
        restrictions = self._restrictions_of_rows
        if len(self.streams) < self.of:
            restrictions.append(f"{len(self.streams)} of {self.of} streams ({', '.join(self.streams)})")
        return restrictions

    @property
    def _restrictions_of_rows(self) -> list[str]:
        restrictions = []
        if self.alert_query is not None:
            restrictions.append(f'alerts that match the alert_query "{self.alert_query}", with their child streams')
        if self.leaves_out_older:
            known = [
                quantity(count, f"older {name[:-1]}") for name, count in self._left_out.items() if count is not None
            ]
            left_out = f", which leaves out {' and '.join(known)}" if known else ""
            restrictions.append(
                f"alerts, incidents and on-call timelines since the start_date {self.start_date}{left_out}"
            )
        return restrictions
