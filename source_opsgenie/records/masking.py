"""Keeps the secrets of a customer's other systems out of the rows, because many people can read a warehouse.

An integration's fields depend on its type, of which there are about 200, and are not documented. So a secret is
recognized by the name of its field, or by a text that is a secret whatever its field is called. One mask too many loses
a setting, and one too few gives away a key. So if a name may mean either (`routingKey` is a password in PagerDuty and a
label in VictorOps), it counts as a secret. Names, labels, numbers and switches stay readable.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

MASK = "***"

# Parts of names that mean a secret, wherever they stand: `accessToken`, `token2`, `clientSecretValue`. Addresses are
# among them: those of chat rooms and web hooks are secrets by themselves, others carry keys in their queries. So are
# whole sets of header lines, and connection strings. `apiKet` is how Opsgenie spells a key of HP Service Manager.
_SECRET = re.compile(
    r"token|secret|passw|pass[-_. ]*(word|phrase|code|hash)|credential|authori[sz]ation|signature|certificate|cookie"
    r"|conn(ection)?[-_. ]?(string|str$)|auth[-_. ]?(header|codes?$)|session[-_. ]?ids?$|snmp[-_. \w]{0,40}community"
    r"|bearer|key[-_. ]?tab(?!l)|apiket$|urls?$|uris?$|headers$|(web)?hooks?$",
    re.IGNORECASE,
)

# Names whose last word means one: `basicAuth`, `db_pass`.
_SECRET_WORDS = frozenset(
    {"auth", "pass", "pwd", "pswd", "pw", "jwt", "sas", "dsn", "cert", "pem", "hmac", "cred", "creds", "otp", "pat"}
)

# What may follow such words: a number, or `Value`.
_NUMBER = "0123456789-_. "
_VALUE = re.compile(r"values?$", re.IGNORECASE)

# A key is a secret, unless it is called after what it names. `key` alone is the name of a custom property.
_KEY = re.compile(r"(?:[-_. ]|(?<=[a-z0-9])(?=K))keys?$", re.IGNORECASE)
_RUN_TOGETHER_KEY = re.compile(
    r"(api|access|private|integration|service|routing|auth|account|encryption|license|licence|user|app|shared"
    r"|signing|master|client|consumer|genie|ssh|subscription|pass)keys?$",
    re.IGNORECASE,
)
_NAMING_KEYS = frozenset(
    {"project", "issue", "public", "primary", "foreign", "parent", "sort", "group", "partition", "dedup", "dedupe"}
    | {"deduplication", "correlation", "alias", "alert", "incident", "event", "entity", "message", "object", "property"}
    | {"extra", "custom", "field", "tag", "label", "map", "mapping"}
)

# The last word of a name that is about a secret, and does not hold it: `tokenName`, `credentialType`.
_ABOUT = frozenset({"name", "type"})

# What names an object in words, and is part of keys: never masked by its looks.
_LABELS = frozenset({"id", "name", "type"})

# Texts that are secrets whatever their field is called. Anybody can send an alert of any text, and a search that takes
# quadratic time would stop the process for hours. So in all patterns, what may be long has a greatest length, or does
# not contain what it begins behind.
_SECRET_TEXT = re.compile(
    r"^\s*(?:basic|bearer|geniekey|digest)\s+\S"  # what an Authorization header holds
    r"|\b(?:basic|bearer|geniekey)\s+(?=\S*\d)[\w+/.=-]{16,}"  # or a command, further back
    r"|authorization[\"']?\s*[:=]\s*[\"']?[^\s\"'{*]"  # such a header, in a list of lines, a command or an object
    r"|(?:api|auth|access|routing|integration|service|secret|private)[-_]?(?:key|token)\s*[:=]\s*[\"']?"
    r"[^\s\"'{*]"  # or one with a key, as `X-API-Key: ...`
    r"|(?:^|[\s;,\"'])[\w-]+[-_](?:token|secret|password)\s*:\s*[^\s\"'{*]"  # or with a token, as `X-Token: ...`
    r"|(?:^|[\s;,\"'])(?:[\w-]*[-_])?(?:token|secret|password|passwd|pwd)=[^\s\"'&{*]"  # a form, as `token=...&x=1`
    r"|[\"'][^\"'\s]{0,40}(?:token|secret|passw|(?:api|routing|integration|service|access|private)[-_]?key)"
    r"[^\"'\s]{0,40}[\"']\s*:\s*[\"'][^\"'{*]"  # nearly JSON
    r"|\bcurl\b(?:(?!\bcurl\b)[\s\S]){0,1000}?\s"  # `curl -u user:password`
    r"(?:-\w{0,8}u\s*|--(?:proxy-)?user[\s=]+(?![\s=]))[\"']?[^\s:\"'/]{0,200}:[^\s\"'{*/]"
    r"|://[^/\s?#@:]*:[^/\s?#@]*@"  # an address with user and password
    r"|://[^/\s?#@]{20,}@"  # or with a token alone, as Sentry's
    r"|[?&](?:[^=&?\s]*(?:token|secret|passw\w{0,40}|pass(?:phrase|hash)|pwd|auth|credentials?|signature"
    r"|(?<!project)(?<!project_)(?<!issue)(?<!issue_)key)"  # or with a key, other than that of a project or an issue
    r"|pass|sig|code)=[^&\s]"
    r"|AccountKey=[^;\s]"  # a connection string of Azure
    r"|://[^\s?#:]*(?::[^\s?#:]*){0,9}hook"  # the address of a web hook
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\beyJ(?=[\w-]{8})\w*(?:-\w*){0,40}\.[\w-]{8}",  # a JSON web token
    re.IGNORECASE,
)

# Addresses that need no further key, because one is part of their path or of the host's name.
_SECRET_ADDRESS = re.compile(
    r"events\.(?:\w+\.)?pagerduty\.com/(?:integration|x-ere|adapter/[^/\s]+)/\w"
    r"|/bot\d+:\w"  # Telegram
    r"|sumologic\.\w+/receiver/v\d+/\w+/\w"
    r"|victorops\.com/integrations/[^\s?#]{0,200}/alert/\w"
    r"|maker\.ifttt\.com/[^\s?#]{0,200}/key/\w"
    r"|\w\.m\.pipedream\.net"
    r"|datadoghq\.\w+/(?:api/)?v\d+/input/\w"
    r"|loggly\.com/(?:inputs|bulk)/\w"
    r"|squadcast\.com/v\d+/incidents/[^\s?#]{0,200}/\w{16}"
    r"|ilert\.com/api/(?:v\d+/)?events/[\w-]+/\w"
    r"|/integrations/v\d+/\w+/\w{16}"  # Grafana OnCall
    r"|(?:hc-ping\.com|cronitor\.link|nosnch\.in)/\w"  # where heartbeats go to
    r"|(?:betteruptime|betterstack)\.com/api/v\d+/(?:incoming-webhooks|heartbeat)/\w"
    r"|\w@notifications\.statuspage\.io",  # an e-mail there changes a component
    re.IGNORECASE,
)

# Tokens that show by their beginning what they are, in the forms that their makers publish.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"xox[abcdeprs](?:\.xox[a-z])?-[\w%-]|xoxo-\d|xapp-\d-\w"  # Slack
    r"|gh[opsru]_\w{16}|github_pat_\w{16}|gl(?:pat|ptt|rt|oas|dt|cbt|imt|ft|soat|agent)-[\w-]{16}"  # GitHub, GitLab
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?!\w)|LTAI[A-Za-z0-9]{16}"  # AWS, Alibaba
    r"|AIza[\w-]{30}|ya29\.[\w-]{16}|GOCSPX-[\w-]{16}"  # Google
    r"|\w{3}\dQ~[\w~.-]{31}"  # Azure
    r"|[rs]k_(?:live|test)_\w{8}|whsec_\w{16}|sq0\w{3}-[\w-]{16}"  # Stripe, Square
    r"|SG\.[\w-]{8,}\.[\w-]{8}|xkeysib-\w{16}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d"  # SendGrid, Brevo, Mailgun, Mailchimp
    r"|SK[0-9a-f]{32}(?!\w)"  # Twilio
    r"|AT(?:ATT|CTT|STT)3[\w=-]{8}|ATBB\w{20}"  # Atlassian
    r"|NR(?:AK|II|IQ|RA|JS|BR)-[\w-]{16}|[0-9a-z]{36}NRAL"  # New Relic
    r"|R0[0-9A-Z]{30}(?!\w)|pdu[sr]\+\w|u\+[\w-]{18}(?![\w-])"  # PagerDuty
    r"|[0-9]{6,}:A[\w-]{30}"  # Telegram
    r"|glsa_\w{16}|glc_\w{16}|sntry[su]_\w{16}|dt0[a-z]\d\d\.\w{16}|dapi[0-9a-f]{32}"  # Grafana, Sentry, Dynatrace
    r"|npm_\w{30}|pypi-\w{16}|rubygems_\w{16}|dckr_pat_\w{16}|do[opr]_v1_\w{16}|shp(?:at|ca|pa|ss)_\w{16}"
    r"|hv[sbr]\.\w{16}|dp\.(?:pt|st|ct|sa|scim|audit)\.\w{16}|pul-\w{16}|PMAK-\w{16}|lin_api_\w{16}|ntn_\w{16}"
    r"|sk-(?:ant|proj|svcacct|admin)-[\w-]{16}|sk-\w{40}|hf_\w{30}|API-[A-Z0-9]{26}(?!\w)|AGE-SECRET-KEY-\w"
    r")"
)

# Nothing but placeholders, which the API replaces by values of a payload, with punctuation between them: the action of
# an integration may give an alert the property `Event Url` with the value `{{event_url}}`.
_PLACEHOLDERS = re.compile(r"[^\w{}]*(?:\{\{[^{}]*\}\}[^\w{}]*)+")

# An entry of a list of pairs, such as `{"name": "Authorization", "value": "..."}`: these name it, those hold it.
_PAIR_NAMES = ("name", "key", "header", "field", "label", "property", "title")
_PAIR_VALUES = frozenset({"value", "values", "expectedValue"})


def masked(value: Any) -> Any:
    """Replace each secret by `***`, at any depth. An empty value is no secret, nor is a truth value or a placeholder.

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
            made = _hidden(item) if is_secret else item if at in _LABELS else _shown(item)
        holder[at] = made
    return whole[0]


def _entries(item: dict[str, Any], is_secret: bool) -> list[tuple[str, Any, bool]]:
    """Return the entries of an object, and whether each is a secret; in a pair, only the value can be one."""
    values = _PAIR_VALUES & item.keys()
    names = [item[name] for name in _PAIR_NAMES if isinstance(item.get(name), str)] if values else []
    hidden = is_secret or any(map(is_secret_name, names))
    secret = values if names else item.keys()
    return [(name, inner, (hidden and name in secret) or is_secret_name(name)) for name, inner in item.items()]


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a field of this name holds a secret."""
    stem = name.rstrip(_NUMBER)
    if stem.lower() == "key" and stem != name:
        return True  # one of several, such as `key1`
    stem = _VALUE.sub("", stem).rstrip(_NUMBER)
    words = _words(stem) or [""]
    if words[-1] in _ABOUT:
        return False
    if _SECRET.search(stem) or _RUN_TOGETHER_KEY.search(stem):
        return True
    if _KEY.search(stem):
        return len(words) > 1 and words[-2] not in _NAMING_KEYS
    return words[-1] in _SECRET_WORDS


def _words(name: str) -> list[str]:
    """Return the words of `basicAuth`, `basic_auth` or `BASIC-AUTH`, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _shown(item: Any) -> Any:
    """Return a value that its name does not show to be a secret, masked if its text is one."""
    if not isinstance(item, str):
        return item
    text = _masked_json(item) if item.lstrip()[:1] in {"{", "["} else item
    return MASK if any(pattern.search(text) for pattern in (_SECRET_TEXT, _SECRET_ADDRESS, _TOKEN)) else text


def _masked_json(text: str) -> str:
    """Mask what is in a text that is JSON; a text without secrets stays as it is written."""
    try:
        value = json.loads(text)
        shown = masked(value)
        return text if shown == value else json.dumps(shown, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _hidden(item: Any) -> Any:
    if isinstance(item, str) and _PLACEHOLDERS.fullmatch(item):
        return _shown(item)
    return item if item is None or item == "" or isinstance(item, bool) else MASK
