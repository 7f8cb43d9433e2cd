"""Streams of the account itself, and of what belongs to no team."""

from __future__ import annotations

from source_opsgenie.opsgenie.limits import REQUEST_LIMITS_PATH
from source_opsgenie.opsgenie.paging import LinkPaging, SingleObject
from source_opsgenie.records import account as records
from source_opsgenie.streams.base import ApiStream


class Account(ApiStream):
    """The account, in one row."""

    list_path = "v2/account"
    record = records.Account
    paging = SingleObject()
    primary_key = ["name"]


class RequestLimits(ApiStream):
    """The account's rate limits."""

    list_path = REQUEST_LIMITS_PATH
    record = records.RequestLimit
    paging = LinkPaging(rows="data.rateLimits")
    primary_key = ["domain"]


class Maintenance(ApiStream):
    """Every maintenance period, past ones included. Only the single object says what it enables or disables."""

    list_path = "v1/maintenance"
    detail_path = "v1/maintenance/{id}"
    record = records.Maintenance
    parameters = {"type": "all"}
