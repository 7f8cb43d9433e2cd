"""Policies: what happens to alerts, and to their notifications, before anybody is notified.

The list names a policy and gives its order, the single policy gives the rest; a row holds both.
"""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record
from source_opsgenie.records.json_text import JsonText
from source_opsgenie.records.shared import ConditionGroup, Duration, TimeRestriction, TypedRef


class Policy(Object):
    """What both kinds of policy have."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team; null for a global policy.")
    id: str | None = Field(None, description="Id of the policy.")
    name: str | None = Field(None, description="Name.")
    type: str | None = Field(None, description="alert or notification.")
    order: float | None = Field(None, description="Place among the policies of the team, or among the global ones.")
    enabled: bool | None = Field(None, description="Whether it is used.")
    teamId: str | None = Field(None, description="Detail only: id of the team.")
    policyDescription: str | None = Field(None, description="Detail only: what the policy is for.")
    filter: ConditionGroup | None = Field(None, description="Detail only: which alerts it takes.")
    timeRestrictions: TimeRestriction | None = Field(None, description="Detail only: when it applies.")


class AlertPolicy(Policy, Record):
    """A policy that changes alerts. In texts, `{{...}}` stands for the alert's own value."""

    message: str | None = Field(None, description="Detail only: headline given.")
    alias: str | None = Field(None, description="Detail only: alias given.")
    description: str | None = Field(None, description="Detail only: description given to the alert.")
    entity: str | None = Field(None, description="Detail only: entity given.")
    source: str | None = Field(None, description="Detail only: source given.")
    priority: str | None = Field(None, description="Detail only: priority given, P1 (critical) to P5.")
    continue_: bool | None = Field(
        None, alias="continue", description="Detail only: whether the policies behind it are applied, too."
    )
    actions: list[str] | None = Field(None, description="Detail only: custom actions added.")
    tags: list[str] | None = Field(None, description="Detail only: tags added.")
    details: JsonText | None = Field(None, description="Detail only: custom properties added, a map or a list.")
    responders: list[TypedRef] | None = Field(None, description="Detail only: responders added.")
    ignoreOriginalActions: bool | None = Field(None, description="Detail only: whether the alert's own actions go.")
    ignoreOriginalDetails: bool | None = Field(None, description="Detail only: whether its own properties go.")
    ignoreOriginalResponders: bool | None = Field(None, description="Detail only: whether its own responders go.")
    ignoreOriginalTags: bool | None = Field(None, description="Detail only: whether its own tags go.")
    ignoreOriginalTeams: bool | None = Field(
        None, description="Detail only: whether its own teams go; not always told."
    )


class AutoRestartAction(Object):
    """Notifies again while nobody acts."""

    duration: Duration | None = Field(None, description="Time between two rounds.")
    maxRepeatCount: int | None = Field(None, description="How many rounds at most.")


class AutoCloseAction(Object):
    """Closes the alert."""

    duration: Duration | None = Field(None, description="After how long.")


class DeduplicationAction(Object):
    """Notifies only when an alert has occurred often enough."""

    deduplicationActionType: str | None = Field(None, description="value-based or frequency-based.")
    count: int | None = Field(None, description="How often, 2 to 100.")
    duration: Duration | None = Field(None, description="In which time, with frequency-based.")


class DelayAction(Object):
    """Puts notifications off."""

    delayOption: str | None = Field(
        None, description="for-duration, next-time, next-weekday, or a day from next-monday to next-sunday."
    )
    untilHour: int | None = Field(None, description="Hour they go on, 0 to 23.")
    untilMinute: int | None = Field(None, description="Minute they go on, 0 to 59.")
    duration: Duration | None = Field(None, description="How long, with for-duration.")


class NotificationPolicy(Policy, Record):
    """A policy that changes when alerts notify. It always belongs to a team."""

    suppress: bool | None = Field(None, description="Detail only: whether nobody is notified.")
    autoRestartAction: AutoRestartAction | None = Field(None, description="Detail only: notifies again.")
    autoCloseAction: AutoCloseAction | None = Field(None, description="Detail only: closes the alert.")
    deduplicationAction: DeduplicationAction | None = Field(None, description="Detail only: waits for more.")
    delayAction: DelayAction | None = Field(None, description="Detail only: puts notifications off.")
