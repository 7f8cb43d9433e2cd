"""Fixtures: a sandbox account, and the connector's process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from integration_tests import hostile as hostile_server
from integration_tests import image
from integration_tests.archive import WHOLE, Archive
from integration_tests.connector import Connector
from integration_tests.copies import KINDS, NO_POSTGRES, Copies
from integration_tests.forks import DEMO_PYTHON, IMPORTED, IN_DEMO, SANDBOX, WORKER, fork_server
from integration_tests.hostile import Hostile
from integration_tests.sandbox.client import Sandbox
from integration_tests.warehouse import Database

Connect = "Callable[..., Connector]"

# The small account, but with fewer alerts: still two pages of them, and some of everything that is below an alert.
SMALL: dict[str, Any] = {"profile": "small", "seed": 1, "alerts": 130}


# What takes long to make, and the group of the tests that use it: they run in one process, one after another.
MADE_ONCE = {
    "whole_archive": "archives",
    "moved_archive": "archives",
    "moved": "moved",
    "copies": "copies",
    "full_read": "full_read",
    "whole_read": "whole_read",
    "image_tag": "image",
}


# Its tests wait most of their time. If all processes ran only those, the machine would be idle.
WAITING = "test_faults.py"
SPREAD = 0.9  # the part of the run in which they are, so that the last tests are not among them


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that wait among the others, and let one process run all that use the same thing."""
    waiting = [item for item in items if item.path.name == WAITING]
    others = [item for item in items if item.path.name != WAITING]
    places = {item: SPREAD * at / len(waiting) for at, item in enumerate(waiting)}
    places |= {item: at / len(others) for at, item in enumerate(others)}
    items.sort(key=places.__getitem__)
    for item in items:
        for group in {group for name, group in MADE_ONCE.items() if name in getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_configure() -> None:
    """Start the servers of forks, before the processes that share the tests out; they import nothing until then."""
    for module in IMPORTED:
        if module not in IN_DEMO or DEMO_PYTHON.exists():
            fork_server(module)
    Sandbox.server = fork_server(SANDBOX)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list[Any]) -> None:
    """Let the processes that share the tests out be forks, too: `spec` describes one, and names the Python it runs."""
    python = str(fork_server(WORKER).launcher("python", WORKER))
    for spec in specs:
        spec.python = python


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One small account for all tests that leave it as it is."""
    with Sandbox(**SMALL) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The small account with its counters at zero; settings go back to where they were."""
    before = shared_sandbox.settings()
    shared_sandbox.reset_stats()
    yield shared_sandbox
    shared_sandbox.settings(**before)


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Sandbox]:
    """One small account that has moved to JSM Operations, for all tests that leave it as it is."""
    with Sandbox(**SMALL, migrated=True) as running:
        yield running


@pytest.fixture
def site(shared_site: Sandbox) -> Iterator[Sandbox]:
    """The small account after its migration, its counters at zero; settings go back to where they were."""
    before = shared_site.settings()
    shared_site.reset_stats()
    yield shared_site
    shared_site.settings(**before)


@pytest.fixture
def own_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Accounts of a test's own, to be changed at will."""
    started: list[Sandbox] = []

    def start(**options: Any) -> Sandbox:
        started.append(Sandbox(**{**SMALL, **options}).__enter__())
        return started[-1]

    yield start
    for running in started:
        running.close()


@pytest.fixture
def hostile() -> Iterator[Callable[..., Hostile]]:
    """Start servers that give the answers of a test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(hostile_server.started(answer))


@pytest.fixture(scope="session")
def whole_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """All streams of an account in one folder; for all tests that leave it as it is."""
    with Sandbox(profile="small", seed=1, alerts=200, incidents=12) as running:
        archive = Archive(running, tmp_path_factory.mktemp("whole"), options=["--csv"], program=WHOLE)
        archive.run()
        yield archive


@pytest.fixture(scope="session")
def moved_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The same account once it has moved to JSM Operations, in another folder."""
    settings = {"jsm": {"attachments": "answered"}}
    with Sandbox(profile="small", seed=1, alerts=200, incidents=12, migrated=True, settings=settings) as running:
        archive = Archive(running, tmp_path_factory.mktemp("moved"), has_moved=True, options=["--csv"], program=WHOLE)
        archive.run()
        yield archive


@pytest.fixture
def few(own_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Archive]:
    """An archive of some streams of a small account."""

    def make(*streams: str, key: str = "full", options: tuple[str, ...] = (), **account: object) -> Archive:
        running = own_sandbox(**{"alerts": 40, "incidents": 5, "teams": 2, **account})
        return Archive(running, tmp_path, key=key, streams=streams, options=list(options))

    return make


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., Connector]:
    """Make a connector for an account, with a key of some kind and further configuration."""

    def make(account: Sandbox, key: str = "full", **further: object) -> Connector:
        return Connector(tmp_path, {"api_token": account.key(key), "endpoint": account.url, **further})

    return make


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The streams that the connector discovers for an account of Opsgenie, by name."""
    return Connector(tmp_path_factory.mktemp("catalog"), {"api_token": "0" * 36}).catalog()


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    """An account that changed between two syncs, and its copies in the databases that there are here."""
    with ExitStack() as stack:
        yield Copies(tmp_path_factory.mktemp("copies"), stack)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, copies: Copies) -> Database:
    """Each of the copies."""
    if request.param not in copies.databases:
        pytest.skip(NO_POSTGRES)
    return copies.databases[request.param]


@pytest.fixture(scope="session")
def image_tag() -> str:
    """The image, built once for all tests."""
    return image.build()
