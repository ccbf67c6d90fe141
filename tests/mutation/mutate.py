"""Mutants of a module: its source with one small fault each, as code objects.

Faults are made inside functions only: tables are data, and an import evaluates them. Refuses to know
tests and processes.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

Key = tuple[str, int]  # a function's qualified name and first line

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """One fault: where it is, what it is, and the module that has it."""

    path: Path
    number: int
    line: int
    function: str
    fault: str
    code: CodeType

    @property
    def name(self) -> str:
        """The mutant without its line, which changes with every edit above it."""
        return f"{self.path.name} {self.function}: {self.fault}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Make every mutant of a module, one after the other."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    faults = [(place, fault) for place in _places(tree) for fault in _faults(place[1])]
    for number, ((function, node), (fault, field, index, new)) in enumerate(faults):
        old = _get(node, field, index)
        _set(node, field, index, new)
        code = compile(ast.fix_missing_locations(copy.deepcopy(tree)), str(path), "exec")
        _set(node, field, index, old)
        yield Mutant(path, number, _line(node), function, fault, code)


def _line(node: ast.AST) -> int:
    placed = node.iter if isinstance(node, ast.comprehension) else node
    return int(getattr(placed, "lineno", 0))


def functions_of(code: CodeType) -> Iterator[tuple[Key, CodeType]]:
    """List every function, lambda and comprehension in compiled code, nested ones too."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield (constant.co_qualname, constant.co_firstlineno), constant
            yield from functions_of(constant)


# ------------------------------------------------------------------------------------------- the places


_NOTHING = ("None", "False", "Reach.NONE")  # a caller only asks whether there is something
_SKIPPED = (ast.JoinedStr, ast.Raise, ast.Assert, ast.arguments)  # words, and what is not run


def _places(node: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Walk the bodies of functions; annotations, defaults, docstrings and f-strings stay as they are."""
    if isinstance(node, _SKIPPED):
        return
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        function = f"{function}.{node.name}".lstrip(".")
    elif function or isinstance(node, ast.Lambda):
        function = function or "<lambda>"
        yield function, node
    for child in _children(node):
        yield from _places(child, function)


def _children(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.ClassDef):
        return [each for each in node.body if isinstance(each, ast.FunctionDef)]
    if isinstance(node, ast.FunctionDef):
        return [each for each in node.body if not _is_docstring(each)]
    if isinstance(node, ast.AnnAssign):
        return [] if node.value is None else [node.value]
    return list(ast.iter_child_nodes(node))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# ------------------------------------------------------------------------------------------- the faults

Fault = tuple[str, str, int | None, object]  # what it is; field, index in it, and the new value


def _faults(node: ast.AST) -> Iterator[Fault]:
    make = _MAKERS.get(type(node))
    return iter(()) if make is None else make(node)


def _compare(node: ast.Compare) -> Iterator[Fault]:
    for index, operator in enumerate(node.ops):
        yield from _swapped(node, "ops", index, operator)


def _operator(node: ast.BoolOp | ast.BinOp | ast.AugAssign) -> Iterator[Fault]:
    return _swapped(node, "op", None, node.op)


def _return(node: ast.Return) -> Iterator[Fault]:
    if node.value is not None and ast.unparse(node.value) not in _NOTHING:
        yield f"{ast.unparse(node)} -> return None", "value", None, None


def _test(node: ast.If | ast.IfExp | ast.While) -> Iterator[Fault]:
    fault = f"if {ast.unparse(node.test)} -> if not"
    yield fault, "test", None, ast.UnaryOp(ast.Not(), node.test)


def _comprehension(node: ast.comprehension) -> Iterator[Fault]:
    for index, test in enumerate(node.ifs):
        yield f"if {ast.unparse(test)} -> if True", "ifs", index, ast.Constant(value=True)


def _name(node: ast.Name) -> Iterator[Fault]:
    if node.id in CALLS:
        yield f"{node.id} -> {CALLS[node.id]}", "id", None, CALLS[node.id]


def _negation(node: ast.UnaryOp) -> Iterator[Fault]:
    if isinstance(node.op, ast.Not):
        fault = f"{ast.unparse(node)} -> without not"
        yield fault, "operand", None, ast.UnaryOp(ast.Not(), node.operand)


def _constant(node: ast.Constant) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", "value", None, not value
    elif isinstance(value, int):
        yield f"{value} -> {value + 1}", "value", None, value + 1
    elif isinstance(value, str):
        yield f"{value!r} -> {'XX' + value!r}", "value", None, "XX" + value


_MAKERS: dict[type[ast.AST], Callable[[Any], Iterator[Fault]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _operator,
    ast.BinOp: _operator,
    ast.AugAssign: _operator,
    ast.Return: _return,
    ast.If: _test,
    ast.IfExp: _test,
    ast.While: _test,
    ast.comprehension: _comprehension,
    ast.Name: _name,
    ast.UnaryOp: _negation,
    ast.Constant: _constant,
}


def _swapped(node: ast.AST, field: str, index: int | None, operator: ast.AST) -> Iterator[Fault]:
    other = SWAPS.get(type(operator))
    if other is not None:
        yield f"{ast.unparse(node)} -> {other.__name__}", field, index, other()


def _get(node: ast.AST, field: str, index: int | None) -> object:
    value = getattr(node, field)
    return value if index is None else value[index]


def _set(node: ast.AST, field: str, index: int | None, value: object) -> None:
    if index is None:
        setattr(node, field, value)
    else:
        getattr(node, field)[index] = value
