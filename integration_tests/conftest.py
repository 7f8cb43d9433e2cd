"""Fixtures: a sandbox account, and the connector's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration_tests import image
from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Connect = "Callable[..., Connector]"


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One small account for all tests that leave it as it is."""
    with Sandbox(profile="small", seed=1) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The small account with its counters at zero; settings go back to where they were."""
    before = shared_sandbox.settings()
    shared_sandbox.reset_stats()
    yield shared_sandbox
    shared_sandbox.settings(**before)


@pytest.fixture
def own_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Accounts of a test's own, to be changed at will."""
    started: list[Sandbox] = []

    def start(**options: Any) -> Sandbox:  # noqa: ANN401 - as Sandbox takes them
        started.append(Sandbox(**{"profile": "small", "seed": 1, **options}).__enter__())
        return started[-1]

    yield start
    for running in started:
        running.close()


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., Connector]:
    """Make a connector for an account, with a key of some kind and further configuration."""

    def make(account: Sandbox, key: str = "full", **further: object) -> Connector:
        return Connector(tmp_path, {"api_token": account.key(key), "endpoint": account.url, **further})

    return make


@pytest.fixture(scope="session")
def image_tag() -> str:
    """The image, built once for all tests."""
    return image.build()
