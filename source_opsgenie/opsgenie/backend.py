"""Describes Opsgenie as a backend."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from source_opsgenie.http.auth import HeaderAuth
from source_opsgenie.http.backend import Backend
from source_opsgenie.http.body import data_at
from source_opsgenie.opsgenie.errors import OpsgenieVocabulary
from source_opsgenie.opsgenie.limits import period_of
from source_opsgenie.opsgenie.paging import NoPaging
from source_opsgenie.opsgenie.search import search, sorted_page

if TYPE_CHECKING:
    from source_opsgenie.config import Config

ACCOUNT_PATH = "v2/account"

# Opsgenie's own scheme ("Authentication" in the API reference).
SCHEME = "GenieKey"

# Returns the content of Opsgenie's envelope.
has_data = partial(data_at, path="data")


def backend_of(config: Config) -> Backend:
    """Return the backend of a configured account."""
    endpoint = config.endpoint
    return Backend(
        name="Opsgenie",
        base=lambda: endpoint.url,
        auth=HeaderAuth(SCHEME, config.api_token, endpoint.owns),
        vocabulary=OpsgenieVocabulary(endpoint),
        owns_link=endpoint.owns_link,
        alive_path=ACCOUNT_PATH,
        period_of=period_of,
        whole_list=NoPaging(),
        single=NoPaging(),
        sorted_page=sorted_page,
        search=search,
        field_of=lambda _: "endpoint",
    )
