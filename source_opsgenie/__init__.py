"""An Airbyte source connector that copies an Opsgenie account completely, within its rate limits."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is large
if TYPE_CHECKING:
    from source_opsgenie.source import SourceOpsgenie

__all__ = ["SourceOpsgenie"]


def __getattr__(name: str) -> type[SourceOpsgenie]:
    """Import the source on first use, because it imports the CDK, and `__main__` must listen for signals before that.

    Raises:
        AttributeError: it is another name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from source_opsgenie.source import SourceOpsgenie  # noqa: PLC0415 - see above

    return SourceOpsgenie
