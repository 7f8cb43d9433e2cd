"""Policies, which change alerts or their notifications before anybody is notified."""

from __future__ import annotations

from source_opsgenie.records.base import JsonText, Object, Record, about, added, detail, in_jsm
from source_opsgenie.records.shared import ConditionGroup, Duration, Recipient, TimeRestriction


class PolicyHours(Object):
    """A period of each day, as JSM Operations describes it for policies."""

    startHour: int = about("Hour at which the period begins, 0 to 23.")
    startMinute: int = about("Minute at which the period begins, 0 to 59.")
    endHour: int = about("Hour at which the period ends, 0 to 23.")
    endMinute: int = about("Minute at which the period ends, 0 to 59.")


class PolicyTimeRestriction(Object):
    """The times at which a policy applies, as JSM Operations describes them."""

    enabled: bool = about("Whether the policy applies at these times only.")
    timeRestrictions: list[PolicyHours] = about("Periods of the day.")
    appliedTimeZone: str = about("Time zone of the periods. Empty without periods.")


class Policy(Object):
    """The fields that both kinds of policy have."""

    team_id: str = added("id of the team that the policy belongs to. Null for a global alert policy.")
    id: str = about("Id of the policy.")
    name: str = about("Name of the policy.")
    type: str = about("Type of the policy: alert or notification.")
    order: float = about("Position among the policies of its team, or the global alert policies. May have a fraction.")
    enabled: bool = about("Whether the policy is enabled.")
    teamId: str = detail("id of the team that the policy belongs to.")
    policyDescription: str = detail("description of the policy itself.")
    filter: ConditionGroup = detail("conditions on the alerts that the policy applies to.")
    timeRestrictions: TimeRestriction = detail("times at which the policy applies. Absent if it always applies.")
    timeRestriction: PolicyTimeRestriction = in_jsm("times at which the policy applies, with their time zone.")


class AlertPolicy(Policy, Record):
    """A policy that changes alerts.

    Texts may contain placeholders such as `{{message}}`, which stand for the alert's own values.
    """

    message: str = detail("title that the alert receives.")
    alias: str = detail("alias that the alert receives.")
    description: str = detail("description that the alert receives.")
    entity: str = detail("entity that the alert receives.")
    source: str = detail("source that the alert receives.")
    priority: str = detail("priority that the alert receives, P1 (critical) to P5 (informational).")
    continue_: bool = detail("whether later policies also run.", alias="continue")
    actions: list[str] = detail("custom actions that the alert receives.")
    tags: list[str] = detail("tags that the alert receives.")
    details: JsonText = detail(
        "custom properties that the alert receives, as JSON text: an object or an array, whichever the API sends."
    )
    responders: list[Recipient] = detail("responders that the alert receives.")
    ignoreOriginalActions: bool = detail("whether the alert's original actions are ignored.")
    ignoreOriginalDetails: bool = detail("whether the alert's original custom properties are ignored.")
    ignoreOriginalResponders: bool = detail("whether the alert's original responders are ignored.")
    ignoreOriginalTags: bool = detail("whether the alert's original tags are ignored.")
    ignoreOriginalTeams: bool = detail("whether the alert's original teams are ignored. Often absent.")
    updatePriority: bool = in_jsm("whether the policy changes the alert's priority.")
    priorityValue: str = in_jsm("priority of the policy, which applies if updatePriority is true.")


class _PolicyAction(Object):
    """The duration of an action as JSM Operations gives it."""

    waitDuration: float = in_jsm("number of units of the duration.")
    durationFormat: str = in_jsm("unit of waitDuration, e.g. minutes, hours or days.")


class DelayTime(Object):
    """The time of day at which a delay ends, as JSM Operations gives it."""

    hours: int = about("Hour at which the delay ends, 0 to 23.")
    minutes: int = about("Minute at which the delay ends, 0 to 59.")


class AutoRestartAction(_PolicyAction):
    """An action that restarts the notifications of an alert on which nobody acts."""

    duration: Duration = about("Time after which notifications start again.")
    maxRepeatCount: int = about("Maximum number of restarts.")


class AutoCloseAction(_PolicyAction):
    """An action that closes the alert after some time."""

    duration: Duration = about("Time after which the alert is closed.")


class DeduplicationAction(_PolicyAction):
    """An action that notifies only if an alert has occurred a number of times."""

    deduplicationActionType: str = about("Kind of deduplication: value-based or frequency-based.")
    count: int = about("Number of occurrences, 2 to 100.")
    duration: Duration = about("Time in which the occurrences are counted. In Opsgenie, only with frequency-based.")
    frequency: float = in_jsm("frequency of the deduplication. JSM does not explain it.")
    countValueLimit: int = in_jsm("number of occurrences, as in count.")


class DelayAction(_PolicyAction):
    """An action that delays notifications."""

    delayOption: str = about(
        "How long notifications are delayed: for-duration, next-time, next-weekday, or until a weekday, next-monday to "
        "next-sunday."
    )
    untilHour: int = about("Hour at which the delay ends, 0 to 23. In Opsgenie, not with for-duration.")
    untilMinute: int = about("Minute at which the delay ends, 0 to 59. In Opsgenie, not with for-duration.")
    duration: Duration = about("Length of the delay. In Opsgenie, only with for-duration.")
    delayTime: DelayTime = in_jsm("time at which the delay ends, as in untilHour and untilMinute.")


class NotificationPolicy(Policy, Record):
    """A policy that changes the notifications of alerts. It always belongs to a team."""

    description: str = in_jsm("description of the policy itself, as in policyDescription.")
    suppress: bool = detail("whether notifications are suppressed.")
    autoRestartAction: AutoRestartAction = detail("action that restarts notifications. Absent if there is none.")
    autoCloseAction: AutoCloseAction = detail("action that closes the alert. Absent if there is none.")
    deduplicationAction: DeduplicationAction = detail(
        "action that waits for several occurrences. Absent if there is none."
    )
    delayAction: DelayAction = detail("action that delays notifications. Absent if there is none.")
