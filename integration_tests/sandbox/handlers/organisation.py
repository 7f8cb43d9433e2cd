"""The account, its limits, roles, maintenances and log files."""

from __future__ import annotations

import re

from integration_tests.sandbox import text
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.storage import LOG_FILE

MOST_LOG_FILES = 1_000
MARKER = re.compile(r"\d{4}(-\d\d){5}(_\d{3})?")


def account(call: Call) -> Body:
    return {"data": call.account.configuration.organisation.account(call.settings.account_name, call.settings.plan)}


def request_limits(call: Call) -> Body:
    if not call.settings.request_limits_visible:
        raise Refusal(403, text.TEAM_KEY, code=40301)
    return {"data": {"rateLimits": call.limits.shown(call.settings.limits_told)}}


def roles(call: Call) -> Body:
    return {"data": call.account.configuration.organisation.roles()}


def role(call: Call) -> Body:
    kind = call.choice("identifierType", ("id", "name"), "id")
    row = call.account.configuration.organisation.role(call.at["roleId"], kind)
    if row is None:
        raise Refusal(404, "Role not found")
    return {"data": row}


def maintenances(call: Call) -> Body:
    kind = call.choice("type", ("all", "past", "non-expired"), "all")
    return {"data": call.account.configuration.organisation.maintenances(kind)}


def maintenance(call: Call) -> Body:
    row = call.account.configuration.organisation.maintenance(call.at["maintenanceId"])
    if row is None:
        raise Refusal(404, "Maintenance not found")
    return {"data": row}


def log_files(call: Call) -> Body:
    size = call.size(MOST_LOG_FILES, MOST_LOG_FILES)
    if not MARKER.fullmatch(call.at["marker"]):
        raise Refusal(422, "marker must be of the form yyyy-MM-dd-HH-mm-ss")
    rows, marker = call.account.configuration.organisation.log_files_behind(call.at["marker"], size)
    return {"data": rows, "marker": marker}


def log_file(call: Call) -> str:
    """Answer with an address and nothing else: the one answer of the API that is not JSON."""
    if all(row["filename"] != call.at["filename"] for row in call.account.configuration.organisation.log_files):
        raise Refusal(404, "Log file not found")
    return call.file(LOG_FILE.format(filename=call.at["filename"]))
