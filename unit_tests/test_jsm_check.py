"""The check of a site: what fails it, and what a sync will not read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.check import check_site
from unit_tests.jsm_streams import CONFIG

if TYPE_CHECKING:
    import requests_mock


@pytest.mark.parametrize(
    ("site", "named"),
    [("acme", "acme.atlassian.net or api.atlassian.com"), ("http://127.0.0.1:8642", "127.0.0.1:8642")],
)
def test_without_a_verdict_the_deadline_names_the_hosts_that_were_called(
    site: str, named: str, requests_mock: requests_mock.Mocker
) -> None:
    go_on = threading.Event()

    def stall(*_: object) -> str:
        go_on.wait(30)
        return "{}"

    requests_mock.get("/_edge/tenant_info", status_code=400, text=stall)
    others = set(threading.enumerate())
    config = Config.parse({**CONFIG, "jira_service_management": {"site": site, "email": "me@acme.com"}})
    with pytest.raises(ApiError) as raised:
        check_site(config, deadline=0.1)
    (waiting,) = set(threading.enumerate()) - others
    go_on.set()
    waiting.join(30)
    assert raised.value.message == f"{named} does not answer within 0 seconds."
