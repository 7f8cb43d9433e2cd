"""Opsgenie's own words and its way to write times."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache

COULD_NOT_AUTHENTICATE = "Could not authenticate"
KEY_FORMAT = "Key format is not valid!"
NO_CONFIGURATION_ACCESS = "API Key is not granted with configuration access"
NO_READ_ACCESS = "You are not authorized to perform this action with this key"
TEAM_KEY = "Team API Keys are not authorized to perform this action."
PLAN = "Your plan does not include this feature."
THROTTLED = "You are making too many requests! To avoid errors, we recommend you limit requests."
TIME_FORMAT = "Time is accepted in following formats: [dd-MM-yyyy] - [dd-MM-yyyy'T'hh:mm:ss] - [dd-MM-yyyy'T'HH:mm:ssz]"
GONE = "It is not here (any more)."
NO_HANDLER = "No handler found"
NOT_OF_THIS_TYPE = "Create and update operations for type [{} is forbidden"  # also the answer to a GET
TURNED_OFF = "Opsgenie is turned off for this account."
ONLY_READING = "The sandbox is read only."
SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


def window(size: int) -> str:
    """Return what the API says when a page reaches beyond its window."""
    return f"Sum of offset and limit should be lower than {size}"


@lru_cache(maxsize=2**16)
def stamp(ms: int) -> str:
    """Write a moment as the API does: UTC with 0 to 3 fraction digits, trailing zeros left out."""
    seconds, rest = divmod(ms, SECOND)
    text = datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat()[:19]
    return f"{text}.{rest:03d}".rstrip("0") + "Z" if rest else f"{text}Z"


def millis(text: str) -> int:
    """Read a moment that `stamp` wrote, or the same with an offset."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * SECOND + int(fraction.ljust(3, "0") if fraction else 0)
