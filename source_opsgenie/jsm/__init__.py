"""Jira Service Management (JSM) Operations: to which Opsgenie accounts are moved."""
