"""Describes one API: where it is, how a call is signed, and what its answers mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from requests.auth import AuthBase

    from source_opsgenie.http.errors import ApiError, RefusedError
    from source_opsgenie.http.paging import Paging, Params
    from source_opsgenie.scan.scan import Query


# Answers that skip one object or one stream, and never fail the sync: the plan lacks the feature (402), the key lacks a
# right (403), the object is gone or unknown (404), the feature is retired (410).
SOFT_STATUSES = frozenset({402, 403, 404, 410})


class Vocabulary(ABC):
    """What the error answers of an API mean, in words for the user."""

    def is_soft(self, response: requests.Response) -> bool:
        """Return whether an answer skips an object or a stream instead of failing the call."""
        return response.status_code in SOFT_STATUSES

    @abstractmethod
    def refusal(self, response: requests.Response) -> RefusedError:
        """Explain an answer that skips a stream or an object."""

    @abstractmethod
    def failure(self, response: requests.Response) -> ApiError:
        """Explain an answer that fails the call for good."""


@dataclass(frozen=True)
class Backend:
    """One API, as the client and the streams see it.

    Attributes:
        name: the API's name in messages, e.g. `Opsgenie`.
        base: returns the base address, with a closing slash; finding it out may need a call.
        auth: signs a call that goes to this API, and no other; None if calls need no credentials.
        vocabulary: what its error answers mean.
        owns_link: returns whether an address in an answer may be one of the API's own.
        alive_path: a path that shows with one cheap call whether the API answers at all.
        period_of: reads from a 429 how many seconds to wait; None if the answer does not say.
        whole_list: the paging of a list that declares no other.
        single: where a single object is in an answer.
        sorted_page: the parameters that sort a list and skip rows of it.
        search: the parameters that narrow a list to a range of creation times, and by the user's own query.
        field_of: returns the field of the configuration that says which host an address has; empty if none does.
        predecessor: the API that accounts moved from, whose states this one continues; empty if there is none.
    """

    name: str
    base: Callable[[], str]
    auth: AuthBase | None
    vocabulary: Vocabulary
    owns_link: Callable[[str], bool]
    alive_path: str
    period_of: Callable[[requests.Response], float | None]
    whole_list: Paging
    single: Paging
    sorted_page: Callable[[Query], Params]
    search: Callable[[Query, str | None], Params]
    field_of: Callable[[str], str]
    predecessor: str = ""

    @property
    def url(self) -> str:
        """Return the base address, which paths are appended to.

        Raises:
            ApiError: the address could not be found out.
        """
        return self.base()

    @property
    def authority(self) -> str:
        """Return the host that is called, with its port where it is not the default; for messages."""
        return urlsplit(self.url).netloc

    @property
    def address_field(self) -> str:
        """Return the field of the configuration that says which host is called; empty if none does."""
        return self.field_of(self.url)
