from __future__ import annotations

import logging

from source_opsgenie.api.redact import redact


def test_what_is_attached_to_a_line_is_dropped() -> None:
    logger = logging.getLogger("unit.redact")
    redact(logger)
    redact(logger)
    record = logger.makeRecord("x", logging.DEBUG, "", 0, "sent", (), None, extra={"headers": {"a": "b"}, "url": "u"})
    assert logger.filter(record)
    assert not hasattr(record, "headers")
    assert hasattr(record, "url")
    assert len(logger.filters) == 1
