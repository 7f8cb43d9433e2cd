"""Describes one API: where it is, how a call is signed, and what its answers mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from source_opsgenie.http.errors import REFUSAL_STATUSES, ApiError, RefusedError, config_error, system_error
from source_opsgenie.http.paging import Paging, Params
from source_opsgenie.http.retry import path_of

if TYPE_CHECKING:
    from source_opsgenie.scan.scan import Query

# Answers that apply to every object of a kind: the plan lacks the feature (402), the feature is retired (410).
STATUSES_FOR_ALL = frozenset({402, 410})

DOES_NOT_HAVE_IT = "does not have it (any more)"  # follows the name of an API

LONGEST_MESSAGE = 400  # characters of an error answer that a user sees; the APIs' own messages are shorter


class HeaderAuth(AuthBase):
    """The header `Authorization`.

    It goes to the API's own addresses and nowhere else, whatever a link or a redirect says.

    Attributes:
        value: what the header holds.
        own: the beginnings of the API's addresses, each with the slash behind the host: without it, the header would go
            to hosts whose names only begin alike.
    """

    def __init__(self, value: str, *own: str) -> None:
        self.value = value
        self.own = own

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request that goes to the API; leave any other request unsigned."""
        if (request.url or "").startswith(self.own):
            request.headers["Authorization"] = self.value
        return request


class Backend(ABC):
    """One API, as the client and the streams see it.

    Attributes:
        name: the API's name in messages, e.g. `Opsgenie`.
        auth: signs a call that goes to this API, and no other; None if calls need no credentials.
        alive_paths: paths, each of which shows with one cheap call whether the API answers, and whether it accepts the
            caller. One is asked for only if those before it fail, because each of them may fail alone.
        whole_list: the paging of a list that declares no other.
        single: where a single object is in an answer.
        not_followed: a clause for the user, which says of a redirect that it is not followed with the credentials.
        period_of: reads from a 429 how many seconds to wait; None if the answer does not say.
        sorted_page: the parameters that sort a list and skip rows of it.
        search: the parameters that narrow a list to a range of creation times, and by the user's own query.
        if_ended: a sentence that follows errors which also come once the API has ended; empty if no end is announced.
        predecessor: the API that accounts moved from, whose states this one continues; empty if there is none.
    """

    name: str
    auth: AuthBase | None
    alive_paths: tuple[str, ...]
    whole_list: Paging
    single: Paging
    not_followed: str
    period_of: Callable[[requests.Response], float | None]
    sorted_page: Callable[[Query], Params]
    search: Callable[[Query, str | None], Params]
    if_ended: str = ""
    predecessor: str = ""

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the base address, with a closing slash, which paths are appended to; finding it out may need a call.

        Raises:
            ApiError: the address could not be found out.
        """

    @abstractmethod
    def field_of(self, url: str) -> str:
        """Return the field of the configuration that says which host an address has; empty if none does."""

    @property
    def authority(self) -> str:
        """Return the host that is called, with its port where it is not the default; for messages."""
        return urlsplit(self.url).netloc

    @property
    def address_field(self) -> str:
        """Return the field of the configuration that says which host is called; empty if none does."""
        return self.field_of(self.url)

    def owns_link(self, link: str) -> bool:  # noqa: ARG002 - of a link only the query is read
        """Return whether an address in an answer may be the API's own: by default any, because none is called."""
        return True

    @abstractmethod
    def message_of(self, response: requests.Response) -> str:
        """Return the API's own words in an error answer, in quotes; empty if it has none."""

    def cause_of(self, response: requests.Response) -> str:
        """Return a clause that says why a stream or an object is skipped after an answer."""
        causes = {404: f"{self.name} {DOES_NOT_HAVE_IT}", 410: f"{self.name} has retired it"}
        return causes.get(response.status_code, f"{self.name} does not accept the call")

    def holds_for_all(self, response: requests.Response) -> bool:
        """Return whether an answer says that every object of the kind is refused, not only the one asked for."""
        return response.status_code in STATUSES_FOR_ALL

    def is_refusal(self, response: requests.Response) -> bool:
        """Return whether an object or a stream is skipped after an answer, instead of failing the call."""
        return response.status_code in REFUSAL_STATUSES

    def refusal(self, response: requests.Response) -> RefusedError:
        """Explain an answer after which a stream or an object is skipped."""
        cause, message = self.cause_of(response), self.message_of(response)
        why = f"{self.name} says {message}: {cause}" if message else cause
        return RefusedError(response.status_code, why, holds_for_all=self.holds_for_all(response), cause=cause)

    def failure(self, response: requests.Response) -> ApiError:
        """Explain an answer that fails the call for good, and say what the user can do."""
        if requests.codes.multiple_choices <= response.status_code < requests.codes.bad_request:  # a redirect
            url = response.request.url or ""
            field = self.field_of(url)
            advice = f"check '{field}'" if field else "check any proxy between the connector and the API"
            text = (
                f"{urlsplit(url).netloc} redirects to another address, {self.not_followed}: {advice}. {self.if_ended}"
            )
            return config_error(text.rstrip(), concerns_all=True)
        return self.failure_of_one(response)

    def failure_of_one(self, response: requests.Response) -> ApiError:
        """Explain an answer that fails one call for good, while others are answered."""
        status, message = response.status_code, self.message_of(response)
        quoted = f": {message}" if message else ""
        return system_error(f"{self.name} refused the call {path_of(response)} (HTTP {status}){quoted}.", status=status)
