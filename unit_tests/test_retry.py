"""What each answer leads to, how long a call waits before the next attempt, and when it is given up."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest
import requests
import requests_mock
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import ResponseAction

from source_opsgenie.config import Config
from source_opsgenie.http.body import Body, UnusableBodyError
from source_opsgenie.http.errors import REFUSAL_STATUSES, ApiError
from source_opsgenie.http.network import OUTAGE, SETUP, CallNotSentError
from source_opsgenie.http.retry import (
    BREAKER_REST,
    COUNT,
    LEAST_ATTEMPTS,
    LIST,
    ONE_OBJECT,
    ONE_OF_MANY_FAILED,
    OPTIONAL_CALL,
    Attempts,
    CircuitBreaker,
    Retries,
    RetryPolicy,
    exponential,
)
from source_opsgenie.opsgenie.context import context_of

CONTEXT = context_of(Config.parse({"api_token": "a-key-of-some-length"}), threading.Event())
BACKEND = CONTEXT.clients[CONTEXT.usual_domain].backend


class Clock:
    """Time that passes as told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Call:
    """A call whose attempts are answered one after another."""

    def __init__(self, clock: Clock, breaker: CircuitBreaker | None = None, *, alive: bool = False) -> None:
        self.clock = clock
        self.breaker = breaker or CircuitBreaker()
        self.attempts = Attempts(lambda answer: answer.status_code in REFUSAL_STATUSES)
        self.probes = 0
        self._alive = alive
        self.retries = Retries(BACKEND, self.attempts, self.breaker, self.is_alive)

    def is_alive(self) -> bool:
        self.probes += 1
        return self._alive

    def begin(self, policy: RetryPolicy = LIST) -> None:
        def check(body: Body) -> None:
            if "data" not in body:
                raise UnusableBodyError("an answer without 'data'")

        self.attempts.begin(policy, check, lambda answer: answer.status_code in REFUSAL_STATUSES)

    def action_on(self, outcome: requests.Response | Exception | None) -> ResponseAction | None:
        """Return what comes of an outcome; FAIL stands for an error that the client raises."""
        action = self.retries.interpret_response(outcome).response_action
        assert action != ResponseAction.FAIL  # the CDK would quote the whole body
        return ResponseAction.FAIL if self.attempts.error else action

    def until_it_ends(
        self, outcome: requests.Response | Exception, *, takes: float = 0.0
    ) -> tuple[ResponseAction | None, int]:
        """Let each attempt end alike; return what came of it, and after how many attempts."""
        for attempt in range(1, 1000):
            self.attempts.send()
            self.clock.now += takes
            action = self.action_on(outcome)
            if action != ResponseAction.RETRY:
                return action, attempt
            error = outcome if isinstance(outcome, requests.RequestException | requests.Response) else None
            self.clock.now += self.retries.backoff_time(error, attempt)
        raise AssertionError("it does not end")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.monotonic", made.monotonic)
    return made


@pytest.fixture
def call(clock: Clock) -> Call:
    made = Call(clock)
    made.begin()
    return made


def response(status: int, body: object = None, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.request = requests.Request("GET", "https://api.opsgenie.com/v2/teams?query=secret").prepare()
    made._content = body if isinstance(body, bytes) else json.dumps({"data": []} if body is None else body).encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (200, ResponseAction.SUCCESS),
        (302, ResponseAction.FAIL),
        (400, ResponseAction.FAIL),
        (401, ResponseAction.FAIL),
        (402, ResponseAction.IGNORE),
        (403, ResponseAction.IGNORE),
        (404, ResponseAction.IGNORE),
        (410, ResponseAction.IGNORE),
        (422, ResponseAction.FAIL),
        (429, ResponseAction.RETRY),
        (500, ResponseAction.RETRY),
        (502, ResponseAction.RETRY),
        (503, ResponseAction.RETRY),
        (504, ResponseAction.RETRY),
        (408, ResponseAction.RETRY),  # a gateway that waited for the request in vain
    ],
)
def test_what_each_status_leads_to(status: int, action: ResponseAction, call: Call) -> None:
    assert call.action_on(response(status)) == action


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>", b'{"data": [', b"[]", b'"x"', b"{}", b'{"dat": 1}'])
def test_a_200_of_another_shape_is_asked_for_again(body: bytes, call: Call) -> None:
    resolution = call.retries.interpret_response(response(200, body))
    assert resolution.response_action == ResponseAction.RETRY
    assert resolution.failure_type == FailureType.transient_error


@pytest.mark.parametrize(
    "error",
    [{"code": 50001, "message": "partial"}, {"code": 403}, {"errors": {"a": "b"}}, {"errors": [{"title": "x"}]}],
)
def test_a_200_that_tells_of_an_error_is_asked_for_again(error: dict[str, object], call: Call) -> None:
    resolution = call.retries.interpret_response(response(200, {"data": [], **error}))
    assert resolution.response_action == ResponseAction.RETRY
    assert resolution.error_message == "api.opsgenie.com answers /v2/teams with an answer that contains an error"


@pytest.mark.parametrize(
    "beside",
    [{"code": 200}, {"code": None}, {"code": "A1"}, {"code": True}, {"errors": []}, {"errors": 0}, {"message": "m"}],
)
def test_a_200_that_only_looks_odd_is_taken(beside: dict[str, object], call: Call) -> None:
    assert call.action_on(response(200, {"data": [], **beside})) == ResponseAction.SUCCESS


@pytest.mark.parametrize("body", [b"<html><title>404 Not Found</title></html>", b"\n <!DOCTYPE HTML><HTML></HTML>"])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 422])
def test_a_gateways_page_is_no_refusal_whatever_its_status(status: int, body: bytes, call: Call) -> None:
    resolution = call.retries.interpret_response(response(status, body))
    assert resolution.response_action == ResponseAction.RETRY
    assert resolution.error_message == (
        f"api.opsgenie.com answers /v2/teams with a web page instead of JSON (HTTP {status})"
    )


@pytest.mark.parametrize("status", sorted(REFUSAL_STATUSES))
def test_a_gateways_text_is_no_refusal(status: int, call: Call) -> None:
    resolution = call.retries.interpret_response(response(status, b"default backend - 404"))
    assert resolution.response_action == ResponseAction.RETRY
    assert (
        resolution.error_message
        == f"api.opsgenie.com answers /v2/teams with an answer that is cut off or not JSON (HTTP {status})"
    )


@pytest.mark.parametrize(
    ("status", "body", "action"),
    [
        (404, b"", ResponseAction.IGNORE),
        (403, b"\n", ResponseAction.IGNORE),
        (404, b"{}", ResponseAction.IGNORE),
        (400, b"Bad Request", ResponseAction.FAIL),
        (401, b"Client must be authenticated to access this resource.", ResponseAction.FAIL),  # as Jira says it
        (302, b"<html>moved</html>", ResponseAction.FAIL),  # redirects have a page for readers without the header
    ],
)
def test_an_answer_that_is_no_page_of_its_own_stays_what_its_status_says(
    status: int, body: bytes, action: ResponseAction, call: Call
) -> None:
    assert call.action_on(response(status, body)) == action


@pytest.mark.parametrize(
    "error", [requests.ConnectionError(), requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError(), None]
)
def test_a_failure_of_the_network_is_tried_again(error: Exception | None, call: Call) -> None:
    assert call.retries.interpret_response(error).response_action == ResponseAction.RETRY


def test_a_rate_limit_is_waited_for_without_end(call: Call) -> None:
    throttled = response(429, X_RateLimit_Period_In_Sec="60")
    for attempt in range(1, 1001):
        assert call.retries.interpret_response(throttled).response_action == ResponseAction.RETRY
        assert call.retries.backoff_time(throttled, attempt) == 60.0


@pytest.mark.parametrize(
    ("policy", "status", "gives_up"),
    [(ONE_OBJECT, 200, True), (ONE_OBJECT, 404, True), (ONE_OBJECT, 429, False), (LIST, 200, False)],
)
def test_a_rate_limit_that_rejects_one_object_only_is_given_up_after_ten_minutes(
    policy: RetryPolicy, status: int, gives_up: bool, call: Call, clock: Clock
) -> None:
    """Other domains have limits of their own, so the answers to their calls show nothing."""
    throttled = response(429, X_RateLimit_Period_In_Sec="60")

    def answer_another() -> None:
        call.begin(ONE_OBJECT)
        call.retries.interpret_response(response(status))
        call.breaker.close()

    call.begin(policy)
    begun = call.attempts.sent_at = clock.now
    assert call.action_on(throttled) == ResponseAction.RETRY
    other = threading.Thread(target=answer_another)
    other.start()
    other.join()
    while clock.now - begun <= OUTAGE:
        call.attempts.sent_at = clock.now
        assert call.action_on(throttled) == ResponseAction.RETRY
        clock.now += call.retries.backoff_time(throttled, 2)
    assert (call.action_on(throttled) == ResponseAction.FAIL) is gives_up
    error = call.attempts.error
    assert (error is not None) is gives_up
    assert error is None or (
        "gave up after 13 attempts" in str(error) and not error.concerns_all and not call.breaker.is_open
    )


def test_two_rejections_far_apart_are_not_again_and_again(call: Call, clock: Clock) -> None:
    def answer_another() -> None:
        call.begin()
        call.retries.interpret_response(response(200))

    call.begin(ONE_OBJECT)
    call.attempts.send()
    assert call.action_on(response(429)) == ResponseAction.RETRY
    other = threading.Thread(target=answer_another)
    other.start()
    other.join()
    clock.now += 3600  # a destination took nothing, so the thread could not log that it tries again
    call.attempts.send()
    assert call.action_on(response(429)) == ResponseAction.RETRY


def test_an_object_that_a_rate_limit_rejects_is_waited_for_if_none_was_answered_since(call: Call, clock: Clock) -> None:
    call.begin(ONE_OBJECT)
    call.retries.interpret_response(response(200))
    clock.now += 1
    call.begin(ONE_OBJECT)
    with pytest.raises(AssertionError, match="it does not end"):
        call.until_it_ends(response(429, X_RateLimit_Period_In_Sec="60"))


@pytest.mark.parametrize("outcome", [response(429), requests.ReadTimeout("slow")])
def test_a_call_that_was_given_up_does_not_show_that_the_rate_limit_lets_others_pass(
    outcome: requests.Response | Exception, call: Call
) -> None:
    def give_another_up() -> None:
        call.begin(RetryPolicy(most_attempts=1))
        assert call.action_on(outcome) == ResponseAction.FAIL
        given_up.append(True)

    given_up: list[bool] = []
    call.begin(ONE_OBJECT)
    assert call.action_on(response(429)) == ResponseAction.RETRY
    other = threading.Thread(target=give_another_up)
    other.start()
    other.join()
    assert given_up
    call.breaker.close()
    with pytest.raises(AssertionError, match="it does not end"):
        call.until_it_ends(response(429, X_RateLimit_Period_In_Sec="60"))


def test_a_call_that_must_end_soon_waits_for_a_short_pause_only(call: Call) -> None:
    call.begin(RetryPolicy(most_attempts=3, longest_pause=2.0))
    assert call.action_on(response(429, X_RateLimit_Period_In_Sec="2")) == ResponseAction.RETRY
    assert call.action_on(response(429)) == ResponseAction.RETRY
    call.begin(RetryPolicy(most_attempts=3, longest_pause=2.0))
    assert call.action_on(response(429, X_RateLimit_Period_In_Sec="3")) == ResponseAction.FAIL
    assert "throttles this account's calls" in str(call.attempts.error)


def test_without_a_period_the_wait_doubles_up_to_a_minute(call: Call) -> None:
    waits = []
    for attempt in range(1, 9):
        call.retries.interpret_response(response(429))
        waits.append(call.retries.backoff_time(response(429), attempt))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert exponential(10**6) == 60


def test_waiting_for_a_limit_is_no_failure(call: Call) -> None:
    call.retries.interpret_response(response(500))
    for attempt in range(2, 100):
        call.retries.interpret_response(response(429))
        call.retries.backoff_time(response(429), attempt)
    call.retries.interpret_response(response(500))
    assert call.retries.backoff_time(response(500), 100) == 2.0


def hold_up_before(call: Call) -> None:
    """Hold a retry up for an hour: the rate limit does, a destination that takes nothing, or a machine that sleeps."""
    call.clock.now += call.retries.backoff_time(response(500), 1) + 3600


def hold_up_within(call: Call) -> None:
    """Let an hour pass between the sending of an attempt and its failure: no call takes so long, so nobody waited."""
    call.clock.now += call.retries.backoff_time(response(500), 1)
    call.attempts.send()
    call.clock.now += 3600
    assert call.action_on(requests.ReadTimeout("slow")) == ResponseAction.RETRY


def test_a_number_is_asked_for_during_ten_minutes_at_least_however_soon_the_api_invites_again(
    call: Call, clock: Clock
) -> None:
    """Opsgenie's shortest period is a second, and other clients may use up a limit for longer than twenty of them."""
    call.begin(COUNT)
    begun = clock.now
    ended = call.until_it_ends(response(429, X_RateLimit_Period_In_Sec="1"))
    assert ended == (ResponseAction.FAIL, COUNT.most_attempts)
    assert clock.now - begun > OUTAGE


def throttle(call: Call) -> None:
    """Let the rate limit reject a retry for an hour."""
    before = response(500)
    for attempt in range(1, 62):
        call.clock.now += call.retries.backoff_time(before, attempt)
        call.attempts.send()
        before = response(429, X_RateLimit_Period_In_Sec="60")
        assert call.action_on(before) == ResponseAction.RETRY
    call.clock.now += call.retries.backoff_time(before, 62)


@pytest.mark.parametrize("hold_up", [hold_up_before, hold_up_within, throttle])
@pytest.mark.parametrize("policy", [LIST, ONE_OBJECT])
def test_time_for_which_a_call_was_held_up_is_no_outage(
    policy: RetryPolicy, hold_up: Callable[[Call], None], call: Call
) -> None:
    call.begin(policy)
    call.attempts.send()
    assert call.action_on(response(500)) == ResponseAction.RETRY
    hold_up(call)
    begun = call.clock.now
    action, _ = call.until_it_ends(response(500))
    assert action == ResponseAction.FAIL
    assert call.clock.now - begun > OUTAGE / 3
    assert call.attempts.error is not None


UNKNOWN_HOST = requests.ConnectionError(socket.gaierror(socket.EAI_NONAME, "not known"))
NO_FILE = CallNotSentError(OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /ca.pem"))


@pytest.mark.parametrize("error", [UNKNOWN_HOST, NO_FILE])
@pytest.mark.parametrize("has_worked", [False, True])
def test_a_set_up_that_has_worked_is_not_wrong_at_once(
    has_worked: bool, error: requests.RequestException, call: Call, clock: Clock
) -> None:
    """A laptop leaves its network or its VPN, or a file of certificates is renewed."""
    if has_worked:
        call.breaker.close()
    clock.now += 3600
    begun = clock.now
    action, attempts = call.until_it_ends(error)
    assert action == ResponseAction.FAIL
    assert (clock.now - begun > SETUP) is has_worked
    assert (attempts == 1) is (error is NO_FILE and not has_worked)  # no attempt can be sent
    assert call.attempts.error is not None


@pytest.mark.parametrize("takes", [0.0, 60.0, 180.0])
def test_giving_up_is_bounded_in_time_whatever_an_attempt_takes(takes: float, clock: Clock, call: Call) -> None:
    begun = clock.now
    action, _ = call.until_it_ends(requests.ReadTimeout("slow"), takes=takes)
    assert action == ResponseAction.FAIL
    assert clock.now - begun <= OUTAGE + takes
    error = call.attempts.error
    assert error is not None
    assert error.concerns_all
    assert "gave up after" in str(error.message)
    assert call.breaker.is_open


def test_one_object_that_fails_while_others_are_answered_is_given_up_after_a_minute(clock: Clock) -> None:
    call = Call(clock)
    call.begin(ONE_OBJECT)
    call.attempts.sent_at = begun = clock.now
    call.retries.interpret_response(response(500))
    call.breaker.close()  # another call is answered
    action, _ = call.until_it_ends(response(500))
    assert action == ResponseAction.FAIL
    assert clock.now - begun <= ONE_OBJECT.patience_alone
    assert call.attempts.error is not None
    assert not call.attempts.error.concerns_all
    assert BACKEND.if_ended not in str(call.attempts.error.message)
    assert not call.breaker.is_open


@pytest.mark.parametrize("alive", [True, False])
def test_where_no_other_call_is_under_way_one_is_made_to_see_whether_the_api_answers(alive: bool, clock: Clock) -> None:
    call = Call(clock, alive=alive)
    call.begin(ONE_OBJECT)
    begun = clock.now
    call.until_it_ends(response(500))
    assert call.probes > 0
    assert call.attempts.error is not None
    assert call.attempts.error.concerns_all is not alive
    assert (clock.now - begun <= ONE_OBJECT.patience_alone) is alive


@pytest.mark.parametrize("alive", [True, False])
def test_a_list_that_fails_alone_is_no_sign_that_the_api_has_ended(alive: bool, clock: Clock) -> None:
    call = Call(clock, alive=alive)
    call.begin(LIST)
    call.until_it_ends(response(500))
    assert call.attempts.error is not None
    assert (BACKEND.if_ended in str(call.attempts.error.message)) is not alive


@pytest.mark.parametrize(
    ("outcome", "takes"), [(requests.ReadTimeout("slow"), 180.0), (response(503, Retry_After="600"), 0.0)]
)
@pytest.mark.parametrize("answers", [True, False])
def test_one_object_that_takes_ten_minutes_to_fail_says_nothing_of_the_others(
    answers: bool, outcome: requests.Response | Exception, takes: float, clock: Clock
) -> None:
    call = Call(clock, alive=answers)
    call.begin(ONE_OBJECT)
    assert call.until_it_ends(outcome, takes=takes)[0] == ResponseAction.FAIL
    assert call.attempts.error is not None
    assert call.attempts.error.concerns_all is not answers
    assert call.breaker.is_open is not answers


@pytest.mark.parametrize("status", [408, 500, 503])
@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("120", 120.0),
        ("Tue, 24 Nov 2026 23:02:00 GMT", 120.0),
        ("1", 2.0),  # less than it is waited for anyway
        ("0", 2.0),
        ("-5", 2.0),
        ("Tue, 24 Nov 2026 22:00:00 GMT", 2.0),
        ("nan", 2.0),
        ("soon", 2.0),
        ("", 2.0),
        ("86400", OUTAGE),
    ],
)
def test_an_error_answer_may_say_how_long_to_wait(
    told: str, wait: float, status: int, call: Call, clock: Clock
) -> None:
    failing = response(status, Retry_After=told, Date="Tue, 24 Nov 2026 23:00:00 GMT")
    call.retries.interpret_response(response(500))
    assert call.action_on(failing) == ResponseAction.RETRY
    assert call.retries.backoff_time(failing, 2) == wait


@pytest.mark.parametrize("failures", [0, 5])
def test_an_object_is_not_given_up_before_the_time_told_has_passed(failures: int, clock: Clock) -> None:
    call = Call(clock, alive=True)
    call.begin(ONE_OBJECT)
    for attempt in range(failures):  # half a minute, after which the next wait would lead beyond the patience
        assert call.action_on(response(503)) == ResponseAction.RETRY
        clock.now += call.retries.backoff_time(response(503), attempt)
    clock.now += 25 * (failures > 0)
    told = response(503, Retry_After="90")
    assert call.action_on(told) == ResponseAction.RETRY
    assert call.retries.backoff_time(told, failures + 1) == 90.0


@pytest.mark.parametrize("told", ["2", "20", "90", "600", "86400"])
@pytest.mark.parametrize(("policy", "patience"), [(ONE_OBJECT, ONE_OBJECT.patience_alone), (LIST, OUTAGE)])
def test_a_server_that_always_asks_to_wait_holds_up_nothing_for_ever(
    policy: RetryPolicy, patience: float, told: str, clock: Clock
) -> None:
    call = Call(clock, alive=True)
    call.begin(policy)
    begun = clock.now
    assert call.until_it_ends(response(503, Retry_After=told))[0] == ResponseAction.FAIL
    assert clock.now - begun <= patience + OUTAGE


def test_each_answer_is_waited_for_as_it_asks_within_ten_minutes_of_the_first_attempt(call: Call, clock: Clock) -> None:
    waits = []
    for attempt, asked in enumerate(["100", "200", "20", "86400"], 1):
        call.attempts.sent_at = clock.now
        told = response(503, Retry_After=asked)
        assert call.action_on(told) == ResponseAction.RETRY
        waits.append(call.retries.backoff_time(told, attempt))
        clock.now += waits[-1]
    assert waits == [100.0, 200.0, 20.0, OUTAGE - 320.0]


def test_the_first_answer_that_asks_to_wait_is_heeded_however_long_the_call_has_failed(call: Call) -> None:
    for attempt in range(1, 5):
        call.attempts.send()
        call.clock.now += 120
        assert call.action_on(requests.ReadTimeout("slow")) == ResponseAction.RETRY
        call.clock.now += call.retries.backoff_time(None, attempt)
    told = response(503, Retry_After="300")
    call.attempts.send()
    assert call.action_on(told) == ResponseAction.RETRY
    assert call.retries.backoff_time(told, 5) == 300.0


@pytest.mark.parametrize("policy", [ONE_OF_MANY_FAILED, OPTIONAL_CALL])
def test_a_call_that_others_failed_before_or_that_can_be_done_without_does_not_wait_as_told(
    policy: RetryPolicy, call: Call
) -> None:
    call.begin(policy)
    told = response(503, Retry_After="90")
    assert call.action_on(told) == ResponseAction.RETRY
    assert call.retries.backoff_time(told, 1) == 1.0


def test_what_one_call_was_told_is_forgotten_by_the_next(call: Call) -> None:
    told = response(503, Retry_After="90")
    call.action_on(told)
    call.action_on(response(200))
    call.begin()
    call.action_on(response(503))
    assert call.retries.backoff_time(response(503), 1) == 1.0
    call.action_on(told)
    call.action_on(requests.ReadTimeout("slow"))
    assert call.retries.backoff_time(None, 3) == 4.0


@pytest.mark.parametrize("takes", [0.0, 60.0])
def test_one_of_many_objects_that_failed_has_the_least_attempts(takes: float, clock: Clock) -> None:
    call = Call(clock, alive=True)
    call.begin(ONE_OF_MANY_FAILED)
    assert call.until_it_ends(response(500), takes=takes) == (ResponseAction.FAIL, LEAST_ATTEMPTS)


def test_an_answer_before_the_failures_began_does_not_show_that_one_object_alone_fails(clock: Clock) -> None:
    call = Call(clock, alive=False)
    call.breaker.close()
    clock.now += BREAKER_REST / 2
    call.begin(ONE_OF_MANY_FAILED)
    call.until_it_ends(response(500))
    assert call.attempts.error is not None
    assert call.attempts.error.concerns_all


def test_the_time_for_which_it_is_asked_whether_the_api_answers_counts(clock: Clock) -> None:
    class Slow(Call):
        def is_alive(self) -> bool:
            self.clock.now += OUTAGE / 2
            return super().is_alive()

    call = Slow(clock)
    call.begin(ONE_OBJECT)
    assert call.until_it_ends(response(500))[0] == ResponseAction.FAIL
    assert call.probes == 3


def test_while_the_api_is_out_of_reach_no_further_call_is_tried_for_long(clock: Clock) -> None:
    breaker = CircuitBreaker()
    first, second = Call(clock, breaker), Call(clock, breaker)
    first.begin()
    first.until_it_ends(response(503))
    second.begin()
    assert second.until_it_ends(response(503)) == (ResponseAction.FAIL, 2)
    breaker.close()
    second.begin()
    assert second.until_it_ends(response(503))[1] > 2


def test_a_list_that_fails_for_ten_minutes_says_nothing_of_an_api_that_answers(clock: Clock) -> None:
    call = Call(clock, alive=True)
    call.begin(LIST)
    assert call.until_it_ends(response(500))[0] == ResponseAction.FAIL
    assert call.probes == 1
    assert not call.breaker.is_open
    assert call.breaker.rests_because is None


@pytest.mark.parametrize("answers", [True, False])
def test_an_api_that_answers_other_calls_is_within_reach_though_the_one_made_to_see_that_fails(
    answers: bool, clock: Clock
) -> None:
    """A part of the API may be down, and what is read from the others must not end with it."""
    call = Call(clock, alive=False)
    call.begin(LIST)
    call.breaker.close()  # when the failures begin, the other parts still answer
    while call.attempts.error is None:
        if answers:
            call.breaker.close()
        call.attempts.send()
        call.action_on(response(503))
        clock.now += call.retries.backoff_time(response(503), 1)
    assert call.breaker.is_open is not answers


def test_after_a_call_was_given_up_there_is_a_minute_without_calls(clock: Clock) -> None:
    breaker = CircuitBreaker()
    reasons = [breaker.rests_because]
    breaker.open("it is down")
    for seconds in (0, BREAKER_REST - 1, 1):
        clock.now += seconds
        reasons.append(breaker.rests_because)
    assert reasons == [None, "it is down", "it is down", None]


def test_an_answer_ends_the_minute_without_calls(clock: Clock) -> None:
    breaker = CircuitBreaker()
    breaker.open("it is down")
    clock.now += 1
    breaker.close()
    assert breaker.rests_because is None


def test_of_a_very_long_path_an_error_repeats_the_beginning_only(call: Call) -> None:
    refused = response(422)
    refused.request = requests.Request("GET", f"https://api.opsgenie.com/v2/teams/{'x' * 10**6}/roles").prepare()
    assert call.action_on(refused) == ResponseAction.FAIL
    assert "/v2/teams/xxx" in str(call.attempts.error)
    assert len(str(call.attempts.error)) < 500


def test_a_policy_may_bound_the_attempts(call: Call) -> None:
    call.begin(RetryPolicy(most_attempts=2))
    assert call.until_it_ends(response(429)) == (ResponseAction.FAIL, 2)
    call.begin(RetryPolicy(most_attempts=2))
    assert call.until_it_ends(response(500)) == (ResponseAction.FAIL, 2)


def test_each_thread_counts_its_own_failures(call: Call) -> None:
    for _ in range(3):
        call.retries.interpret_response(response(500))
    other: list[float] = []

    def run() -> None:
        call.begin()
        call.retries.interpret_response(response(500))
        other.append(call.retries.backoff_time(response(500), 1))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert other == [1.0]
    assert call.retries.backoff_time(response(500), 3) == 4.0


def test_a_clock_that_is_set_right_in_the_middle_of_a_call_does_not_end_it(call: Call) -> None:
    """The CDK counts the time of retries by this machine's clock, which may begin in 1970."""
    assert call.retries.max_time > time.time()


def test_once_an_api_is_out_of_reach_no_call_is_made_whatever_limit_it_counts_against(
    requests_mock: requests_mock.Mocker,
) -> None:
    context = context_of(Config.parse({"api_token": "a-key-of-some-length"}), threading.Event())
    first, *others = context.clients.values()
    first.breaker.open("it is down")
    assert others
    for client in others:
        with pytest.raises(ApiError, match=r"^no call was made, because it is down\."):
            client.read("v2/any")
    assert requests_mock.call_count == 0
