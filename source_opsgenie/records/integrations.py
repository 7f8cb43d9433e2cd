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

    action: str = about("Action that happens, e.g. create, acknowledge or close.")
    mappedAction: str = about("Action that it causes in the other system, e.g. create-incident or resolve-issue.")
    extraField: str = about("Parameter of action, e.g. the name of a custom action.")
    extraFieldForMappedAction: str = about("Parameter of mappedAction.")


class MaintenanceInterval(Object):
    """When a maintenance of an integration takes place."""

    startTimeMillis: int = about("When the maintenance begins, in milliseconds since 1970-01-01 UTC.")
    endTimeMillis: int = about("When the maintenance ends, in milliseconds since 1970-01-01 UTC.")


class MaintenanceSource(Object):
    """A maintenance that enables or disables an integration."""

    maintenanceId: str = about("Id of the maintenance.")
    enabled: bool = about("Whether the integration is enabled during the maintenance.")
    interval: MaintenanceInterval = about("When the maintenance takes place.")


class Integration(Record):
    """An integration: the fields of the list, then those of the single integration, which depend on its type.

    There are about 200 types. The last fields belong to common types; those of other types are emitted under the
    names that the API gives them.
    """

    id: str = about("Id of the integration.")
    name: str = about("Name of the integration.")
    enabled: bool = about("Whether the integration is enabled.")
    type: str = about("Type of the integration, e.g. API, Email or Prometheus. There are about 200 types.")
    teamId: str = about("Id of the team that owns the integration. Absent from global integrations.")
    advanced: bool = about("Whether the integration has its own rules (actions).")
    version: str = about("Version of the integration, e.g. v2.")

    ownerTeam: EntityRef = detail("team that owns the integration. Absent from global integrations.")
    isGlobal: bool = detail("whether the integration belongs to no team.")
    read_only: list[str] = detail("names of the fields that clients cannot change.", alias="_readOnly")
    suppressNotifications: bool = detail("whether alerts of the integration notify nobody.")
    ignoreRespondersFromPayload: bool = detail("whether responders in the payload are ignored.")
    ignoreTeamsFromPayload: bool = detail("whether teams in the payload are ignored.")
    ignoreRecipientsFromPayload: bool = detail("whether recipients in the payload are ignored.")
    ignoreTagsFromPayload: bool = detail("whether tags in the payload are ignored.")
    ignoreExtraPropertiesFromPayload: bool = detail("whether custom properties in the payload are ignored.")
    responders: list[Recipient] = detail("responders of the alerts that the integration creates.")
    recipients: list[Recipient] = detail("older form of responders: recipients of the alerts.")
    isAdvanced: bool = detail("whether the integration has its own rules (actions).")
    priority: str = detail("priority of the alerts that the integration creates, P1 (critical) to P5 (informational).")
    customPriority: str = detail("field of the payload from which the priority is taken.")
    tags: list[str] = detail("tags of the alerts that the integration creates.")
    extraProperties: dict[str, str] = detail("custom properties of the alerts that the integration creates, by key.")
    assignedTeam: EntityRef = detail("team to which the alerts are assigned.")

    feature_type: str = about("How the integration receives data: email-based or token-based.", alias="feature-type")
    emailAddress: str = about("E-mail address of the integration. Only for integrations based on e-mail.")
    emailUsername: str = about("Part of emailAddress before the @ sign. Only for integrations based on e-mail.")
    allowReadAccess: bool = about("Whether its key may read. Only for integrations based on a token.")
    allowWriteAccess: bool = about("Whether its key may create and update. Only for integrations based on a token.")
    allowDeleteAccess: bool = about("Whether its key may delete. Only for integrations based on a token.")
    allowConfigurationAccess: bool = about(
        "Whether its key may access the configuration. Only for integrations based on a token."
    )
    isDefaultIntegration: bool = about("Whether Opsgenie created the integration by default. Only for the type API.")

    callback_type: str = about("Kind of callback with which an outgoing integration sends data.", alias="callback-type")
    bidirectional_callback_type: str = about(
        "Kind of callback with which a bidirectional integration sends data.", alias="bidirectional-callback-type"
    )
    alertFilter: ConditionMatch = about("Conditions on the alerts that the integration sends to the other system.")
    alertActions: list[str] = about("Actions on alerts that the integration sends to the other system.")
    sendAlertActions: bool = about("Whether the integration sends actions on alerts to the other system.")
    forwardingEnabled: bool = about("Whether the integration sends alerts that others created to the other system.")
    forwardingActionMappings: list[ActionMapping] = about(
        "What each action on an alert that others created causes in the other system."
    )
    updatesEnabled: bool = about("Whether the integration sends changes of its own alerts to the other system.")
    updatesActionMappings: list[ActionMapping] = about(
        "What each action on an alert of this integration causes in the other system."
    )
    addAlertDescription: bool = about("Whether the integration sends the descriptions of alerts.")
    addAlertDetails: bool = about("Whether the integration sends the custom properties of alerts.")
    sendViaOEC: bool = about("Whether the integration sends data through Opsgenie Edge Connector (OEC).")
    username: str = about("Username in the other system.")
    subdomain: str = about("Subdomain of the account in the other system.")
    region: str = about("Region of the account in the other system.")
    topicArn: str = about("ARN of the Amazon SNS topic.")
    channel: str = about("Name of the Slack channel.")
    projectKey: str = about("Key of the Jira project.")
    issueTypeName: str = about("Name of the Jira issue type.")
    url: str = about(f"Address to which the integration sends data. {MASKED}")
    webhookUrl: str = about(f"Address of the Microsoft Teams or Slack webhook that the integration calls. {MASKED}")
    headers: dict[str, str] = about(f"HTTP headers that the integration sends. {EACH_MASKED}")
    apiKey: str = about(f"API key. {MASKED}")
    token: str = about(f"Token. {MASKED}")
    password: str = about(f"Password. {MASKED}")

    maintenanceSources: list[MaintenanceSource] = in_jsm("maintenances that enable or disable the integration.")
    directions: list[str] = in_jsm("directions in which the integration works: incoming, outgoing.")
    domains: list[str] = in_jsm("kinds of objects that the integration works with, e.g. alert.")
    typeSpecificProperties: dict[str, Any] = in_jsm(f"settings that depend on the type. {SECRETS_MASKED}")


class JsmActionMapping(Object):
    """What an action of JSM Operations does."""

    type: str = about("Action that is taken, e.g. create.")
    parameter: dict[str, Any] = about(f"Parameters of the action. {SECRETS_MASKED}")


class IntegrationAction(Record):
    """A rule of an integration, which says what to do with the data that the integration receives.

    Texts may contain placeholders such as `{{message}}`, which stand for values of the payload.
    """

    integration_id: str = added("id of the integration.")
    type: str = about("Type of the action: create, close, acknowledge, addNote or ignore.")
    name: str = about("Name of the action.")
    order: int = about("Position among the actions of the same type.")
    duplicate_number: int = about(
        "Added by the connector, for Opsgenie only, as part of the key: distinguishes actions of an integration that "
        "have the same type, order and name. It is 0 unless there are several."
    )
    filter: ConditionMatch = about("Conditions on the data that the action applies to.")
    user: str = about("Name of the user in whose name the action is taken.")
    note: str = about("Note that the action adds to the alert.")
    alias: str = about("Alias of the alert.")
    source: str = about("Source of the alert.")
    message: str = about("Title of the alert.")
    description: str = about("Description of the alert.")
    entity: str = about("Entity of the alert.")
    priority: str = about("Priority of the alert, P1 (critical) to P5 (informational).")
    customPriority: str = about("Field of the payload from which the priority is taken.")
    appendAttachments: bool = about("Whether attachments in the payload are added to the alert.")
    alertActions: list[str] = about("Names of the custom actions available on the alert.")
    responders: list[Recipient] = about("Responders of the alert.")
    recipients: list[Recipient] = about("Older form of responders: recipients of the alert.")
    tags: list[str] = about("Tags of the alert.")
    extraProperties: dict[str, str] = about("Custom properties of the alert, by key.")
    ignoreAlertActionsFromPayload: bool = about("Whether custom actions in the payload are ignored.")
    ignoreRespondersFromPayload: bool = about("Whether responders in the payload are ignored.")
    ignoreRecipientsFromPayload: bool = about("Whether recipients in the payload are ignored.")
    ignoreTeamsFromPayload: bool = about("Whether teams in the payload are ignored.")
    ignoreTagsFromPayload: bool = about("Whether tags in the payload are ignored.")
    ignoreExtraPropertiesFromPayload: bool = about("Whether custom properties in the payload are ignored.")
    id: str = in_jsm("id of the action.")
    direction: str = in_jsm("direction, incoming or outgoing.")
    domain: str = in_jsm("kind of objects that the action works with, e.g. alert.")
    actionMappingType: str = in_jsm("action that is taken, as the list of actions names it.")
    actionMapping: JsmActionMapping = in_jsm("action that is taken, and its parameters.")
    groupType: str = in_jsm("group that the action belongs to: forwarding, updating or checkbox.")
    extraField: str = in_jsm("further parameter of the action.")
    typeSpecificProperties: dict[str, Any] = in_jsm(f"settings that depend on the type. {SECRETS_MASKED}")
    fieldMappings: dict[str, Any] = in_jsm(f"values that the alert's fields receive, by field. {SECRETS_MASKED}")


class Sync(Record):
    """A sync between alerts and the work items of a Jira project. Only in JSM Operations."""

    id: str = about("Id of the sync.")
    name: str = about("Name of the sync.")
    type: str = about("Type of the sync, e.g. jira-service-management-cloud.")
    enabled: bool = about("Whether the sync is enabled.")
    teamId: str = about("Id of the team that owns the sync. Absent from global ones.")
    description: str = detail("description of the sync. Often absent.")
    properties: dict[str, Any] = detail(f"settings that depend on the type. {SECRETS_MASKED}")


class SyncAction(Record):
    """What a sync does with alerts or work items. Only in JSM Operations."""

    sync_id: str = added("id of the sync.")
    id: str = about("Id of the action.")
    name: str = about("Name of the action.")
    type: str = about("Type of the action, e.g. createIssue.")
    enabled: bool = about("Whether the action is enabled.")
    order: float = about("Position among the actions. May have a fraction.")
    direction: str = about("Direction: incoming or outgoing.")
    actionGroupId: str = about("Id of the group that the action belongs to.")
    actionMapping: JsmActionMapping = detail("action that is taken, and its parameters.")
    filter: ConditionMatch = detail("conditions under which the action is taken.")
    fieldMappings: dict[str, Any] = detail(f"values that the action gives to fields, by field. {SECRETS_MASKED}")
    properties: dict[str, Any] = detail(f"settings that depend on the type. {SECRETS_MASKED}")


class SyncActionGroup(Record):
    """A group of a sync's actions. Only in JSM Operations."""

    sync_id: str = added("id of the sync.")
    id: str = about("Id of the group.")
    type: str = about("Type of the group: forwarding, updating or checkbox.")
    name: str = about("Name of the group.")
    order: float = about("Position among the groups. May have a fraction.")
    enabled: bool = about("Whether the group is enabled.")


class JecChannel(Record):
    """A channel of Jira Edge Connector (JEC), which runs actions in the customer's network. Only in JSM Operations."""

    id: str = about("Id of the channel.")
    name: str = about("Name of the channel.")
    ownerId: str = about("Id of the user or team that owns the channel.")
    ownerDomain: str = about("Kind of the owner, as JSM Operations names it.")
    authorAccountId: str = about("Id of the user who created the channel.")


class AwsSystemsManagerChannel(Object):
    """The settings of a channel that runs actions in AWS Systems Manager."""

    roleName: str = about("Name of the AWS role that the channel assumes.")
    accountId: str = about("Id of the AWS account.")
    region: str = about("AWS region.")


class AwsSnsChannel(Object):
    """The settings of a channel that sends actions to Amazon SNS."""

    topicName: str = about("Name of the Amazon SNS topic.")
    accountId: str = about("Id of the AWS account.")
    region: str = about("AWS region.")


class RestChannel(Object):
    """The settings of a channel that sends actions over HTTP."""

    url: str = about(f"Address to which actions are sent. {MASKED}")
    headers: dict[str, str] = about(f"HTTP headers that are sent. {EACH_MASKED}")


class ActionChannel(Record):
    """A channel through which a team's actions are run."""

    id: str = about("Id of the channel.")
    name: str = about("Name of the channel.")
    actionType: str = about("Type of the channel: rest, aws-systems-manager, aws-sns or oec (Opsgenie Edge Connector).")
    teamId: str = about("Id of the team. Added by the connector if Opsgenie's answer does not contain it.")
    awsSmActionChannel: AwsSystemsManagerChannel = about(
        "Settings for AWS Systems Manager. Only if actionType is aws-systems-manager."
    )
    awsSnsActionChannel: AwsSnsChannel = about("Settings for Amazon SNS. Only if actionType is aws-sns.")
    restActionChannel: RestChannel = about("Settings for HTTP. Only if actionType is rest.")
    oecActionChannel: dict[str, str] = about(
        f"Settings for Opsgenie Edge Connector. Only if actionType is oec. {SECRETS_MASKED}"
    )


class Heartbeat(Record):
    """A heartbeat, which expects a signal of another system regularly."""

    name: str = about("Name of the heartbeat, which also identifies it; in JSM Operations, only within its team.")
    description: str = about("Description of the heartbeat. Empty if there is none.")
    interval: int = about("Longest time allowed between two signals, in intervalUnit.")
    intervalUnit: str = about("Unit of interval: minutes, hours or days.")
    enabled: bool = about("Whether the heartbeat is enabled.")
    expired: bool = about("Whether the next signal is overdue.")
    lastPingTime: Timestamp = about(
        "When the last signal arrived. Absent before the first one, and always in JSM Operations."
    )
    ownerTeam: EntityRef = about("Team that owns the heartbeat. Absent if it belongs to no team.")
    alertMessage: str = about("Title of the alert that is created when a signal is overdue.")
    alertTags: list[str] = about("Tags of that alert.")
    alertPriority: str = about("Priority of that alert, P1 (critical) to P5 (informational).")
    team_id: str = about("JSM Operations only, added by the connector as part of the key: id of the team.")
    status: str = in_jsm("status of the heartbeat: Responsive, Unresponsive, Pending or Off.")
