"""Integrations and what belongs to them: actions, action channels, heartbeats.

Secrets never leave the connector: where a field can hold one, its value is replaced by `***`.
"""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import ConditionMatch, EntityRef, Recipient

MASKED = 'Masked: always "***".'


class ActionMapping(Object):
    """Which action on one side leads to which on the other."""

    action: str | None = Field(None, description="Action that happens, e.g. create, acknowledge or close.")
    mappedAction: str | None = Field(None, description="Action that follows, e.g. create-incident or resolve-issue.")
    extraField: str | None = Field(None, description="Further value of the first, e.g. the name of a custom action.")
    extraFieldForMappedAction: str | None = Field(None, description="Further value of the second.")


class Integration(Record):
    """An integration: what the list gives, then what the single one adds, which depends on its type.

    There are about 200 types. The last fields are those of the more common ones; others come in their own names.
    """

    id: str | None = Field(None, description="Id of the integration.")
    name: str | None = Field(None, description="Name.")
    enabled: bool | None = Field(None, description="Whether it is in use.")
    type: str | None = Field(None, description="Type, e.g. API, Email or Prometheus; about 200 exist.")
    teamId: str | None = Field(None, description="Id of the team that owns it; absent for global ones.")
    advanced: bool | None = Field(None, description="Whether it has rules of its own.")
    version: str | None = Field(None, description="Version, e.g. v2.")

    ownerTeam: EntityRef | None = Field(None, description="Detail only: team that owns it; absent for global ones.")
    isGlobal: bool | None = Field(None, description="Detail only: whether it belongs to no team.")
    read_only: list[str] | None = Field(
        None, alias="_readOnly", description="Detail only: names of the fields that cannot be written."
    )
    suppressNotifications: bool | None = Field(None, description="Detail only: whether its alerts notify nobody.")
    ignoreRespondersFromPayload: bool | None = Field(None, description="Detail only: whether sent responders go.")
    ignoreTeamsFromPayload: bool | None = Field(None, description="Detail only: whether sent teams go.")
    ignoreRecipientsFromPayload: bool | None = Field(None, description="Detail only: whether sent recipients go.")
    ignoreTagsFromPayload: bool | None = Field(None, description="Detail only: whether sent tags go.")
    ignoreExtraPropertiesFromPayload: bool | None = Field(
        None, description="Detail only: whether sent custom properties go."
    )
    responders: list[Recipient] | None = Field(None, description="Detail only: responders of its alerts.")
    recipients: list[Recipient] | None = Field(None, description="Detail only: recipients of its alerts, older form.")
    isAdvanced: bool | None = Field(None, description="Detail only: whether it has rules of its own.")
    priority: str | None = Field(None, description="Detail only: priority of its alerts, P1 (critical) to P5.")
    customPriority: str | None = Field(None, description="Detail only: priority, taken from a field that is sent.")
    tags: list[str] | None = Field(None, description="Detail only: tags of its alerts.")
    extraProperties: dict[str, str] | None = Field(None, description="Detail only: custom properties of its alerts.")
    assignedTeam: EntityRef | None = Field(None, description="Detail only: team its alerts go to.")

    feature_type: str | None = Field(None, alias="feature-type", description="How it takes alerts: email or token.")
    emailAddress: str | None = Field(None, description="Address it takes mail at, with mail only.")
    emailUsername: str | None = Field(None, description="First part of that address.")
    allowReadAccess: bool | None = Field(None, description="Whether its key may read, with tokens only.")
    allowWriteAccess: bool | None = Field(None, description="Whether its key may write.")
    allowDeleteAccess: bool | None = Field(None, description="Whether its key may delete.")
    allowConfigurationAccess: bool | None = Field(None, description="Whether its key may see the configuration.")
    isDefaultIntegration: bool | None = Field(None, description="Whether it was there from the start; API only.")

    callback_type: str | None = Field(None, alias="callback-type", description="How it sends, for outgoing ones.")
    bidirectional_callback_type: str | None = Field(
        None, alias="bidirectional-callback-type", description="How it sends, for ones that work both ways."
    )
    alertFilter: ConditionMatch | None = Field(None, description="Which alerts it sends.")
    alertActions: list[str] | None = Field(None, description="Actions on alerts that it sends.")
    sendAlertActions: bool | None = Field(None, description="Whether it sends actions on alerts.")
    forwardingEnabled: bool | None = Field(None, description="Whether it sends alerts that others made.")
    forwardingActionMappings: list[ActionMapping] | None = Field(None, description="What it does with those.")
    updatesEnabled: bool | None = Field(None, description="Whether it sends changes of its own alerts.")
    updatesActionMappings: list[ActionMapping] | None = Field(None, description="What it does with those.")
    addAlertDescription: bool | None = Field(None, description="Whether it sends descriptions.")
    addAlertDetails: bool | None = Field(None, description="Whether it sends custom properties.")
    sendViaOEC: bool | None = Field(None, description="Whether it sends through Opsgenie Edge Connector.")
    username: str | None = Field(None, description="Login name at the other side.")
    subdomain: str | None = Field(None, description="Subdomain of the other side.")
    region: str | None = Field(None, description="Region of the other side.")
    topicArn: str | None = Field(None, description="Topic it sends to, of Amazon SNS.")
    channel: str | None = Field(None, description="Channel it sends to, of Slack.")
    projectKey: str | None = Field(None, description="Project it writes to, of Jira.")
    issueTypeName: str | None = Field(None, description="Type of the issues it writes, of Jira.")
    url: str | None = Field(None, description=f"Address it sends to. {MASKED}")
    webhookUrl: str | None = Field(None, description=f"Address it sends to, of Microsoft Teams. {MASKED}")
    headers: dict[str, str] | None = Field(None, description='Header lines it sends. Masked: each value is "***".')
    apiKey: str | None = Field(None, description=f"Key. {MASKED}")
    token: str | None = Field(None, description=f"Token. {MASKED}")
    password: str | None = Field(None, description=f"Password. {MASKED}")


class IntegrationAction(Record):
    """A rule of an integration: what it does with what is sent. Texts may hold `{{...}}`, values that are sent."""

    integration_id: str | None = Field(None, description="Added by the connector: id of the integration.")
    type: str | None = Field(None, description="create, close, acknowledge, addNote or ignore.")
    name: str | None = Field(None, description="Name.")
    order: int | None = Field(None, description="Place among the actions of its type.")
    duplicate_number: int | None = Field(
        None,
        description="Added by the connector, for the key: tells actions of the same type, order and name apart; 0 for "
        "nearly all.",
    )
    filter: ConditionMatch | None = Field(None, description="What it takes.")
    user: str | None = Field(None, description="Who acts.")
    note: str | None = Field(None, description="Note left.")
    alias: str | None = Field(None, description="Alias of the alert.")
    source: str | None = Field(None, description="Source of the alert.")
    message: str | None = Field(None, description="Headline of the alert.")
    description: str | None = Field(None, description="Description of the alert.")
    entity: str | None = Field(None, description="Entity of the alert.")
    priority: str | None = Field(None, description="Priority of the alert, P1 (critical) to P5.")
    customPriority: str | None = Field(None, description="Priority, taken from a field that is sent.")
    appendAttachments: bool | None = Field(None, description="Whether sent files are attached.")
    alertActions: list[str] | None = Field(None, description="Custom actions of the alert.")
    responders: list[Recipient] | None = Field(None, description="Responders of the alert.")
    recipients: list[Recipient] | None = Field(None, description="Recipients of the alert, older form.")
    tags: list[str] | None = Field(None, description="Tags of the alert.")
    extraProperties: dict[str, str] | None = Field(None, description="Custom properties of the alert.")
    ignoreAlertActionsFromPayload: bool | None = Field(None, description="Whether sent actions go.")
    ignoreRespondersFromPayload: bool | None = Field(None, description="Whether sent responders go.")
    ignoreRecipientsFromPayload: bool | None = Field(None, description="Whether sent recipients go.")
    ignoreTeamsFromPayload: bool | None = Field(None, description="Whether sent teams go.")
    ignoreTagsFromPayload: bool | None = Field(None, description="Whether sent tags go.")
    ignoreExtraPropertiesFromPayload: bool | None = Field(None, description="Whether sent custom properties go.")


class AwsSystemsManagerChannel(Object):
    """Where actions are run in AWS Systems Manager."""

    roleName: str | None = Field(None, description="Role taken.")
    accountId: str | None = Field(None, description="Number of the AWS account.")
    region: str | None = Field(None, description="AWS region.")


class AwsSnsChannel(Object):
    """Where actions are sent in Amazon SNS."""

    topicName: str | None = Field(None, description="Name of the topic.")
    accountId: str | None = Field(None, description="Number of the AWS account.")
    region: str | None = Field(None, description="AWS region.")


class RestChannel(Object):
    """Where actions are sent over HTTP."""

    url: str | None = Field(None, description=f"Address. {MASKED}")
    headers: dict[str, str] | None = Field(None, description='Header lines. Masked: each value is "***".')


class ActionChannel(Record):
    """A way in which a team's actions are carried out."""

    id: str | None = Field(None, description="Id of the channel.")
    name: str | None = Field(None, description="Name.")
    actionType: str | None = Field(None, description="rest, aws-systems-manager, aws-sns or oec.")
    teamId: str | None = Field(
        None, description="Id of the team; where Opsgenie leaves it out, added by the connector."
    )
    awsSmActionChannel: AwsSystemsManagerChannel | None = Field(None, description="With aws-systems-manager.")
    awsSnsActionChannel: AwsSnsChannel | None = Field(None, description="With aws-sns.")
    restActionChannel: RestChannel | None = Field(None, description="With rest.")
    oecActionChannel: dict[str, str] | None = Field(
        None, description='With oec. Masked: each value that may be a secret is "***".'
    )


class Heartbeat(Record):
    """A sign of life that somebody has to send in time."""

    name: str | None = Field(None, description="Name, which is its id, too.")
    description: str | None = Field(None, description="Description; empty when unset.")
    interval: int | None = Field(None, description="How many units may pass between two signs.")
    intervalUnit: str | None = Field(None, description="minutes, hours or days.")
    enabled: bool | None = Field(None, description="Whether it is in use.")
    expired: bool | None = Field(None, description="Whether the sign is overdue.")
    lastPingTime: Timestamp | None = Field(None, description="When the last sign came; absent before the first.")
    ownerTeam: EntityRef | None = Field(None, description="Team that owns it; absent for none.")
    alertMessage: str | None = Field(None, description="Headline of the alert made when it is overdue.")
    alertTags: list[str] | None = Field(None, description="Tags of that alert.")
    alertPriority: str | None = Field(None, description="Priority of that alert, P1 (critical) to P5.")
