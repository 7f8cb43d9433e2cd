"""Tables that the configuration does not reach: the catalog lists them, and reading one succeeds with a warning.

Only the other API has them, or they need a field that is not filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.checkpointed import NOT_COMPLETE_BEFORE, Checkpointed
from source_opsgenie.streams.context import Context

# What the catalog shows of a stream.
SHOWN = ("record", "primary_key", "cursor_field", "resumes_full_refresh", "is_file_based")


class UnavailableStream(ApiStream):
    """A table that cannot be read with this configuration. Its state stays as it is.

    Attributes:
        kind: the stream as the other API has it.
        reason: a sentence that says why.
    """

    list_path = ""
    kind: ClassVar[type[ApiStream]]
    reason: ClassVar[str]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.skips.because = self.reason.rstrip(".")

    @property
    def unread_because(self) -> str | None:
        """Return why the table must stay as it is: before the move, it was read from the other API."""
        return super().unread_because if self.client.backend.predecessor else None

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit nothing, and log the reason, and whether rows were owed when the API that has them was last read."""
        self.logger.warning("%s: this stream cannot be read with this configuration. %s", self.name, self.reason)
        before = self.client.backend.predecessor
        if before and issubclass(self.kind, Checkpointed) and self.kind.is_unfinished(self.state):
            self.logger.warning(NOT_COMPLETE_BEFORE, self.name, before, before)
        return []


def unavailable(kind: type[ApiStream], reason: str, context: Context) -> UnavailableStream:
    """Create a stream without rows, with the name and the columns of one that cannot be read."""
    facts = {name: getattr(kind, name) for name in ("__doc__", "__module__", *SHOWN)}
    facts |= {"kind": kind, "reason": reason}
    stream: UnavailableStream = type(kind.__name__, (UnavailableStream,), facts)(context)
    return stream
