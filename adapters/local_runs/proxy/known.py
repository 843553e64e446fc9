"""What the proxy of a run knows: its run, its models, its version, and where their files lie."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

SCHEME: Final = "mlflow-artifacts"


@dataclass(frozen=True, kw_only=True)
class KnownRun:
    """Nothing but these ids passes. ``created`` are models that came through this very proxy.

    ``roots`` are the folders of its files on the server, of each id; the run may write to its own
    and to those of ``created`` alone, as we rely on the others.
    """

    run: str
    experiment: str = ""
    experiment_name: str = ""
    model: str = ""  # the id of the model that we have logged in this run
    version: tuple[str, str] | None = None  # the registered version to load: name and number
    created: set[str] = field(default_factory=set)
    roots: dict[str, str] = field(default_factory=dict)

    def is_own_model(self, model_id: object) -> bool:
        return isinstance(model_id, str) and model_id in {*self.created, self.model} - {""}

    def is_new_model(self, model_id: object) -> bool:
        return isinstance(model_id, str) and model_id in self.created

    def may_read_file(self, path: str) -> bool:
        return any(_is_below(path, root) for root in self.roots.values())

    def may_write_file(self, path: str) -> bool:
        """A file has a name below its folder; nobody writes to the folder itself."""
        ours = (self.run, *self.created)
        roots = (self.roots[name] for name in ours if name in self.roots)
        return any(_is_below(path, root) and path != root for root in roots)

    def add_root(self, name: str, uri: str) -> None:
        """Note where files lie; those that the server does not hand out itself are out of reach."""
        parts = urlsplit(uri)
        if parts.scheme == SCHEME and (path := parts.path.strip("/")):
            self.roots[name] = path


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
