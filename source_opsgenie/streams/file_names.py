"""Makes safe file names from names in the account: none leads out of its folder, and different names stay different."""

from __future__ import annotations

from source_opsgenie.streams.fingerprint import short_hash

# Bytes: the limit of most file systems, less some for the suffix of an incomplete file.
LONGEST_NAME = 200

# Other systems than Linux refuse these, and destinations copy files to other systems.
_UNUSUAL = frozenset('/\\:*?"<>|')


def safe_name(name: str) -> str:
    """Return a name that is one part of a path, on every system.

    A name that has to be changed gets a hash of what it was, because another name may be changed to the same.
    """
    safe = "".join("_" if each in _UNUSUAL or not each.isprintable() else each for each in name)
    safe = safe.strip(" .")  # `..`, hidden files, and ends that Windows drops
    if safe == name and 0 < len(name.encode()) <= LONGEST_NAME:
        return name
    mark = short_hash(name)
    stem, dot, ending = safe.rpartition(".")
    if not stem or len(ending.encode()) > LONGEST_NAME // 10:
        stem, dot, ending = safe, "", ""
    most = LONGEST_NAME - len(f"-{mark}.{ending}".encode())
    beginning = (stem or "file").encode(errors="replace")[:most].decode(errors="ignore")
    return f"{beginning}-{mark}{dot}{ending}"
