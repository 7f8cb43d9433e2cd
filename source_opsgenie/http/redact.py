"""Keeps the key out of everything that the process writes, and the CDK's copies of answers out of the log."""

from __future__ import annotations

import io
import json
import logging
import re
from base64 import b64encode, urlsafe_b64encode
from os.path import commonprefix
from typing import TYPE_CHECKING
from urllib.parse import quote

from source_opsgenie.cdk import ATTACHMENTS, CLIENT_MODULE, RETRY_MODULE

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "****"

# Characters. The beginning of a key is masked, too, if it has at least this length: a key may have been cut short. An
# Opsgenie key has 36 characters.
PIECE = 12


class Secrets:
    """Values that no output may show, in all the forms in which a server may repeat them."""

    def __init__(self) -> None:
        self._forms: dict[str, list[str]] = {}

    def keep(self, values: Iterable[str]) -> None:
        """Mask these values from now on, and no others."""
        forms: dict[str, list[str]] = {}
        for form in {form for value in values for form in _forms_of(value.strip())}:
            forms.setdefault(form[:PIECE], []).append(form)
        self._forms = forms

    def mask(self, text: str) -> str:
        """Replace each form of a secret, and each long enough beginning of one.

        Every byte of the output passes here, so a text is searched for the beginnings only: `in` is ten times as fast
        as a pattern of all forms.
        """
        for beginning, forms in self._forms.items():
            if beginning in text:
                text = _without(text, beginning, forms)
        return text


def _without(text: str, beginning: str, forms: list[str]) -> str:
    before, *rests = text.split(beginning)
    masked = [before]
    for rest in rests:
        pieces = [commonprefix([form[len(beginning) :], rest]) for form in forms]  # noqa: RUF071 - by characters
        # A backslash may be half of an escape, whose other half stays; a quotation mark may end the text.
        masked += [MASK, rest[max(len(piece.rstrip('\\"')) for piece in pieces) :]]
    return "".join(masked)


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
        quoted = {quote(form), quote(form, safe="")}
        quoted |= {quote(each, safe=safe) for each in quoted for safe in ("", "/")}
        forms |= quoted | {re.sub("%..", lambda code: code[0].lower(), each) for each in quoted}
    for _ in range(2):  # a line is JSON, and what a server says may be JSON, too
        forms |= {json.dumps(form)[1:-1] for form in forms}
    return forms


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


def redact(logger: logging.Logger) -> None:
    """Add the filter to a logger; a second call changes nothing."""
    logger.addFilter(without_answers)
