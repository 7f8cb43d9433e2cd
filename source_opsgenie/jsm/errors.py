"""Explains the error answers of JSM Operations to the user.

Bodies have several forms: `{"errors": [{"title", "code"}]}` on most paths, `{"message", "code", ...}` on those of
alerts and from the gateway in front of them, `{"errorMessages": [...]}` from Jira.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from source_opsgenie.http.backend import Vocabulary
from source_opsgenie.http.body import object_in, quotable
from source_opsgenie.http.errors import ApiError, RefusedError, config_error, system_error
from source_opsgenie.http.retry import path_of

if TYPE_CHECKING:
    from source_opsgenie.jsm.site import Site

LONGEST_MESSAGE = 400  # characters of an answer that are repeated

# The gateway's answer to a token on an address that is not its own, and to one that lacks a scope.
SCOPE_TEXT = "scope"

# "Account does not have access to Opsgenie.": the site has no Operations, or the token's owner has no access to it. The
# code alone does not say so: Opsgenie gives it for each missing right.
NO_OPERATIONS_CODE = 40301
NO_OPERATIONS_TEXT = "account does not have access"

NEW_TOKEN = "make a new one at id.atlassian.com > Security > API tokens (a token lives for a year at most)"  # noqa: S105 - words
SCOPES = "read:ops-alert:jira-service-management, read:ops-config:jira-service-management and read:jira-user"
NO_RIGHT = "the owner of the token has no right to read it"
NO_OPERATIONS = (
    "has no JSM Operations, or the owner of the token has no access to it: ask an admin of the site for a role in "
    "Operations"
)


class JsmVocabulary(Vocabulary):
    """The meaning of error answers of JSM Operations, Jira, the Services API and the Teams API.

    Args:
        site: the site that is called.
        name: the API's name.
        scopes: what a token needs.
        takes_every_token: whether the API takes every token that can be used. Of the APIs beside JSM Operations, no
            document says which kinds of tokens they take.
    """

    def __init__(self, site: Site, name: str, scopes: str, *, takes_every_token: bool) -> None:
        self._site = site
        self._name = name
        self._scopes = scopes
        self._takes_every_token = takes_every_token

    def is_soft(self, response: requests.Response) -> bool:
        """Also accept a missing scope, which refuses one kind of object only, and a token of another kind."""
        is_unauthorized = response.status_code == requests.codes.unauthorized
        return super().is_soft(response) or (lacks_scope(response) if self._takes_every_token else is_unauthorized)

    def refusal(self, response: requests.Response) -> RefusedError:
        """Name the right, the scope or the plan that is missing."""
        status, told = response.status_code, message_of(response)
        lacks = lacks_scope(response)
        causes = {
            401: f"the token lacks the scope for it ({self._scopes})" if lacks else NO_RIGHT,
            402: "the site's plan does not include it",
            403: f"{self._site.authority} {NO_OPERATIONS}" if has_no_operations(response) else NO_RIGHT,
            404: f"{self._name} does not have it (any more)",
            410: f"{self._name} has retired it",
        }
        cause = causes.get(status, f"{self._name} does not accept the call")
        why = f'{self._name} says "{told}": {cause}' if told else cause
        return RefusedError(
            status, why, holds_for_all=lacks or has_no_operations(response) or status in {402, 410}, cause=cause
        )

    def failure(self, response: requests.Response) -> ApiError:
        """Say why a call failed for good, and what the user can do."""
        status, told = response.status_code, message_of(response)
        if status == requests.codes.unauthorized:
            return config_error(
                f"{self._name} does not accept the token in 'api_token': it is wrong, it has expired, or 'email' is "
                f"missing or not the address of its owner. Check them, or {NEW_TOKEN}.",
                concerns_all=True,
            )
        if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
            url = response.request.url or ""
            advice = "check 'site'" if self._site.field_of(url) else "check any proxy between the connector and the API"
            return config_error(
                f"{urlsplit(url).netloc} redirects to another address, which is not followed with a token: {advice}.",
                concerns_all=True,
            )
        quoted = f': "{told}"' if told else ""
        return system_error(
            f"{self._name} refused the call {path_of(response)} (HTTP {status}){quoted}.", status=status
        )


def lacks_scope(response: requests.Response) -> bool:
    """Return whether a token is refused because it lacks a scope, or because the address is for other tokens."""
    return response.status_code == requests.codes.unauthorized and SCOPE_TEXT in message_of(response).lower()


def has_no_operations(response: requests.Response) -> bool:
    """Return whether an answer says that the token's owner has no access to JSM Operations."""
    return (
        response.status_code == requests.codes.forbidden
        and object_in(response).get("code") == NO_OPERATIONS_CODE
        and NO_OPERATIONS_TEXT in message_of(response).lower()
    )


def message_of(response: requests.Response) -> str:
    """Return the words of an error answer, whatever its form; an empty text if it has none."""
    body = object_in(response)
    errors = body.get("errors")
    titles = [each.get("title") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    further = body.get("errorMessages")
    told = [body.get("message"), body.get("detail"), *titles, *(further if isinstance(further, list) else [])]
    return quotable(" ".join(str(each) for each in told if each), LONGEST_MESSAGE)
