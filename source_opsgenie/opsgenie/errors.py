"""Explains Opsgenie's error answers to the user.

Statuses are those of Opsgenie's "Response" page. Texts are compared only if nothing else shows the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from source_opsgenie.http.backend import Vocabulary
from source_opsgenie.http.body import object_in, quotable
from source_opsgenie.http.errors import ApiError, RefusedError, config_error, system_error
from source_opsgenie.http.retry import path_of

if TYPE_CHECKING:
    from source_opsgenie.opsgenie.endpoint import Endpoint

KEY_FORMAT_TEXT = "key format is not valid"

# "Response": 40301 is a missing permission, 40302 a request that is not supported though the right is there.
NOT_SUPPORTED_CODE = 40302

# The only right that Opsgenie names. It belongs to the key, not to an object: without it, no object of the kind can be
# read.
CONFIGURATION_ACCESS_TEXT = "configuration access"

# Answers that apply to every object of a kind: the plan lacks the feature (402), the feature is retired (410).
_STATUSES_FOR_ALL = frozenset({402, 410})

# How many characters of an error answer the user sees. Opsgenie's own messages and ids are shorter.
LONGEST_MESSAGE = 400
LONGEST_REQUEST_ID = 64


class OpsgenieVocabulary(Vocabulary):
    """The meaning of Opsgenie's error answers."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def refusal(self, response: requests.Response) -> RefusedError:
        """Name the right or the plan that is missing."""
        message = message_of(response)
        status = response.status_code
        lacks_right = status == requests.codes.forbidden and CONFIGURATION_ACCESS_TEXT in message.lower()
        causes = {
            402: "the account's plan does not include it",
            403: _forbidden(response, lacks_right=lacks_right),
            404: "Opsgenie does not have it (any more)",
            405: "Opsgenie offers no such list",
            410: "Opsgenie has retired it",
        }
        cause = causes.get(status, "Opsgenie does not accept the call")
        why = f'Opsgenie says "{message}": {cause}' if message else cause
        holds_for_all = lacks_right or status in _STATUSES_FOR_ALL
        return RefusedError(status, why, holds_for_all=holds_for_all, cause=cause)

    def failure(self, response: requests.Response) -> ApiError:
        """Say why a call failed for good, and what the user can do."""
        status = response.status_code
        message = message_of(response)
        if status == requests.codes.unauthorized:
            return config_error(_unauthorized(self._endpoint), concerns_all=True)
        if KEY_FORMAT_TEXT in message.lower():
            return config_error(
                "Opsgenie says that 'api_token' is not in the format of a key: copy it again from Settings > API key "
                "management, whole and without quotes.",
                concerns_all=True,
            )
        if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
            return config_error(
                f"{self._endpoint.authority} redirects to another address, which is not followed with a key: check "
                "'endpoint'.",
                concerns_all=True,
            )
        quoted = f': "{message}"' if message else ""
        return system_error(f"Opsgenie refused the call {path_of(response)} (HTTP {status}){quoted}.", status=status)


def _forbidden(response: requests.Response, *, lacks_right: bool) -> str:
    if lacks_right:
        return "the key lacks Configuration Access (Settings > API key management)"
    if code_of(response) == NOT_SUPPORTED_CODE:
        return "Opsgenie does not support this call for this object, though the key has the right"
    return (
        "the key has no right to read it: a team's key sees its own team only, and a key needs Read and Configuration "
        "Access"
    )


def code_of(response: requests.Response) -> Any:  # noqa: ANN401 - as received
    """Return the `code` in the body of an error answer, which is more precise than its status."""
    return object_in(response).get("code")


def _unauthorized(endpoint: Endpoint) -> str:
    region = (
        f" The key of an account in the other region is refused likewise: if yours is there, set 'endpoint' to "
        f"{endpoint.other_region}."
        if endpoint.other_region
        else " A key works only on the host of its own region."
    )
    return (
        f"{endpoint.authority} does not know the key in 'api_token', or the key is disabled: check it in Settings > "
        f"API key management.{region}"
    )


def message_of(response: requests.Response) -> str:
    """Return Opsgenie's own words, with the request's id for its support; empty if an answer has none."""
    body = object_in(response)
    message = str(body.get("message") or "")
    errors = body.get("errors")
    if isinstance(errors, dict) and errors:
        message = " ".join([message, *(f"{field}: {text}." for field, text in errors.items())])
    message = quotable(message, LONGEST_MESSAGE)
    request_id = quotable(str(body.get("requestId") or response.headers.get("X-Request-ID") or ""), LONGEST_REQUEST_ID)
    return f"{message} (request {request_id})" if message and request_id else message
