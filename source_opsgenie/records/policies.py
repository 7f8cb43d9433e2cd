"""Policies, which change alerts or their notifications before anybody is notified.

The list gives a policy's name and order, the single policy gives the rest; a row contains both.
"""

from __future__ import annotations

from source_opsgenie.records.base import JsonText, Object, Record, about, added, detail, in_jsm
from source_opsgenie.records.shared import ConditionGroup, Duration, Recipient, TimeRestriction


class PolicyHours(Object):
    """A period of each day, as JSM Operations describes it for policies."""

    startHour: int | None = about("Hour at which the period begins, 0 to 23.")
    startMinute: int | None = about("Minute at which the period begins, 0 to 59.")
    endHour: int | None = about("Hour at which the period ends, 0 to 23.")
    endMinute: int | None = about("Minute at which the period ends, 0 to 59.")


class PolicyTimeRestriction(Object):
    """The times at which a policy applies, as JSM Operations describes them."""

    enabled: bool | None = about("Whether the policy applies at these times only.")
    timeRestrictions: list[PolicyHours] | None = about("Periods of the day.")
    appliedTimeZone: str | None = about("Time zone of the periods. Empty without periods.")


class Policy(Object):
    """The fields that both kinds of policy have."""

    team_id: str | None = added("id of the team that the policy belongs to. Null for a global alert policy.")
    id: str | None = about("Id of the policy.")
    name: str | None = about("Name of the policy.")
    type: str | None = about("Type of the policy: alert or notification.")
    order: float | None = about(
        "Position among the policies of its team, or among the global alert policies. May have a fraction."
    )
    enabled: bool | None = about("Whether the policy is enabled.")
    teamId: str | None = detail("id of the team that the policy belongs to.")
    policyDescription: str | None = detail("description of the policy itself.")
    filter: ConditionGroup | None = detail("conditions on the alerts that the policy applies to.")
    timeRestrictions: TimeRestriction | None = detail("times at which the policy applies. Absent if it always applies.")
    timeRestriction: PolicyTimeRestriction | None = in_jsm("times at which the policy applies, with their time zone.")


class AlertPolicy(Policy, Record):
    """A policy that changes alerts.

    Texts may contain placeholders such as `{{message}}`, which stand for the alert's own values.
    """

    message: str | None = detail("title that the alert receives.")
    alias: str | None = detail("alias that the alert receives.")
    description: str | None = detail("description that the alert receives.")
    entity: str | None = detail("entity that the alert receives.")
    source: str | None = detail("source that the alert receives.")
    priority: str | None = detail("priority that the alert receives, P1 (critical) to P5 (informational).")
    continue_: bool | None = detail("whether later policies also run.", alias="continue")
    actions: list[str] | None = detail("custom actions that the alert receives.")
    tags: list[str] | None = detail("tags that the alert receives.")
    details: JsonText | None = detail(
        "custom properties that the alert receives, as JSON text: an object or an array, whichever the API sends."
    )
    responders: list[Recipient] | None = detail("responders that the alert receives.")
    ignoreOriginalActions: bool | None = detail("whether the alert's original actions are ignored.")
    ignoreOriginalDetails: bool | None = detail("whether the alert's original custom properties are ignored.")
    ignoreOriginalResponders: bool | None = detail("whether the alert's original responders are ignored.")
    ignoreOriginalTags: bool | None = detail("whether the alert's original tags are ignored.")
    ignoreOriginalTeams: bool | None = detail("whether the alert's original teams are ignored. Often absent.")
    updatePriority: bool | None = in_jsm("whether the policy changes the alert's priority.")
    priorityValue: str | None = in_jsm("priority of the policy, which applies if updatePriority is true.")


class _PolicyAction(Object):
    """The duration of an action as JSM Operations gives it."""

    waitDuration: float | None = in_jsm("number of units of the duration.")
    durationFormat: str | None = in_jsm("unit of waitDuration, e.g. minutes, hours or days.")


class DelayTime(Object):
    """The time of day at which a delay ends, as JSM Operations gives it."""

    hours: int | None = about("Hour at which the delay ends, 0 to 23.")
    minutes: int | None = about("Minute at which the delay ends, 0 to 59.")


class AutoRestartAction(_PolicyAction):
    """An action that restarts the notifications of an alert on which nobody acts."""

    duration: Duration | None = about("Time after which notifications start again.")
    maxRepeatCount: int | None = about("Maximum number of restarts.")


class AutoCloseAction(_PolicyAction):
    """An action that closes the alert after some time."""

    duration: Duration | None = about("Time after which the alert is closed.")


class DeduplicationAction(_PolicyAction):
    """An action that notifies only if an alert has occurred a number of times."""

    deduplicationActionType: str | None = about("Kind of deduplication: value-based or frequency-based.")
    count: int | None = about("Number of occurrences, 2 to 100.")
    duration: Duration | None = about(
        "Time in which the occurrences are counted. In Opsgenie, only with frequency-based."
    )
    frequency: float | None = in_jsm("frequency of the deduplication. JSM does not explain it.")
    countValueLimit: int | None = in_jsm("number of occurrences, as in count.")


class DelayAction(_PolicyAction):
    """An action that delays notifications."""

    delayOption: str | None = about(
        "How long notifications are delayed: for-duration, next-time, next-weekday, or until a weekday, next-monday to "
        "next-sunday."
    )
    untilHour: int | None = about("Hour at which the delay ends, 0 to 23. In Opsgenie, not with for-duration.")
    untilMinute: int | None = about("Minute at which the delay ends, 0 to 59. In Opsgenie, not with for-duration.")
    duration: Duration | None = about("Length of the delay. In Opsgenie, only with for-duration.")
    delayTime: DelayTime | None = in_jsm("time at which the delay ends, as in untilHour and untilMinute.")


class NotificationPolicy(Policy, Record):
    """A policy that changes the notifications of alerts. It always belongs to a team."""

    description: str | None = in_jsm("description of the policy itself, as in policyDescription.")
    suppress: bool | None = detail("whether notifications are suppressed.")
    autoRestartAction: AutoRestartAction | None = detail(
        "action that restarts notifications. Absent if the policy has none."
    )
    autoCloseAction: AutoCloseAction | None = detail("action that closes the alert. Absent if the policy has none.")
    deduplicationAction: DeduplicationAction | None = detail(
        "action that waits for several occurrences. Absent if the policy has none."
    )
    delayAction: DelayAction | None = detail("action that delays notifications. Absent if the policy has none.")
