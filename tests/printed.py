"""Finds, in the product's sources, the commands that it prints for somebody to copy."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = ("sluss", "core", "handlers", "workers", "bot", "web", "adapters")
PAGES = [
    path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in {".html", ".tmpl"}
]
OURS = re.compile(
    r"\bsluss (up|down|add|init|check|explain|accept|status|people|audit|deliveries|rebuild|migrate"
    r"|demo|variables|runtimes|hooks)\b"
)
MAY = re.compile(r"(?<!`)`(?!`)|\bsluss[ (]|\bgit |this_program")
SPAN = re.compile(r"`([^`\n]+)`")
CODE = re.compile(r"<code>([^<]+)</code>|^(sluss [^#\n]+)", re.MULTILINE)
GIT = re.compile(
    r"(git [a-z-]+ |git init$|cd x && git )(?!.*[.](\s|$))"
)  # and no sentence about it
FIELD = re.compile(r"\{(\w*)[^{}]*\}")
# What a placeholder stands for; any other is a word.
MEANS = {
    "stage": "QA",
    "address": "a@b.example",
    "release": "loan-1",
    "id": "loan-1",
    "where": "src/train.py",
}
CALLED = {"sluss", "this_program", "called"}  # what is called with the words of a command of ours


class Printed(NamedTuple):
    """A command as it is printed, with a word in the place of each placeholder."""

    place: str
    text: str


def printed() -> Iterator[Printed]:
    for place, tree in _sources():
        for text in _texts(tree):
            spans = SPAN.findall(text) or ([text] if GIT.match(text) else [])
            yield from (Printed(place, span.strip()) for span in spans)
        yield from (Printed(place, words) for words in _calls(tree))
    for path in PAGES:
        for found in CODE.finditer(path.read_text("utf-8")):
            yield Printed(str(path.relative_to(ROOT)), _filled(found[1] or found[2]).strip())


def loose() -> Iterator[Printed]:
    """Texts that name a command of ours without marking it: nobody would make it one to copy."""
    for place, tree in _sources():
        for text in _texts(tree):
            for found in OURS.finditer(SPAN.sub("", text)):
                yield Printed(place, found[0])


@cache
def _sources() -> tuple[tuple[str, ast.Module], ...]:
    """The files that may print a command; most do not, and are not looked at any further."""
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    texts = ((str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in paths)
    return tuple((place, ast.parse(text)) for place, text in texts if MAY.search(text))


def _texts(tree: ast.Module) -> Iterator[str]:
    skipped = {id(each) for each in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield "".join(map(_part, node.values))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield _filled(node.value)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return MEANS.get(ast.unparse(part.value).rpartition(".")[2], "x")


def _filled(text: str) -> str:
    return FIELD.sub(lambda found: MEANS.get(found[1], "x"), text)


def _calls(tree: ast.Module) -> Iterator[str]:
    """The words of calls as ``sluss("people", "map", address)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in CALLED and node.args:
            words = [each.value if isinstance(each, ast.Constant) else "x" for each in node.args]
            if isinstance(node.args[0], ast.Constant) or isinstance(node.func, ast.Call):
                yield " ".join(["sluss", *map(str, words)])


def _name(of: ast.expr) -> str:
    """The name of what is called: ``context.sluss`` is ``sluss``, and so is what a call returns."""
    if isinstance(of, ast.Call):
        return _name(of.func)
    return of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
