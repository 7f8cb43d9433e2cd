"""Opsgenie as a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.http.backend import Backend
from source_opsgenie.opsgenie.auth import GenieKey
from source_opsgenie.opsgenie.backoff import period_of
from source_opsgenie.opsgenie.errors import OpsgenieVocabulary

if TYPE_CHECKING:
    from source_opsgenie.config import Config


def backend_of(config: Config) -> Backend:
    """Return the backend of a configured account."""
    endpoint = config.endpoint
    return Backend(
        name="Opsgenie",
        url=endpoint.url,
        authority=endpoint.authority,
        auth=GenieKey(config.api_token, endpoint),
        vocabulary=OpsgenieVocabulary(endpoint),
        owns_link=endpoint.is_meant_by,
        alive_path="v2/account",
        period_of=period_of,
    )
