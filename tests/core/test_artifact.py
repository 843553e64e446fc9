"""The code inside an artifact against the commit, in words."""

import hashlib

import pytest

from core.artifact import NO_CODE, Artifact, code_difference
from core.gate.checks import ModelRepo

COMMIT = ModelRepo(
    files={
        "README.md": b"#", "src/score.py": b"score", "src/deep/rule.py": b"rule",
        "src/__pycache__/score.pyc": b"old", "srcs/other.py": b"other",
    }
)  # fmt: skip
GOOD = {"src/score.py": b"score", "src/deep/rule.py": b"rule"}


def carrying(files: dict[str, bytes]) -> Artifact:
    hashed = {f"code/{path}": hashlib.sha256(text).hexdigest() for path, text in files.items()}
    return Artifact(digest="d", files={"MLmodel": "", "codes/x.py": "", **hashed})


DIFFERING = {
    "the same": (GOOD, ""),
    "changed": ({**GOOD, "src/score.py": b"x"}, "src/score.py is another than in the commit"),
    "added": ({**GOOD, "src/a.py": b""}, "src/a.py is not in the commit"),
    "a cache of code that runs first": (
        {**GOOD, "src/__pycache__/score.pyc": b"old"},
        "src/__pycache__/score.pyc is not in the commit",
    ),
    "what loads it besides": ({**GOOD, "sluss_carried_model.py": b"ours"}, ""),
    "something by that name deeper": (
        {**GOOD, "src/sluss_carried_model.py": b""},
        "src/sluss_carried_model.py is not in the commit",
    ),
    "missing": ({"src/score.py": b"score"}, "src/deep/rule.py is missing"),
    "none": ({}, NO_CODE),
    "many": (
        {**GOOD, **{f"src/{name}.py": b"" for name in "abcde"}},
        (
            "src/a.py is not in the commit; src/b.py is not in the commit; src/c.py is not in the "
            "commit and 2 more"
        ),
    ),
}


@pytest.mark.parametrize(("files", "words"), DIFFERING.values(), ids=DIFFERING)
def test_what_differs_is_named(files, words):
    assert code_difference(carrying(files), COMMIT, "src") == words


@pytest.mark.parametrize("source", ["", ".", "./"])
def test_where_the_whole_repository_is_the_source_all_of_it_counts(source):
    all_of_it = {path: text for path, text in COMMIT.files.items() if "__pycache__" not in path}

    assert code_difference(carrying(all_of_it), COMMIT, source) == ""
    assert "README.md is missing" in code_difference(carrying(GOOD), COMMIT, source)
