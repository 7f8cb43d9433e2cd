"""The progress of a run, kept on disk so that a run that was killed can continue."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from archive.paths import write_text
from archive.relay import ReadOutcome

# A stream that was completed longer ago than this is read again, even if its run never ended.
FRESH = timedelta(days=1)


@dataclass
class Run:
    """A run of the archive, which may take several processes if it is interrupted.

    Attributes:
        started: when the first process started.
        before: the number of rows of each stream at that time.
        complete: when each stream was read to its end.
        read_from: when the read began in which each of these streams was read to its end.
        skipped: the streams that the key or the plan does not include, with the reason.
        warnings: all other warnings of the connector.
        failed: the streams that failed, with the reason. The next process tries them again.
        kept_at: the local time at which rows were last saved; empty if none were.
        api_started: when the run started by the API's clock, in epoch milliseconds; None if that is not known.
        selects: the hash of what decides which rows the run reads, see `ConfigFile.selects`.
        unseen: what the key could not read at the beginning of a process: see `Sight`.
    """

    started: str
    before: dict[str, int] = field(default_factory=dict)
    complete: dict[str, str] = field(default_factory=dict)
    read_from: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    kept_at: str = ""
    api_started: int | None = None
    selects: str = ""
    unseen: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Run | None:
        """Return the run that did not finish; None if there is none."""
        if not path.exists():
            return None
        try:
            run = cls(**json.loads(path.read_text()))
            latest = now()  # a later one comes from a clock that was ahead, so its age is not known
            run.complete = {  # without those that were skipped: the key may have got the right meanwhile
                name: when
                for name, when in run.complete.items()
                if name not in run.skipped and latest - FRESH <= parse_time(when) <= latest
            }
            for when in (run.started, *run.read_from.values()):
                parse_time(when)
        except (ValueError, TypeError, AttributeError):
            print(f"{path} is damaged and will be replaced: streams that were complete are read again.", flush=True)
            return None
        run.failed = {}
        return run

    def save(self, path: Path) -> None:
        """Write the run to a file in one step, so that the file is always complete."""
        write_text(path, json.dumps(asdict(self), indent=2))

    def record(self, outcome: ReadOutcome, began: datetime) -> None:
        """Record the outcome of a read whose rows are saved."""
        self.read_from |= dict.fromkeys(outcome.complete, write_time(began))
        self.complete |= dict.fromkeys(outcome.complete, write_time(now()))
        for name in outcome.complete:
            self.skipped.pop(name, None)  # an earlier process may have had a key that sees less
        self.skipped |= outcome.skipped
        self.add_warnings(outcome.warnings)
        self.failed |= outcome.failed
        self.kept_at = time.strftime("%H:%M:%S")

    def add_warnings(self, warnings: Iterable[str]) -> None:
        """Add those warnings that the run does not have yet."""
        self.warnings += [warning for warning in warnings if warning not in self.warnings]

    @property
    def since(self) -> datetime:
        """Return when the run started."""
        return parse_time(self.started)

    def read_since(self, stream: str) -> datetime:
        """Return the time since which a stream was read, as a whole if it has no states.

        A run that is interrupted may read it more than once. What only an earlier read of the run has is not in the
        list any more.
        """
        return parse_time(self.read_from.get(stream, self.started))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)


def write_time(when: datetime) -> str:
    """Write a time as text."""
    return when.isoformat(timespec="milliseconds")


def parse_time(text: str) -> datetime:
    """Parse a time that `write_time` wrote."""
    return datetime.fromisoformat(text)
