"""Keeps the key out of everything that the process writes, and the CDK's copies of answers out of the log."""

from __future__ import annotations

import io
import json
import logging
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from os.path import commonprefix
from urllib.parse import quote

from source_opsgenie.cdk import ATTACHMENTS, CLIENT_MODULE, RETRY_MODULE

OUTPUT_MASK = "****"

# Characters. The beginning or the end of a key is masked, too, if it has at least this length: a key may have been cut.
# Opsgenie's keys are three times as long; a key shorter than this is masked only as a whole.
PIECE = 12

# Characters that may be a part of an escape in JSON: they are left where a piece of a key begins or ends with them.
_OF_ESCAPES = '\\"'
_LONGEST_ESCAPE = 6  # as in \u0000


class Secrets:
    """Values that no output may show, in all the forms in which a server may repeat them."""

    def __init__(self) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        self._by_end: dict[str, list[str]] = {}

    def keep(self, values: Iterable[str]) -> None:
        """Mask these values from now on, and no others."""
        by_beginning: dict[str, list[str]] = {}
        by_end: dict[str, list[str]] = {}
        for form in {form for value in values for form in _forms_of(value.strip())}:
            stripped = form.lstrip(_OF_ESCAPES)
            maskable = stripped if len(stripped) >= PIECE else form  # a short key may be left with a single letter
            by_beginning.setdefault(maskable[:PIECE], []).append(maskable)
            whole = form.rstrip(_OF_ESCAPES)
            if len(whole) > PIECE:
                by_end.setdefault(whole[-PIECE:], []).append(whole)
        self._by_beginning, self._by_end = by_beginning, by_end

    def mask(self, text: str) -> str:
        """Replace each form of a secret, and each long enough beginning or end of one.

        Every byte of the output passes here, so a text is searched for the beginnings and ends only: `in` is ten times
        as fast as a pattern of all forms.
        """
        for beginning, forms in self._by_beginning.items():
            if beginning in text:
                text = _without(text, beginning, forms)
        for end, forms in self._by_end.items():
            if end in text:
                text = _without_ends(text, end, forms)
        return text


def _without(text: str, beginning: str, forms: list[str]) -> str:
    before, *rests = text.split(beginning)
    masked = [before]
    for rest in rests:
        pieces = [commonprefix([form[len(beginning) :], rest]) for form in forms]  # noqa: RUF071 - by characters
        so_far, place = masked[-1] + beginning, len(masked[-1])
        # A backslash may be half of an escape, whose other half stays; a quotation mark may end the text.
        left = rest[max(len(piece.rstrip(_OF_ESCAPES)) for piece in pieces) :]
        # The beginning may lie inside an escape, which is left whole.
        masked += [so_far[place : _behind_escape(so_far, place)], OUTPUT_MASK, left]
    return "".join(masked)


def _without_ends(text: str, end: str, forms: list[str]) -> str:
    masked = []
    *befores, rest = text.split(end)
    for before in befores:
        backwards = before[::-1]
        pieces = [commonprefix([form[: -len(end)][::-1], backwards]) for form in forms]  # noqa: RUF071 - by characters
        first = len(before) - max(len(piece.rstrip(_OF_ESCAPES)) for piece in pieces)
        masked += [(before + end)[: _behind_escape(before + end, first)], OUTPUT_MASK]
    return "".join([*masked, rest])


def _behind_escape(text: str, place: int) -> int:
    """Return a place in a line of JSON, or the end of the escape that the place is in."""
    backslash = text.rfind("\\", 0, place)
    before = text[: backslash + 1]
    if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
        return place  # none, or one that is escaped itself
    return max(place, backslash + (_LONGEST_ESCAPE if text[backslash + 1] == "u" else 2))


def _forms_of(value: str) -> set[str]:
    """Return a value as it is, in base64, quoted for an address and escaped in JSON, in combinations that occur."""
    content = value.encode(errors="replace")
    value = content.decode()
    forms = {value}
    for before in range(3):
        # What base64 makes of a value depends on how many bytes stand before it, as in `Basic` of `:key`, and its ends
        # depend on its neighbours: this is what lies between.
        begin, end = (0, 2, 3)[before], 8 * (before + len(content)) // 6
        forms |= {encode(bytes(before) + content).decode()[begin:end] for encode in (b64encode, urlsafe_b64encode)}
    for form in list(forms):
        quoted = _in_any_case({quote(form), quote(form, safe="")})
        forms |= quoted | _in_any_case({quote(each, safe=safe) for each in quoted for safe in ("", "/")})
    for _ in range(2):  # a line is JSON, and what a server says may be JSON, too
        forms |= {json.dumps(form)[1:-1] for form in forms}
        forms |= {form.replace("/", r"\/") for form in forms}  # which JSON allows
    return forms


def _in_any_case(quoted: set[str]) -> set[str]:
    """Return quoted values, also as servers write them that escape in lower case."""
    return quoted | {re.sub("%..", lambda code: code[0].lower(), each) for each in quoted}


SECRETS = Secrets()


class MaskedOutput(io.TextIOWrapper):
    """The text output of the process, with its secrets masked."""

    def write(self, text: str) -> int:
        """Write a text that consists of whole lines."""
        super().write(SECRETS.mask(text))
        return len(text)


def without_answers(record: logging.LogRecord) -> bool:
    """Keep headers and bodies of requests and answers out of the log of the CDK's client, as a filter of its logger.

    It strips the attachments in place, and drops the lines that repeat a failed answer with its headers. Those lines
    are of level ERROR. The error that the client raises with them says what happened. Lines about retries are dropped,
    too: they call every failure a rate limit, and quote answers in full.
    """
    for name in ATTACHMENTS:
        record.__dict__.pop(name, None)
    return record.module != RETRY_MODULE and not (record.module == CLIENT_MODULE and record.levelno >= logging.ERROR)
