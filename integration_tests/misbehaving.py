"""APIs whose endpoints misbehave, and what is required of every sync of them."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from urllib.parse import quote

from integration_tests.connector import Connector, Outcome, Row
from integration_tests.rows import canonical
from integration_tests.sandbox.client import Sandbox

# A stream of each paging family, and the endpoint that misbehaves under it.
OPSGENIE = {
    "alerts": "/v2/alerts",
    "incident_logs": "/v1/incidents/{incidentId}/logs",
    "incident_timeline_entries": "/v2/incident-timelines/{incidentId}/entries",
    "incident_associated_alerts": "/v1/incidents/{incidentId}/associated-alert-ids",
    "users": "/v2/users",
    "team_logs": "/v2/teams/{teamId}/logs",
    "team_members": "/v2/teams/{teamId}",
    "integrations": "/v2/integrations/{integrationId}",
    "schedule_timelines": "/v2/schedules/{scheduleId}/timeline",
    "heartbeats": "/v2/heartbeats",
}
# The same of a migrated account: lists of the site, and lists below their rows, whose parents are answered as ever.
SITE = {
    "alerts": "/jsm/ops/api/v1/alerts",
    "audit_logs": "/jsm/ops/api/v1/logs",
    "custom_user_roles": "/jsm/ops/api/v1/roles",
    "services": "/jsm/api/v1/services/",
    "syncs": "/jsm/ops/api/v1/syncs",
    "teams": "/jsm/ops/api/v1/teams",
    "users": "/rest/api/3/users/search",
}
BELOW_SITE = {
    "alert_attachments": "/jsm/ops/api/v1/alerts/{alertId}/attachments",
    "alert_logs": "/jsm/ops/api/v1/alerts/{id}/logs",
    "contacts": "/jsm/ops/api/v1/users/contacts",
    "heartbeats": "/jsm/ops/api/v1/teams/{teamId}/heartbeats",
    "integrations": "/jsm/ops/api/v1/integrations/{id}",
    "maintenance": "/jsm/ops/api/v1/maintenances",
    "next_on_calls": "/jsm/ops/api/v1/schedules/{scheduleId}/next-on-calls",
    "on_calls": "/jsm/ops/api/v1/schedules/{scheduleId}/on-calls",
    "schedule_timelines": "/jsm/ops/api/v1/schedules/{scheduleId}/timeline",
    "sync_action_groups": "/jsm/ops/api/v1/syncs/{syncId}/action-groups",
    "team_members": "/public/teams/v1/org/{orgId}/teams/{teamId}/members",
    "team_roles": "/jsm/ops/api/v1/teams/{teamId}/roles",
    "teams": "/public/teams/v1/org/{orgId}/teams",  # their descriptions
}
LED_BY_A_LINK = "offset, which is ignored"
SECRET_OF_AN_INTEGRATION = "s3cr3t"  # noqa: S105 - the sandbox's


@cache
def truth_of(account: Sandbox, name: str, *, in_jsm: bool = False) -> tuple[Row, ...]:
    """Return the rows of a complete copy, which are the same for all tests: an answer that misbehaves changes none."""
    return tuple(account.jsm_truth(name) if in_jsm else account.truth(name))


@dataclass(frozen=True)
class Subject:
    """An API that misbehaves, and the connector that reads it.

    Attributes:
        account: the account.
        connector: reads it on a fast clock.
        groups: streams of each paging family, with the endpoints that misbehave under them.
        untouched: a stream whose endpoint does not.
        of_many_calls: some of the streams that take more than two calls.
        refused_to_some: streams that are skipped, or lack a column, where the key is refused, because that is how an
            API refuses them to a caller who is not an admin.
        made: columns that the connector makes, by stream.
    """

    account: Sandbox
    connector: Connector
    groups: tuple[Mapping[str, str], ...] = (OPSGENIE,)
    untouched: ClassVar[str] = "escalations"
    of_many_calls: ClassVar[AbstractSet[str]] = {"incident_logs", "incident_timeline_entries"}
    refused_to_some: ClassVar[AbstractSet[str]] = frozenset()
    made: ClassVar[Mapping[str, str]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The streams whose endpoints misbehave."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group))

    @property
    def endpoints(self) -> list[str]:
        """The endpoints that misbehave."""
        return [endpoint for group in self.groups for endpoint in group.values()]

    def endpoint_of(self, name: str) -> str:
        """Return the endpoint that misbehaves under a stream."""
        return next(group[name] for group in self.groups if name in group)

    def truth(self, name: str) -> Iterator[str]:
        """Return the rows of a complete copy, to be compared."""
        return map(canonical, truth_of(self.account, name))

    def copied(self, outcome: Outcome, name: str) -> Iterator[str]:
        """Return the rows that were read, to be compared."""
        return map(canonical, outcome.records[name])

    def is_complete(self, outcome: Outcome, name: str) -> bool:
        """Return whether a stream has every row once."""
        return Counter(self.copied(outcome, name)) == Counter(self.truth(name))

    def read(self, catalog: Mapping[str, Any], names: Iterable[str], *arguments: str) -> Outcome:
        """Read some streams in full."""
        return self.connector.read([catalog[name] for name in names], "full_refresh", None, *arguments)

    def sweep(self, catalog: Mapping[str, Any], fault: Mapping[str, Any], *arguments: str) -> Outcome:
        """Read a stream of each family while all their endpoints misbehave, and one whose endpoint does not."""
        self.account.settings(fault={**fault, "on": self.endpoints})
        outcome = self.read(catalog, (*self.names, self.untouched), *arguments)
        self._assert_no_silent_loss(outcome, fault["name"])
        self._assert_without_secrets(outcome)
        assert outcome.statuses[self.untouched][-1] == "COMPLETE"
        return outcome

    def _assert_no_silent_loss(self, outcome: Outcome, fault: str) -> None:
        """Require of every stream: all its rows, or a status and an error that say otherwise."""
        for name in (*self.names, self.untouched):
            if outcome.statuses[name][-1] != "COMPLETE":
                assert outcome.code == 1
                assert any(error.startswith(f"{name}: ") for error in outcome.errors), (name, outcome.errors)
            elif not set(self.truth(name)) <= set(self.copied(outcome, name)):
                assert fault == "revoked", name
                assert name in self.refused_to_some
                told = [each for each in outcome.warnings if each.startswith(f"{name}: ")]
                assert any("skipped" in each or "column" in each for each in told), (name, outcome.warnings)
        assert all("Traceback" not in error for error in outcome.errors)

    def _assert_without_secrets(self, outcome: Outcome) -> None:
        said = outcome.stdout + outcome.stderr
        for form in self.secrets():
            assert form not in said
            assert quote(form) not in said
            assert base64.b64encode(form.encode()).decode() not in said
        assert SECRET_OF_AN_INTEGRATION not in said

    def violations(self) -> list[str]:
        """Return what the account was asked for that a careful client does not ask for."""
        violations: list[str] = self.account.stats()["violations"]
        return violations

    def secrets(self) -> tuple[str, ...]:
        """Return the forms of the key that may stand nowhere."""
        key = self.account.key()
        return key, f":{key}", f"GenieKey {key}"


@dataclass(frozen=True)
class SiteSubject(Subject):
    """A migrated account that misbehaves.

    Attributes:
        audited_since: the time from which the audit log is read, a call for each day; empty for all of it.
    """

    audited_since: str = ""

    untouched: ClassVar[str] = "jec_channels"
    of_many_calls: ClassVar[AbstractSet[str]] = {"alerts", "users", "alert_logs", "contacts", "team_roles"}
    # The last ones are of other APIs, of which no document says that they take every token that Operations takes.
    refused_to_some: ClassVar[AbstractSet[str]] = {
        *("alert_attachments", "audit_logs", "contacts"),
        *("users", "services", "teams", "team_members"),
    }
    made: ClassVar[Mapping[str, str]] = {"alert_logs": "offset", "audit_logs": "id"}

    def truth(self, name: str) -> Iterator[str]:
        """Return the rows of a complete copy, to be compared."""
        rows = truth_of(self.account, name, in_jsm=True)
        return (canonical(row) for row in rows if name != "audit_logs" or row["created"] >= self.audited_since)

    def copied(self, outcome: Outcome, name: str) -> Iterator[str]:
        """Return the rows that were read, to be compared, without the keys that the connector makes."""
        made = self.made.get(name, "")
        return (canonical({**row, made: None}) for row in outcome.records[name])

    def read(self, catalog: Mapping[str, Any], names: Iterable[str], *arguments: str) -> Outcome:
        """Read some streams as a first sync does, but for the days of the audit log that an earlier one has read."""
        state = {"stream_descriptor": {"name": "audit_logs"}, "stream_state": {"created": self.audited_since}}
        states = [{"type": "STREAM", "stream": state}] if self.audited_since else []
        return self.connector.read([catalog[name] for name in names], "incremental", states, *arguments)

    def violations(self) -> list[str]:
        """Return the same, but for what only a link that misbehaves leads to."""
        return [each for each in super().violations() if LED_BY_A_LINK not in each]

    def secrets(self) -> tuple[str, ...]:
        """Return the forms of the token that may stand nowhere."""
        credential = self.account.credential()
        return credential["token"], f"{credential['email']}:{credential['token']}"
