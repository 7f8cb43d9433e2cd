"""Airbyte source connector for Opsgenie: copies an account completely, within its rate limits."""

from source_opsgenie.source import SourceOpsgenie

__all__ = ["SourceOpsgenie"]
