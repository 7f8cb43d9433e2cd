"""Keeps the secrets of a customer's other systems out of the rows: they would end in a warehouse, for all to read."""

from __future__ import annotations

import re
from typing import Any

MASK = "***"

# Names of fields that hold secrets, in integrations' about 200 types and in action channels. Addresses are among them:
# those of chat rooms and web hooks are secrets by themselves, others carry keys in their queries.
_SECRET = re.compile(
    r"(api|access|secret|private|integration|service|routing|auth|account|encryption|license|user|app)[-_]?key$"

    r"|token|secret|passw|passphrase|credential|authorization|signature|certificate|cookie|urls?$|uri$|^headers$",
    re.IGNORECASE,
)

# Texts that are secrets whatever their field is called: what an Authorization header holds.
_SCHEME = re.compile(r"^\s*(basic|bearer|geniekey|digest)\s+\S", re.IGNORECASE)

def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Replace each secret by `***`, at any depth. An empty value is no secret, nor is a truth value."""
    if isinstance(value, dict):
        return {name: _hidden(item) if _SECRET.search(name) else masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return MASK if isinstance(value, str) and _SCHEME.match(value) else value

def _hidden(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Replace all texts and numbers in what is a secret as a whole."""
    if isinstance(value, dict):
        return {name: _hidden(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return value if value in (None, "") or isinstance(value, bool) else MASK
