"""Writes NOTICE: the licences of the packages that the image installs, by the locked list and their own metadata."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"

# What a package's metadata says, in the words of SPDX where it says it in others.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GPL": "GPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}

# Locked for other versions of Python or other systems than the one that may write this page.
ELSEWHERE = {"colorama": "BSD-3-Clause", "exceptiongroup": "MIT"}

# Licences with conditions for those who distribute the package as part of something larger.
COPYLEFT = re.compile(r"\b[AL]?GPL-")

HEAD = """\
source-opsgenie
Licence: MIT, see LICENSE.

The connector's image installs the packages below; they are not part of this repository. The list follows from
requirements/runtime.lock and the packages' own metadata, by `make docs`. Inside the image, each package's folder
*.dist-info holds its licence in full. The base image brings Python and Debian's packages as well, with their licences
in /usr/share/doc.
"""

ATTENTION = """\
One package asks for attention: {name} {versions} is under {licence}. It comes with {by}; the
connector itself does not use it. If you distribute the image, you distribute this package as well, under the terms of
that licence. Its source is at https://pypi.org/project/{name}/.
"""


def locked() -> dict[str, list[str]]:
    """Return the locked versions of each package: more than one, where they differ by Python's version."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def licence_of(name: str) -> str:
    """Return a package's licence.

    Raises:
        LookupError: its metadata does not tell.
    """
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    told: Any = metadata.metadata(name)  # an e-mail message, which its type does not say
    classifiers = [
        each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or [] if each.startswith("License :: ")
    ]
    # Some packages write the whole licence there; its name comes first.
    named = (told.get("License") or "").strip().partition("\n")[0].strip()
    words = told.get("License-Expression") or named or " OR ".join(classifiers)
    if not words:
        raise LookupError(f"{name}: its metadata names no licence")
    return SPDX.get(words, words)


def brought_by(name: str, packages: dict[str, list[str]]) -> list[str]:
    """Return the packages that require another one."""
    needs = re.compile(rf"{re.escape(name)}\b(?![.-])", re.IGNORECASE)
    here = [package for package in packages if package not in ELSEWHERE]
    return [package for package in here if any(map(needs.match, metadata.requires(package) or []))]


def page() -> str:
    """Write the page."""
    packages = locked()
    licences = {name: licence_of(name) for name in packages}
    lines = [HEAD]
    for name, licence in licences.items():
        if COPYLEFT.search(licence):
            by = ", ".join(brought_by(name, packages))
            versions = " or ".join(packages[name])
            lines.append(ATTENTION.format(name=name, versions=versions, licence=licence, by=by))
    width = max(map(len, packages)) + 2
    lines += [f"{name:<{width}}{' or '.join(packages[name]):<26}{licence}" for name, licence in licences.items()]
    return "\n".join(lines) + "\n"
