"""Whether a site has the account that a folder was copied from."""

from __future__ import annotations

from typing import Any

import pytest

from archive.damage import NotBegunError
from archive.same_account import require_same_account
from source_opsgenie.config import Config
from source_opsgenie.http.errors import RefusedError, system_error, transient_error
from source_opsgenie.http.paging import Page
from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.jsm.streams.alerts import Alerts
from source_opsgenie.jsm.streams.teams import Teams
from source_opsgenie.scan.scan import Query
from source_opsgenie.streams.skips import StreamSkippedError

CONFIG = Config.parse(
    {
        "api_token": "0123456789abcdef",
        "alert_query": "priority: P1",
        "jira_service_management": {"site": "acme.atlassian.net", "email": "me@example.com", "organization_id": "o"},
    }
)
CREATED = [1_790_000_000_123, 1_780_000_000_456]


class Folder:
    """A folder with alerts that were created at some moments, and with teams."""

    def __init__(self, created: list[int], teams: dict[str, str]) -> None:
        self._tables: dict[str, list[Any]] = {"alerts": [(created or None,)], "teams": list(teams.items())}

    def columns(self, name: str) -> dict[str, str]:
        return {"id": "VARCHAR"} if self._tables[name] else {}

    def rows(self, sql: str) -> list[Any]:
        return self._tables["alerts" if "quantile_disc" in sql else "teams"]


def is_refused(
    monkeypatch: pytest.MonkeyPatch,
    folder: Folder,
    *,
    created: list[int] | None = None,
    teams: dict[str, str] | None = None,
    error: Exception | None = None,
) -> bool:
    def ask(stream: Alerts, query: Query) -> Page:
        assert stream.query is None  # the alerts of the folder may not match the user's
        if error is not None:
            raise error
        assert query.created_from is not None
        assert query.created_before == query.created_from + 1
        rows = [{"id": "new", "createdAt": from_millis(each)} for each in created or []]  # also those not asked for
        return Page(rows=rows, next=None, body={}, total=None, limit=100)

    listed = [{"id": identity, "name": name} for identity, name in (teams or {}).items()]
    monkeypatch.setattr(Alerts, "ask", ask)
    monkeypatch.setattr(Teams, "list_rows", lambda _: iter(listed))
    store: Any = folder
    try:
        require_same_account(CONFIG, store)
    except NotBegunError:
        return True
    return False


def test_alerts_are_recognized_by_their_creation_whatever_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(CREATED, {"t1": "Operations"})
    assert not is_refused(monkeypatch, folder, created=[CREATED[1]])
    assert is_refused(monkeypatch, folder, created=[CREATED[1] + 1])


def test_teams_are_recognized_by_their_ids_and_without_alerts_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(CREATED, {"t1": "Operations"})
    assert not is_refused(monkeypatch, folder, teams={"t1": "Operations (migrated)"})
    assert is_refused(monkeypatch, folder, teams={"t2": "Operations"})  # any account may have such a team
    folder = Folder([], {"t1": "Operations"})
    assert not is_refused(monkeypatch, folder, teams={"t2": "Operations"})
    assert is_refused(monkeypatch, folder, teams={"t2": "Support"})
    assert is_refused(monkeypatch, folder)


def test_a_folder_without_alerts_and_teams_goes_on_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_refused(monkeypatch, Folder([], {}), teams={"t2": "Support"})


@pytest.mark.parametrize(
    "error", [RefusedError(403, "the token may not"), system_error("No such query."), StreamSkippedError()]
)
def test_a_site_that_refuses_to_tell_is_not_doubted(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_refused(monkeypatch, Folder(CREATED, {}), error=error)


def test_nothing_is_read_from_a_site_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_refused(monkeypatch, Folder(CREATED, {}), error=transient_error("No answer."))
