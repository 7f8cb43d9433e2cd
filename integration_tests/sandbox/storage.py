"""The storage behind the API: files at addresses that are signed and expire, as Amazon's S3 has them."""

from __future__ import annotations

import time
from hashlib import sha256
from urllib.parse import quote, urlencode

import orjson
from aiohttp import web

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.query import Row

PREFIX = "/storage/"
ATTACHMENT = f"{PREFIX}attachments/{{alert}}/{{id}}"
LOG_FILE = f"{PREFIX}logs/{{filename}}"

LARGEST = 200_000  # bytes
EMPTY = 11  # one in so many files is


class Storage:
    """The files of one account: their contents follow from its seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def address(self, host: str, path: str, seconds: int) -> str:
        """Return an address at which a file can be read for some seconds."""
        expires = int(time.time()) + seconds
        query = {"X-Amz-Expires": expires, "X-Amz-Signature": self._signature(path, str(expires))}
        return f"http://{host}{quote(path)}?{urlencode(query)}"

    def _signature(self, path: str, expires: str) -> str:
        return uuid(self.seed, "signature", path, expires)

    def answer(self, request: web.Request, account: Account) -> web.Response:
        """Answer a request for a file."""
        if "Authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        path, expires = request.path, request.query.get("X-Amz-Expires", "0")
        if request.query.get("X-Amz-Signature") != self._signature(path, expires):
            return _error(403, "SignatureDoesNotMatch", "The request signature does not match.")
        if int(expires) <= time.time():
            return _error(403, "AccessDenied", "Request has expired")
        content = self._found(path, account)
        if content is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        return web.Response(body=content, content_type="binary/octet-stream")

    def _found(self, path: str, account: Account) -> bytes | None:
        kind, *parts = path.removeprefix(PREFIX).split("/")
        if kind == "logs":
            files = account.configuration.organisation.log_files
            return next((self.log_file(row) for row in files if [row["filename"]] == parts), None)
        index, identity = parts
        known = {str(row["id"]) for row in account.alerts.attachments(int(index))}
        return self.attachment(int(index), identity) if identity in known else None

    def attachment(self, index: int, identity: str) -> bytes:
        """Return what an attached file holds: any bytes."""
        draw = Draw(self.seed, "file", index, identity)
        size = 0 if draw.one_in(EMPTY) else draw.below(LARGEST)
        block = b"".join(sha256(f"{self.seed} {index} {identity} {at}".encode()).digest() for at in range(32))
        return (block * (size // len(block) + 1))[:size]

    def log_file(self, row: Row) -> bytes:
        """Return the lines of a log file, of the size that the list tells."""
        lines: list[bytes] = []
        size = at = 0
        while size < row["size"]:
            line = orjson.dumps(
                {"date": row["date"] + at, "level": "INFO", "message": f"Line {at} of {row['filename']}"}
            )
            lines.append(line + b"\n")
            size, at = size + len(lines[-1]), at + 1
        content = b"".join(lines)
        whole = content[: content.rindex(b"\n", 0, row["size"] - 40) + 1]
        rest: int = row["size"] - len(whole) - len(b'{"message":""}\n')
        return whole + b'{"message":"' + b"." * rest + b'"}\n'

    def attachment_facts(self, index: int, row: Row) -> Row:
        """Return what a copy of an attached file can be compared with."""
        return {"id": str(row["id"]), "name": row["name"]} | _facts(self.attachment(index, str(row["id"])))

    def log_file_facts(self, row: Row) -> Row:
        """Return what a copy of a log file can be compared with."""
        return {"filename": row["filename"]} | _facts(self.log_file(row))


def template_of(path: str) -> str:
    """Return by what a path of the storage is counted."""
    return LOG_FILE if path.startswith(f"{PREFIX}logs/") else ATTACHMENT


def _facts(content: bytes) -> Row:
    return {"sha256": sha256(content).hexdigest(), "size_bytes": len(content)}


def _error(status: int, code: str, message: str) -> web.Response:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(text=body, status=status, content_type="application/xml")
