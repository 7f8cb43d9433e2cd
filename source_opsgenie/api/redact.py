"""Keeps the key and the customers' secrets out of the debug log."""

from __future__ import annotations

import logging

# What the CDK's client attaches to its debug lines: headers hold the key, bodies may hold an integration's secrets.
_ATTACHMENTS = ("headers", "body", "request_body")


class WithoutAttachments(logging.Filter):
    """Lets every line pass, without what the CDK attaches to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Strip the attachments in place."""
        for name in _ATTACHMENTS:
            record.__dict__.pop(name, None)
        return True


_FILTER = WithoutAttachments()


def redact(logger: logging.Logger) -> None:
    """Make a logger drop attachments; adding it twice adds it once."""
    logger.addFilter(_FILTER)
