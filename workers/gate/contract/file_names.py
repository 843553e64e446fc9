"""Judges the names of files and proposes better ones."""

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

import msgspec
from yaml.nodes import Node, ScalarNode

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.variables import yaml_nodes
from core.gate.variables.yaml_nodes import UnreadableYamlError, YamlLimits

YAML_ENDINGS: Final = (".yml", ".yaml")
LIMITS: Final = YamlLimits(max_bytes=256 * 1024, max_nodes=20_000, max_depth=40, max_aliases=50)
WORK: Final = ("steps", "jobs", "stages")
ROOT_KEYS: Final = frozenset({"trigger", "pr", "schedules", "resources", "pool"})
MARKS: Final = (b"template", b"parameters", b"trigger", b"stages", b"jobs", b"steps")
SELF: Final = "@self"
# Only files that people name themselves are judged. Data, pictures and pages come from elsewhere,
# and wikis and site generators turn the dashes of page names into addresses.
NAMED: Final = (*YAML_ENDINGS, ".py", ".ipynb", ".sql", ".r", ".scala", ".sh", ".ps1")
TEMPLATE: Final = re.compile(r"template(_[a-z0-9]+){3,}\.yml")
TEMPLATE_FORM: Final = "template_<ci>_<job>_<what>.yml"
WORDS: Final = 3  # in the form of a template's name
CI_WORDS: Final = ("ci", "cd")
FIXED: Final = (
    "azure-pipelines.yml", "azure-pipelines[-_]*.yml", "docker-compose*.y*ml", "compose*.y*ml",
    "mkdocs.y*ml", "codecov.y*ml", "databricks.y*ml", "bundle.y*ml", "dbt_project.yml",
    "packages.yml", "conda-lock.y*ml", "*.conda-lock.yml", "pnpm-lock.yaml", "dvc.yaml",
    "params.yaml", "python_env.yaml", "meta.yaml", "recipe.yaml", "skaffold.yaml",
    "kustomization.y*ml", "chart.yaml", "openapi.yaml", "action.yaml", "cloudbuild.yaml",
    "pixi.yaml", "pre-commit-config.y*ml", "readthedocs.y*ml",
)  # fmt: skip
OF_PIPELINES: Final = (".azuredevops", ".azure", ".azure-pipelines", ".pipelines", ".ado", ".ci")
OWNERS: Final = ("chart.yaml", "mlmodel", "dbt_project.yml", "great_expectations.yml")


class Pipelines(msgspec.Struct, frozen=True):
    """The pipeline files; ``templates`` maps a path to what it holds: steps, jobs, variables."""

    templates: dict[str, str]
    roots: frozenset[str]  # Azure DevOps keeps their paths in its own settings


def pipelines(repo: ModelRepo) -> Pipelines:
    """Find the templates: included by another file, or with parameters and work but no trigger."""
    roots = dict(_readable(repo))
    included = {
        target: "variables" if is_variables else ""
        for path, root in roots.items()
        for target, is_variables in _included(repo, path, root)
    }
    kinds = {path: _kind(root) for path, root in roots.items()}
    alone = {path for path, root in roots.items() if kinds[path] and _is_template(root)}
    templates = {
        path: kinds.get(path) or included.get(path) or "steps" for path in {*included, *alone}
    }
    others = frozenset(path for path, kind in kinds.items() if kind and path not in templates)
    return Pipelines(templates, others)


def _readable(repo: ModelRepo) -> Iterator[tuple[str, Node]]:
    for path, data in sorted(repo.files.items()):
        if not path.casefold().endswith(YAML_ENDINGS) or not any(mark in data for mark in MARKS):
            continue
        try:
            root = yaml_nodes.compose(data, LIMITS)
        except UnreadableYamlError:
            continue  # The check ``variables`` reports pipelines that cannot be read.
        if root is not None:
            yield path, root


def _keys(root: Node) -> set[str]:
    return {key.casefold() for key, _, _ in yaml_nodes.entries(root)}


def _kind(root: Node) -> str:
    keys = _keys(root)
    if "extends" in keys:
        return "stages"
    return next((kind for kind in WORK if kind in keys), "")


def _is_template(root: Node) -> bool:
    keys = _keys(root)
    return "parameters" in keys and not keys & ROOT_KEYS


def _included(repo: ModelRepo, path: str, root: Node) -> Iterator[tuple[str, bool]]:
    """Yield the templates that a file includes; ``x.yml@other`` is another repository's."""
    variables = yaml_nodes.child(root, "variables")
    own = {id(node) for node in yaml_nodes.walk(variables)} if variables is not None else set()
    for node in yaml_nodes.walk(root):
        named = yaml_nodes.child(node, "template")
        if isinstance(named, ScalarNode) and (target := _target(repo, path, named.value)):
            yield target, id(node) in own


def _target(repo: ModelRepo, path: str, named: str) -> str | None:
    place = named.strip().removesuffix(SELF)
    if not place or "@" in place or "${{" in place:
        return None
    base = "" if place.startswith("/") else posixpath.dirname(path)
    return repo.find(posixpath.normpath(posixpath.join(base, place.lstrip("/"))))


class Misnamed(msgspec.Struct, frozen=True):
    """A badly named file; ``to`` is a free path. Azure DevOps keeps the path if ``is_pipeline``.

    ``is_beside`` says that another file already has the best name: people decide which is right.
    """

    path: str
    to: str
    wrong: str
    is_pipeline: bool = False
    is_beside: bool = False


def misnamed(repo: ModelRepo, facts: CheckFacts) -> tuple[Misnamed, ...]:
    found = pipelines(repo)
    owned, has_yaml = _owned(repo), _is_of_hydra(repo)
    taken = {path.casefold() for path in (*repo.files, *repo.links)}
    results = []
    for path in sorted(repo.files):
        if _is_exempt(path, facts, owned):
            continue
        name = posixpath.basename(path)
        new, wrong = _named(name, path, found, has_yaml=has_yaml)
        if new != name:
            best = posixpath.join(posixpath.dirname(path), new)
            to = _free(best, taken)
            taken.add(to.casefold())
            is_root = path in found.roots
            results.append(Misnamed(path, to, wrong, is_pipeline=is_root, is_beside=to != best))
    return tuple(results)


def _named(name: str, path: str, found: Pipelines, *, has_yaml: bool) -> tuple[str, str]:
    """Return the name that the file should have, and what is wrong with its own, or ""."""
    stem, ending = posixpath.splitext(name)
    if path in found.templates and not TEMPLATE.fullmatch(name):
        return _template(stem, found.templates[path]), f"is a template, but not {TEMPLATE_FORM}"
    reasons = []
    if ending.casefold() == ".yaml" and not has_yaml:
        ending = ".yml"
        reasons.append("ends in .yaml, not .yml")
    if "-" in stem and ending.casefold() in NAMED and stem.casefold() != "azure-pipelines":
        stem = stem.replace("-", "_")
        reasons.append("has dashes, not underscores")
    return f"{stem}{ending}", " and ".join(reasons)


def _template(stem: str, kind: str) -> str:
    words = [word for word in re.split(r"[\W_]+", stem.casefold()) if word.isascii() and word]
    words = [word for word in words if word not in {"template", "templates", "azure", "pipelines"}]
    if len(words) < WORDS and (not words or words[0] not in CI_WORDS):
        words.insert(0, CI_WORDS[0])
    if len(words) < WORDS and kind not in words:
        words.append(kind)
    if len(words) < WORDS:
        words.insert(1, "main")
    return f"template_{'_'.join(words)}.yml"


def _free(path: str, taken: set[str]) -> str:
    stem, ending = posixpath.splitext(path)
    number, free = 2, path
    while free.casefold() in taken:
        free, number = f"{stem}_{number}{ending}", number + 1
    return free


def _is_exempt(path: str, facts: CheckFacts, owned: tuple[str, ...]) -> bool:
    low = path.casefold()
    name = posixpath.basename(low)
    layout = facts.layout
    if low in {layout.variables.casefold(), layout.conda.casefold(), layout.pip.casefold()}:
        return True
    if low.startswith(owned) or _is_hidden(low):
        return True
    own = (pattern.casefold() for pattern in facts.rules.naming.exempt)
    if any(fnmatchcase(low, pattern) or fnmatchcase(name, pattern) for pattern in own):
        return True
    return any(fnmatchcase(name, pattern) for pattern in FIXED)


def _is_hidden(low: str) -> bool:
    """Tell whether the path lies in a tool's dot folder; folders of pipelines do not count."""
    return any(part.startswith(".") and part not in OF_PIPELINES for part in low.split("/"))


def _is_of_hydra(repo: ModelRepo) -> bool:
    """Tell whether the repository uses Hydra, which reads settings from ``.yaml`` files only."""
    sources = (data for path, data in repo.files.items() if path.endswith(".py"))
    return any(b"hydra.main(" in data or b"hydra.initialize" in data for data in sources)


def _owned(repo: ModelRepo) -> tuple[str, ...]:
    """Return the folders that another tool has made, or whose file names it prescribes."""
    split = (path.casefold().rpartition("/") for path in repo.files)
    return tuple(f"{folder}/" for folder, _, name in split if folder and name in OWNERS)
