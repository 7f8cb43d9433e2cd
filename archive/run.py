"""Where a run of the archive stands, kept on disk: what a run that was killed has done is not done again."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from archive.relay import Told

# A stream read longer ago is read again, even if the run that read it never ended.
FRESH = timedelta(days=1)


@dataclass
class Run:
    """A run, over all processes that worked on it.

    Attributes:
        started: when the first of them started.
        before: the rows of each stream then.
        complete: when each stream was read to its end.
        skipped: the streams that the key or the plan does not include, and why.
        warnings: every other warning of the connector.
        failed: the streams that failed, and why; those of a process that was killed are tried again.
        kept_at: until when (by this machine's clock) what was read is kept; empty before anything is.
    """

    started: str
    before: dict[str, int] = field(default_factory=dict)
    complete: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    kept_at: str = ""

    @classmethod
    def load(cls, path: Path) -> Run | None:
        """Return the run that was not finished."""
        if not path.exists():
            return None
        try:
            run = cls(**json.loads(path.read_text()))
            stale = now() - FRESH
            run.complete = {name: when for name, when in run.complete.items() if moment(when) >= stale}
            moment(run.started)
        except (ValueError, TypeError, AttributeError):
            print(f"{path} is damaged, and is made anew: streams that were complete are looked at again.", flush=True)
            return None
        run.failed = {}
        return run

    def save(self, path: Path) -> None:
        """Write it down in one step: a file that is there is whole."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(self), indent=2))
        unfinished.replace(path)

    def note(self, told: Told) -> None:
        """Note what a read did, once its rows are kept."""
        self.complete |= dict.fromkeys(told.complete, text(now()))
        self.skipped |= told.skipped
        self.warnings += [warning for warning in told.warnings if warning not in self.warnings]
        self.failed |= told.failed
        self.kept_at = time.strftime("%H:%M:%S")

    @property
    def since(self) -> datetime:
        """When it started."""
        return moment(self.started)


def now() -> datetime:
    """Tell the time."""
    return datetime.now(timezone.utc)


def text(moment: datetime) -> str:
    """Write a time down."""
    return moment.isoformat(timespec="milliseconds")


def moment(written: str) -> datetime:
    """Read a time that `text` wrote."""
    return datetime.fromisoformat(written)
