"""One call of an API: signed, paced, bounded, tried again, and judged.

This is the only place that names the CDK's `HttpClient`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from airbyte_cdk.sources.streams.call_rate import LimiterSession
from airbyte_cdk.sources.streams.http import HttpClient
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.api.body import decode, is_mended
from source_opsgenie.api.redact import redact
from source_opsgenie.api.transport import TIMEOUT, BoundedAdapter, mount
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.retry import LIST, ApiErrorHandler, Attempts, CircuitBreaker, RateLimitBackoffStrategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from source_opsgenie.api.body import Body
    from source_opsgenie.api.clock import Clock
    from source_opsgenie.api.pacer import Pacer
    from source_opsgenie.http.backend import Backend
    from source_opsgenie.http.retry import RetryPolicy

# Answers that skip one object or one stream, and never fail the sync: the plan lacks the feature (402), the key lacks a
# right (403), the object is gone or unknown (404), the feature is retired (410).
SOFT_STATUSES = frozenset({402, 403, 404, 410})

NO_REDIRECTS: Mapping[str, Any] = {"allow_redirects": False}  # the APIs have none, and the key must not travel


@dataclass(frozen=True)
class Answer:
    """An answer that can be used.

    Attributes:
        body: the parsed body.
        mended: whether the body held what no destination can take, which was replaced.
    """

    body: Body
    mended: bool


class _Budget:
    """The limiter, as the CDK's session asks for it; it also notes when a call was sent."""

    def __init__(self, limiter: Pacer, attempts: Attempts) -> None:
        self._limiter = limiter
        self._attempts = attempts
        self.update_from_response = limiter.update_from_response

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401 - the CDK's signature
        self._limiter.acquire_call(request, block, timeout)
        self._attempts.sent_at = time.monotonic()


class Client:
    """Makes the calls of one backend that count against one rate limit. Safe to share between threads.

    Attributes:
        backend: the API that is called.
        limiter: lets a call pass when the rate limit allows it.
    """

    def __init__(
        self,
        backend: Backend,
        limiter: Pacer,
        transport: BoundedAdapter,
        clock: Clock,
        breaker: CircuitBreaker,
    ) -> None:
        self.backend = backend
        self.limiter = limiter
        self._clock = clock
        self._breaker = breaker
        self._attempts = Attempts(lambda response: response.status_code in SOFT_STATUSES)
        logger = logging.getLogger("airbyte.http")
        redact(logger)
        budget: Any = _Budget(limiter, self._attempts)  # the CDK's type names one of its own budgets; any will do
        self._session = mount(LimiterSession(api_budget=budget), transport)
        self._http = HttpClient(
            backend.name,
            logger,
            error_handler=ApiErrorHandler(backend, self._attempts, breaker, self._is_alive),
            backoff_strategy=RateLimitBackoffStrategy(backend, self._attempts),
            session=self._session,
            authenticator=backend.auth,
            request_timeout=TIMEOUT,
        )

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        check: Callable[[Body], object] = lambda _: None,
        policy: RetryPolicy = LIST,
        is_soft: Callable[[requests.Response], bool] = lambda response: response.status_code in SOFT_STATUSES,
    ) -> Answer:
        """Make one GET call, and wait and try again as often as its policy says.

        Args:
            path: path below the backend's address, with every name in it quoted.
            params: query parameters.
            check: reads the body, and raises `UnusableBodyError` where it is not of the expected shape: such an answer
                is asked for again.
            policy: when to give up.
            is_soft: whether an answer is a refusal that the sync can do without.

        Raises:
            RefusedError: the API refuses the call, and the sync can do without.
            ApiError: the call failed for good.
        """
        self._attempts.begin(policy, check, is_soft)
        try:
            _, response = self._http.send_request(
                "GET", self.backend.url + path, request_kwargs=NO_REDIRECTS, params=dict(params or {})
            )
        except AirbyteTracedException as error:
            raise self._attempts.error or _as_api_error(error) from error
        self._clock.note(response.headers.get("Date"))
        self._breaker.close()
        if not response.ok:
            raise RefusedError(self.backend.vocabulary.refusal(response))
        return Answer(decode(response), is_mended(response))

    def _is_alive(self) -> bool:
        """Tell whether the API answers another call. It is asked where one call fails again and again."""
        try:
            answer = self._session.get(self.backend.url + self.backend.alive_path, timeout=TIMEOUT, **NO_REDIRECTS)
        except requests.RequestException:
            return False
        return bool(answer.status_code < requests.codes.server_error)


def _as_api_error(error: AirbyteTracedException) -> ApiError:
    return ApiError(str(error.message or error.internal_message), error.failure_type)
