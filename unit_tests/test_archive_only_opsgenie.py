"""An archive is made of Opsgenie only."""

from __future__ import annotations

import pytest

from archive.__main__ import only_opsgenie
from archive.not_begun import NotBegunError
from source_opsgenie.config import Config

KEY = {"api_token": "0123456789abcdef"}


def test_a_token_for_jsm_is_not_sent_to_opsgenie() -> None:
    site = {"site": "acme.atlassian.net", "email": "me@example.com"}
    with pytest.raises(NotBegunError, match="for JSM Operations"):
        only_opsgenie(Config.parse({**KEY, "jira_service_management": site}))
    only_opsgenie(Config.parse(KEY))
