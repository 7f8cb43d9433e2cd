"""Policies, which change alerts or their notifications before anybody is notified.

The list gives a policy's name and order, the single policy gives the rest; a row contains both.
"""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record
from source_opsgenie.records.json_text import JsonText
from source_opsgenie.records.shared import ConditionGroup, Duration, Recipient, TimeRestriction


class PolicyHours(Object):
    """A period of each day, as JSM Operations describes it for policies."""

    startHour: int | None = Field(None, description="Hour at which the period begins, 0 to 23.")
    startMinute: int | None = Field(None, description="Minute at which the period begins, 0 to 59.")
    endHour: int | None = Field(None, description="Hour at which the period ends, 0 to 23.")
    endMinute: int | None = Field(None, description="Minute at which the period ends, 0 to 59.")


class PolicyTimeRestriction(Object):
    """The times at which a policy applies, as JSM Operations describes them."""

    enabled: bool | None = Field(None, description="Whether the policy applies at these times only.")
    timeRestrictions: list[PolicyHours] | None = Field(None, description="Periods of the day.")
    appliedTimeZone: str | None = Field(None, description="Time zone of the periods. Empty without periods.")


class Policy(Object):
    """The fields that both kinds of policy have."""

    team_id: str | None = Field(
        None, description="Added by the connector: id of the team that the policy belongs to. Null for a global policy."
    )
    id: str | None = Field(None, description="Id of the policy.")
    name: str | None = Field(None, description="Name of the policy.")
    type: str | None = Field(None, description="Type of the policy: alert or notification.")
    order: float | None = Field(
        None, description="Position among the policies of the team, or among the global policies. May have a fraction."
    )
    enabled: bool | None = Field(None, description="Whether the policy is enabled.")
    teamId: str | None = Field(None, description="Detail only: id of the team that the policy belongs to.")
    policyDescription: str | None = Field(None, description="Detail only: description of the policy itself.")
    filter: ConditionGroup | None = Field(
        None, description="Detail only: conditions on the alerts that the policy applies to."
    )
    timeRestrictions: TimeRestriction | None = Field(
        None, description="Detail only: times at which the policy applies. Absent if it always applies."
    )
    timeRestriction: PolicyTimeRestriction | None = Field(
        None, description="JSM Operations only: times at which the policy applies, with their time zone."
    )


class AlertPolicy(Policy, Record):
    """A policy that changes alerts.

    Texts may contain placeholders such as `{{message}}`, which stand for the alert's own values.
    """

    message: str | None = Field(None, description="Detail only: title that the alert receives.")
    alias: str | None = Field(None, description="Detail only: alias that the alert receives.")
    description: str | None = Field(None, description="Detail only: description that the alert receives.")
    entity: str | None = Field(None, description="Detail only: entity that the alert receives.")
    source: str | None = Field(None, description="Detail only: source that the alert receives.")
    priority: str | None = Field(
        None, description="Detail only: priority that the alert receives, P1 (critical) to P5 (informational)."
    )
    continue_: bool | None = Field(None, alias="continue", description="Detail only: whether later policies also run.")
    actions: list[str] | None = Field(None, description="Detail only: custom actions that the alert receives.")
    tags: list[str] | None = Field(None, description="Detail only: tags that the alert receives.")
    details: JsonText | None = Field(
        None,
        description="Detail only: custom properties that the alert receives, as JSON text: an object or an array, "
        "whichever the API sends.",
    )
    responders: list[Recipient] | None = Field(None, description="Detail only: responders that the alert receives.")
    ignoreOriginalActions: bool | None = Field(
        None, description="Detail only: whether the alert's original actions are ignored."
    )
    ignoreOriginalDetails: bool | None = Field(
        None, description="Detail only: whether the alert's original custom properties are ignored."
    )
    ignoreOriginalResponders: bool | None = Field(
        None, description="Detail only: whether the alert's original responders are ignored."
    )
    ignoreOriginalTags: bool | None = Field(
        None, description="Detail only: whether the alert's original tags are ignored."
    )
    ignoreOriginalTeams: bool | None = Field(
        None, description="Detail only: whether the alert's original teams are ignored. Often absent."
    )
    updatePriority: bool | None = Field(
        None, description="JSM Operations only: whether the policy changes the alert's priority."
    )
    priorityValue: str | None = Field(
        None, description="JSM Operations only: priority of the policy, which applies if updatePriority is true."
    )


class _PolicyAction(Object):
    """The duration of an action as JSM Operations gives it."""

    waitDuration: float | None = Field(None, description="JSM Operations only: number of units of the duration.")
    durationFormat: str | None = Field(
        None, description="JSM Operations only: unit of waitDuration, e.g. minutes, hours or days."
    )


class DelayTime(Object):
    """The time of day at which a delay ends, as JSM Operations gives it."""

    hours: int | None = Field(None, description="Hour at which the delay ends, 0 to 23.")
    minutes: int | None = Field(None, description="Minute at which the delay ends, 0 to 59.")


class AutoRestartAction(_PolicyAction):
    """An action that restarts the notifications of an alert on which nobody acts."""

    duration: Duration | None = Field(None, description="Time after which notifications start again.")
    maxRepeatCount: int | None = Field(None, description="Maximum number of restarts.")


class AutoCloseAction(_PolicyAction):
    """An action that closes the alert after some time."""

    duration: Duration | None = Field(None, description="Time after which the alert is closed.")


class DeduplicationAction(_PolicyAction):
    """An action that notifies only if an alert has occurred a number of times."""

    deduplicationActionType: str | None = Field(
        None, description="Kind of deduplication: value-based or frequency-based."
    )
    count: int | None = Field(None, description="Number of occurrences, 2 to 100.")
    duration: Duration | None = Field(
        None, description="Time in which the occurrences are counted. Only with frequency-based."
    )
    frequency: float | None = Field(
        None, description="JSM Operations only: frequency of the deduplication. JSM does not explain it."
    )
    countValueLimit: int | None = Field(None, description="JSM Operations only: number of occurrences, as in count.")


class DelayAction(_PolicyAction):
    """An action that delays notifications."""

    delayOption: str | None = Field(
        None,
        description="How long notifications are delayed: for-duration, next-time, next-weekday, or until a weekday, "
        "next-monday to next-sunday.",
    )
    untilHour: int | None = Field(None, description="Hour at which the delay ends, 0 to 23. Not with for-duration.")
    untilMinute: int | None = Field(None, description="Minute at which the delay ends, 0 to 59. Not with for-duration.")
    duration: Duration | None = Field(None, description="Length of the delay. Only with for-duration.")
    delayTime: DelayTime | None = Field(
        None, description="JSM Operations only: time at which the delay ends, as in untilHour and untilMinute."
    )


class NotificationPolicy(Policy, Record):
    """A policy that changes the notifications of alerts. It always belongs to a team."""

    description: str | None = Field(
        None, description="JSM Operations only: description of the policy itself, as in policyDescription."
    )
    suppress: bool | None = Field(None, description="Detail only: whether notifications are suppressed.")
    autoRestartAction: AutoRestartAction | None = Field(
        None, description="Detail only: action that restarts notifications. Absent if the policy has none."
    )
    autoCloseAction: AutoCloseAction | None = Field(
        None, description="Detail only: action that closes the alert. Absent if the policy has none."
    )
    deduplicationAction: DeduplicationAction | None = Field(
        None, description="Detail only: action that waits for several occurrences. Absent if the policy has none."
    )
    delayAction: DelayAction | None = Field(
        None, description="Detail only: action that delays notifications. Absent if the policy has none."
    )
