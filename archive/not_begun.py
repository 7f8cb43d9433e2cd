"""The error that is raised when an archive cannot start."""


class NotBegunError(Exception):
    """Raised when the archive cannot start; its text is a sentence for the user."""
