"""Edit one line of the connector at a time, and list the edits that no test notices.

`python -m bench.mutate --module streams/state.py --tests test_cursors.py test_states.py` works on a copy of the tree
in a temporary folder. The edits are the same in each run: comparisons, `and` and `or`, `min` and `max`, `+` and `-`
are swapped, `not` is removed, numbers and truth values are changed, calls, assignments to attributes, `raise`,
`return` and `continue` are left out. A survivor is a gap in the tests, or an edit that changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import math
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import airbyte_cdk  # noqa: F401 - what takes long to import is imported once
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "source_opsgenie"
SAMPLES = "integration_tests/sandbox/jsm/samples.json"  # of which unit tests make accounts, too
COPIED = (PACKAGE, "unit_tests", "docs", "pyproject.toml", SAMPLES)
TESTS = ("test_cursors.py", "test_states.py", "test_lists.py")

# An edit may make a loop endless, or a thread wait for ever: its tests get twice the seconds of CPU that they take
# without it, for the machine may be shared, and some minutes in all.
PATIENCE = 2
SHORTEST_PATIENCE = 10
LONGEST_WAIT = 600.0

Edit = tuple[str, "Callable[[ast.AST], ast.AST]"]

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """The code of a module with one edit, and where and what it is."""

    line: int
    what: str
    code: str


def mutants(code: str) -> Iterator[Mutant]:
    """Yield every module that differs from a given one by one edit, in the order of its lines."""
    places = [
        (node.lineno, number, which, what)
        for number, node in enumerate(_nodes(ast.parse(code)))
        if isinstance(node, ast.expr | ast.stmt)
        for which, (what, _) in enumerate(_edits(node))
    ]
    for line, number, which, what in sorted(places):
        tree = ast.parse(code)
        node = _nodes(tree)[number]
        _, edit = _edits(node)[which]
        mutated = _Replacement(node, edit(node)).visit(tree)
        yield Mutant(line, what, ast.unparse(ast.fix_missing_locations(mutated)))


class _Replacement(ast.NodeTransformer):
    def __init__(self, node: ast.AST, by: ast.AST) -> None:
        self._node = node
        self._by = by

    def visit(self, node: ast.AST) -> ast.AST:
        return self._by if node is self._node else self.generic_visit(node)


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """Return the nodes that run: not imports for types, nor annotations."""
    found: list[ast.AST] = []

    def take(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        found.append(node)
        for name, value in ast.iter_fields(node):
            if name not in {"annotation", "returns"}:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        take(child)

    take(tree)
    return found


def _edits(node: ast.AST) -> list[Edit]:
    """Return what can be changed in a node itself, in words, and how."""
    if isinstance(node, ast.stmt):
        return _edits_of_statement(node)
    if isinstance(node, ast.Compare):
        return [_compared_by(node, by()) for by in COMPARISONS[type(node.ops[0])]]
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        return [(f"{node.value} -> {value}", lambda _: ast.Constant(value))]
    return _edits_of_expression(node)


def _compared_by(node: ast.Compare, by: ast.cmpop) -> Edit:
    edited = ast.Compare(node.left, [by, *node.ops[1:]], node.comparators)
    return f"{_name(node.ops[0])} -> {_name(by)}", lambda _: edited


def _edits_of_expression(node: ast.AST) -> list[Edit]:
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return [(f"{_name(node.op)} -> {_name(other)}", lambda _: ast.BoolOp(other, node.values))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [("not removed", lambda _: node.operand)]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        by = ARITHMETIC[type(node.op)]()
        return [(f"{_name(node.op)} -> {_name(by)}", lambda _: ast.BinOp(node.left, by, node.right))]
    if isinstance(node, ast.Name) and node.id in FUNCTIONS:
        return [(f"{node.id} -> {FUNCTIONS[node.id]}", lambda _: ast.Name(FUNCTIONS[node.id], node.ctx))]
    if isinstance(node, ast.IfExp):
        return [("condition negated", lambda _: ast.IfExp(_negated(node.test), node.body, node.orelse))]
    return []


def _edits_of_statement(node: ast.stmt) -> list[Edit]:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
        return [("condition negated", lambda _: ast.If(_negated(node.test), node.body, node.orelse))]
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    assigns = isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Attribute)
    )
    leaves = isinstance(node, ast.Raise | ast.Continue | ast.Break) or (
        isinstance(node, ast.Return) and node.value is None
    )
    return [("left out", lambda _: ast.Pass())] if calls or assigns or leaves else []


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _name(node: ast.AST) -> str:
    return type(node).__name__


class Copy:
    """A copy of the tree, in which tests run against a module that may be changed."""

    def __init__(self, folder: Path, tests: Sequence[str]) -> None:
        self._folder = folder
        self._tests = [f"unit_tests/{name}" for name in tests]
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def run(self, seconds: int = resource.RLIM_INFINITY) -> bool:
        """Run the tests until the first fails; return whether none did within so many seconds of CPU."""
        process = multiprocessing.get_context("fork").Process(target=self._test, args=(seconds,))
        process.start()
        process.join(LONGEST_WAIT)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode == 0

    def _test(self, seconds: int) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.chdir(self._folder)
        sys.path.insert(0, str(self._folder))
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *self._tests]))

    def tried(self, module: str, limit: int | None) -> Iterator[tuple[Mutant, bool]]:
        """Yield each mutant of a module, and whether it survived."""
        path = self._folder / PACKAGE / module
        code = path.read_text()
        before = _seconds_of_children()
        if not self.run():
            raise SystemExit(f"The tests fail without any edit: run {' '.join(self._tests)} first.")
        seconds = max(SHORTEST_PATIENCE, PATIENCE * math.ceil(_seconds_of_children() - before))
        made = list(mutants(code))
        step = max(1, -(-len(made) // limit)) if limit else 1
        try:
            for number, mutant in enumerate(made[::step]):
                path.write_text(mutant.code)
                os.utime(path, (number, number))  # compiled files are told apart by time and size
                yield mutant, self.run(seconds)
        finally:
            path.write_text(code)


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Try the edits of each module, and print those that no test notices."""
    parser = argparse.ArgumentParser(description="Find edits of the connector that no test notices.")
    parser.add_argument("--module", nargs="+", required=True, help=f"files below {PACKAGE}/, such as streams/state.py")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="files of unit_tests/ that ought to notice")
    parser.add_argument("--limit", type=int, help="the most edits of a module, evenly chosen; all by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder), options.tests)
        for module in options.module:
            lines = (Path(folder) / PACKAGE / module).read_text().splitlines()
            made = survived = 0
            for mutant, alive in copy.tried(module, options.limit):
                made += 1
                survived += alive
                if alive:
                    print(f"{module}:{mutant.line}: {mutant.what}: {lines[mutant.line - 1].strip()}", flush=True)
            print(f"{module}: {made} mutants, {made - survived} killed, {survived} survived", flush=True)


if __name__ == "__main__":
    main()
