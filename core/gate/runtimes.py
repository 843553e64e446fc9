"""The runtimes of a cluster: how a runtime's key reads, and which libraries it brings."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

KEY: Final = re.compile(r"(?P<release>[0-9]+\.(?:[0-9]+|x)(?:\.x)?)(?P<flags>(?:-[a-z0-9]+)*)")
SCALA: Final = re.compile(r"-scala2\.[0-9]+$")
ML: Final = "cpu-ml"
GPU_ML: Final = "gpu-ml"
PYSPARK: Final = "pyspark"
TWINS: Final = {"mlflow": "mlflow-skinny"}  # the first pins the second to its own version


class Runtime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``libraries`` maps a normalised name to its version, without the local part (``+cpu``).

    ``doubtful`` are the names whose figure nobody has compared with a cluster.
    """

    python: str  # its major and minor version
    spark: str = ""
    libraries: Mapping[str, str]
    doubtful: frozenset[str] = frozenset()

    def version(self, name: str) -> str:
        """The version of a library; empty where the runtime does not bring it, or nobody knows."""
        if name == PYSPARK and name not in self.libraries:
            return self.spark
        return self.libraries.get(self._listed(name), "")

    def is_sure(self, name: str) -> bool:
        return self.version(name) != "" and self._listed(name) not in self.doubtful

    @property
    def sure(self) -> dict[str, str]:
        """The libraries whose figures are certain; PySpark always goes with Spark."""
        names = {PYSPARK, *TWINS, *self.libraries}
        return {name: self.version(name) for name in sorted(names) if self.is_sure(name)}

    def _listed(self, name: str) -> str:
        return name if name in self.libraries else TWINS.get(name, name)


class RuntimeKey(msgspec.Struct, frozen=True):
    """``16.4.x-photon-scala2.12`` is release ``16.4.x`` with the flag ``photon``."""

    release: str
    flags: frozenset[str] = frozenset()

    @property
    def is_ml(self) -> bool:
        return "ml" in self.flags

    @property
    def is_gpu(self) -> bool:
        return "gpu" in self.flags

    @property
    def names(self) -> tuple[str, ...]:
        """The tables that speak of its libraries, the nearest first.

        Photon and the processor change no library; the variant for GPUs has those for CPUs.
        """
        if not self.is_ml:
            return (self.release,)
        variants = (GPU_ML, ML) if self.is_gpu else (ML,)
        return tuple(f"{self.release}-{variant}" for variant in variants)

    @property
    def order(self) -> tuple[int, int]:
        """Where the release stands among the others."""
        major, _, rest = self.release.partition(".")
        minor = rest.partition(".")[0]
        return int(major), int(minor) if minor.isdecimal() else 0


def runtime_key(spark_version: str) -> RuntimeKey | None:
    """The key that a text is, or None; the Scala version may be left out."""
    found = KEY.fullmatch(SCALA.sub("", spark_version))
    if found is None:
        return None
    return RuntimeKey(found["release"], frozenset(found["flags"].split("-")) - {""})
