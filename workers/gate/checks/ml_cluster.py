"""The check ``ml_cluster``: whether the libraries need an ML runtime, a GPU, or neither."""

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

from core.gate.checks import MODEL_DEV, Finding, ModelRepo, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.runtimes import RuntimeKey, runtime_key
from core.gate.variables import Value, model_settings
from core.gate.variables import read as read_variables
from workers.gate.requirements import READS, AskedLibrary, WantedLibraries, read

RUNTIME: Final = "CLUSTER_SPARK_VERSION"
NODES: Final = ("CLUSTER_NODE_TYPE_ID", "CLUSTER_DRIVER_NODE_ID")
GPU_NODE: Final = re.compile(r"standard_n[cdgv]", re.IGNORECASE)

NEEDS_ML: Final = "only an ML runtime brings {names}, and {name} is {value}"
NO_ML_NEED: Final = "{name} is {value}, and no library is asked for that only an ML runtime brings"
GPU_ON_CPU: Final = "{name} is {value}, which has no GPU, and the runtime {runtime} is for GPUs"
CPU_ON_GPU: Final = "{name} is {value}, which has a GPU, and the runtime {runtime} does not use it"
NO_GPU_NEED: Final = "{name} is {value}, and no library is asked for that uses a GPU"
MAY_USE_GPU: Final = "{names} can use a GPU, and {name} is {value}"
SET: Final = "set {name}: {value}"
ASK: Final = "ask GBI to allow {what} in policy.yml"
IF_UNUSED: Final = "{mend}, if the code uses nothing of it either: it starts faster and costs less"
IF_LARGE: Final = "{mend} and a node type with a GPU, if training is slow; else leave it"
UNREADABLE: Final = "the libraries cannot be read from {path}; the check 'libraries' says why"


@check(
    "ml_cluster",
    owner=MODEL_DEV,
    priority=2,
    title="The kind of cluster fits the libraries",
    mend="Set CLUSTER_SPARK_VERSION and the node types to what the libraries need.",
    reads=READS,
)
def ml_cluster(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """An ML runtime brings XGBoost, PyTorch and others; the plain one starts faster and is smaller.

    A GPU costs several times as much as a processor, and only a runtime for GPUs uses it.
    """
    cluster = _cluster(repo, facts)
    wanted = read(repo, facts, "")
    if wanted.findings and not wanted.libraries:
        raise NotCheckedError(UNREADABLE.format(path=wanted.path))
    yield from _ml(cluster, wanted, facts)
    yield from _gpu(cluster, wanted, facts)
    yield from _nodes(cluster, facts)


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster of the model; ``own`` holds the variables that the file ``path`` itself sets."""

    key: RuntimeKey
    values: dict[str, str]
    own: dict[str, Value]
    path: str

    def finding(self, name: str, wrong: str, mend: str, *, is_advice: bool = False) -> Finding:
        line = self.own[name].line if name in self.own else 0
        words = wrong.format(name=name, value=self.values[name], runtime=self.values[RUNTIME])
        return Finding(self.path, mend, words, line, is_advice=is_advice)


def _cluster(repo: ModelRepo, facts: CheckFacts) -> Cluster:
    settings = model_settings(repo, layout=facts.layout, gbi=facts.gbi)
    path = repo.find(facts.layout.variables)
    own = read_variables(repo.files[path], path).values if path else {}
    key = runtime_key(settings.runtime)
    if key is None:
        raise NotCheckedError(f"{RUNTIME} is no runtime key: {settings.runtime}")
    return Cluster(
        key=key,
        values=settings.variables,
        own=dict(own),
        path=path or facts.layout.variables,
    )


def _ml(cluster: Cluster, wanted: WantedLibraries, facts: CheckFacts) -> Iterator[Finding]:
    needed = _asked(wanted, facts.rules.libraries.ml)
    if needed and not cluster.key.is_ml:
        wrong = NEEDS_ML.replace("{names}", _names(needed))
        yield cluster.finding(RUNTIME, wrong, _runtime(cluster, facts, is_ml=True))
    elif not needed and cluster.key.is_ml and not cluster.key.is_gpu and RUNTIME in cluster.own:
        mend = IF_UNUSED.format(mend=_runtime(cluster, facts, is_ml=False))
        yield cluster.finding(RUNTIME, NO_ML_NEED, mend, is_advice=True)


def _gpu(cluster: Cluster, wanted: WantedLibraries, facts: CheckFacts) -> Iterator[Finding]:
    gaining = _asked(wanted, facts.rules.libraries.gpu)
    if cluster.key.is_gpu and not gaining:
        mend = IF_UNUSED.format(mend=_runtime(cluster, facts, is_ml=True))
        yield cluster.finding(RUNTIME, NO_GPU_NEED, mend, is_advice=True)
    elif gaining and cluster.key.is_ml and not cluster.key.is_gpu and _may_have_gpu(facts):
        wrong = MAY_USE_GPU.replace("{names}", _names(gaining))
        mend = IF_LARGE.format(mend=_runtime(cluster, facts, is_ml=True, is_gpu=True))
        yield cluster.finding(RUNTIME, wrong, mend, is_advice=True)


def _nodes(cluster: Cluster, facts: CheckFacts) -> Iterator[Finding]:
    """Compare the node types with the runtime; a driver may lack a GPU if the workers have one."""
    wants = cluster.key.is_gpu
    for name in NODES[:1] if wants else NODES:
        value = cluster.values.get(name, "")
        if value and _has_gpu(value) is not wants:
            allowed = [node for node in facts.allowed.get(name, ()) if _has_gpu(node) is wants]
            what = "a node type with a GPU" if wants else "a node type without a GPU"
            mend = SET.format(name=name, value=allowed[0]) if allowed else ASK.format(what=what)
            yield cluster.finding(name, GPU_ON_CPU if wants else CPU_ON_GPU, mend)


def _runtime(cluster: Cluster, facts: CheckFacts, *, is_ml: bool, is_gpu: bool = False) -> str:
    """Say how to set the runtime: the same release if GBI allows it, else the first one allowed."""
    fitting = [
        (key.release != cluster.key.release, text)
        for text in facts.allowed.get(RUNTIME, ())
        if (key := runtime_key(text)) and (key.is_ml, key.is_gpu) == (is_ml, is_gpu)
    ]
    if not fitting:
        return ASK.format(what="a GPU runtime" if is_gpu else "an ML runtime" if is_ml else "one")
    return SET.format(name=RUNTIME, value=min(fitting, key=lambda each: each[0])[1])


def _asked(wanted: WantedLibraries, names: Collection[str]) -> list[AskedLibrary]:
    return [each for each in wanted.libraries if each.is_firm and each.name in names]


def _names(asked: list[AskedLibrary]) -> str:
    return " and ".join(dict.fromkeys(each.name for each in asked))


def _has_gpu(node: str) -> bool:
    return GPU_NODE.match(node) is not None


def _may_have_gpu(facts: CheckFacts) -> bool:
    keys = map(runtime_key, facts.allowed.get(RUNTIME, ()))
    nodes = facts.allowed.get(NODES[0], ())
    return any(key.is_gpu for key in keys if key) and any(map(_has_gpu, nodes))
