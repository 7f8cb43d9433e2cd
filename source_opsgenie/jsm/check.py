"""Checks the connection to JSM Operations: whether the token can read the site and, if not, what to change.

A token that reads alerts or teams passes. What it cannot read is logged as a warning, because a sync skips it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from source_opsgenie.http.body import Body, decode, found_at
from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.errors import RefusedError, config_error
from source_opsgenie.http.retry import CircuitBreaker
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.jsm.backend import IN_A_CHECK, NO_OPERATIONS, ONE_ROW, backends_of
from source_opsgenie.jsm.paging import teams_in
from source_opsgenie.jsm.site import GENIE_KEY, Api, Site
from source_opsgenie.streams.base import filled
from source_opsgenie.streams.list_check import CHECK_TIMEOUT, TWICE, ListCall, require_query, run_check, skip_warning

if TYPE_CHECKING:
    from source_opsgenie.config import Config, JsmConfig

DEADLINE = 20.0  # seconds for the whole check, whatever the network does; it must answer within 30

ALERTS_PATH = "v1/alerts"
TEAMS_PATH = "v1/teams"

# What decides whether the check succeeds: for each path the parameters, a function that returns the rows of an answer,
# and the scope that it needs.
ASKED_FIRST: dict[str, tuple[dict[str, str], Callable[[Body], list[Any]], str]] = {
    ALERTS_PATH: (ONE_ROW, partial(found_at, path="values", kind=list), "read:ops-alert:jira-service-management"),
    TEAMS_PATH: ({}, teams_in, "read:ops-config:jira-service-management"),
}

NO_TEAM_IN_CHECK = (
    "The owner of the token sees no team in JSM Operations: schedules, escalations, policies and everything else that "
    "belongs to teams cannot be read. Give the owner the role of an admin in Operations."
)


def check_site(config: Config, lists: Sequence[ListCall] = (), deadline: float = DEADLINE) -> list[str]:
    """Check a configured site; return sentences about what a sync will not see.

    Raises:
        ApiError: one sentence that says what is wrong and what to do.
    """
    jsm = config.jira_service_management
    if jsm is None:
        raise ValueError("the configuration names no site")
    clients, cloud_id = _clients(config.api_token, jsm)

    def verdict() -> tuple[list[str], list[ListCall]]:
        client = clients[Api.OPERATIONS]
        answers = {
            path: _first_answer(client, path, params, rows_in) for path, (params, rows_in, _) in ASKED_FIRST.items()
        }
        refused = {path: answer for path, answer in answers.items() if isinstance(answer, RefusedError)}
        _require_access(refused, jsm.site)
        warnings = [*_warnings(refused, lists), *([NO_TEAM_IN_CHECK] if answers[TEAMS_PATH] == [] else [])]
        left = [each for each in lists if each.path not in ASKED_FIRST]
        if TEAMS_PATH in refused and _lacks_scope(refused[TEAMS_PATH]):
            # The other lists that need the scope are refused, too: one sentence has said so.
            left = [each for each in left if each.lane != Api.OPERATIONS]
        if ALERTS_PATH not in refused and config.alert_query is not None:
            asked_for = {**ONE_ROW, "query": config.alert_query}
            require_query(client, lambda: client.read(ALERTS_PATH, asked_for, policy=TWICE))
        if jsm.organization_id:
            left.append(_teams_of(jsm.organization_id, clients[Api.TEAMS], cloud_id()))
        return warnings, left

    return run_check(verdict, clients.__getitem__, deadline, jsm.site.authorities)


def _clients(api_token: str, config: JsmConfig) -> tuple[dict[str, Client], Callable[[], str]]:
    if GENIE_KEY.fullmatch(api_token):
        raise config_error(
            "'api_token' contains an Opsgenie API key, which JSM Operations does not accept: create an Atlassian API "
            "token at id.atlassian.com > Security > API tokens."
        )
    transport, clock = BoundedAdapter(timeout=CHECK_TIMEOUT), Clock()
    backends, cloud_id = backends_of(api_token, config, transport, clock, CircuitBreaker(), policy=IN_A_CHECK)
    return {api: Client(backend, transport, clock) for api, backend in backends.items()}, cloud_id


def _teams_of(organization: str, client: Client, cloud_id: str) -> ListCall:
    """Return a call that is refused, as the members of teams are, if the organization is not the right one."""
    return ListCall(
        stream="team_members",
        below=["user_teams"],
        lane=Api.TEAMS,
        path=filled("v1/org/{organization}/teams", {"organization": organization}),
        params={"siteId": cloud_id, "size": "1"},
        is_refusal=client.backend.is_refusal,
    )


def _first_answer(
    client: Client, path: str, params: dict[str, str], rows_in: Callable[[Body], list[Any]]
) -> list[Any] | RefusedError:
    try:
        return rows_in(decode(client.read(path, params, check=rows_in, policy=TWICE)))
    except RefusedError as error:
        return error


def _require_access(refused: Mapping[str, RefusedError], site: Site) -> None:
    """Accept a token that reads one of the lists that were asked first."""
    # On a site without JSM Operations, not even these paths are found.
    lacks_paths = all(error.is_not_found for error in refused.values())
    for error in refused.values():
        if len(refused) == len(ASKED_FIRST) or NO_OPERATIONS in error.cause:
            why = f"{site.authority} {NO_OPERATIONS}" if lacks_paths else error.why
            raise config_error(f"The token cannot read JSM Operations, because {why}.") from error


def _warnings(refused: Mapping[str, RefusedError], lists: Sequence[ListCall]) -> Iterator[str]:
    for path, error in refused.items():
        if _lacks_scope(error):
            yield (
                f"The token lacks the scope {ASKED_FIRST[path][2]}, so a sync cannot read the streams that need it. "
                "Create a token with all scopes, or one without scopes."
            )
        else:
            yield from (skip_warning(each, error) for each in lists if each.path == path)


def _lacks_scope(error: RefusedError) -> bool:
    return bool(error.status == requests.codes.unauthorized)
