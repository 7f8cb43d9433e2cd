"""Why an archive cannot begin."""


class NotBegunError(Exception):
    """The archive cannot begin; the text is a sentence for the user."""
