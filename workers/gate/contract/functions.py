"""Functions of a module by its syntax tree: where a name is bound, and if it can be called."""

import ast
from collections.abc import Iterator, Sequence

Definition = (
    ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.ClassDef
    | ast.Import
    | ast.ImportFrom
    | ast.Assign
    | ast.AnnAssign
)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def last_definition(tree: ast.Module, name: str) -> Definition | None:
    """As when the module runs: the last one at the top counts."""
    top = (node for node in reversed(tree.body) if isinstance(node, Definition))
    return next((node for node in top if name in _names(node)), None)


def inner_definition(tree: ast.Module, name: str) -> tuple[int, str] | None:
    """Line and place of a definition inside something else; the shallowest first."""
    waiting: list[tuple[ast.AST, str]] = [(node, _container(node)) for node in tree.body]
    for node, where in waiting:
        for child in ast.iter_child_nodes(node):
            if _binds(child, name, is_conditional=where == CONDITION):
                return getattr(child, "lineno", 0), where
            waiting.append((child, _container(child) if _is_scope(child) else where))
    return None


def star_import(tree: ast.Module) -> ast.ImportFrom | None:
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return next((node for node in imports if any(each.name == "*" for each in node.names)), None)


def _names(node: Definition) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name) for each in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    inside = [each for target in targets for each in _unpacked(target)]
    return {target.id for target in inside if isinstance(target, ast.Name)}


def _unpacked(target: ast.expr) -> list[ast.expr]:
    """``train, score = make()`` binds both."""
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _binds(node: ast.AST, name: str, *, is_conditional: bool) -> bool:
    """Inside a class or a function only another function is near to what is wanted."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name == name
    return is_conditional and isinstance(node, Definition) and name in _names(node)


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


CONDITION = "defined under a condition"


def _container(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef):
        return f"a method of the class {node.name}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"inside the function {node.name}()"
    return CONDITION


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
