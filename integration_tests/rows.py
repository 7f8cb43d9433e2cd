"""Rows in a form in which they can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def canonical(row: Mapping[str, Any]) -> str:
    """Return the text of a row. The CDK leaves out a column that is null, which is the same to a destination."""
    told = {name: value for name, value in row.items() if value is not None}
    try:
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # it writes no whole number beyond 64 bits, and no half of a surrogate pair
        return json.dumps(told, sort_keys=True)


def counted(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return how often each row comes."""
    return Counter(map(canonical, rows))
