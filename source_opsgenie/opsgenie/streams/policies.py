"""Streams of policies, listed by owner and completed policy by policy."""

from __future__ import annotations

import requests

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES
from source_opsgenie.http.paging import Params
from source_opsgenie.opsgenie.streams.teams import TeamSubStream
from source_opsgenie.records import policies as records


class PolicySubStream(TeamSubStream):
    """The policies of each team. The list has their order, the single policy has the other fields."""

    detail_path = "v2/policies/{id}"
    parent_params = {"teamId": "id"}

    def detail_params(self, row: Row) -> Params:
        """Name the team of the policy: without it a team's policy is not found."""
        return {} if row["team_id"] is None else {"teamId": row["team_id"]}


class AlertPolicies(PolicySubStream):
    """The policies that change alerts: the global ones, then each team's. The two do not overlap."""

    list_path = "v2/policies/alert"
    record = records.AlertPolicy
    global_owner = "the account itself"

    def is_refusal(self, response: requests.Response) -> bool:
        """Also accept that a team's key has to name its team. By which status Opsgenie says so is not documented.

        The call for the account's own list has no parameter, so Opsgenie can only miss one.
        """
        lacks_team = (response.request.url or "").endswith(self.list_path)
        return super().is_refusal(response) or (lacks_team and response.status_code in NOT_ACCEPTED_STATUSES)


class NotificationPolicies(PolicySubStream):
    """The policies that delay or suppress the notifications of alerts. They always belong to a team."""

    list_path = "v2/policies/notification"
    record = records.NotificationPolicy
