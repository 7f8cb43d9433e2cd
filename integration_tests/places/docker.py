"""Docker, by the container tool that stands in for it; and a registry that images are pushed to."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from shutil import which
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

from integration_tests import image
from integration_tests.loopback import LOOPBACK, free_port
from integration_tests.places import TIMEOUT, Place

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

REGISTRY = "docker-registry"
MISSING = image.unavailable()
MISSING_REGISTRY = MISSING or ("" if which(REGISTRY) else f"There is no registry here (Debian's package {REGISTRY}).")

HOST = "registry.example.com"
REPOSITORY, TAG = "airbyte/source-opsgenie", "1.0.0"

_open = build_opener(ProxyHandler({})).open


class Docker(Place):
    """With the image, as `make image` builds it by docker."""

    def start(self) -> None:
        """Build the image; if it was built of the same before, that takes a moment."""
        image.docker_in(self.tools)
        # The folders of tests are their owner's alone, and inside is another user.
        self.folder.chmod(0o755)
        self.run("make image")


class Registry(Docker):
    """With the registry of the examples as well.

    Nothing here answers to its name. So the registry is given out as a proxy: whoever asks it for a page of that host
    gets its own, as if it were the host.
    """

    def __init__(self, parent: Path, account: Sandbox) -> None:
        super().__init__(parent, account)
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        settings = {
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(parent / "images")}},
            "http": {"addr": f"{LOOPBACK}:{self.port}"},
        }
        self.settings = parent / "registry.yml"
        self.settings.write_text(json.dumps(settings))
        insecure = parent / "registries.conf"
        insecure.write_text(f'[[registry]]\nlocation = "{HOST}"\ninsecure = true\n')
        self.proxied = {"HTTP_PROXY": self.url, "HTTPS_PROXY": self.url, "NO_PROXY": ""}
        self.environment["CONTAINERS_REGISTRIES_CONF"] = str(insecure)

    def start(self) -> None:
        """Start it when the image is built: for that it is no proxy."""
        super().start()
        self.environment |= self.proxied | {name.lower(): value for name, value in self.proxied.items()}
        process = subprocess.Popen(  # noqa: S603 - Debian's own
            [REGISTRY, "serve", str(self.settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.beside.callback(self._end, process)
        listening(self.port, process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End the registry, and take back the name that the image was given."""
        process.terminate()
        process.wait(TIMEOUT)
        image.engine("rmi", "--ignore", f"{HOST}/{REPOSITORY}:{TAG}")

    def verify(self) -> None:
        """See that the registry has the image by its name and tag."""
        with _open(f"{self.url}/v2/{REPOSITORY}/tags/list", timeout=TIMEOUT) as told:
            assert json.load(told) == {"name": REPOSITORY, "tags": [TAG]}


def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens."""
    while process.poll() is None:
        with socket.socket() as caller:
            if caller.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} ended with {process.returncode}.")
