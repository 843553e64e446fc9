"""The check ``structure``: the expected files and folders are there, and no link leads out."""

import posixpath
from collections import deque
from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts
from core.gate.layout import Layout
from workers.gate.unit_testing.command import has_tests

ROOT: Final = "."
MAX_LINKS: Final = 40  # Linux also gives up after this many links in a row.
OTHER_ENDINGS: Final = {".yml": (".yaml",), ".md": (".markdown", ".rst", ".txt", "")}
OTHER_NAMES: Final = {"conda.yml": ("environment.yml", "environment.yaml", "conda_env.yml")}


@check(
    "structure",
    owner=GBI,
    priority=1,
    title="The folder contract",
    mend="Add or rename the file, or commit a file in place of the link; `sluss check --fix` "
    "makes what is missing, for you to fill in.",
)
def structure(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """Pipelines, people and the other checks find their files without asking.

    Names compare without case. A link may only point to a file of the repository: a link out of
    it would read the files of the machine that runs the pipeline.
    """
    yield from _too_large(repo, facts)
    yield from _links(repo)
    yield from _same_but_for_case(repo)
    yield from _missing(repo, facts.layout)


def _missing(repo: ModelRepo, layout: Layout) -> Iterator[Finding]:
    for path, what in (
        (layout.readme, "say what the model is for, its data, its owner and its limits"),
        (layout.variables, "set MODEL_NAME and the other variables of the model there"),
    ):
        if repo.find(path) is None:
            yield _not_there(repo, path, what)
    if repo.find(layout.conda) is None and repo.find(layout.pip) is None:
        mend = f"or {layout.pip}: list the libraries that the model needs"
        yield _not_there(repo, layout.conda, mend)
    if not has_tests(repo, layout.tests):
        mend = f"add {layout.tests}/test_model.py with at least one test of the model"
        yield Finding(layout.tests, mend, "there are no tests (test_*.py) there")


def _not_there(repo: ModelRepo, path: str, mend: str) -> Finding:
    """Say that a file is missing, and name a near match: many lie elsewhere or are misspelt."""
    if link := repo.link(path):
        return Finding(link, "commit the file itself in its place", "is a link, which is not read")
    if near := _near(repo, path):
        return Finding(near, f"rename it to {path}", f"is not where {path} is looked for")
    return Finding(path, f"add {path}: {mend}", "is missing")


def _near(repo: ModelRepo, path: str) -> str:
    stem, ending = posixpath.splitext(path)
    others = [repo.find(stem + other) for other in OTHER_ENDINGS.get(ending, ())]
    others += [repo.find(other) for other in OTHER_NAMES.get(path, ())]
    name = posixpath.basename(path).casefold()
    moved = [known for known in repo.files if posixpath.basename(known).casefold() == name]
    elsewhere = [known for known in moved if known.count("/") == 1]
    return next((known for known in (*others, *elsewhere) if known), "")


def _links(repo: ModelRepo) -> Iterator[Finding]:
    for path, target in sorted(repo.links.items()):
        wrong = _link_problem(repo, path, target)
        if wrong:
            yield Finding(path, "commit the file itself, or remove the link", wrong)


def _link_problem(repo: ModelRepo, path: str, target: str) -> str:
    """Follow a link as the operating system would, where a folder on the way may be a link too."""
    here = path.split("/")[:-1]
    left = deque([target])
    for _ in range(MAX_LINKS):
        slashed = left[0].replace("\\", "/")
        if slashed.startswith(("/", "~")) or slashed[1:2] == ":":
            return "is a link to an absolute path, out of the repository"
        left.extendleft(reversed(left.popleft().replace("\\", "/").split("/")))
        if problem := _step_to_next_link(repo, here, left):
            return problem
        if not left:
            return "" if not here or _exists(repo, "/".join(here)) else "is a link to nothing"
    return "is a link in a circle"


def _step_to_next_link(repo: ModelRepo, here: list[str], left: deque[str]) -> str:
    """Walk to the next link, then put its target in front of the path that is left."""
    while left:
        part = left.popleft()
        if part == ".." and not here:
            return "is a link out of the repository"
        if part == "..":
            here.pop()
        elif part not in {"", "."}:
            here.append(part)
        if here[:1] and here[0].casefold() == ".git":
            return "is a link into git's own folder"
        if target := repo.links.get("/".join(here)):
            here.pop()
            left.appendleft(target)
            return ""
    return ""


def _exists(repo: ModelRepo, path: str) -> bool:
    if path in repo.files:
        return True
    return any(known.startswith(f"{path}/") for known in (*repo.files, *repo.links))


def _same_but_for_case(repo: ModelRepo) -> Iterator[Finding]:
    """Report two paths that differ in case only, as Windows and macOS can keep only one of them."""
    seen: dict[str, str] = {}
    for path in sorted(repo.files):
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            yield Finding(
                path, "rename or remove one of them", f"differs from {other} in case only"
            )


def _too_large(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    mend = "keep data and models out of git, and add them to .gitignore"
    if len(repo.files) > facts.max_files:
        wrong = f"has {len(repo.files):,} files, more than {facts.max_files:,}"
        yield Finding(ROOT, mend, f"the repository {wrong}")
    size = sum(map(len, repo.files.values()))
    if size > facts.max_bytes:
        wrong = f"has {size:,} bytes, more than {facts.max_bytes:,}"
        largest = max(repo.files, key=lambda path: len(repo.files[path]))
        yield Finding(largest, mend, f"the repository {wrong}; this file is the largest")
