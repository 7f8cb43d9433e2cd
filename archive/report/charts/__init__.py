"""The charts of the report, one in each module."""
