"""Keeps the secrets of a customer's other systems out of the rows: they would end in a warehouse, for all to read.

An integration's fields depend on its type, of which there are about 200, and nobody documents them: what is a secret
has to be told by the names of fields, and by texts that are secrets whatever their field is called. A mask too many
loses a setting, one too few gives away a key: where a name may mean either (`routingKey` is the password of PagerDuty
and a mere label of VictorOps), it is a secret. What names and labels things, numbers them or switches them on and off
stays readable.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MASK = "***"

# Parts of names that mean a secret, wherever they stand: `accessToken`, `token2`, `clientSecretValue`. Addresses are
# among them: those of chat rooms and web hooks are secrets by themselves, others carry keys in their queries. So are
# whole sets of header lines, and connection strings.
_SECRET = re.compile(
    r"token|secret|passw|passphrase|passcode|credential|authori[sz]ation|signature|certificate|cookie|bearer"
    r"|connection[-_ ]?string|auth[-_ ]?header|urls?$|uris?$|headers$|(web)?hooks?$",
    re.IGNORECASE,
)

# Names whose last word means one: `basicAuth`, `db_pass`.
_SECRET_WORDS = frozenset({"auth", "pass", "pwd", "pw", "jwt", "sas", "dsn", "cert", "pem", "hmac"})

# A key is a secret, unless it is called after what it names. `key` alone is the name of a custom property.
_KEY = re.compile(r"(?:[-_. ]|(?<=[a-z0-9])(?=K))keys?$", re.IGNORECASE)
_RUN_TOGETHER_KEY = re.compile(
    r"(api|access|secret|private|integration|service|routing|auth|account|encryption|license|licence|user|app|shared"
    r"|signing|master|client|consumer|genie|ssh|subscription)keys?$",
    re.IGNORECASE,
)
_NAMING_KEYS = frozenset(
    {"project", "issue", "public", "primary", "foreign", "parent", "sort", "group", "partition", "dedup", "dedupe"}
    | {"deduplication", "correlation", "alias", "alert", "incident", "event", "entity", "message", "object", "property"}
    | {"extra", "custom", "field", "tag", "label", "map", "mapping"}
)

# What names an object in words, and is part of keys: never masked by its looks.
_LABELS = frozenset({"id", "name", "type"})

# Texts that are secrets whatever their field is called.
_SECRET_TEXT = re.compile(
    r"^\s*(?:basic|bearer|geniekey|digest)\s+\S"  # what an Authorization header holds
    r"|authorization\s*[:=]\s*\S"  # such a header, in a list of lines or a command
    r"|://[^/\s?#@]*:[^/\s?#@]*@"  # an address with user and password
    r"|[?&](?:[^=&\s]*(?:token|key|secret|passw|auth|credential|signature)|sig|code)=[^&\s]"  # or with a key
    r"|://[^\s?#]*hook"  # or of a web hook
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}",  # a JSON web token
    re.IGNORECASE,
)

# An entry of a list of pairs, such as `{"name": "Authorization", "value": "..."}`: these name it, those hold it.
_PAIR_NAMES = ("name", "key", "header", "field")
_PAIR_VALUES = frozenset({"value", "values", "expectedValue"})


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Replace each secret by `***`, at any depth. An empty value is no secret, nor is a truth value.

    Without recursion: JSON may be nested deeper than Python's stack reaches.
    """
    whole = [value]
    waiting: list[tuple[Any, Any, Any, bool]] = [(whole, 0, value, False)]
    while waiting:
        holder, at, item, is_secret = waiting.pop()
        if isinstance(item, dict):
            made: Any = dict.fromkeys(item)
            waiting += [(made, name, inner, hidden) for name, inner, hidden in _entries(item, is_secret)]
        elif isinstance(item, list):
            made = [None] * len(item)
            waiting += [(made, place, inner, is_secret) for place, inner in enumerate(item)]
        else:
            made = _hidden(item) if is_secret or (at not in _LABELS and _looks_secret(item)) else item
        holder[at] = made
    return whole[0]


def _entries(item: dict[str, Any], is_secret: bool) -> list[tuple[str, Any, bool]]:
    """Give the entries of an object, and which of them are secrets; of a pair, the value alone can be one."""
    values = _PAIR_VALUES & item.keys()
    names = [item[name] for name in _PAIR_NAMES if isinstance(item.get(name), str)] if values else []
    if names:
        hidden = is_secret or any(map(is_secret_name, names))
        return [(name, inner, (hidden and name in values) or is_secret_name(name)) for name, inner in item.items()]
    return [(name, inner, is_secret or is_secret_name(name)) for name, inner in item.items()]


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name holds a secret."""
    if _SECRET.search(name) or _RUN_TOGETHER_KEY.search(name):
        return True
    words = _words(name)
    if _KEY.search(name):
        return words[-2] not in _NAMING_KEYS if len(words) > 1 else False
    return words[-1] in _SECRET_WORDS if words else False


def _words(name: str) -> list[str]:
    """Take `basicAuth`, `basic_auth` or `BASIC-AUTH` apart, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _looks_secret(item: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(item, str) and _SECRET_TEXT.search(item) is not None


def _hidden(item: Any) -> Any:  # noqa: ANN401 - any JSON value
    return item if item is None or item == "" or isinstance(item, bool) else MASK
