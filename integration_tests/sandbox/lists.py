"""The plain lists of the account: whole in one answer, and in a copy as they are. Adding one takes a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.handlers.scope import seen
from integration_tests.sandbox.query import Row


@dataclass(frozen=True)
class PlainList:
    """A list: where it is, what it holds, and what a key and a plan need for it."""

    template: str
    rows: Callable[[Configuration], list[Row]]
    account_wide: bool = False
    feature: str | None = None

    def answer(self, call: Call) -> Body:
        return {"data": seen(call, self.rows(call.account.configuration))}


# By the stream that copies it.
LISTS = {
    "escalations": PlainList("/v2/escalations", lambda its: its.escalations.escalations()),
    "forwarding_rules": PlainList("/v2/forwarding-rules", lambda its: its.people.forwarding_rules(), account_wide=True),
}
