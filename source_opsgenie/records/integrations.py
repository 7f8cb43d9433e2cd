"""Integrations and the objects that belong to them: actions, action channels and heartbeats.

Secrets do not leave the connector: where a field may contain one, its value is replaced by `***`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import ConditionMatch, EntityRef, Recipient

MASKED = 'Masked: the value is always "***".'
EACH_MASKED = 'Masked: each value is "***".'
SECRETS_MASKED = 'Masked: each value that may be a secret is "***".'


class ActionMapping(Object):
    """An action in one system and the action that it causes in the other."""

    action: str | None = Field(None, description="Action that happens, e.g. create, acknowledge or close.")
    mappedAction: str | None = Field(
        None, description="Action that it causes in the other system, e.g. create-incident or resolve-issue."
    )
    extraField: str | None = Field(None, description="Parameter of action, e.g. the name of a custom action.")
    extraFieldForMappedAction: str | None = Field(None, description="Parameter of mappedAction.")


class MaintenanceInterval(Object):
    """When a maintenance of an integration takes place."""

    startTimeMillis: int | None = Field(
        None, description="When the maintenance begins, in milliseconds since 1970-01-01 UTC."
    )
    endTimeMillis: int | None = Field(
        None, description="When the maintenance ends, in milliseconds since 1970-01-01 UTC."
    )


class MaintenanceSource(Object):
    """A maintenance that enables or disables an integration."""

    maintenanceId: str | None = Field(None, description="Id of the maintenance.")
    enabled: bool | None = Field(None, description="Whether the integration is enabled during the maintenance.")
    interval: MaintenanceInterval | None = Field(None, description="When the maintenance takes place.")


class Integration(Record):
    """An integration: the fields of the list, then those of the single integration, which depend on its type.

    There are about 200 types. The last fields belong to common types; those of other types are emitted under the
    names that the API gives them.
    """

    id: str | None = Field(None, description="Id of the integration.")
    name: str | None = Field(None, description="Name of the integration.")
    enabled: bool | None = Field(None, description="Whether the integration is enabled.")
    type: str | None = Field(
        None, description="Type of the integration, e.g. API, Email or Prometheus. There are about 200 types."
    )
    teamId: str | None = Field(
        None, description="Id of the team that owns the integration. Absent from global integrations."
    )
    advanced: bool | None = Field(None, description="Whether the integration has its own rules (actions).")
    version: str | None = Field(None, description="Version of the integration, e.g. v2.")

    ownerTeam: EntityRef | None = Field(
        None, description="Detail only: team that owns the integration. Absent from global integrations."
    )
    isGlobal: bool | None = Field(None, description="Detail only: whether the integration belongs to no team.")
    read_only: list[str] | None = Field(
        None, alias="_readOnly", description="Detail only: names of the fields that clients cannot change."
    )
    suppressNotifications: bool | None = Field(
        None, description="Detail only: whether alerts of the integration notify nobody."
    )
    ignoreRespondersFromPayload: bool | None = Field(
        None, description="Detail only: whether responders in the payload are ignored."
    )
    ignoreTeamsFromPayload: bool | None = Field(
        None, description="Detail only: whether teams in the payload are ignored."
    )
    ignoreRecipientsFromPayload: bool | None = Field(
        None, description="Detail only: whether recipients in the payload are ignored."
    )
    ignoreTagsFromPayload: bool | None = Field(
        None, description="Detail only: whether tags in the payload are ignored."
    )
    ignoreExtraPropertiesFromPayload: bool | None = Field(
        None, description="Detail only: whether custom properties in the payload are ignored."
    )
    responders: list[Recipient] | None = Field(
        None, description="Detail only: responders of the alerts that the integration creates."
    )
    recipients: list[Recipient] | None = Field(
        None, description="Detail only: older form of responders: recipients of the alerts."
    )
    isAdvanced: bool | None = Field(
        None, description="Detail only: whether the integration has its own rules (actions)."
    )
    priority: str | None = Field(
        None,
        description="Detail only: priority of the alerts that the integration creates, P1 (critical) to P5 "
        "(informational).",
    )
    customPriority: str | None = Field(
        None, description="Detail only: field of the payload from which the priority is taken."
    )
    tags: list[str] | None = Field(None, description="Detail only: tags of the alerts that the integration creates.")
    extraProperties: dict[str, str] | None = Field(
        None, description="Detail only: custom properties of the alerts that the integration creates, by key."
    )
    assignedTeam: EntityRef | None = Field(None, description="Detail only: team to which the alerts are assigned.")

    feature_type: str | None = Field(
        None, alias="feature-type", description="How the integration receives data: email-based or token-based."
    )
    emailAddress: str | None = Field(
        None, description="E-mail address of the integration. Only for integrations based on e-mail."
    )
    emailUsername: str | None = Field(
        None, description="Part of emailAddress before the @ sign. Only for integrations based on e-mail."
    )
    allowReadAccess: bool | None = Field(
        None, description="Whether the integration's key may read. Only for integrations based on a token."
    )
    allowWriteAccess: bool | None = Field(
        None, description="Whether the integration's key may create and update. Only for integrations based on a token."
    )
    allowDeleteAccess: bool | None = Field(
        None, description="Whether the integration's key may delete. Only for integrations based on a token."
    )
    allowConfigurationAccess: bool | None = Field(
        None,
        description="Whether the integration's key may access the configuration. Only for integrations based on a "
        "token.",
    )
    isDefaultIntegration: bool | None = Field(
        None, description="Whether Opsgenie created the integration by default. Only for the type API."
    )

    callback_type: str | None = Field(
        None, alias="callback-type", description="Kind of callback with which an outgoing integration sends data."
    )
    bidirectional_callback_type: str | None = Field(
        None,
        alias="bidirectional-callback-type",
        description="Kind of callback with which a bidirectional integration sends data.",
    )
    alertFilter: ConditionMatch | None = Field(
        None, description="Conditions on the alerts that the integration sends to the other system."
    )
    alertActions: list[str] | None = Field(
        None, description="Actions on alerts that the integration sends to the other system."
    )
    sendAlertActions: bool | None = Field(
        None, description="Whether the integration sends actions on alerts to the other system."
    )
    forwardingEnabled: bool | None = Field(
        None, description="Whether the integration sends alerts that others created to the other system."
    )
    forwardingActionMappings: list[ActionMapping] | None = Field(
        None, description="What each action on an alert that others created causes in the other system."
    )
    updatesEnabled: bool | None = Field(
        None, description="Whether the integration sends changes of its own alerts to the other system."
    )
    updatesActionMappings: list[ActionMapping] | None = Field(
        None, description="What each action on an alert of this integration causes in the other system."
    )
    addAlertDescription: bool | None = Field(
        None, description="Whether the integration sends the descriptions of alerts."
    )
    addAlertDetails: bool | None = Field(
        None, description="Whether the integration sends the custom properties of alerts."
    )
    sendViaOEC: bool | None = Field(
        None, description="Whether the integration sends data through Opsgenie Edge Connector (OEC)."
    )
    username: str | None = Field(None, description="Username in the other system.")
    subdomain: str | None = Field(None, description="Subdomain of the account in the other system.")
    region: str | None = Field(None, description="Region of the account in the other system.")
    topicArn: str | None = Field(None, description="ARN of the Amazon SNS topic.")
    channel: str | None = Field(None, description="Name of the Slack channel.")
    projectKey: str | None = Field(None, description="Key of the Jira project.")
    issueTypeName: str | None = Field(None, description="Name of the Jira issue type.")
    url: str | None = Field(None, description=f"Address to which the integration sends data. {MASKED}")
    webhookUrl: str | None = Field(
        None,
        description=f"Address of the Microsoft Teams or Slack webhook to which the integration sends data. {MASKED}",
    )
    headers: dict[str, str] | None = Field(None, description=f"HTTP headers that the integration sends. {EACH_MASKED}")
    apiKey: str | None = Field(None, description=f"API key. {MASKED}")
    token: str | None = Field(None, description=f"Token. {MASKED}")
    password: str | None = Field(None, description=f"Password. {MASKED}")

    maintenanceSources: list[MaintenanceSource] | None = Field(
        None, description="JSM Operations only: maintenances that enable or disable the integration."
    )
    directions: list[str] | None = Field(
        None, description="JSM Operations only: directions in which the integration works: incoming, outgoing."
    )
    domains: list[str] | None = Field(
        None, description="JSM Operations only: kinds of objects that the integration works with, e.g. alert."
    )
    typeSpecificProperties: dict[str, Any] | None = Field(
        None, description=f"JSM Operations only: settings that depend on the type. {SECRETS_MASKED}"
    )


class JsmActionMapping(Object):
    """What an action of JSM Operations does."""

    type: str | None = Field(None, description="Action that is taken, e.g. create.")
    parameter: dict[str, Any] | None = Field(None, description=f"Parameters of the action. {SECRETS_MASKED}")


class IntegrationAction(Record):
    """A rule of an integration, which says what to do with the data that the integration receives.

    Texts may contain placeholders such as `{{message}}`, which stand for values of the payload.
    """

    integration_id: str | None = Field(None, description="Added by the connector: id of the integration.")
    type: str | None = Field(None, description="Type of the action: create, close, acknowledge, addNote or ignore.")
    name: str | None = Field(None, description="Name of the action.")
    order: int | None = Field(None, description="Position among the actions of the same type.")
    duplicate_number: int | None = Field(
        None,
        description="Added by the connector, as part of the key: distinguishes actions of an integration that have the "
        "same type, order and name. It is 0 unless there are several.",
    )
    filter: ConditionMatch | None = Field(None, description="Conditions on the data that the action applies to.")
    user: str | None = Field(None, description="Name of the user in whose name the action is taken.")
    note: str | None = Field(None, description="Note that the action adds to the alert.")
    alias: str | None = Field(None, description="Alias of the alert.")
    source: str | None = Field(None, description="Source of the alert.")
    message: str | None = Field(None, description="Title of the alert.")
    description: str | None = Field(None, description="Description of the alert.")
    entity: str | None = Field(None, description="Entity of the alert.")
    priority: str | None = Field(None, description="Priority of the alert, P1 (critical) to P5 (informational).")
    customPriority: str | None = Field(None, description="Field of the payload from which the priority is taken.")
    appendAttachments: bool | None = Field(
        None, description="Whether attachments in the payload are added to the alert."
    )
    alertActions: list[str] | None = Field(None, description="Names of the custom actions available on the alert.")
    responders: list[Recipient] | None = Field(None, description="Responders of the alert.")
    recipients: list[Recipient] | None = Field(None, description="Older form of responders: recipients of the alert.")
    tags: list[str] | None = Field(None, description="Tags of the alert.")
    extraProperties: dict[str, str] | None = Field(None, description="Custom properties of the alert, by key.")
    ignoreAlertActionsFromPayload: bool | None = Field(
        None, description="Whether custom actions in the payload are ignored."
    )
    ignoreRespondersFromPayload: bool | None = Field(None, description="Whether responders in the payload are ignored.")
    ignoreRecipientsFromPayload: bool | None = Field(None, description="Whether recipients in the payload are ignored.")
    ignoreTeamsFromPayload: bool | None = Field(None, description="Whether teams in the payload are ignored.")
    ignoreTagsFromPayload: bool | None = Field(None, description="Whether tags in the payload are ignored.")
    ignoreExtraPropertiesFromPayload: bool | None = Field(
        None, description="Whether custom properties in the payload are ignored."
    )
    id: str | None = Field(None, description="JSM Operations only: id of the action.")
    direction: str | None = Field(None, description="JSM Operations only: direction, incoming or outgoing.")
    domain: str | None = Field(
        None, description="JSM Operations only: kind of objects that the action works with, e.g. alert."
    )
    actionMappingType: str | None = Field(
        None, description="JSM Operations only: action that is taken, as the list of actions names it."
    )
    actionMapping: JsmActionMapping | None = Field(
        None, description="JSM Operations only: action that is taken, and its parameters."
    )
    groupType: str | None = Field(
        None, description="JSM Operations only: group that the action belongs to: forwarding, updating or checkbox."
    )
    extraField: str | None = Field(None, description="JSM Operations only: parameter of the action that happens.")
    typeSpecificProperties: dict[str, Any] | None = Field(
        None, description=f"JSM Operations only: settings that depend on the type. {SECRETS_MASKED}"
    )
    fieldMappings: dict[str, Any] | None = Field(
        None,
        description="JSM Operations only: values that the action gives to the fields of the alert, by field. "
        f"{SECRETS_MASKED}",
    )


class Sync(Record):
    """A sync between alerts and the work items of a Jira project. Only in JSM Operations."""

    id: str | None = Field(None, description="Id of the sync.")
    name: str | None = Field(None, description="Name of the sync.")
    type: str | None = Field(None, description="Type of the sync, e.g. jira-service-management-cloud.")
    enabled: bool | None = Field(None, description="Whether the sync is enabled.")
    teamId: str | None = Field(None, description="Id of the team that owns the sync. Absent from global ones.")
    description: str | None = Field(None, description="Detail only: description of the sync. Often absent.")
    properties: dict[str, Any] | None = Field(
        None, description=f"Detail only: settings that depend on the type. {SECRETS_MASKED}"
    )


class SyncAction(Record):
    """What a sync does with alerts or work items. Only in JSM Operations."""

    sync_id: str | None = Field(None, description="Added by the connector: id of the sync.")
    id: str | None = Field(None, description="Id of the action.")
    name: str | None = Field(None, description="Name of the action.")
    type: str | None = Field(None, description="Type of the action, e.g. createIssue.")
    enabled: bool | None = Field(None, description="Whether the action is enabled.")
    order: float | None = Field(None, description="Position among the actions. May have a fraction.")
    direction: str | None = Field(None, description="Direction: incoming or outgoing.")
    actionGroupId: str | None = Field(None, description="Id of the group that the action belongs to.")
    actionMapping: JsmActionMapping | None = Field(
        None, description="Detail only: action that is taken, and its parameters."
    )
    filter: ConditionMatch | None = Field(None, description="Detail only: conditions under which the action is taken.")
    fieldMappings: dict[str, Any] | None = Field(
        None, description=f"Detail only: values that the action gives to fields, by field. {SECRETS_MASKED}"
    )
    properties: dict[str, Any] | None = Field(
        None, description=f"Detail only: settings that depend on the type. {SECRETS_MASKED}"
    )


class SyncActionGroup(Record):
    """A group of a sync's actions. Only in JSM Operations."""

    sync_id: str | None = Field(None, description="Added by the connector: id of the sync.")
    id: str | None = Field(None, description="Id of the group.")
    type: str | None = Field(None, description="Type of the group: forwarding, updating or checkbox.")
    name: str | None = Field(None, description="Name of the group.")
    order: float | None = Field(None, description="Position among the groups. May have a fraction.")
    enabled: bool | None = Field(None, description="Whether the group is enabled.")


class JecChannel(Record):
    """A channel of Jira Edge Connector (JEC), which runs actions in the customer's network. Only in JSM Operations."""

    id: str | None = Field(None, description="Id of the channel.")
    name: str | None = Field(None, description="Name of the channel.")
    ownerId: str | None = Field(None, description="Id of the user or team that owns the channel.")
    ownerDomain: str | None = Field(None, description="Kind of the owner, as JSM Operations names it.")
    authorAccountId: str | None = Field(None, description="Id of the user who created the channel.")


class AwsSystemsManagerChannel(Object):
    """The settings of a channel that runs actions in AWS Systems Manager."""

    roleName: str | None = Field(None, description="Name of the AWS role that the channel assumes.")
    accountId: str | None = Field(None, description="Id of the AWS account.")
    region: str | None = Field(None, description="AWS region.")


class AwsSnsChannel(Object):
    """The settings of a channel that sends actions to Amazon SNS."""

    topicName: str | None = Field(None, description="Name of the Amazon SNS topic.")
    accountId: str | None = Field(None, description="Id of the AWS account.")
    region: str | None = Field(None, description="AWS region.")


class RestChannel(Object):
    """The settings of a channel that sends actions over HTTP."""

    url: str | None = Field(None, description=f"Address to which actions are sent. {MASKED}")
    headers: dict[str, str] | None = Field(None, description=f"HTTP headers that are sent. {EACH_MASKED}")


class ActionChannel(Record):
    """A channel through which a team's actions are run."""

    id: str | None = Field(None, description="Id of the channel.")
    name: str | None = Field(None, description="Name of the channel.")
    actionType: str | None = Field(
        None, description="Type of the channel: rest, aws-systems-manager, aws-sns or oec (Opsgenie Edge Connector)."
    )
    teamId: str | None = Field(
        None, description="Id of the team. Added by the connector if Opsgenie's answer does not contain it."
    )
    awsSmActionChannel: AwsSystemsManagerChannel | None = Field(
        None, description="Settings for AWS Systems Manager. Only if actionType is aws-systems-manager."
    )
    awsSnsActionChannel: AwsSnsChannel | None = Field(
        None, description="Settings for Amazon SNS. Only if actionType is aws-sns."
    )
    restActionChannel: RestChannel | None = Field(None, description="Settings for HTTP. Only if actionType is rest.")
    oecActionChannel: dict[str, str] | None = Field(
        None, description=f"Settings for Opsgenie Edge Connector. Only if actionType is oec. {SECRETS_MASKED}"
    )


class Heartbeat(Record):
    """A heartbeat: a signal that a system has to send regularly."""

    name: str | None = Field(None, description="Name of the heartbeat, which also identifies it.")
    description: str | None = Field(None, description="Description of the heartbeat. Empty if there is none.")
    interval: int | None = Field(None, description="Longest time allowed between two signals, in intervalUnit.")
    intervalUnit: str | None = Field(None, description="Unit of interval: minutes, hours or days.")
    enabled: bool | None = Field(None, description="Whether the heartbeat is enabled.")
    expired: bool | None = Field(None, description="Whether the next signal is overdue.")
    lastPingTime: Timestamp | None = Field(
        None, description="When the last signal arrived. Absent before the first one."
    )
    ownerTeam: EntityRef | None = Field(
        None, description="Team that owns the heartbeat. Absent if it belongs to no team."
    )
    alertMessage: str | None = Field(None, description="Title of the alert that is created when a signal is overdue.")
    alertTags: list[str] | None = Field(None, description="Tags of that alert.")
    alertPriority: str | None = Field(None, description="Priority of that alert, P1 (critical) to P5 (informational).")
    team_id: str | None = Field(
        None, description="JSM Operations only, added by the connector as part of the key: id of the team."
    )
    status: str | None = Field(
        None, description="JSM Operations only: status of the heartbeat: Responsive, Unresponsive, Pending or Off."
    )
