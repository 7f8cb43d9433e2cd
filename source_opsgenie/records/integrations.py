"""Integrations and the objects that belong to them: actions, action channels and heartbeats.

Secrets do not leave the connector: where a field may contain one, its value is replaced by `***`.
"""

from __future__ import annotations

from typing import Any

from source_opsgenie.records.base import Object, Record, Timestamp, about, added, detail, in_jsm
from source_opsgenie.records.shared import ConditionMatch, EntityRef, Recipient

MASKED = 'Masked: the value is always "***".'
EACH_MASKED = 'Masked: each value is "***".'
SECRETS_MASKED = 'Masked: each value that may be a secret is "***".'


class ActionMapping(Object):
    """An action in one system and the action that it causes in the other."""

    action: str | None = about("Action that happens, e.g. create, acknowledge or close.")
    mappedAction: str | None = about(
        "Action that it causes in the other system, e.g. create-incident or resolve-issue."
    )
    extraField: str | None = about("Parameter of action, e.g. the name of a custom action.")
    extraFieldForMappedAction: str | None = about("Parameter of mappedAction.")


class MaintenanceInterval(Object):
    """When a maintenance of an integration takes place."""

    startTimeMillis: int | None = about("When the maintenance begins, in milliseconds since 1970-01-01 UTC.")
    endTimeMillis: int | None = about("When the maintenance ends, in milliseconds since 1970-01-01 UTC.")


class MaintenanceSource(Object):
    """A maintenance that enables or disables an integration."""

    maintenanceId: str | None = about("Id of the maintenance.")
    enabled: bool | None = about("Whether the integration is enabled during the maintenance.")
    interval: MaintenanceInterval | None = about("When the maintenance takes place.")


class Integration(Record):
    """An integration: the fields of the list, then those of the single integration, which depend on its type.

    There are about 200 types. The last fields belong to common types; those of other types are emitted under the
    names that the API gives them.
    """

    id: str | None = about("Id of the integration.")
    name: str | None = about("Name of the integration.")
    enabled: bool | None = about("Whether the integration is enabled.")
    type: str | None = about("Type of the integration, e.g. API, Email or Prometheus. There are about 200 types.")
    teamId: str | None = about("Id of the team that owns the integration. Absent from global integrations.")
    advanced: bool | None = about("Whether the integration has its own rules (actions).")
    version: str | None = about("Version of the integration, e.g. v2.")

    ownerTeam: EntityRef | None = detail("team that owns the integration. Absent from global integrations.")
    isGlobal: bool | None = detail("whether the integration belongs to no team.")
    read_only: list[str] | None = detail("names of the fields that clients cannot change.", alias="_readOnly")
    suppressNotifications: bool | None = detail("whether alerts of the integration notify nobody.")
    ignoreRespondersFromPayload: bool | None = detail("whether responders in the payload are ignored.")
    ignoreTeamsFromPayload: bool | None = detail("whether teams in the payload are ignored.")
    ignoreRecipientsFromPayload: bool | None = detail("whether recipients in the payload are ignored.")
    ignoreTagsFromPayload: bool | None = detail("whether tags in the payload are ignored.")
    ignoreExtraPropertiesFromPayload: bool | None = detail("whether custom properties in the payload are ignored.")
    responders: list[Recipient] | None = detail("responders of the alerts that the integration creates.")
    recipients: list[Recipient] | None = detail("older form of responders: recipients of the alerts.")
    isAdvanced: bool | None = detail("whether the integration has its own rules (actions).")
    priority: str | None = detail(
        "priority of the alerts that the integration creates, P1 (critical) to P5 (informational)."
    )
    customPriority: str | None = detail("field of the payload from which the priority is taken.")
    tags: list[str] | None = detail("tags of the alerts that the integration creates.")
    extraProperties: dict[str, str] | None = detail(
        "custom properties of the alerts that the integration creates, by key."
    )
    assignedTeam: EntityRef | None = detail("team to which the alerts are assigned.")

    feature_type: str | None = about(
        "How the integration receives data: email-based or token-based.", alias="feature-type"
    )
    emailAddress: str | None = about("E-mail address of the integration. Only for integrations based on e-mail.")
    emailUsername: str | None = about("Part of emailAddress before the @ sign. Only for integrations based on e-mail.")
    allowReadAccess: bool | None = about(
        "Whether the integration's key may read. Only for integrations based on a token."
    )
    allowWriteAccess: bool | None = about(
        "Whether the integration's key may create and update. Only for integrations based on a token."
    )
    allowDeleteAccess: bool | None = about(
        "Whether the integration's key may delete. Only for integrations based on a token."
    )
    allowConfigurationAccess: bool | None = about(
        "Whether the integration's key may access the configuration. Only for integrations based on a token."
    )
    isDefaultIntegration: bool | None = about(
        "Whether Opsgenie created the integration by default. Only for the type API."
    )

    callback_type: str | None = about(
        "Kind of callback with which an outgoing integration sends data.", alias="callback-type"
    )
    bidirectional_callback_type: str | None = about(
        "Kind of callback with which a bidirectional integration sends data.", alias="bidirectional-callback-type"
    )
    alertFilter: ConditionMatch | None = about(
        "Conditions on the alerts that the integration sends to the other system."
    )
    alertActions: list[str] | None = about("Actions on alerts that the integration sends to the other system.")
    sendAlertActions: bool | None = about("Whether the integration sends actions on alerts to the other system.")
    forwardingEnabled: bool | None = about(
        "Whether the integration sends alerts that others created to the other system."
    )
    forwardingActionMappings: list[ActionMapping] | None = about(
        "What each action on an alert that others created causes in the other system."
    )
    updatesEnabled: bool | None = about("Whether the integration sends changes of its own alerts to the other system.")
    updatesActionMappings: list[ActionMapping] | None = about(
        "What each action on an alert of this integration causes in the other system."
    )
    addAlertDescription: bool | None = about("Whether the integration sends the descriptions of alerts.")
    addAlertDetails: bool | None = about("Whether the integration sends the custom properties of alerts.")
    sendViaOEC: bool | None = about("Whether the integration sends data through Opsgenie Edge Connector (OEC).")
    username: str | None = about("Username in the other system.")
    subdomain: str | None = about("Subdomain of the account in the other system.")
    region: str | None = about("Region of the account in the other system.")
    topicArn: str | None = about("ARN of the Amazon SNS topic.")
    channel: str | None = about("Name of the Slack channel.")
    projectKey: str | None = about("Key of the Jira project.")
    issueTypeName: str | None = about("Name of the Jira issue type.")
    url: str | None = about(f"Address to which the integration sends data. {MASKED}")
    webhookUrl: str | None = about(
        f"Address of the Microsoft Teams or Slack webhook to which the integration sends data. {MASKED}"
    )
    headers: dict[str, str] | None = about(f"HTTP headers that the integration sends. {EACH_MASKED}")
    apiKey: str | None = about(f"API key. {MASKED}")
    token: str | None = about(f"Token. {MASKED}")
    password: str | None = about(f"Password. {MASKED}")

    maintenanceSources: list[MaintenanceSource] | None = in_jsm("maintenances that enable or disable the integration.")
    directions: list[str] | None = in_jsm("directions in which the integration works: incoming, outgoing.")
    domains: list[str] | None = in_jsm("kinds of objects that the integration works with, e.g. alert.")
    typeSpecificProperties: dict[str, Any] | None = in_jsm(f"settings that depend on the type. {SECRETS_MASKED}")


class JsmActionMapping(Object):
    """What an action of JSM Operations does."""

    type: str | None = about("Action that is taken, e.g. create.")
    parameter: dict[str, Any] | None = about(f"Parameters of the action. {SECRETS_MASKED}")


class IntegrationAction(Record):
    """A rule of an integration, which says what to do with the data that the integration receives.

    Texts may contain placeholders such as `{{message}}`, which stand for values of the payload.
    """

    integration_id: str | None = added("id of the integration.")
    type: str | None = about("Type of the action: create, close, acknowledge, addNote or ignore.")
    name: str | None = about("Name of the action.")
    order: int | None = about("Position among the actions of the same type.")
    duplicate_number: int | None = about(
        "Added by the connector, for Opsgenie only, as part of the key: distinguishes actions of an integration that "
        "have the same type, order and name. It is 0 unless there are several."
    )
    filter: ConditionMatch | None = about("Conditions on the data that the action applies to.")
    user: str | None = about("Name of the user in whose name the action is taken.")
    note: str | None = about("Note that the action adds to the alert.")
    alias: str | None = about("Alias of the alert.")
    source: str | None = about("Source of the alert.")
    message: str | None = about("Title of the alert.")
    description: str | None = about("Description of the alert.")
    entity: str | None = about("Entity of the alert.")
    priority: str | None = about("Priority of the alert, P1 (critical) to P5 (informational).")
    customPriority: str | None = about("Field of the payload from which the priority is taken.")
    appendAttachments: bool | None = about("Whether attachments in the payload are added to the alert.")
    alertActions: list[str] | None = about("Names of the custom actions available on the alert.")
    responders: list[Recipient] | None = about("Responders of the alert.")
    recipients: list[Recipient] | None = about("Older form of responders: recipients of the alert.")
    tags: list[str] | None = about("Tags of the alert.")
    extraProperties: dict[str, str] | None = about("Custom properties of the alert, by key.")
    ignoreAlertActionsFromPayload: bool | None = about("Whether custom actions in the payload are ignored.")
    ignoreRespondersFromPayload: bool | None = about("Whether responders in the payload are ignored.")
    ignoreRecipientsFromPayload: bool | None = about("Whether recipients in the payload are ignored.")
    ignoreTeamsFromPayload: bool | None = about("Whether teams in the payload are ignored.")
    ignoreTagsFromPayload: bool | None = about("Whether tags in the payload are ignored.")
    ignoreExtraPropertiesFromPayload: bool | None = about("Whether custom properties in the payload are ignored.")
    id: str | None = in_jsm("id of the action.")
    direction: str | None = in_jsm("direction, incoming or outgoing.")
    domain: str | None = in_jsm("kind of objects that the action works with, e.g. alert.")
    actionMappingType: str | None = in_jsm("action that is taken, as the list of actions names it.")
    actionMapping: JsmActionMapping | None = in_jsm("action that is taken, and its parameters.")
    groupType: str | None = in_jsm("group that the action belongs to: forwarding, updating or checkbox.")
    extraField: str | None = in_jsm("parameter of the action that happens.")
    typeSpecificProperties: dict[str, Any] | None = in_jsm(f"settings that depend on the type. {SECRETS_MASKED}")
    fieldMappings: dict[str, Any] | None = in_jsm(
        f"values that the action gives to the fields of the alert, by field. {SECRETS_MASKED}"
    )


class Sync(Record):
    """A sync between alerts and the work items of a Jira project. Only in JSM Operations."""

    id: str | None = about("Id of the sync.")
    name: str | None = about("Name of the sync.")
    type: str | None = about("Type of the sync, e.g. jira-service-management-cloud.")
    enabled: bool | None = about("Whether the sync is enabled.")
    teamId: str | None = about("Id of the team that owns the sync. Absent from global ones.")
    description: str | None = detail("description of the sync. Often absent.")
    properties: dict[str, Any] | None = detail(f"settings that depend on the type. {SECRETS_MASKED}")


class SyncAction(Record):
    """What a sync does with alerts or work items. Only in JSM Operations."""

    sync_id: str | None = added("id of the sync.")
    id: str | None = about("Id of the action.")
    name: str | None = about("Name of the action.")
    type: str | None = about("Type of the action, e.g. createIssue.")
    enabled: bool | None = about("Whether the action is enabled.")
    order: float | None = about("Position among the actions. May have a fraction.")
    direction: str | None = about("Direction: incoming or outgoing.")
    actionGroupId: str | None = about("Id of the group that the action belongs to.")
    actionMapping: JsmActionMapping | None = detail("action that is taken, and its parameters.")
    filter: ConditionMatch | None = detail("conditions under which the action is taken.")
    fieldMappings: dict[str, Any] | None = detail(f"values that the action gives to fields, by field. {SECRETS_MASKED}")
    properties: dict[str, Any] | None = detail(f"settings that depend on the type. {SECRETS_MASKED}")


class SyncActionGroup(Record):
    """A group of a sync's actions. Only in JSM Operations."""

    sync_id: str | None = added("id of the sync.")
    id: str | None = about("Id of the group.")
    type: str | None = about("Type of the group: forwarding, updating or checkbox.")
    name: str | None = about("Name of the group.")
    order: float | None = about("Position among the groups. May have a fraction.")
    enabled: bool | None = about("Whether the group is enabled.")


class JecChannel(Record):
    """A channel of Jira Edge Connector (JEC), which runs actions in the customer's network. Only in JSM Operations."""

    id: str | None = about("Id of the channel.")
    name: str | None = about("Name of the channel.")
    ownerId: str | None = about("Id of the user or team that owns the channel.")
    ownerDomain: str | None = about("Kind of the owner, as JSM Operations names it.")
    authorAccountId: str | None = about("Id of the user who created the channel.")


class AwsSystemsManagerChannel(Object):
    """The settings of a channel that runs actions in AWS Systems Manager."""

    roleName: str | None = about("Name of the AWS role that the channel assumes.")
    accountId: str | None = about("Id of the AWS account.")
    region: str | None = about("AWS region.")


class AwsSnsChannel(Object):
    """The settings of a channel that sends actions to Amazon SNS."""

    topicName: str | None = about("Name of the Amazon SNS topic.")
    accountId: str | None = about("Id of the AWS account.")
    region: str | None = about("AWS region.")


class RestChannel(Object):
    """The settings of a channel that sends actions over HTTP."""

    url: str | None = about(f"Address to which actions are sent. {MASKED}")
    headers: dict[str, str] | None = about(f"HTTP headers that are sent. {EACH_MASKED}")


class ActionChannel(Record):
    """A channel through which a team's actions are run."""

    id: str | None = about("Id of the channel.")
    name: str | None = about("Name of the channel.")
    actionType: str | None = about(
        "Type of the channel: rest, aws-systems-manager, aws-sns or oec (Opsgenie Edge Connector)."
    )
    teamId: str | None = about("Id of the team. Added by the connector if Opsgenie's answer does not contain it.")
    awsSmActionChannel: AwsSystemsManagerChannel | None = about(
        "Settings for AWS Systems Manager. Only if actionType is aws-systems-manager."
    )
    awsSnsActionChannel: AwsSnsChannel | None = about("Settings for Amazon SNS. Only if actionType is aws-sns.")
    restActionChannel: RestChannel | None = about("Settings for HTTP. Only if actionType is rest.")
    oecActionChannel: dict[str, str] | None = about(
        f"Settings for Opsgenie Edge Connector. Only if actionType is oec. {SECRETS_MASKED}"
    )


class Heartbeat(Record):
    """A heartbeat, which expects a signal of another system regularly."""

    name: str | None = about(
        "Name of the heartbeat, which also identifies it; in JSM Operations, only within its team."
    )
    description: str | None = about("Description of the heartbeat. Empty if there is none.")
    interval: int | None = about("Longest time allowed between two signals, in intervalUnit.")
    intervalUnit: str | None = about("Unit of interval: minutes, hours or days.")
    enabled: bool | None = about("Whether the heartbeat is enabled.")
    expired: bool | None = about("Whether the next signal is overdue.")
    lastPingTime: Timestamp | None = about(
        "When the last signal arrived. Absent before the first one, and always in JSM Operations."
    )
    ownerTeam: EntityRef | None = about("Team that owns the heartbeat. Absent if it belongs to no team.")
    alertMessage: str | None = about("Title of the alert that is created when a signal is overdue.")
    alertTags: list[str] | None = about("Tags of that alert.")
    alertPriority: str | None = about("Priority of that alert, P1 (critical) to P5 (informational).")
    team_id: str | None = about("JSM Operations only, added by the connector as part of the key: id of the team.")
    status: str | None = in_jsm("status of the heartbeat: Responsive, Unresponsive, Pending or Off.")
