# Opsgenie in a self-managed Airbyte: the connector, a source and a connection for each Opsgenie account.
# This is written for version 1 of Airbyte's provider; docs/airbyte.md says what to fill in.

terraform {
  required_providers {
    airbyte = {
      source  = "airbytehq/airbyte"
      version = "~> 1.0"
    }
  }
}

variable "airbyte_url" {
  description = "Airbyte's API, such as https://airbyte.example.com/api/public/v1"
  type        = string
}

variable "airbyte_client_id" {
  description = "The client id of an application in Airbyte (user settings, Applications)"
  type        = string
}

variable "airbyte_client_secret" {
  type      = string
  sensitive = true
}

variable "workspace_id" {
  type = string
}

variable "destination_id" {
  description = "The id of the warehouse's destination in Airbyte, which must exist"
  type        = string
}

variable "image" {
  description = "The connector's image, in a registry from which Airbyte's workers can pull"
  type        = string
  default     = "registry.example.com/airbyte/source-opsgenie"
}

variable "image_tag" {
  type    = string
  default = "1.0.0"
}

variable "accounts" {
  description = "API host by Opsgenie account"
  type        = map(string)
  default = {
    payments = "api.opsgenie.com"
    europe   = "api.eu.opsgenie.com"
  }
}

variable "api_tokens" {
  description = "API key by Opsgenie account"
  type        = map(string)
  sensitive   = true
}

provider "airbyte" {
  server_url    = var.airbyte_url
  client_id     = var.airbyte_client_id
  client_secret = var.airbyte_client_secret
}

resource "airbyte_source_definition" "opsgenie" {
  name              = "Opsgenie (complete)"
  workspace_id      = var.workspace_id
  docker_repository = var.image
  docker_image_tag  = var.image_tag
}

resource "airbyte_source" "opsgenie" {
  for_each = var.accounts

  name          = "Opsgenie ${each.key}"
  workspace_id  = var.workspace_id
  definition_id = airbyte_source_definition.opsgenie.id

  configuration = jsonencode({
    api_token        = var.api_tokens[each.key]
    endpoint         = each.value
    rate_limit_share = 80
  })
}

locals {
  # Each sync reads only what has changed.
  incremental = [
    "alerts",
    "alert_recipients",
    "alert_logs",
    "alert_notes",
    "alert_details",
    "alert_attachments",
    "incidents",
    "incident_logs",
    "incident_timeline_entries",
    "incident_notes",
    "incident_responder_alerts",
    "incident_associated_alerts",
    "team_logs",
    "schedule_timelines",
    "log_files",
  ]

  # Small streams, which each sync reads in full.
  full_refresh = [
    "saved_searches",
    "users",
    "contacts",
    "notification_rules",
    "notification_rule_steps",
    "user_teams",
    "user_escalations",
    "user_schedules",
    "forwarding_rules",
    "custom_user_roles",
    "teams",
    "team_members",
    "team_roles",
    "team_routing_rules",
    "alert_policies",
    "notification_policies",
    "schedules",
    "schedule_rotations",
    "schedule_overrides",
    "on_calls",
    "next_on_calls",
    "escalations",
    "services",
    "service_incident_rules",
    "service_incident_templates",
    "service_audience_templates",
    "custom_incident_templates",
    "integrations",
    "integration_actions",
    "action_channels",
    "heartbeats",
    "account",
    "request_limits",
    "maintenance",
  ]
}

resource "airbyte_connection" "opsgenie" {
  for_each = var.accounts

  name           = "opsgenie ${each.key}"
  source_id      = airbyte_source.opsgenie[each.key].source_id
  destination_id = var.destination_id

  # Each account gets tables of its own: opsgenie_payments_alerts, opsgenie_europe_alerts.
  prefix = "opsgenie_${each.key}_"

  non_breaking_schema_updates_behavior = "propagate_columns"

  schedule = {
    schedule_type   = "cron"
    cron_expression = "0 15 * * * ?"
  }

  configurations = {
    streams = concat(
      [for name in local.incremental : { name = name, sync_mode = "incremental_deduped_history" }],
      [for name in local.full_refresh : { name = name, sync_mode = "full_refresh_overwrite" }],
    )
  }
}
