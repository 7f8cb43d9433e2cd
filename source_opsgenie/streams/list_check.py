"""Asks for one row of each list, so that a check can name the streams that a sync will not read."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import requests

from source_opsgenie.http.client import Client
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError, RefusedError, config_error, transient_error
from source_opsgenie.http.paging import Value
from source_opsgenie.http.retry import SHORT_PAUSE, RetryPolicy
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream
from source_opsgenie.streams.unavailable import UnavailableStream

CHECK_TIMEOUT = (5.0, 8.0)  # seconds to connect, and seconds without a byte

TWICE = RetryPolicy(most_attempts=2, longest_pause=SHORT_PAUSE, advice="Try again later.")
ONCE = RetryPolicy(most_attempts=1, advice="Try again later.")

NO_ANSWER = "The check got no answer for these streams, so only a sync will show whether they can be read: "

DESELECT = "Remove the cause, or deselect what cannot be read."

# Seconds between the calls, because the rate limits are not known yet.
PAUSE = 0.1


@dataclass(frozen=True)
class ListCall:
    """A call that shows whether a list can be read.

    Attributes:
        stream: the stream whose list it is.
        below: the streams that need the list.
        lane: the rate limit that the call counts against.
        path: path below the host.
        params: query parameters of the smallest page there is.
        is_refusal: returns whether an answer makes a sync skip the stream.
    """

    stream: str
    below: Sequence[str]
    lane: str
    path: str
    params: Mapping[str, Value]
    is_refusal: Callable[[requests.Response], bool]


def list_calls(streams: Iterable[ApiStream]) -> list[ListCall]:
    """Return the smallest call for each list that has no parent, with the streams that need the list."""
    tops: list[ApiStream] = []
    below: dict[str, list[str]] = defaultdict(list)
    for stream in streams:
        if isinstance(stream, UnavailableStream):
            continue
        top = stream
        while isinstance(top, SubStream):
            top = top.parent
        if top is stream:
            tops.append(stream)
        else:
            below[top.name].append(stream.name)
    return [
        ListCall(
            stream=top.name,
            below=below[top.name],
            lane=top.lane,
            path=top.path(stream_slice=top.beginning),
            params=top.smallest_params(),
            is_refusal=top.is_refusal,
        )
        for top in tops
    ]


def run_check(
    verdict: Callable[[], tuple[list[str], Sequence[ListCall]]],
    client_of: Callable[[str], Client],
    deadline: float,
    authority: str,
) -> list[str]:
    """Reach a verdict on the connection, and then ask for each list once, as long as there is time.

    No more lists are asked for once the API throttles the calls or does not answer.

    Args:
        verdict: returns sentences about what a sync will not see, and the lists to ask for.
        client_of: returns the client of a lane.
        deadline: seconds until the check ends.
        authority: the host that is called, for messages.

    Returns:
        all sentences: the verdict's, one for each list that cannot be read, and one about lists without an answer.

    Raises:
        ApiError: the verdict, or the host did not answer in time.
    """
    reached: list[tuple[list[str], Sequence[ListCall]]] = []  # the verdict, once it is there
    found: dict[str, str | None] = {}  # by stream, a sentence if its list cannot be read; None if only its call failed
    over = threading.Event()
    errors: list[Exception] = []

    def work() -> None:
        try:
            reached.append(verdict())
            with suppress(ApiError):  # a sentence names the lists that were not asked for
                for each in reached[0][1]:
                    if over.wait(PAUSE):
                        return
                    found[each.stream] = _ask(client_of(each.lane), each)
        except Exception as error:  # noqa: BLE001 - it is raised again by the thread that waits
            errors.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(deadline)
    over.set()
    if errors:
        raise errors[0]
    if not reached:
        raise transient_error(f"{authority} does not answer within {deadline:.0f} seconds.")
    (told, lists), answered = reached[0], dict(found)  # the last call may still be under way
    sentences = [*told, *filter(None, answered.values())]
    unknown = [each.stream for each in lists if answered.get(each.stream) is None]
    if unknown:
        sentences.append(f"{NO_ANSWER}{', '.join(unknown)}.")
    return sentences


def _ask(client: Client, each: ListCall) -> str | None:
    """Return a sentence about a list; an empty text if it can be read, and None if only this call failed."""
    try:
        client.read(each.path, each.params, policy=ONCE, is_refusal=each.is_refusal)
    except RefusedError as error:
        return skip_warning(each, error)
    except ApiError as error:
        if not error.concerns_all:
            return f"{each.stream}: the sync will fail for this stream. {error.message}"
        if error.status in {None, requests.codes.too_many_requests}:
            raise
        return None
    return ""


def skip_warning(each: ListCall, error: RefusedError) -> str:
    """Return a sentence about a list that a sync will not read."""
    below = f" Nor can it read the child streams: {', '.join(each.below)}." if each.below else ""
    return f"{each.stream}: a sync cannot read this stream, because {error.why}.{below} {DESELECT}"


def require_query(client: Client, ask: Callable[[], object]) -> None:
    """Ask for one alert of the user's query.

    Raises:
        ApiError: the query is wrong, or the call failed for good.
    """
    try:
        ask()
    except RefusedError:
        return  # a missing right for alerts says nothing about the query
    except ApiError as error:
        if error.status in NOT_ACCEPTED_STATUSES:
            raise config_error(f"{client.backend.name} does not understand 'alert_query'. {error.message}") from error
        raise
