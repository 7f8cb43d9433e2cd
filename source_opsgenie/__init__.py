"""An Airbyte source connector that copies an Opsgenie account completely, within its rate limits."""

from source_opsgenie.source import SourceOpsgenie

__all__ = ["SourceOpsgenie"]
