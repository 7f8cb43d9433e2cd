"""Downloads a file from an address that an API gave out: without the key, bounded, and completely or not at all.

Such an address is signed: everyone who knows it can read the file for some minutes. So it is a secret, and appears in
no message; messages name its host. Nothing is sent to it but the request: no key, no cookie, and no password that
a `.netrc` file has for its host.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.http.network import is_loopback, network_cause
from source_opsgenie.http.transport import REDIRECT_HEADER, BoundedAdapter, mount

# Bytes. The CDK's own file-based sources refuse larger files, too.
LARGEST_FILE = 1_500_000_000

# Seconds from sending the call to the last byte. The largest file needs 1.7 MB a second.
LONGEST_DOWNLOAD = 900.0

CHUNK = 2**16  # bytes in memory

# Storages redirect to a region, or to a host nearer to the caller.
MOST_REDIRECTS = 3
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

# Answers of a storage to an address that has expired, or to a file that is gone. Amazon's S3 gives the same answer to
# both, 403, unless the one who signed the address may list the files.
EXPIRED_STATUSES = frozenset({403, 404, 410})

# What a proxy or a login answers in a storage's place, and the names of files that are of this kind themselves.
HTML_TYPE = "text/html"
HTML_SUFFIXES = frozenset({".htm", ".html"})


@dataclass(eq=False)
class DownloadError(Exception):
    """A file that was not downloaded.

    Attributes:
        why: a clause for the user.
        is_expired: whether the address may have expired, so that a fresh one may help.
        is_lasting: whether the next attempt will most likely fail alike, even with a fresh address.
        grouped_by: groups files in messages, because a clause may name a single call; by default, it is the clause.
    """

    why: str
    is_expired: bool = False
    is_lasting: bool = False
    grouped_by: Hashable = None


class Downloader:
    """Downloads files. Safe to share between threads."""

    def __init__(self, connections: int = 1, *, longest_call: float = LONGEST_DOWNLOAD) -> None:
        self._session = mount(
            requests.Session(), BoundedAdapter(connections, longest_call=longest_call, for_files=True)
        )

    def fetch(self, address: str, target: Path, *, from_loopback: bool) -> int:
        """Download a file; it gets its name only when it is complete.

        Args:
            address: where the file is.
            target: where to put it; its folder is created.
            from_loopback: whether the API that gave the address is on this machine: only then may the address be plain
                http, to this machine.

        Returns:
            the size in bytes.

        Raises:
            DownloadError: the file was not downloaded.
            OSError: the file cannot be written.
        """
        for _ in range(1 + MOST_REDIRECTS):
            host = _host_of(address, from_loopback=from_loopback)
            try:
                with self._session.get(address, stream=True) as response:
                    if response.status_code not in REDIRECT_STATUSES:
                        return self._save(response, target, host)
                    address = urljoin(address, response.headers[REDIRECT_HEADER])
            except (requests.RequestException, AirbyteTracedException) as error:
                raise DownloadError(network_cause(error, host, field="").clause) from None
        raise DownloadError(f"{host} redirects again and again", is_lasting=True)

    def _save(self, response: requests.Response, target: Path, host: str) -> int:
        status = response.status_code
        if status != requests.codes.ok:
            raise DownloadError(f"{host} answers with HTTP {status}", is_expired=status in EXPIRED_STATUSES)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == HTML_TYPE and target.suffix.lower() not in HTML_SUFFIXES:
            raise DownloadError(f"{host} answers with a web page instead of the file", is_expired=True)
        length = _length_of(response)
        if length is not None and length > LARGEST_FILE:
            raise self._too_large()
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{uuid4().hex}.part")
        try:
            size = self._write(response, part)
            if length is not None and size != length:
                raise DownloadError(f"{host} breaks off in the middle of the file")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return size

    def _write(self, response: requests.Response, part: Path) -> int:
        size = 0
        with part.open("xb") as file:
            for piece in response.iter_content(CHUNK):
                size += len(piece)
                if size > LARGEST_FILE:
                    raise self._too_large()
                file.write(piece)
        return size

    def _too_large(self) -> DownloadError:
        return DownloadError(f"files of more than {LARGEST_FILE // 10**6:,} MB are not fetched", is_lasting=True)


def _host_of(address: str, *, from_loopback: bool) -> str:
    """Return the host of an address that may be called.

    A redirect is judged as the first address is. So neither leads from https to plain http, nor from elsewhere to a
    plain port of this machine.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host = None
    if host and (parts.scheme == "https" or (parts.scheme == "http" and from_loopback and is_loopback(host))):
        return host
    raise DownloadError("the address given is not an https address", is_lasting=True)


def _length_of(response: requests.Response) -> int | None:
    """Return the length that the head of an answer announces; None if it does not, or not for the unpacked file."""
    length: Any = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and not response.headers.get("Content-Encoding") else None
