"""Streams of policies, listed by owner and completed policy by policy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from source_opsgenie.opsgenie.streams.teams import TeamSubStream
from source_opsgenie.records import policies as records
from source_opsgenie.streams.history import QUERY_STATUSES

if TYPE_CHECKING:
    import requests

    from source_opsgenie.http.body import Row
    from source_opsgenie.http.paging import Params
    from source_opsgenie.streams.base import Parent


class PolicySubStream(TeamSubStream):
    """The policies of each team. The list has their order, the single policy has the other fields."""

    detail_path = "v2/policies/{id}"

    def first_params(self, parent: Parent) -> Params:
        """Name the team, which is a query parameter here."""
        return {**super().first_params(parent), **_team(parent.get("id"))}

    def detail_params(self, row: Row) -> Params:
        """Name the team of the policy: without it a team's policy is not found."""
        return _team(row["team_id"])


class AlertPolicies(PolicySubStream):
    """The policies that change alerts: the global ones, then each team's. The two do not overlap."""

    list_path = "v2/policies/alert"
    record = records.AlertPolicy
    global_owner = "the account itself"

    def is_refusal(self, response: requests.Response) -> bool:
        """Also accept that a team's key has to name its team. By which status Opsgenie says so is not documented.

        The call for the account's own list has no parameter, so Opsgenie can only miss one.
        """
        url = urlsplit(response.request.path_url or "")
        lacks_team = url.path.endswith(self.list_path) and "teamId" not in parse_qs(url.query)
        return super().is_refusal(response) or (lacks_team and response.status_code in QUERY_STATUSES)


class NotificationPolicies(PolicySubStream):
    """The policies that delay or suppress the notifications of alerts. They always belong to a team."""

    list_path = "v2/policies/notification"
    record = records.NotificationPolicy


def _team(team_id: str | None) -> Params:
    return {} if team_id is None else {"teamId": team_id}
