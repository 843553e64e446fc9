"""Makes invented repositories from this machine's Python files, and plants copies in them.

The same seed and the same installed libraries give the same tree.
"""

import ast
import inspect
import io
import keyword
import random
import sysconfig
import textwrap
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from workers.gate.duplicates.sketch import is_code

SEED: Final = 7
REPOSITORIES: Final = 150
OF_EACH_KIND: Final = 30
LINES: Final = range(25, 80)  # A function that is copied has so many lines.
EVERY: Final = 11  # A drifted copy has an extra line after each so many lines.
COPIES: Final = ("exact", "other_literals", "drifted")
NO_COPIES: Final = ("table", "imports", "other_names")
IMPORTS: Final = """\
import argparse
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
"""
PROGRAM: Final = inspect.getsource(textwrap.TextWrapper)


class Function(NamedTuple):
    """A function of the tree, and the origin of a planted copy."""

    repository: str
    path: str
    text: str


class Tree(NamedTuple):
    """The repositories; ``origins`` maps each planted copy's path to the function it came from.

    The planted files are in ``files``, too, as ``planted/<kind>_<number>.py``.
    """

    files: dict[str, dict[str, bytes]]
    origins: dict[str, Function]


def tree(count: int) -> Tree:
    chance = random.Random(SEED)  # noqa: S311 - it only has to be the same every time
    files: dict[str, dict[str, bytes]] = {f"model_{n:03}": {} for n in range(REPOSITORIES)}
    names = list(files)
    for number, path in enumerate(_some_files(count, chance)):
        repository = names[number % REPOSITORIES]
        files[repository][f"src/{number:05}_{path.name}"] = path.read_bytes()
    origins = dict(_plant(files, chance))
    for kind in NO_COPIES:
        for number in range(OF_EACH_KIND):
            text = _no_copy(kind, number, chance)
            files[chance.choice(names)][f"planted/{kind}_{number}.py"] = text.encode()
    return Tree(files, origins)


def _some_files(count: int, chance: random.Random) -> list[Path]:
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")}
    found = sorted({path for folder in folders for path in Path(folder).rglob("*.py")})
    chance.shuffle(found)
    readable = (path for path in found if is_code(path.name, path.read_bytes()))
    return [path for _, path in zip(range(count), readable, strict=False)]


def _plant(
    files: dict[str, dict[str, bytes]], chance: random.Random
) -> Iterator[tuple[str, Function]]:
    functions = _functions(files, chance)
    for kind in COPIES:
        for number in range(OF_EACH_KIND):
            origin = next(functions)
            repository = chance.choice([name for name in files if name != origin.repository])
            path = f"planted/{kind}_{number}.py"
            files[repository][path] = _changed(kind, origin.text, chance).encode()
            yield path, origin


def _functions(files: dict[str, dict[str, bytes]], chance: random.Random) -> Iterator[Function]:
    """Yield at most one function per file, from files all over the tree."""
    places = [(repository, path) for repository, code in files.items() for path in code]
    chance.shuffle(places)
    for repository, path in places:
        text = files[repository][path].decode("utf-8", "replace")
        lines = text.splitlines(keepends=True)
        if span := next(_spans(text), None):
            yield Function(repository, path, "".join(lines[slice(*span)]))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of each function that is long enough without its docstring."""
    with warnings.catch_warnings(action="ignore"):
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):
            return
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.end_lineno:
            start = (
                node.body[1].lineno
                if len(node.body) > 1 and ast.get_docstring(node)
                else node.lineno
            )
            if node.end_lineno - start in LINES:
                yield node.lineno - 1, node.end_lineno


def _changed(kind: str, text: str, chance: random.Random) -> str:
    if kind == "other_literals":
        return "".join(_tokens(text, {tokenize.NUMBER, tokenize.STRING}, chance))
    if kind == "drifted":
        lines = text.splitlines(keepends=True)
        for at in range(EVERY, len(lines), EVERY):
            lines[at - 1] = f"    checked_{chance.randrange(10**6)} = True\n{lines[at - 1]}"
        return "".join(lines)
    return text


def _tokens(text: str, kinds: set[int], chance: random.Random) -> Iterator[str]:
    """Write the text again, with other words in place of tokens of these kinds."""
    line, column = 1, 0
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.start > (line, column):
            yield _between(lines, (line, column), token.start)
        word = str(chance.randrange(10**6))
        changed = {tokenize.NUMBER: word, tokenize.STRING: f'"{word}"', tokenize.NAME: f"n{word}"}
        is_other = token.type in kinds and not keyword.iskeyword(token.string)
        yield changed[token.type] if is_other else token.string
        line, column = token.end


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    return "".join([lines[start[0] - 1][start[1] :], *lines[start[0] : end[0] - 1]])


def _no_copy(kind: str, number: int, chance: random.Random) -> str:
    """Make code that is alike in many repositories, but is no copy that anybody should mend."""
    if kind == "table":
        rows = (
            f"    ({chance.random()}, {chance.randrange(99)}, 'k{number}'),\n" for _ in range(60)
        )
        return f"TABLE = [\n{''.join(rows)}]\n"
    if kind == "imports":
        return IMPORTS + f"\n\ndef main_{number}():\n    return {number}\n"
    return "".join(_tokens(PROGRAM, {tokenize.NAME}, chance))
