"""Describes JSM Operations, and the Atlassian APIs beside it, as backends."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import requests
from airbyte_cdk.models import FailureType
from requests.auth import AuthBase

from source_opsgenie.http.backend import DOES_NOT_HAVE_IT, LONGEST_MESSAGE, Backend, HeaderAuth
from source_opsgenie.http.body import Body, UnusableBodyError, data_at, decode, object_in, quotable, words_in
from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.errors import ApiError, RefusedError, config_error
from source_opsgenie.http.retry import SHORT_PAUSE, CircuitBreaker, RetryPolicy, answered_at, retry_after
from source_opsgenie.http.timestamps import MILLIS, cursor_to_millis
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.jsm.paging import SingleObject, ValuesPaging
from source_opsgenie.jsm.site import TENANT_PATH, Api, Site, bases_of
from source_opsgenie.opsgenie.search import search, sorted_page
from source_opsgenie.streams.context import Once

if TYPE_CHECKING:
    from source_opsgenie.config import JsmConfig

logger = logging.getLogger("airbyte")

# The gateway's answer to a token on an address that is not its own, and to one that lacks a scope.
SCOPE_TEXT = "scope"

# "Account does not have access to Opsgenie.": the site has no Operations, or the token's owner has no access to it. The
# code alone does not say so: Opsgenie gives it for each missing right.
NO_OPERATIONS_CODE = 40301
NO_OPERATIONS_TEXT = "account does not have access"

SCOPES = "read:ops-alert:jira-service-management, read:ops-config:jira-service-management and read:jira-user"
NO_RIGHT = "the owner of the token has no right to read it"
NO_OPERATIONS = (
    "has no JSM Operations, or the owner of the token has no access to it: ask an admin of the site for a role in "
    "Operations"
)

API_NAMES = {
    Api.OPERATIONS: "JSM Operations",
    Api.JIRA: "Jira",
    Api.SERVICES: "the JSM Services API",
    Api.TEAMS: "the Atlassian Teams API",
}

# What a token needs where an answer says that it lacks a scope.
NEEDS = {
    Api.OPERATIONS: f"the connector needs {SCOPES}",
    Api.JIRA: "it needs read:jira-user",
    Api.SERVICES: "it needs read:ops-config:jira-service-management, or a token without scopes",
    Api.TEAMS: "it probably needs a token without scopes, because Atlassian names no scope for this API",
}

# One call for each of the two scopes, because a token may have only one of them.
TOKEN_PATHS = ("v1/alerts", "v1/schedules")
ONE_ROW = {"size": "1"}

RESET_HEADER = "X-RateLimit-Reset"

LONGEST_PERIOD = 3600.0  # seconds; a longer pause may be a mistake, so no more than this is waited

MYSELF = "rest/api/3/myself"  # the token's owner

# Asked when a call fails for good. Most calls are those of alerts, so another one comes first.
ALIVE = {
    Api.OPERATIONS: ("v1/schedules?size=1", "v1/alerts?size=1"),
    Api.JIRA: (MYSELF,),
    Api.SERVICES: ("v1/services/?size=1",),
    Api.TEAMS: ("v1/org",),  # a 404 is an answer, too
}

LATER = "Try again later."

# For the calls that come before everything else: without their answers nothing can be read.
IN_A_SYNC = RetryPolicy(advice=LATER)
IN_A_CHECK = RetryPolicy(most_attempts=3, longest_pause=SHORT_PAUSE, advice=LATER)  # a check must answer soon


class JsmBackend(Backend):
    """JSM Operations, or one of the APIs beside it: Jira, the Services API and the Teams API.

    Error bodies have several forms: `{"errors": [{"title", "code"}]}` on most paths, `{"message", "code", ...}` on
    those of alerts and from the gateway in front of them, `{"errorMessages": [...], "errors": {...}}` from Jira. A
    text in `error` counts only if there is no other.
    """

    whole_list = ValuesPaging()
    single = SingleObject()
    not_followed = "which is not followed with a token"
    sorted_page = staticmethod(sorted_page)
    search = staticmethod(search)
    predecessor = "Opsgenie"

    def __init__(self, api: Api, site: Site, auth: AuthBase | None, base: Callable[[], str]) -> None:
        self.name = API_NAMES[api]
        self.auth = auth
        self.alive_paths = ALIVE[api]
        self._api = api
        self._site = site
        self._base = base

    @property
    def url(self) -> str:
        """Return the base address, which contains the site's number."""
        return self._base()

    @staticmethod
    def period_of(response: requests.Response) -> float | None:
        """Return how many seconds a 429 asks to wait, by `Retry-After` or by the time at which the limit is reset.

        Neither is documented for JSM Operations; both are for Jira. How JSM would write the time is not known.
        """
        wait = retry_after(response)
        if not wait:
            reset = cursor_to_millis(response.headers.get(RESET_HEADER)) or 0
            wait = reset / MILLIS - answered_at(response).timestamp()
        return min(wait, LONGEST_PERIOD) if wait > 0 else None

    def field_of(self, url: str) -> str:
        """Return the field that holds the site, if an address is the site's own."""
        return "site" if url.startswith(self._site.url) else ""

    def message_of(self, response: requests.Response) -> str:
        """Return the words of an error answer, whatever its form, in quotes; empty if it has none."""
        message = quotable(
            words_in(object_in(response), "message", "detail", "errors", "errorMessages"), LONGEST_MESSAGE
        )
        return f'"{message}"' if message else ""

    def cause_of(self, response: requests.Response) -> str:
        """Name the right, the scope or the plan that is missing."""
        lacks, denied = self._lacks_scope(response), self._has_no_operations(response)
        causes = {
            401: f"the token lacks the scope for it ({NEEDS[self._api]})" if lacks else NO_RIGHT,
            402: "the site's plan does not include it",
            403: f"{self._site.authority} {NO_OPERATIONS}" if denied else NO_RIGHT,
        }
        if self._api is Api.TEAMS:
            missing = f"{self.name} {DOES_NOT_HAVE_IT}"
            causes |= {404: f"{missing}: check 'organization_id'", 410: missing}
        return causes.get(response.status_code) or super().cause_of(response)

    def holds_for_all(self, response: requests.Response) -> bool:
        """Return whether a scope, the access or the plan is missing. A 410 of the Teams API is about one team only."""
        if self._api is Api.TEAMS and response.status_code == requests.codes.gone:
            return False
        return self._lacks_scope(response) or self._has_no_operations(response) or super().holds_for_all(response)

    def is_refusal(self, response: requests.Response) -> bool:
        """Return whether the object or the stream is skipped; also for a missing scope, which only some objects need.

        The APIs beside JSM Operations skip on every 401, because no document says which kinds of tokens they accept.
        """
        if self._api is Api.OPERATIONS:
            return super().is_refusal(response) or self._lacks_scope(response)
        return super().is_refusal(response) or response.status_code == requests.codes.unauthorized

    def failure(self, response: requests.Response) -> ApiError:
        """Say why a call failed for good, and what the user can do."""
        if response.status_code == requests.codes.unauthorized:
            return config_error(
                f"{self.name} does not accept the token in 'api_token': it is wrong, it has expired, or 'email' is "
                "missing or not the address of its owner. Check both, or create a new token without scopes at "
                "id.atlassian.com > Security > API tokens (a token expires after a year at most).",
                concerns_all=True,
                status=response.status_code,
            )
        return super().failure(response)

    def _lacks_scope(self, response: requests.Response) -> bool:
        """Return whether a token is refused because it lacks a scope, or because the address is for other tokens."""
        is_unauthorized = response.status_code == requests.codes.unauthorized
        return is_unauthorized and SCOPE_TEXT in self.message_of(response).lower()

    def _has_no_operations(self, response: requests.Response) -> bool:
        """Return whether an answer says that the token's owner has no access to JSM Operations."""
        has_code = object_in(response).get("code") == NO_OPERATIONS_CODE
        return has_code and NO_OPERATIONS_TEXT in self.message_of(response).lower()


def backends_of(
    api_token: str,
    config: JsmConfig,
    transport: BoundedAdapter,
    clock: Clock,
    breaker: CircuitBreaker,
    *,
    policy: RetryPolicy,
) -> tuple[dict[Api, Backend], Callable[[], str]]:
    """Return the backends of a site, and a function that returns the site's number (its cloud id).

    The number and the addresses are found out once. If that fails, each further call fails with the same error, because
    the first one was retried for long enough.
    """
    once, site = Once(), config.site
    headers = _headers(api_token, config)
    auth = HeaderAuth(headers[0], site.url, site.gateway)

    def client_of(base: str, auth: AuthBase | None, alive_paths: tuple[str, ...] = ALIVE[Api.OPERATIONS]) -> Client:
        backend = JsmBackend(Api.OPERATIONS, site, auth, lambda: base)
        backend.alive_paths = alive_paths
        return Client(backend, transport, clock, breaker=breaker)

    def find_cloud_id() -> str:
        return _cloud_id(site, client_of(site.url, None, (TENANT_PATH,)), policy)  # the number is public

    def client_by(header: str, base: str) -> Client:
        auth.value = header  # all later calls have the one that was tried last, because it was accepted
        return client_of(base, auth)

    def find_bases() -> dict[Api, str]:
        return _find_bases(config, cloud_id(), headers, client_by, policy)

    def cloud_id() -> str:
        return once.of("cloud id", find_cloud_id, keeps_error=True)

    def base(api: Api) -> str:
        return once.of("bases", find_bases, keeps_error=True)[api]

    return {api: JsmBackend(api, site, auth, partial(base, api)) for api in Api}, cloud_id


def _headers(api_token: str, config: JsmConfig) -> list[str]:
    """Return what the header `Authorization` may hold, in the order to try; with the e-mail address, if any, first."""
    bearer = f"Bearer {api_token}"
    if config.email is None:
        return [bearer]
    return [f"Basic {b64encode(f'{config.email}:{api_token}'.encode()).decode()}", bearer]


def _find_bases(
    config: JsmConfig, cloud_id: str, headers: list[str], client_by: Callable[[str, str], Client], policy: RetryPolicy
) -> dict[Api, str]:
    """Find out which of a site's two addresses accepts the token, and how it is sent there.

    Each kind of credential works on one address, and the other one answers 401 "scope does not match". A user's token
    does not show whether it has scopes, so the address for tokens without scopes is tried first. Whether it answers a
    token with scopes in other words is not documented: after any other 401, the token counts as accepted only if the
    other address answers it. An app's token, which is a bearer token, works on the other one only.

    Reports differ on whether a user's token with scopes is sent there with the e-mail address or as a bearer token. It
    is sent as a bearer token last, and then, too, counts as accepted only if it is answered.
    """
    site, is_bearer = config.site, config.email is None
    not_accepted: ApiError | None = None
    scoped = [(header, True) for header in headers]
    ways = scoped if is_bearer else [(headers[0], False), *scoped]
    for header, is_scoped in ways:
        bases = bases_of(site, cloud_id, is_scoped=is_scoped)
        client = client_by(header, bases[Api.OPERATIONS])
        must_answer = not_accepted is not None or header != headers[0]
        try:
            is_accepted = _answers(client) if must_answer else _accepts_token(client, policy)
        except ApiError as error:
            if error.status != requests.codes.unauthorized:
                raise
            not_accepted, is_accepted = error, False
        if is_accepted:
            if is_scoped and not is_bearer:
                logger.info("The token in 'api_token' has scopes: calls go to %s.", bases[Api.JIRA])
            return bases
    if not_accepted is not None:
        raise not_accepted
    lacks = (
        f"The token in 'api_token' lacks the scopes for JSM Operations. Create a token with the scopes {SCOPES}, or "
        "one without scopes."
    )
    if is_bearer:
        lacks += " If it is the token of a user, fill in 'email' in 'jira_service_management'."
    raise config_error(lacks, concerns_all=True)


def _cloud_id(site: Site, client: Client, policy: RetryPolicy) -> str:
    unknown = config_error(
        f"{site.authority} is not the address of an Atlassian site: check 'site' in 'jira_service_management'.",
        concerns_all=True,
    )
    try:
        policy = replace(policy, advice="Check 'site' in 'jira_service_management', or try again later.")
        answer = client.read(TENANT_PATH, check=_cloud_id_in, policy=policy, is_refusal=_is_refused)
        return _cloud_id_in(decode(answer))
    except RefusedError as error:
        raise unknown from error
    except ApiError as error:
        if error.status in {requests.codes.ok, requests.codes.not_found}:  # from a web server that is no Jira site
            raise unknown from error
        raise


def _is_refused(response: requests.Response) -> bool:
    """Return whether the call for the site's number is refused. It has no token, so the site must be the reason."""
    return bool(requests.codes.bad_request <= response.status_code < requests.codes.server_error)


def _accepts_token(client: Client, policy: RetryPolicy) -> bool:
    """Return whether an address accepts the token: any answer but a missing scope shows that it does.

    One endpoint may fail while another answers, so each is tried briefly before one of them is retried for long.
    """
    failed: list[tuple[str, ApiError]] = []
    for path in TOKEN_PATHS:
        try:
            if _is_accepted_at(client, path, IN_A_CHECK):
                return True
        except ApiError as error:  # noqa: PERF203 - there are two
            failed.append((path, error))
    if not failed:
        return False
    # If one endpoint rejects the token, all others do, so the connector does not wait for them.
    path, first = min(failed, key=lambda each: each[1].failure_type != FailureType.config_error)
    if policy is IN_A_CHECK or first.failure_type != FailureType.transient_error:
        raise first
    return _is_accepted_at(client, path, policy)


def _answers(client: Client) -> bool:
    """Return whether an address answers the token: it does not refuse it, and it does not fail."""
    with suppress(RefusedError, ApiError):
        client.read(TOKEN_PATHS[0], ONE_ROW, policy=IN_A_CHECK)
        return True
    return False


def _is_accepted_at(client: Client, path: str, policy: RetryPolicy) -> bool:
    try:
        client.read(path, ONE_ROW, policy=policy)
    except RefusedError as error:
        return bool(error.status != requests.codes.unauthorized)
    return True


def _cloud_id_in(body: Body) -> str:
    """Return the number of the site from an answer; raise an error if it has none."""
    found = data_at(body, "cloudId")
    if not isinstance(found, str) or not found:
        raise UnusableBodyError("an answer whose 'cloudId' is not a text")
    return found
