"""Describes Opsgenie as a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.http.backend import Backend
from source_opsgenie.opsgenie.auth import GenieKey
from source_opsgenie.opsgenie.errors import OpsgenieVocabulary
from source_opsgenie.opsgenie.limits import period_of
from source_opsgenie.opsgenie.paging import NoPaging
from source_opsgenie.opsgenie.search import search, sorted_page

if TYPE_CHECKING:
    from source_opsgenie.config import Config


def backend_of(config: Config) -> Backend:
    """Return the backend of a configured account."""
    endpoint = config.endpoint
    return Backend(
        name="Opsgenie",
        base=lambda: endpoint.url,
        authority=endpoint.authority,
        auth=GenieKey(config.api_token, endpoint),
        vocabulary=OpsgenieVocabulary(endpoint),
        owns_link=endpoint.is_meant_by,
        alive_path="v2/account",
        period_of=period_of,
        whole_list=NoPaging(),
        single=NoPaging(),
        sorted_page=sorted_page,
        search=search,
    )
