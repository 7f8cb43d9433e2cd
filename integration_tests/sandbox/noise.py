"""Repeatable randomness: every value is a hash of what it belongs to, so nothing has to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of small choices that depends on its parts alone."""

    __slots__ = ("left",)

    def __init__(self, *parts: object) -> None:
        self.left = int.from_bytes(blake2b(repr(parts).encode()).digest(), "little")

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to `bound` - 1."""
        self.left, taken = divmod(self.left, bound)
        return taken

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def one_in(self, many: int) -> bool:
        """Say yes about once in `many` times."""
        return self.below(many) == 0

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """Return up to `most` neighbouring choices, none of them twice."""
        if not choices:
            return []
        count = self.below(min(most, len(choices)) + 1)
        start = self.below(len(choices))
        return [choices[(start + step) % len(choices)] for step in range(count)]


def uuid(*parts: object) -> str:
    """Return a UUID that depends on its parts alone."""
    digits = blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class NumberedIds:
    """UUIDs that carry a scrambled number in their first part, so that an id leads back to its row without an index."""

    # Any odd factor is a permutation of the 32 bit numbers; this one spreads neighbours far apart.
    _FACTOR = 0x9E3779B1
    _INVERSE = pow(_FACTOR, -1, 2**32)
    _MASK = 2**32 - 1

    def __init__(self, *parts: object) -> None:
        self.parts = parts
        self._veil = Draw(*parts).below(2**32)

    def id(self, number: int) -> str:
        """Return the id of a number."""
        head = number * self._FACTOR & self._MASK ^ self._veil
        return f"{head:08x}{uuid(*self.parts, number)[8:]}"

    def number(self, text: str) -> int | None:
        """Return the number of an id, or nothing when it is not one of these."""
        try:
            head = int(text[:8], 16)
        except ValueError:
            return None
        number = (head ^ self._veil) * self._INVERSE & self._MASK
        return number if self.id(number) == text else None
