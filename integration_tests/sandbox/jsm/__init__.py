"""The same account after its migration: what JSM Operations, Jira and their neighbours answer for it."""
