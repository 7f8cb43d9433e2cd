"""Jira Service Management (JSM) Operations: where Opsgenie accounts are moved to."""
