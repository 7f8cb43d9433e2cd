"""Makes one call of an API: signed, paced, bounded, retried and judged.

This is the only module that names the CDK's `HttpClient`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import requests
from airbyte_cdk.sources.streams.call_rate import LimiterSession
from airbyte_cdk.sources.streams.http import HttpClient
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.http.backend import Backend
from source_opsgenie.http.body import Body, decode, instead_of_json
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.errors import ApiError, transient_error
from source_opsgenie.http.limiter import Limiter
from source_opsgenie.http.network import network_cause
from source_opsgenie.http.paging import Value
from source_opsgenie.http.redact import without_answers
from source_opsgenie.http.retry import LIST, Attempts, CircuitBreaker, Retries, RetryPolicy, no_connection
from source_opsgenie.http.transport import BoundedAdapter, mount

NO_REDIRECTS: Mapping[str, Any] = {"allow_redirects": False}  # the APIs have none, and the key must not travel


class Client:
    """Makes the calls of one backend that count against one rate limit. Safe to share between threads.

    Attributes:
        backend: the API that is called.
        limiter: lets a call pass when the rate limit allows it; by default, every call passes.
        breaker: knows whether the API answers at all; by default, the client has one of its own.
    """

    def __init__(
        self,
        backend: Backend,
        transport: BoundedAdapter,
        clock: Clock,
        limiter: Limiter | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self.backend = backend
        self.limiter = limiter or Limiter()
        self.update_from_response = self.limiter.update_from_response  # called by the session
        self.breaker = breaker or CircuitBreaker()
        self._clock = clock
        self._attempts = Attempts(backend.is_refusal)
        self._asking = threading.Lock()
        self._asked, self._was_alive = -math.inf, False
        logger = logging.getLogger("airbyte.http")
        for each in (logger, logging.getLogger("airbyte")):
            each.addFilter(without_answers)  # a second one changes nothing
        # The CDK's type names one of its own budgets; any object with the same methods works.
        budget: Any = self
        self._session = mount(LimiterSession(api_budget=budget), transport)
        retries = Retries(backend, self._attempts, self.breaker, self._is_alive, self._another_answer)
        self._http = HttpClient(
            backend.name,
            logger,
            error_handler=retries,
            backoff_strategy=retries,
            session=self._session,
            authenticator=backend.auth,
        )

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:
        """Wait until a call may be made; called by the session."""
        self.limiter.acquire_call(request, block, timeout)
        self._attempts.send()

    def read(
        self,
        path: str,
        params: Mapping[str, Value] | None = None,
        *,
        check: Callable[[Body], object] = lambda _: None,
        policy: RetryPolicy = LIST,
        is_refusal: Callable[[requests.Response], bool] | None = None,
        body: Mapping[str, Any] | None = None,
        parse: Callable[[requests.Response], Body] = decode,
    ) -> requests.Response:
        """Make one call that reads, and retry it as its policy says; `decode` returns its body, parsed once.

        Args:
            path: path below the backend's address, with every name in it quoted.
            params: query parameters.
            check: reads the answer's body, and raises `UnusableBodyError` if it does not have the expected shape; the
                call is then retried.
            policy: when to give up.
            is_refusal: returns whether an answer skips an object or a stream; by default, the backend decides.
            body: for a list that is read by a POST, the JSON body that asks for a page.
            parse: makes the body of an answer that is not JSON.

        Raises:
            RefusedError: the API refuses the call, and the sync can continue without its answer.
            ApiError: the call failed for good.
        """
        method, url = "GET" if body is None else "POST", self.backend.url + path
        sent: dict[str, Any] = dict(params or {})  # the CDK's type knows no parameter with several values
        resting = self.breaker.rests_because
        if resting is not None:
            raise transient_error(f"no call was made, because {resting}. {policy.advice}", concerns_all=True)
        self._attempts.begin(policy, check, is_refusal or self.backend.is_refusal, parse)
        try:
            _, response = self._http.send_request(method, url, request_kwargs=NO_REDIRECTS, params=sent, json=body)
        except AirbyteTracedException as error:  # Airbyte's cloud mode refuses some addresses
            cause = network_cause(error, self.backend.authority, self.backend.address_field)
            raise no_connection(self.backend.name, cause.clause) from error
        if self._attempts.error is not None:
            raise self._attempts.error
        self.breaker.close()
        # Of an answer from a cache, the date is not the present time (RFC 9111, "Age").
        if not response.headers.get("Age", "").strip("0").isdecimal():
            self._clock.note(response.headers.get("Date"))  # not that of a gateway's error, whose clock may be wrong
        if not response.ok:
            raise self.backend.refusal(response)
        return response

    def prepare(self) -> None:
        """Find out the API's address; in JSM, that takes a call, whose answer also has the API's time."""
        with suppress(ApiError):  # the next call meets the same error, and its stream reports it
            _ = self.backend.url

    def _is_alive(self) -> bool:
        """Return whether the API answers another call; asked when one call fails again and again.

        One call is made for all threads that ask at the same time: it may count against another limit than theirs.
        """
        asked = time.monotonic()
        with self._asking:
            if self._asked < asked:
                self._was_alive = self._another_answer("") is not None
                self._asked = time.monotonic()
                if self._was_alive:
                    self.breaker.close()  # so that calls that fail meanwhile need not ask
        return self._was_alive

    def _another_answer(self, url: str) -> requests.Response | None:
        """Return the API's answer to another call, made if one call fails for good; None if there is none.

        Without an address, it asks for the paths that show whether the API answers.
        """
        for each in [url] if url else [self.backend.url + path for path in self.backend.alive_paths]:
            with suppress(requests.RequestException):
                answer = self._session.get(each, **NO_REDIRECTS)
                if answer.status_code < requests.codes.server_error and instead_of_json(answer) is None:
                    return answer
        return None
