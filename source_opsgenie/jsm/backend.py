"""JSM Operations, and the Atlassian APIs beside it, as backends."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.http.backend import Backend
from source_opsgenie.http.body import UnusableBodyError, data_at
from source_opsgenie.http.client import Client, Unlimited
from source_opsgenie.http.errors import ApiError, RefusedError, config_error
from source_opsgenie.http.retry import RetryPolicy
from source_opsgenie.jsm.errors import SCOPES, JsmVocabulary
from source_opsgenie.jsm.limits import Api, period_of
from source_opsgenie.jsm.paging import ValuesPaging, WholeBody
from source_opsgenie.jsm.site import TENANT_PATH, Bases, Found, Site, Token
from source_opsgenie.opsgenie.search import search, sorted_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.auth import AuthBase

    from source_opsgenie.config import JsmConfig
    from source_opsgenie.http.body import Body
    from source_opsgenie.http.clock import Clock
    from source_opsgenie.http.retry import CircuitBreaker
    from source_opsgenie.http.transport import BoundedAdapter

logger = logging.getLogger("airbyte")

NAMES = {
    Api.OPERATIONS: "JSM Operations",
    Api.JIRA: "Jira",
    Api.SERVICES: "the JSM Services API",
    Api.TEAMS: "the Atlassian Teams API",
}

# What a token needs where an answer says that it lacks a scope.
NEEDS = {
    Api.OPERATIONS: f"a reader needs {SCOPES}",
    Api.JIRA: "it needs read:jira-user",
    Api.SERVICES: "it needs read:ops-config:jira-service-management, or a token without scopes",
    Api.TEAMS: "only a token without scopes is taken here",
}

# One call for each of the two scopes: a token may have either alone.
PROBES = ("v1/alerts", "v1/schedules")
ONE_ROW = {"size": "1"}

# Asked when a call fails again and again. Most calls are those of alerts, so it is another one.
ALIVE = PROBES[1]

ADVICE = "Check 'site' in 'jira_service_management', or try again later."
IN_A_CHECK = RetryPolicy(attempts=3, advice=ADVICE)
IN_A_SYNC = RetryPolicy(advice=ADVICE)  # nothing can be read without, so it is as patient as the calls that follow


class Unsigned(requests.auth.AuthBase):
    """Leaves a call without credentials: the site's number is public."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request as it is."""
        return request


@dataclass(frozen=True)
class Access:
    """How a site is called.

    Attributes:
        site: the site.
        token: signs the calls.
        is_bearer: whether the token goes alone, as an app's does, which works on one kind of address only.
    """

    site: Site
    token: Token
    is_bearer: bool

    @classmethod
    def of(cls, api_token: str, config: JsmConfig) -> Access:
        """Return the access that a user configured."""
        return cls(config.site, Token(api_token, config.email, config.site), config.email is None)


def bases_of(
    access: Access, transport: BoundedAdapter, clock: Clock, breaker: CircuitBreaker, policy: RetryPolicy
) -> Found:
    """Return what finds out, when it is needed first, where the APIs of a site are."""

    def client_of(base: str, alive_path: str, auth: AuthBase) -> Client:
        backend = _backend(Api.OPERATIONS, access, lambda: base, alive_path, auth)
        return Client(backend, Unlimited(), transport, clock, breaker)

    return Found(partial(find_bases, access, client_of, policy))


def backends_of(access: Access, found: Found) -> dict[Api, Backend]:
    """Return the backends of a site. Where they are is found out by the first call."""
    return {
        Api.OPERATIONS: _backend(Api.OPERATIONS, access, lambda: found().operations, ALIVE),
        Api.JIRA: _backend(Api.JIRA, access, lambda: found().jira, "rest/api/3/myself"),
        Api.SERVICES: _backend(Api.SERVICES, access, lambda: found().services, "v1/services/"),
        Api.TEAMS: _backend(Api.TEAMS, access, lambda: found().teams, "v1/org"),
    }


def find_bases(access: Access, client_of: Callable[[str, str, AuthBase], Client], policy: RetryPolicy) -> Bases:
    """Find out the site's number, and which of its two addresses takes the token.

    Each kind of credential works on one address, and the other one answers 401 "scope does not match". Whether a token
    has scopes cannot be seen, so the address for those without is tried first.

    Raises:
        ApiError: the site is not known, or neither address takes the token.
    """
    cloud_id = _cloud_id(access.site, client_of(access.site.url, TENANT_PATH, Unsigned()), policy)
    scoped = Bases.scoped(access.site, cloud_id)
    if access.is_bearer:
        return scoped
    classic = Bases.classic(access.site, cloud_id)
    for bases in (classic, scoped):
        if _takes(client_of(bases.operations, ALIVE, access.token), policy):
            if bases is scoped:
                logger.info("The token in 'api_token' has scopes: calls go to %s.", scoped.jira)
            return bases
    raise config_error(
        f"The token in 'api_token' lacks the scopes for JSM Operations. Make a token with the scopes {SCOPES}, or one "
        "without scopes.",
        concerns_all=True,
    )


def _cloud_id(site: Site, client: Client, policy: RetryPolicy) -> str:
    unknown = config_error(
        f"{site.authority} is not the address of an Atlassian site: check 'site' in 'jira_service_management'.",
        concerns_all=True,
    )
    try:
        return _has_cloud_id(client.get(TENANT_PATH, check=_has_cloud_id, policy=policy).body)
    except RefusedError as error:
        raise unknown from error
    except ApiError as error:
        if error.status == requests.codes.ok:
            raise unknown from error
        raise


def _takes(client: Client, policy: RetryPolicy) -> bool:
    """Tell whether an address takes the token: any answer but a missing scope shows that it does.

    One endpoint may fail for itself, so all are asked before any is waited for.

    Raises:
        ApiError: the token is not known, or no endpoint answers.
    """
    failed = []
    for probe in PROBES:
        outcome = _is_taken(client, probe, IN_A_CHECK)
        if outcome is True:
            return True
        if isinstance(outcome, ApiError):
            failed.append((probe, outcome))
    if not failed:
        return False
    probe, error = failed[0]
    if policy is IN_A_CHECK or error.failure_type != FailureType.transient_error:
        raise error
    outcome = _is_taken(client, probe, policy)
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


def _is_taken(client: Client, probe: str, policy: RetryPolicy) -> bool | ApiError:
    try:
        client.get(probe, ONE_ROW, policy=policy)
    except RefusedError as error:
        return bool(error.refusal.status != requests.codes.unauthorized)
    except ApiError as error:
        return error
    return True


def _backend(
    api: Api, access: Access, base: Callable[[], str], alive_path: str, auth: AuthBase | None = None
) -> Backend:
    return Backend(
        name=NAMES[api],
        base=base,
        authority=access.site.authority,
        auth=auth or access.token,
        vocabulary=JsmVocabulary(access.site, NAMES[api], NEEDS[api]),
        owns_link=lambda _: True,  # of a link only the query is read, and its host is never called
        alive_path=alive_path,
        period_of=period_of,
        whole_list=ValuesPaging(),
        single=WholeBody(),
        sorted_page=sorted_page,
        search=search,
        address_field="site",
        predecessor="Opsgenie",
    )


def _has_cloud_id(body: Body) -> str:
    found = data_at(body, "cloudId")
    if not isinstance(found, str) or not found:
        raise UnusableBodyError("an answer whose 'cloudId' is not a text")
    return found
