"""The error answer."""

from __future__ import annotations

from typing import Any
from zlib import crc32


class Refusal(Exception):  # noqa: N818 - an answer the API gives, not a fault of the server
    """What the API answers instead of data."""

    def __init__(
        self, status: int, message: str, *, code: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return the body, as far as it is not the same in every answer."""
        return {"message": self.message} | ({} if self.code is None else {"code": self.code})


def is_refused(path: str, one_in: int) -> bool:
    """Return whether a path is refused where one in so many is: the same ones at each call."""
    return crc32(path.encode()) % one_in == 0
