"""The errors that are raised when an archive cannot start."""


class NotBegunError(Exception):
    """Raised when the archive cannot start; its text is a sentence for the user."""


class DamagedError(NotBegunError):
    """Raised when the DuckDB file is damaged."""
