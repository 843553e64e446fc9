"""Which YAML files are templates of Azure Pipelines, and which are pipelines of their own."""

import posixpath
from collections.abc import Iterator
from typing import Final

import msgspec
from yaml.nodes import Node, ScalarNode

from core.gate.checks import ModelRepo
from core.gate.variables import yaml_nodes
from core.gate.variables.yaml_nodes import Limits, UnreadableYamlError

YAML_ENDINGS: Final = (".yml", ".yaml")
LIMITS: Final = Limits(max_bytes=256 * 1024, max_nodes=20_000, max_depth=40, max_aliases=50)
WORK: Final = ("steps", "jobs", "stages")
ROOT_KEYS: Final = frozenset({"trigger", "pr", "schedules", "resources", "pool"})
MARKS: Final = (b"template", b"parameters", b"trigger", b"stages", b"jobs", b"steps")
SELF: Final = "@self"


class Pipelines(msgspec.Struct, frozen=True):
    """``templates`` maps the path of each template to what it holds: steps, jobs, variables."""

    templates: dict[str, str]
    roots: frozenset[str]  # Azure DevOps keeps their paths in its own settings


def pipelines(repo: ModelRepo) -> Pipelines:
    """A template is included by another file, or has parameters and work but no trigger."""
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
            continue  # the check variables tells it of pipelines
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
    """Only files of this repository count: ``template: x.yml@other`` is somebody else's."""
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
