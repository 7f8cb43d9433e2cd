"""The errors that a call can end with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from traceback import extract_tb

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

NOT_FOUND = 404

# Answers after which one object or stream is skipped; they never fail the sync: the plan lacks the feature (402), the
# key lacks a right (403), the object is gone or unknown (404), the feature is retired (410).
REFUSAL_STATUSES = frozenset({402, 403, NOT_FOUND, 410})

# Answers to a call that the API cannot make sense of, such as one with a query or a sort that it does not know.
NOT_ACCEPTED_STATUSES = frozenset({400, 422})

# What the connector's own code may raise at a row of a form that nobody has foreseen.
FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class ApiError(AirbyteTracedException):
    """An error whose text is a sentence for the user: what happened, and what to do.

    Attributes:
        concerns_all: whether other calls would fail alike (a wrong key, an API that is out of reach), so that it is
            pointless to ask for other objects.
        status: HTTP status of the answer; None if there was none. 200 if the answer could not be used.
        cause: a clause that says why the call was given up; empty if it failed at once.
    """

    def __init__(
        self,
        message: str,
        failure_type: FailureType,
        *,
        concerns_all: bool = False,
        status: int | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(internal_message=message, message=message, failure_type=failure_type)
        self.concerns_all = concerns_all
        self.status = status
        self.cause = cause

    def __repr__(self) -> str:
        """Return the sentence alone, because the CDK joins the errors of failed streams by `repr`."""
        return str(self.message)

    def bare(self) -> ApiError:
        """Forget the traceback, whose frames would keep the answer of each call whose error is kept."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self

    def named(self, stream: str) -> ApiError:
        """Put the stream's name in front of the sentence, unless it is there."""
        prefix = f"{stream}: "
        if str(self.message).startswith(prefix):
            return self
        return ApiError(
            f"{prefix}{self.message}",
            self.failure_type,
            concerns_all=self.concerns_all,
            status=self.status,
            cause=self.cause,
        )


# The user can fix it.
config_error = partial(ApiError, failure_type=FailureType.config_error)
# It may be gone at the next attempt.
transient_error = partial(ApiError, failure_type=FailureType.transient_error)
# Only the connector's or the API's developers can fix it.
system_error = partial(ApiError, failure_type=FailureType.system_error)


def fault(error: Exception) -> ApiError:
    """Make the error of one object for a fault of the connector's own code, so that all other objects are still read.

    The text of the exception is left out, because it may quote the row.
    """
    place = extract_tb(error.__traceback__)[-1]
    return system_error(
        f"the connector itself failed ({type(error).__name__} in {Path(place.filename).name}, line {place.lineno}): "
        "report this message."
    )


@dataclass(eq=False)
class RefusedError(Exception):
    """A call was refused, and the sync continues without its answer.

    Attributes:
        status: HTTP status of the answer.
        why: a clause for the user, which names the right or the plan that is missing.
        holds_for_all: whether the answer says that every object of the kind is refused, not only the one asked for.
        cause: the part of the clause that is the connector's own: objects are reported together that have it in common.
    """

    status: int
    why: str
    holds_for_all: bool = False
    cause: str = ""

    @property
    def is_not_found(self) -> bool:
        """Return whether the one object that was asked for does not exist (any more)."""
        return self.status == NOT_FOUND and not self.holds_for_all

    def __str__(self) -> str:
        """Return the clause for the user."""
        return self.why
