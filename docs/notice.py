"""Writes NOTICE: the licences of the packages that the image installs, by the locked list and their own metadata."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"

# The Python of the image's base (see the Dockerfile), in which the locked list installs the packages.
IMAGE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}

# What a package's metadata says, in the words of SPDX where it says it in others.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "Copyright (c) 2005-2024, NumPy Developers.": "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",  # Python 3.10
    "3-Clause BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GPL": "GPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}

# Licences with conditions for those who distribute the package as part of something larger.
COPYLEFT = re.compile(r"\b[AL]?GPL-")

HEAD = """\
source-opsgenie
Licence: MIT, see LICENSE.

The connector's image installs the packages below; they are not part of this repository. The list follows from
requirements/runtime.lock, for Python {python} on Linux, and from the packages' own metadata, by `make docs`. Inside the
image, the folder *.dist-info of each package holds its licence in full, except for {without}, whose package does not
contain it. The base image brings Python (https://docs.python.org/3/license.html) and Debian's packages as well, whose
licences are in /usr/share/doc.
"""

ATTENTION = """\
One package asks for attention: {name} {version} is under {licence}. It comes with {by}; the
connector itself does not use it. If you distribute the image, you distribute this package as well, under the terms of
that licence. Its source is at https://pypi.org/project/{name}/.
"""


def locked() -> dict[str, str]:
    """Return the version of each package that the image installs."""
    lines = re.findall(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?", LOCK.read_text(), re.MULTILINE)
    return {name: version for name, version, marker in lines if not marker or Marker(marker).evaluate(dict(IMAGE))}


def licence_of(name: str) -> str:
    """Return a package's licence.

    Raises:
        LookupError: its metadata does not tell.
    """
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


def holds_its_licence(name: str) -> bool:
    """Return whether a package's metadata comes with the text of its licence."""
    files = metadata.files(name) or []
    return any(
        re.search(r"\.dist-info/(.*/)?[^/]*(licen[cs]e|copying)[^/]*$", str(each), re.IGNORECASE) for each in files
    )


def brought_by(name: str, packages: dict[str, str]) -> list[str]:
    """Return the packages that require another one."""
    needs = re.compile(rf"{re.escape(name)}\b(?![.-])", re.IGNORECASE)
    return [package for package in packages if any(map(needs.match, metadata.requires(package) or []))]


def page() -> str:
    """Write the page."""
    packages = locked()
    licences = {name: licence_of(name) for name in packages}
    without = ", ".join(name for name in packages if not holds_its_licence(name))
    lines = [HEAD.format(python=IMAGE["python_version"], without=without)]
    for name, licence in licences.items():
        if COPYLEFT.search(licence):
            by = ", ".join(brought_by(name, packages))
            lines.append(ATTENTION.format(name=name, version=packages[name], licence=licence, by=by))
    width = max(map(len, packages)) + 2
    lines += [f"{name:<{width}}{packages[name]:<18}{licence}" for name, licence in licences.items()]
    return "\n".join(lines) + "\n"
