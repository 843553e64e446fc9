"""Whether a function can be called with positional arguments and hands something back."""

import ast
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def shape_problem(function: Function, parameters: Sequence[str], returns: str) -> str:
    """What is wrong with it, or ""; the names of its parameters are free."""
    if isinstance(function, ast.AsyncFunctionDef):
        return "is async, but is called without await"
    if problem := _arity_problem(function.args, len(parameters)):
        return problem
    if isinstance(function, ast.Lambda):
        return ""
    inside = list(_own_nodes(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside):
        return f"yields, but is to return the {returns}"
    has_value = (isinstance(node, ast.Return) and node.value is not None for node in inside)
    return "" if any(has_value) else f"never returns the {returns}"


def _arity_problem(arguments: ast.arguments, wanted: int) -> str:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    if required > wanted:
        return f"is called with {wanted} arguments, but needs {required}"
    if positional < wanted and arguments.vararg is None:
        return f"is called with {wanted} arguments, but takes {positional}"
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    needed = [argument.arg for argument, default in pairs if default is None]
    return f"needs the keyword {needed[0]}, which it is not given" if needed else ""


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What belongs to the function itself, not to a function or class inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, SCOPES):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))
