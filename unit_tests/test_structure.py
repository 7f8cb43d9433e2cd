"""The folders of the connector know each other in one direction, and only the backends know their API."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from source_opsgenie.jsm import backend as jsm_backend
from source_opsgenie.jsm import catalog as jsm_catalog
from source_opsgenie.jsm import paging as jsm_paging
from source_opsgenie.jsm import site
from source_opsgenie.opsgenie import backend, catalog, endpoint, limits, paging

ROOT = Path(__file__).parents[1] / "source_opsgenie"
MODULES = sorted(ROOT.rglob("*.py"))

# From the lowest to the highest. A folder or module imports from its own level or from one below, and never from one
# of the same level that `APART` keeps from it.
LEVELS = (
    {"cdk", "http", "scan", "records", "signals"},
    {"engine", "streams"},
    {"opsgenie", "jsm", "config"},
    {"catalog", "inputs", "source"},
    {"run", "__init__", "__main__"},
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
APART = {
    ("http", "records"),
    ("scan", "records"),
    ("records", "http"),
    ("records", "scan"),
    ("http", "scan"),
    ("engine", "streams"),
    ("opsgenie", "jsm"),
    ("jsm", "opsgenie"),
    ("opsgenie", "config"),
    ("jsm", "config"),
}

# What is known against these rules, for a reason.
AS_TYPES = {
    ("http/backend.py", "scan.scan"): "a backend turns a query of a scan into parameters",
    ("engine/progress.py", "streams.base"): "the reporter is given the streams that it reports",
    ("streams/context.py", "config"): "streams read what the user configured",
    ("opsgenie/check.py", "config"): "an account is made from its configuration",
    ("opsgenie/context.py", "config"): "likewise",
    ("jsm/backend.py", "config"): "likewise",
    ("jsm/check.py", "config"): "likewise",
    ("jsm/context.py", "config"): "likewise",
}
AT_RUN_TIME = {
    ("jsm/backend.py", "opsgenie.search"): "JSM Operations took over Opsgenie's search language and its parameters",
}

GENERIC = ("engine", "http", "records", "scan", "streams")


class Import(NamedTuple):
    """One module of the connector that another one imports."""

    importer: str  # its path
    imported: str  # its dotted name below the package
    is_type: bool


@cache  # made by the tests that use it, not by each process that collects them
def imports() -> list[Import]:
    found = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        types = {node for branch in ast.walk(tree) if is_for_types(branch) for node in ast.walk(branch)}
        for node in ast.walk(tree):
            found += [Import(path.relative_to(ROOT).as_posix(), name, node in types) for name in imported(node)]
    return list(dict.fromkeys(found))


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the connector's modules that a statement imports: `paging` of `from source_opsgenie.http import paging`."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "the project imports by full names"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return
    for name in names:
        package, *parts = name.split(".")
        if package == ROOT.name:
            while not (ROOT.joinpath(*parts).is_dir() or ROOT.joinpath(*parts).with_suffix(".py").is_file()):
                parts.pop()
            yield ".".join(parts)


def part_of(name: str) -> str:
    return re.split(r"[./]", name, maxsplit=1)[0]


def breaks_the_rules(each: Import) -> bool:
    importer, of = part_of(each.importer), part_of(each.imported)
    return LEVEL[of] > LEVEL[importer] or (importer, of) in APART


def test_every_part_has_its_level() -> None:
    assert {part_of(path.relative_to(ROOT).as_posix()) for path in MODULES} == set(LEVEL)


@pytest.mark.parametrize("is_type", [True, False])
def test_imports_lead_downwards(is_type: bool) -> None:
    allowed = AS_TYPES if is_type else AT_RUN_TIME
    found = {each[:2] for each in imports() if each.is_type == is_type and breaks_the_rules(each)}
    assert found == set(allowed)


def test_one_module_names_the_client_of_the_cdk() -> None:
    naming = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if any("HttpClient" in names_in(node) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert naming == ["http/client.py"]


def names_in(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    return {node.id} if isinstance(node, ast.Name) else {node.attr} if isinstance(node, ast.Attribute) else set()


# Private parts of the CDK's streams and of its client.
PRIVATE = {"_fetch_next_page", "_http_client", "_read_pages", "_send_with_retry", "_create_prepared_request"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_private_of_the_cdk_is_used(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = names_in(node) | ({node.name} if isinstance(node, ast.FunctionDef) else set())
        assert not names & PRIVATE
        if isinstance(node, ast.Attribute) and node.attr == "_session":  # the client's own session is its own
            assert isinstance(node.value, ast.Name)
            assert node.value.id == "self"


# What each backend calls its own: its hosts, paths, headers, domains, and words for pages.


def words_of_the_backends() -> set[str]:
    words = {word for each in (paging.WORDS, jsm_paging.WORDS) for word in each.values()}
    words |= {*paging.FORWARD, *map(str, limits.Domain), *map(str, site.Api)}
    words |= {limits.PERIOD_HEADER, jsm_backend.RESET_HEADER}
    words |= {endpoint.US_HOST, endpoint.EU_HOST, *endpoint.WEB_SUFFIXES}
    words |= {urlsplit(site.GATEWAY).netloc, site.SITE_SUFFIX}
    words |= {backend.ACCOUNT_PATH, limits.REQUEST_LIMITS_PATH, site.TENANT_PATH, *jsm_backend.TOKEN_PATHS}
    for stream in (*catalog.STREAMS, *jsm_catalog.STREAMS):
        words |= {path.partition("{")[0] for path in (stream.list_path, stream.detail_path) if path}
    return words - {""}


WORDS = words_of_the_backends()
# A word such as `data` or `size` is found where it is a whole string; one that can be nothing else, wherever it stands.
ANYWHERE = re.compile("|".join(re.escape(word) for word in sorted(WORDS) if not word.isalpha()), re.IGNORECASE)

# English words by which keys and secrets are told apart in rows of either API.
LITERALS_ALLOWED = {("records/masking.py", text) for text in ("alert", "incident", "values")}


def literals(tree: ast.Module) -> Iterator[str]:
    """Yield the string literals of a module but for its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_generic_code_has_no_word_of_a_backend() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), text)
        for folder in GENERIC
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in literals(ast.parse(path.read_text()))
        if text in WORDS or ANYWHERE.search(text)
    }
    assert found == LITERALS_ALLOWED
