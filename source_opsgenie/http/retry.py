"""Decides whether a failed call is retried, how long to wait before, and when to give up.

The CDK's client asks an error handler what an answer means, and a backoff strategy how long to wait. `Retries` is both.
Retries stay on the thread that made the call, so the attempts of the call under way are kept by thread.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeGuard

import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import (
    BackoffStrategy,
    ErrorHandler,
    ErrorResolution,
    ResponseAction,
)

from source_opsgenie.http.body import Body, UnusableBodyError, decode, instead_of_json, quotable, require_no_error
from source_opsgenie.http.errors import ApiError, config_error, system_error, transient_error
from source_opsgenie.http.network import NEVER, OUTAGE, network_cause
from source_opsgenie.http.timestamps import from_http_date
from source_opsgenie.http.transport import LARGEST_BODY, BodyTooLargeError

if TYPE_CHECKING:
    from source_opsgenie.http.backend import Backend

logger = logging.getLogger("airbyte")

FIRST_WAIT = 1.0  # seconds; doubles from one failure to the next
LONGEST_WAIT = 60.0  # seconds

LONGEST_PATH = 300  # characters that a message repeats; a path holds ids, which are a server's text

# A check must end within 30 seconds, so it says that it is throttled instead of waiting longer than this for a call.
SHORT_PAUSE = 2.0  # seconds

BREAKER_REST = 60.0  # seconds without a call, after one was given up because the API is out of reach

# A call gets at least this many attempts, however long each one takes, unless the API is known to be out of reach.
LEAST_ATTEMPTS = 4

# The most seconds of one attempt that count as time for which the call has failed. An attempt takes longer only if the
# machine or the process stood still.
LONGEST_ATTEMPT = 300.0


@dataclass(frozen=True)
class RetryPolicy:
    """How long a failing call is retried. Waiting for a rate limit does not count as failing.

    Attributes:
        patience_alone: seconds from the first failed attempt until the call is given up, if other calls are answered
            meanwhile, so that only this one fails. Otherwise, its cause decides (see `network`).
        most_attempts: the most attempts in any case, rate limits included; None if there is no bound.
        longest_pause: seconds; the call is given up if a rate limit asks to wait longer.
        advice: what to do about a call that was given up, as a sentence for the user.
    """

    patience_alone: float = OUTAGE
    most_attempts: int | None = None
    longest_pause: float = math.inf
    advice: str = "The next sync tries again."

    @property
    def is_for_one_object(self) -> bool:
        """Return whether the call asks for one of many objects, which can be given up alone."""
        return self.patience_alone < OUTAGE


LIST = RetryPolicy()
ONE_OBJECT = RetryPolicy(patience_alone=60.0)
ONE_OF_MANY_FAILED = RetryPolicy(patience_alone=0.0)  # only the least attempts: a minute for each would take days
OPTIONAL_CALL = RetryPolicy(most_attempts=3)  # a call that the sync can do without
# A call that only asks how many rows there are, and may have a rate limit of its own. If all attempts are rejected, the
# waits between them take 14 minutes at least.
COUNT = RetryPolicy(patience_alone=0.0, most_attempts=20)


class CircuitBreaker:
    """Knows whether the API answers: when a call was answered last, and whether one was given up since.

    All streams that read from an API share one. Without it, each stream in turn would retry for ten minutes. For a
    minute after a call was given up, no other is made: with a server that takes calls and never answers, each would
    take a minute.

    Attributes:
        is_open: whether a call was given up and none has been answered since.
    """

    def __init__(self) -> None:
        self.is_open = False
        self._answered_at = -math.inf
        self._given_up_at = 0.0
        self._cause = ""

    @property
    def rests_because(self) -> str | None:
        """Return why no call is made at the moment; None if calls are made."""
        rests = self.is_open and time.monotonic() - self._given_up_at < BREAKER_REST
        return self._cause if rests else None

    def open(self, cause: str) -> None:
        """Note that a call was given up, and why."""
        self._given_up_at, self._cause = time.monotonic(), cause
        self.is_open = True

    def close(self) -> None:
        """Note an answer."""
        self._answered_at = time.monotonic()
        self.is_open = False

    def answered_since(self, moment: float) -> bool:
        """Return whether a call was answered at or after a moment of the monotonic clock."""
        return self._answered_at >= moment


class Attempts(threading.local):
    """The attempts of the call that the current thread is making.

    Attributes:
        policy, check, parse, is_refusal: as in `Client.read`.
        failures: failed attempts so far.
        throttled: attempts that a rate limit rejected so far.
        spent: seconds that failed attempts and the waits after them took. What else holds a call up does not count: a
            rate limit, a destination that takes no log line about a retry, a machine that sleeps.
        sent_at: when the latest attempt was sent, on the monotonic clock.
        throttled_at: when the first attempt that a rate limit rejected was sent, likewise.
        asked_wait: seconds that the last failed attempt's answer asked to wait; 0 if it did not.
        asked_until: the end of the wait that the first answer to name one asked for, on the monotonic clock; or None.
        cause: a clause that says why the last attempt failed.
        error: what the call was given up with.
    """

    def __init__(self, is_refusal: Callable[[requests.Response], bool]) -> None:
        self.begin(LIST, lambda _: None, is_refusal)

    def begin(
        self,
        policy: RetryPolicy,
        check: Callable[[Body], object],
        is_refusal: Callable[[requests.Response], bool],
        parse: Callable[[requests.Response], Body] = decode,
    ) -> None:
        """Prepare for the next call of this thread."""
        self.policy, self.check, self.is_refusal, self.parse = policy, check, is_refusal, parse
        self.sent_at = time.monotonic()
        self.error: ApiError | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the attempts of a call that has ended."""
        self.failures = self.throttled = 0
        self.spent = self.throttled_at = self.asked_wait = 0.0
        self.asked_until: float | None = None
        self.cause = ""

    def send(self) -> None:
        """Note that an attempt is sent now."""
        self.sent_at = time.monotonic()


class Retries(ErrorHandler, BackoffStrategy):
    """Decides what to do about each answer, and about each failure to get one, and how long to wait before a retry.

    It waits as long as an answer asks. If the answer does not ask, each failure doubles the wait.
    """

    # The CDK's decorators count attempts and time, too. These bounds are out of reach, even if the machine's clock is
    # set right by decades during a call, because `interpret_response` decides when to give up.
    max_retries = 1_000_000
    max_time = 10**12  # seconds

    def __init__(
        self,
        backend: Backend,
        attempts: Attempts,
        breaker: CircuitBreaker,
        is_alive: Callable[[], bool] = lambda: False,
        another_answer: Callable[[str], requests.Response | None] = lambda _: None,
    ) -> None:
        self._backend = backend
        self._attempts = attempts
        self._breaker = breaker
        self._is_alive = is_alive
        self._another_answer = another_answer
        self._answered_url = ""  # the address of the last call for one object that was answered
        self._passed_at = -math.inf  # when the rate limit of these calls last let one pass

    def interpret_response(self, response_or_exception: requests.Response | Exception | None) -> ErrorResolution:
        """Decide whether a call succeeded, is retried, is skipped or fails."""
        resolution = self._interpret(response_or_exception)
        if resolution.response_action != ResponseAction.RETRY:
            self._attempts.reset()
            if isinstance(response_or_exception, requests.Response) and not is_throttled(response_or_exception):
                self._passed_at = time.monotonic()
        return resolution

    def _interpret(self, outcome: requests.Response | Exception | None) -> ErrorResolution:
        if not isinstance(outcome, requests.Response):
            return self._network_failure(outcome)
        status = outcome.status_code
        if status == requests.codes.ok:
            return self._judge_body(outcome)
        if status == requests.codes.too_many_requests:
            return self._judge_throttling(outcome)
        if is_outage(outcome):
            cause = f"{self._backend.authority} answers with HTTP {status}"
            return self._judge_failure(cause, status, asked_wait=retry_after(outcome))
        return self._judge_refusal(outcome)

    def _judge_refusal(self, outcome: requests.Response) -> ErrorResolution:
        status = outcome.status_code
        # A gateway or proxy in front of the API answered in its place, which says nothing of the object or the key.
        foreign = instead_of_json(outcome) if status >= requests.codes.bad_request else None
        if foreign is not None:
            return self._judge_failure(
                f"{self._backend.authority} answers {path_of(outcome)} with {foreign} (HTTP {status})", status
            )
        if self._attempts.is_refusal(outcome):
            refusal = self._backend.refusal(outcome)
            text = f"{path_of(outcome)} was refused (HTTP {status}): {refusal.why}"
            return ErrorResolution(ResponseAction.IGNORE, FailureType.config_error, text)
        if status < requests.codes.multiple_choices:
            cause = f"{self._backend.authority} answers {path_of(outcome)} with HTTP {status} instead of 200"
            return self._judge_failure(cause, status)
        failure = self._backend.failure(outcome)
        if failure.concerns_all and self._attempts.policy.is_for_one_object and self._is_accepted():
            failure = self._backend.failure_of_one(outcome)
        return self._fail(failure)

    def _is_accepted(self) -> bool:
        """Return whether the API accepts the key for another object, so that an answer says nothing about the key."""
        answer = self._another_answer(self._answered_url)
        return answer is not None and answer.status_code in {requests.codes.ok, requests.codes.forbidden}

    def _judge_body(self, response: requests.Response) -> ErrorResolution:
        """Accept a 200 of the expected shape; retry any other, which may be a proxy's page or cut off."""
        try:
            body = self._attempts.parse(response)
            require_no_error(body)
            self._attempts.check(body)
        except UnusableBodyError as error:
            return self._judge_failure(
                f"{self._backend.authority} answers {path_of(response)} with {error}", response.status_code
            )
        if self._attempts.policy.is_for_one_object and response.request.method == "GET":
            self._answered_url = str(response.request.url)
        return ErrorResolution(ResponseAction.SUCCESS)

    def _judge_throttling(self, outcome: requests.Response) -> ErrorResolution:
        """Retry as long as it takes, unless the rate limit rejects this one object only."""
        # RETRY, not RATE_LIMITED: for the latter, the CDK prints to stdout from the thread of the call.
        attempts, status = self._attempts, requests.codes.too_many_requests
        attempts.throttled += 1
        if attempts.throttled == 1:
            attempts.throttled_at = attempts.sent_at
        is_alone = self._passed_at >= attempts.throttled_at and time.monotonic() - attempts.throttled_at > OUTAGE
        if is_alone and attempts.policy.is_for_one_object and attempts.throttled >= LEAST_ATTEMPTS:
            cause = f"{self._backend.name} throttles this call again and again, though it answers others"
            return self._fail(self._given_up(cause, status, concerns_all=False))
        is_too_long = (self._backend.period_of(outcome) or 0.0) > attempts.policy.longest_pause
        if is_too_long or self._is_last_attempt():
            text = f"{self._backend.name} throttles this account's calls at the moment: try again later."
            return self._fail(transient_error(text, concerns_all=True, status=status))
        return self._retry(f"{self._backend.name} throttles this account's calls")

    def _network_failure(self, error: Exception | None) -> ErrorResolution:
        if isinstance(error, BodyTooLargeError):
            return self._fail(
                system_error(f"{self._backend.authority} answered with more than {LARGEST_BODY // 2**20} MB.")
            )
        cause = network_cause(error, self._backend.authority, self._backend.address_field)
        # A laptop that leaves its VPN, or a file of certificates that is renewed, looks like a wrong set-up.
        patience = OUTAGE if self._breaker.answered_since(0.0) else cause.patience
        if patience == NEVER:
            return self._fail(no_connection(self._backend.name, cause.clause))
        return self._judge_failure(cause.clause, patience=patience)

    def _judge_failure(
        self, cause: str, status: int | None = None, *, patience: float = OUTAGE, asked_wait: float | None = None
    ) -> ErrorResolution:
        """Retry, or give up: after too long a time, and sooner if only this call fails or if all of them do."""
        attempts, policy, now = self._attempts, self._attempts.policy, time.monotonic()
        attempts.failures += 1
        attempts.spent += min(now - attempts.sent_at, LONGEST_ATTEMPT)
        attempts.asked_wait = 0.0
        if asked_wait is not None and policy.most_attempts is None and policy.patience_alone > 0:
            # Unless the API is known to be out of reach, a call is not given up before the time asked for has passed.
            # Only the first answer that asks counts for that, because a server may ask again and again.
            attempts.asked_until = attempts.asked_until or now + min(asked_wait, OUTAGE)
            attempts.asked_wait = max(attempts.asked_until - now, min(asked_wait, OUTAGE - attempts.spent))
        spent = attempts.spent + exponential(attempts.failures)
        is_early = attempts.failures < LEAST_ATTEMPTS or now < (attempts.asked_until or now)
        is_out_of_reach = self._breaker.is_open and attempts.failures > 1
        if spent > min(patience, policy.patience_alone) and not is_early and not is_out_of_reach:
            # The call that asks whether the API answers may go to a part that is down while others answer.
            if self._breaker.answered_since(now - min(attempts.spent, BREAKER_REST)) or self._is_alive():
                return self._fail(self._given_up(cause, status, concerns_all=not policy.is_for_one_object))
            is_out_of_reach = spent > patience
        if is_out_of_reach:
            self._breaker.open(cause)
        if is_out_of_reach or self._is_last_attempt():
            return self._fail(self._given_up(cause, status, concerns_all=True, if_ended=self._backend.if_ended))
        attempts.spent += time.monotonic() - now  # the time spent asking whether the API answers
        return self._retry(cause)

    def _given_up(self, cause: str, status: int | None, *, concerns_all: bool, if_ended: str = "") -> ApiError:
        attempts = self._attempts
        text = (
            f"the connector gave up after {attempts.failures + attempts.throttled} attempts, because {cause}. "
            f"{attempts.policy.advice} {if_ended}"
        )
        return transient_error(text.rstrip(), concerns_all=concerns_all, status=status, cause=cause)

    def _is_last_attempt(self) -> bool:
        attempts, most = self._attempts, self._attempts.policy.most_attempts
        return most is not None and attempts.failures + attempts.throttled >= most

    def _retry(self, cause: str) -> ErrorResolution:
        self._attempts.cause = cause
        return ErrorResolution(ResponseAction.RETRY, FailureType.transient_error, cause)

    def _fail(self, error: ApiError) -> ErrorResolution:
        # IGNORE, not FAIL: for the latter, the CDK parses the whole body once more and quotes it. The client raises the
        # error.
        self._attempts.error = error
        return ErrorResolution(ResponseAction.IGNORE, error.failure_type, str(error.message))

    def backoff_time(
        self,
        response_or_exception: requests.Response | requests.RequestException | None,
        attempt_count: int,  # noqa: ARG002 - the CDK counts rate limits and failures together
    ) -> float:
        """Return the seconds to wait before the next attempt."""
        attempts = self._attempts
        if is_throttled(response_or_exception):
            wait = self._backend.period_of(response_or_exception) or 0.0
            # A few periods of a second would use up all attempts.
            if not wait or attempts.policy.most_attempts is not None:
                wait = max(wait, exponential(attempts.throttled))
        else:
            wait = max(exponential(attempts.failures), attempts.asked_wait)
            attempts.spent += wait
        seconds = f"{wait:.0f} second{'' if round(wait) == 1 else 's'}"
        logger.info("Trying a call again in %s, because %s.", seconds, attempts.cause)
        return wait


def is_throttled(outcome: object) -> TypeGuard[requests.Response]:
    """Return whether a rate limit rejected the call."""
    return isinstance(outcome, requests.Response) and outcome.status_code == requests.codes.too_many_requests


def is_outage(response: requests.Response) -> bool:
    """Return whether a server or a gateway failed to answer the call. No rate limit need have let it pass."""
    # A gateway answers 408 (request timeout) if the request did not arrive in time; it may be repeated (RFC 9110).
    status = response.status_code
    return bool(status >= requests.codes.server_error or status == requests.codes.request_timeout)


def retry_after(response: requests.Response) -> float | None:
    """Return how many seconds `Retry-After` asks to wait, by a number or a date; None if it asks for none."""
    asked = response.headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        moment = from_http_date(asked)
        seconds = 0.0 if moment is None else (moment - answered_at(response)).total_seconds()
    return seconds if seconds > 0 else None


def answered_at(response: requests.Response) -> datetime:
    """Return the time of an answer, by the API's clock if the answer has it."""
    return from_http_date(response.headers.get("Date")) or datetime.now(timezone.utc)


def exponential(attempt: int) -> float:
    """Return 1, 2, 4, ... seconds, up to a minute."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt - 1, 10))


def path_of(response: requests.Response) -> str:
    """Return the path of a call for a message, without its query, which may hold the user's own words."""
    return quotable((response.request.path_url or "").split("?")[0], LONGEST_PATH)


def no_connection(api: str, cause: str) -> ApiError:
    """Make the error for a set-up in which no call can be made."""
    return config_error(f"No connection to {api}: {cause}.", concerns_all=True)
