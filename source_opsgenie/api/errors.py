"""What an answer means: success, wait and retry, leave out, or fail, and the words in which a user reads it.

Statuses as Opsgenie's "Response" page lists them; the texts are Opsgenie's own where a cause shows in nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import ErrorHandler, ErrorResolution, ResponseAction
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.api.body import UnusableBodyError, decode, message_of
from source_opsgenie.api.network import NetworkCause, Patience, network_cause
from source_opsgenie.api.transport import LARGEST_BODY, BodyTooLargeError

if TYPE_CHECKING:
    from source_opsgenie.api.endpoints import Endpoint

KEY_FORMAT_TEXT = "key format is not valid"
CONFIGURATION_ACCESS_TEXT = "configuration access"

# An answer with one of these leaves out one stream or one parent, never the sync: the plan lacks the feature (402),
# the key lacks a right (403), the object is gone or unknown (404), the feature is retired (410).
SOFT_STATUSES = frozenset({402, 403, 404, 410})

# Answers to a query that Opsgenie cannot make sense of.
QUERY_STATUSES = frozenset({400, 422})
QUERY_ADVICE = "The call holds your 'alert_query': try that in the search field of Opsgenie's alert list, and mend it."

# The stock handlers count retries; ours end in `backoff.py`, which knows waiting for a limit from failing. These are
# beyond anything that it allows.
_UNLIMITED_RETRIES = 1_000_000
_UNLIMITED_TIME = timedelta(days=365)


class OpsgenieError(AirbyteTracedException):
    """An error whose text is a sentence for the user: what happened, and what to do."""

    def __init__(self, message: str, failure_type: FailureType) -> None:
        super().__init__(internal_message=message, message=message, failure_type=failure_type)

    def __repr__(self) -> str:
        """Be the sentence: the CDK joins the failed streams by repr."""
        return str(self.message)


def config_error(message: str) -> OpsgenieError:
    """Make an error that the user can mend."""
    return OpsgenieError(message, FailureType.config_error)


def transient_error(message: str) -> OpsgenieError:
    """Make an error that the next attempt may not meet."""
    return OpsgenieError(message, FailureType.transient_error)


def system_error(message: str) -> OpsgenieError:
    """Make an error that is this connector's or Opsgenie's own."""
    return OpsgenieError(message, FailureType.system_error)


class OpsgenieErrorHandler(ErrorHandler):
    """Maps each answer and each failure of the network to what the CDK's client does with it."""

    def __init__(
        self,
        endpoint: Endpoint,
        soft_statuses: frozenset[int] = SOFT_STATUSES,
        unsure_sort: str | None = None,
        *,
        sends_users_query: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._soft_statuses = soft_statuses
        self._unsure_sort = unsure_sort
        self._sends_users_query = sends_users_query

    @property
    def max_retries(self) -> int:
        """Leave the end of retrying to the backoff strategy."""
        return _UNLIMITED_RETRIES

    @property
    def max_time(self) -> int:
        """Leave the end of retrying to the backoff strategy; in seconds."""
        return int(_UNLIMITED_TIME.total_seconds())

    def interpret_response(self, response_or_exception: requests.Response | Exception | None) -> ErrorResolution:
        """Decide what to do with an answer, or with the failure to get one."""
        if isinstance(response_or_exception, BodyTooLargeError):
            return _fail(
                FailureType.system_error,
                f"{self._endpoint.authority} gives an answer of more than {LARGEST_BODY // 2**20} MB.",
            )
        if not isinstance(response_or_exception, requests.Response):
            cause = network_cause(response_or_exception, self._endpoint)
            if cause.patience is Patience.NONE:
                return _fail(FailureType.config_error, no_connection(cause))
            return _retry(cause.clause)
        response = response_or_exception
        if response.status_code == requests.codes.ok:
            return _judge_body(response)
        return self._judge_status(response)

    def _judge_status(self, response: requests.Response) -> ErrorResolution:
        status = response.status_code
        if status == requests.codes.too_many_requests:
            # RETRY, not RATE_LIMITED: for the latter the CDK prints to stdout from whatever thread it is on.
            return _retry("Opsgenie throttles this account's calls")
        if status >= requests.codes.server_error:
            return _retry(f"Opsgenie answers with an error of its own (HTTP {status})")
        if status in self._soft_statuses or self._is_unknown_sort(response):
            return ErrorResolution(ResponseAction.IGNORE, FailureType.config_error, _refusal_log(response))
        failure_type, message = explain(response, self._endpoint)
        if self._sends_users_query and status in QUERY_STATUSES:
            return _fail(FailureType.config_error, f"{message} {QUERY_ADVICE}")
        return _fail(failure_type, message)

    def _is_unknown_sort(self, response: requests.Response) -> bool:
        query = (response.request.path_url or "").partition("?")[2]
        return (
            response.status_code == requests.codes.unprocessable_entity
            and self._unsure_sort is not None
            and ("sort", self._unsure_sort) in parse_qsl(query)
        )


def no_connection(cause: NetworkCause) -> str:
    """Say in a sentence that no call can be made."""
    return f"No connection to Opsgenie: {cause.clause}."


def explain(response: requests.Response, endpoint: Endpoint) -> tuple[FailureType, str]:
    """Say in a sentence why a call was refused for good, and whether the user can mend it."""
    status = response.status_code
    told = message_of(response)
    if status == requests.codes.unauthorized:
        return FailureType.config_error, _unauthorized(endpoint)
    if KEY_FORMAT_TEXT in told.lower():
        return FailureType.config_error, (
            "Opsgenie says that 'api_token' is not in the format of a key: copy it again from Settings > API key "
            "management, "
            "whole and without quotes."
        )
    if status == requests.codes.forbidden:
        return FailureType.config_error, _forbidden(told)
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return FailureType.config_error, (
            f"{endpoint.authority} redirects to another address, which is not followed with a key: check 'endpoint'."
        )
    quoted = f': "{told}"' if told else ""
    return FailureType.system_error, f"Opsgenie refused the call {_path(response)} (HTTP {status}){quoted}."


def _unauthorized(endpoint: Endpoint) -> str:
    region = (
        f" The key of an account in the other region is refused likewise: if yours is there, set 'endpoint' to "
        f"{endpoint.other_region}."
        if endpoint.other_region
        else " A key works only on the host of its own region."
    )
    return (
        f"{endpoint.authority} does not know the key in 'api_token', or the key is disabled: check it in Settings > "
        "API key "
        f"management.{region}"
    )


def _forbidden(told: str) -> str:
    if CONFIGURATION_ACCESS_TEXT in told.lower():
        right = "the key lacks Configuration Access; tick it in Settings > API key management"
    else:
        right = "the key has no right to read it; it needs Read, and Configuration Access, of an account key"
    return f"Opsgenie refuses access: {right}." + (f' Opsgenie says: "{told}"' if told else "")


def refusal(response: requests.Response) -> str:
    """Say in a clause why a soft refusal came, naming the right or the plan that is missing."""
    told = message_of(response)
    quoted = f' (Opsgenie says: "{told}")' if told else ""
    causes = {
        402: "the account's plan does not include it",
        403: (
            "the key lacks Configuration Access (Settings > API key management)"
            if CONFIGURATION_ACCESS_TEXT in told.lower()
            else "the key has no right to read it: a team's key sees its own team only, and a key needs Read and "
            "Configuration Access"
        ),
        404: "Opsgenie does not have it (any more)",
        405: "Opsgenie offers no such list",
        410: "Opsgenie has retired it",
    }
    return causes.get(response.status_code, "it does not know the call") + quoted


def _judge_body(response: requests.Response) -> ErrorResolution:
    """Count a 200 when it holds an envelope; anything else may be a proxy's page or a cut answer, and is asked
    again.
    """
    try:
        decode(response)
    except UnusableBodyError as error:
        return _retry(f"the answer to {_path(response)} is no Opsgenie answer but {error}")
    return ErrorResolution(ResponseAction.SUCCESS)


def _retry(cause: str) -> ErrorResolution:
    return ErrorResolution(ResponseAction.RETRY, FailureType.transient_error, cause)


def _fail(failure_type: FailureType, message: str) -> ErrorResolution:
    return ErrorResolution(ResponseAction.FAIL, failure_type, message)


def _refusal_log(response: requests.Response) -> str:
    return f"{_path(response)} is left out (HTTP {response.status_code}): {refusal(response)}"


def _path(response: requests.Response) -> str:
    """Name a call by its path: queries may hold a user's own words."""
    return (response.request.path_url or "").split("?")[0]
