"""Finds out whether a site has the account that a folder was copied from, before rows of the site are added to it.

The answer must be right whether ids stay or change in the move. So alerts are looked up by their time of creation,
which has milliseconds, and teams by their id or, if the folder has no alerts, by their name. Other accounts may have
teams with the same names.
"""

from __future__ import annotations

from airbyte_cdk.models import FailureType

from archive.damage import NotBegunError
from archive.origin import Origin
from archive.report.formatting import quantity
from archive.store import CREATED, Store, table
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.timestamps import to_millis
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.skips import StreamSkippedError

# Which alerts are looked up: the newest one, and others of the newer half. Old ones may have been deleted meanwhile.
SAMPLE = [1.0, 0.9, 0.8, 0.7, 0.6]


def require_same_account(config: Config, store: Store) -> None:
    """Look up what the folder contains; a site that does not accept the calls is not doubted.

    Raises:
        NotBegunError: the site has none of the alerts and teams of the folder that were looked up, or does not answer.
    """
    # Without the `alert_query`, which may not match the alerts of the folder.
    origin = Origin.of(config.model_copy(update={"alert_query": None}))
    streams = {stream.name: stream for stream in origin.streams}
    alerts, teams = created_of(store), teams_of(store)
    try:
        if has_alert(streams["alerts"], alerts) or has_team(streams["teams"], teams, by_name=not alerts):
            return
    except (RefusedError, StreamSkippedError):
        return
    except ApiError as error:
        if error.failure_type != FailureType.transient_error:
            return
        raise NotBegunError(
            f"{origin.host} could not be asked whether it has the account of this folder, so nothing was read from it. "
            f"{error.message}"
        ) from error
    looked_up = [quantity(len(alerts), "alert")] if alerts else []
    looked_up += [quantity(len(teams), "team")] if teams else []
    if looked_up:
        raise NotBegunError(
            f"{origin.host} has none of the {' and '.join(looked_up)} of this folder that were looked up there, so "
            "nothing was read from it, and the folder is as it was. Check that this is the site of the account, that "
            "the account has been migrated, and that the owner of the token is an admin of Operations. If it is the "
            "account all the same, choose another OUTPUT."
        )


def created_of(store: Store) -> list[int]:
    """Return when some alerts of the folder were created, in epoch milliseconds."""
    if not store.columns("alerts"):
        return []
    ((moments,),) = store.rows(f"SELECT quantile_disc({CREATED}, {SAMPLE}) FROM {table('alerts')}")
    return list(dict.fromkeys(moments or ()))


def teams_of(store: Store) -> dict[str, str]:
    """Return the names of the teams of the folder, by id."""
    return dict(store.rows(f"SELECT id, name FROM {table('teams')}")) if store.columns("teams") else {}


def has_alert(stream: ApiStream, moments: list[int]) -> bool:
    """Return whether the site has an alert that was created at one of these moments."""
    for moment in moments:
        rows = stream.ask(scan.Query(created_from=moment, created_before=moment + 1)).rows
        if any(to_millis(row.get(scan.CREATED)) == moment for row in rows):
            return True
    return False


def has_team(stream: ApiStream, teams: dict[str, str], *, by_name: bool) -> bool:
    """Return whether the site has one of these teams."""
    known = {*teams, *(teams.values() if by_name else ())}
    return bool(teams) and any({row.get("id"), row.get("name")} & known for row in stream.list_rows())
