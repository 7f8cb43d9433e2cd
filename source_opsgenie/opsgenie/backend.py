"""Describes Opsgenie as a backend.

Statuses are those of Opsgenie's "Response" page. Texts are compared only if nothing else shows the cause.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import requests

from source_opsgenie.http.backend import LONGEST_MESSAGE, Backend, HeaderAuth
from source_opsgenie.http.body import data_at, object_in, quotable, words_in
from source_opsgenie.http.errors import ApiError, config_error
from source_opsgenie.opsgenie.endpoint import EU_HOST, US_HOST, Endpoint
from source_opsgenie.opsgenie.limits import period_of
from source_opsgenie.opsgenie.paging import LinkPaging, SingleObject
from source_opsgenie.opsgenie.search import search, sorted_page

ACCOUNT_PATH = "v2/account"

# Follows the messages that an account may also get because it was moved, or because Opsgenie has ended.
IF_MOVED = (
    "If the account has moved to JSM Operations, fill in 'jira_service_management': Opsgenie's API stops on 5 April "
    "2027."
)

KEY_FORMAT_TEXT = "key format is not valid"

# "Response": 40301 is a missing permission, 40302 a request that is not supported though the right is there.
NOT_SUPPORTED_CODE = 40302

# How Opsgenie refuses a single integration whose type it only lists, such as IncomingCall, though the call only reads
# (issue 358 of its Terraform provider).
UNSUPPORTED_TYPE_TEXT = "operations for type"

# The only right that Opsgenie names. It belongs to the key, not to an object: without it, no object of the kind can be
# read.
CONFIGURATION_ACCESS_TEXT = "configuration access"

LONGEST_REQUEST_ID = 64  # characters that a user sees; Opsgenie's own ids are shorter

data_in = partial(data_at, path="data")


class OpsgenieBackend(Backend):
    """Opsgenie, at one address."""

    name = "Opsgenie"
    alive_paths = (ACCOUNT_PATH, "v2/users?limit=1")
    whole_list = LinkPaging()
    single = SingleObject()
    not_followed = "which is not followed with a key"
    if_ended = IF_MOVED
    period_of = staticmethod(period_of)
    sorted_page = staticmethod(sorted_page)
    search = staticmethod(search)

    def __init__(self, endpoint: Endpoint, api_token: str) -> None:
        self.auth = HeaderAuth(f"GenieKey {api_token}", endpoint.url)  # "Authentication" in the API reference
        self._endpoint = endpoint

    @property
    def url(self) -> str:
        """Return the configured address."""
        return self._endpoint.url

    def field_of(self, url: str) -> str:  # noqa: ARG002 - all calls go to one host
        """Return the field that holds the one address."""
        return "endpoint"

    def owns_link(self, link: str) -> bool:
        """Return whether an address in an answer may be one of Opsgenie's own.

        It may name Opsgenie's hosts though the configured host is a proxy. Only the query of such a link is used;
        nothing is ever sent to the host that it names.
        """
        try:
            host = urlsplit(link).hostname
        except ValueError:
            return False
        return host in {None, self._endpoint.host, US_HOST, EU_HOST}

    def message_of(self, response: requests.Response) -> str:
        """Return Opsgenie's own words in quotes, and the request's id for its support team; empty if it has none."""
        body = object_in(response)
        message = quotable(words_in(body, "message", "errors"), LONGEST_MESSAGE)
        request_id = str(body.get("requestId") or response.headers.get("X-Request-ID") or "")
        request_id = quotable(request_id, LONGEST_REQUEST_ID)
        of_request = f" (request {request_id})" if request_id else ""
        return f'"{message}"{of_request}' if message else ""

    def cause_of(self, response: requests.Response) -> str:
        """Name the right or the plan that is missing."""
        causes = {
            402: "the account's plan does not include it",
            403: self._forbidden(response),
            405: "Opsgenie offers no such list",
        }
        return causes.get(response.status_code) or super().cause_of(response)

    def holds_for_all(self, response: requests.Response) -> bool:
        """Return whether the plan or a right of the key itself is missing."""
        return self._lacks_right(response) or super().holds_for_all(response)

    def failure(self, response: requests.Response) -> ApiError:
        """Say why a call failed for good, and what the user can do."""
        if response.status_code == requests.codes.unauthorized:
            return config_error(self._unauthorized(), concerns_all=True)
        if KEY_FORMAT_TEXT in self.message_of(response).lower():
            return config_error(
                "Opsgenie says that 'api_token' is not in the format of a key: copy it again from Settings > API key "
                "management, whole and without quotes. If it is an Atlassian API token, also fill in "
                "'jira_service_management'.",
                concerns_all=True,
            )
        return super().failure(response)

    def _lacks_right(self, response: requests.Response) -> bool:
        is_forbidden = response.status_code == requests.codes.forbidden
        return is_forbidden and CONFIGURATION_ACCESS_TEXT in self.message_of(response).lower()

    def _forbidden(self, response: requests.Response) -> str:
        if self._lacks_right(response):
            return "the key lacks Configuration Access (Settings > API key management)"
        is_unsupported = object_in(response).get("code") == NOT_SUPPORTED_CODE  # more precise than the status
        if is_unsupported or UNSUPPORTED_TYPE_TEXT in self.message_of(response).lower():
            return "Opsgenie does not support this call for this object, though the key has the right"
        return (
            "the key has no right to read it, or the account's plan or the type of the object does not include it: a "
            "team's key reads only what its team owns, and an account key needs Read and Configuration Access"
        )

    def _unauthorized(self) -> str:
        other = self._endpoint.other_region
        region = (
            f" If the account is in the other region, set 'endpoint' to {other}."
            if other
            else " A key works only on the host of its own region."
        )
        return (
            f"{self.authority} does not know the key in 'api_token', or the key is disabled: check it in Settings > "
            f"API key management.{region} {IF_MOVED}"
        )
